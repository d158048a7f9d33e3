// What whoever serves presses with no signal: kept on this phone with its time, and sent once there is one. The page
// itself opens without signal from what was last seen of it (the worker beside it), and says of when it is.
const KEY = "lianfang-kept";
const ANSWERED = "lianfang-answered"; // what was said of a press whose page had gone, until it has been read
const PATIENCE_MS = 8000;
const TABLE_MS = 30000; // a table's own page comes back whole, also over a thin line
const AGAIN_MS = 20000;
const SOON_MS = 1000;
const SLIPPED = "gates.slipped"; // passed without signal, and not rightly
const TABLE = "assembly";
const PARTLY = 207; // taken, but not all of it: the page that came back says of what not
const line = document.getElementById("kept");
const told = document.getElementById("kept-answers");
const words = document.getElementById("kept-words").content;
const HERE = line.dataset.here || location.pathname + location.search; // a page that answered a press is not asked for anew
const hadWorker = Boolean(navigator.serviceWorker?.controller);

const word = (name) => words.querySelector(`[data-word="${name}"]`)?.textContent ?? "";
const stored = (key) => JSON.parse(localStorage.getItem(key) || "[]");
const own = (key) => stored(key).filter((n) => n.who === line.dataset.who);
const others = (key) => stored(key).filter((n) => n.who !== line.dataset.who);
/** What waits on this phone to be sent, of whoever is signed in. */
export const waiting = () => own(KEY);
const keep = (notes) => localStorage.setItem(KEY, JSON.stringify([...others(KEY), ...notes]));
const setAnswers = (answers) => localStorage.setItem(ANSWERED, JSON.stringify([...others(ANSWERED), ...answers]));
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
/** Whether there is no signal, or the page is an old one from this phone. */
export const isCut = () => !navigator.onLine || document.documentElement.hasAttribute("data-kept");
const made = (tag, given, ...inside) => {
  const node = Object.assign(document.createElement(tag), given);
  node.append(...inside);
  return node;
};

/** A new id, also where the page is not served over https. */
export function freshId() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

const isTable = (form) => "again" in form.dataset;
const typed = (form) => form.querySelectorAll("input:not([type=hidden])");
/** Whether a table has something typed in that no press has kept yet: then its page stays. */
const isTyping = () => [...document.querySelectorAll("form[data-again]")].flatMap((f) => [...typed(f)]).some((i) => i.value !== i.defaultValue || i.checked !== i.defaultChecked);

const forms = new Map(); // of this page, by note: what is refused is sent once more as a form, whose page says why
const inHand = new Set(); // presses that another script of this page is sending just now

function show() {
  const notes = waiting().filter((n) => n.late);
  const said = [];
  if (isCut()) said.push(made("p", { textContent: word("offline").replace("{time}", line.dataset.made) }));
  if (notes.length) said.push(made("p", { textContent: word("waiting").replace("{n}", notes.length) }));
  for (const kind of new Set(notes.map((n) => n.kind))) {
    if (kind && word(kind)) said.push(made("p", { textContent: word(kind), className: "late" }));
  }
  for (const n of notes.slice(-Number(line.dataset.most) || 0)) { // at a gate dozens wait: the newest are named
    said.push(made("p", { textContent: `${n.time} ${n.words}` }));
    if (n.kind === "claim") said.push(made("button", { type: "button", className: "button", textContent: word("drop"), onclick: () => leave(n) }));
  }
  line.hidden = said.length === 0;
  line.replaceChildren(...said);
  mark(notes);
  showAnswers();
}

// A card whose place was asked for without signal says so itself, after a reload too, and takes no second press.
function mark(notes) {
  for (const old of document.querySelectorAll(".kept-claim")) old.remove();
  for (const form of document.querySelectorAll("form[data-claim]")) {
    const note = notes.find((n) => n.shift === form.dataset.claim);
    form.querySelector("button").disabled = Boolean(note) || [...inHand].some((i) => forms.get(i)?.form === form);
    if (note) form.parentElement.after(made("p", { className: "late kept-claim", textContent: word("claim") }));
  }
  // A table is pressed again and again: what was kept of it waits, and the next people are typed in meanwhile.
  for (const b of document.querySelectorAll("form[data-again] button")) b.disabled = false;
  // What must be answered at once cannot be kept: with no signal it is not to be pressed.
  for (const b of document.querySelectorAll("form[data-online] button")) b.disabled = isCut();
}

function leave(note) {
  keep(waiting().filter((n) => n.id !== note.id));
  show();
}

function showAnswers() {
  const answers = own(ANSWERED);
  // Written only where one is new: a page on its way out must not write back what the sign-in page has just forgotten.
  if (answers.some((a) => !a.shown)) setAnswers(answers.map((a) => ({ ...a, shown: true })));
  told.replaceChildren(...answers.map((a) => {
    const read = made("button", { type: "button", className: "button", textContent: word("seen"), onclick: () => { setAnswers(own(ANSWERED).filter((o) => o.id !== a.id)); show(); } });
    const box = made("section", { className: `note ${a.tone}` },
      made("p", { className: "soft", textContent: `${word("answered").replace("{time}", a.time)} · ${a.words}` }),
      ...a.said.map((text, n) => made(n ? "p" : "strong", { textContent: text })));
    if (a.place) box.append(made("p", {}, waitlist(a)));
    box.append(made("p", {}, read));
    return box;
  }));
}

// Full, and one may wait: a press of its own, with an id of its own.
function waitlist(answer) {
  const button = made("button", { type: "button", className: "button primary wide", textContent: word("wait") });
  button.addEventListener("click", () => {
    setAnswers(own(ANSWERED).filter((o) => o.id !== answer.id));
    keep([...waiting(), { ...answer.note, ...moment(), id: freshId(), late: true,
                          fields: { ...answer.note.fields, id: freshId(), waits: "1" },
                          words: `${word("wait")} · ${answer.note.name}` }]);
    show();
    sendKept();
  });
  return button;
}

function moment() {
  const now = new Date();
  return { at: now.toISOString(), time: now.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" }) };
}

function send(note) {
  const body = new URLSearchParams({ ...note.fields, csrfmiddlewaretoken: token() });
  if (note.late) body.set("noted_at", note.at); // sent at once it is of now, whatever this phone's clock says
  return fetch(note.action, { method: "POST", body, signal: AbortSignal.timeout(note.kind === TABLE ? TABLE_MS : PATIENCE_MS) });
}

// A form sent by a script bears no pressed button: what it said goes along.
function sendAsForm({ form, pressed }) {
  if (pressed?.name) form.append(made("input", { type: "hidden", name: pressed.name, value: pressed.value }));
  if (!form.isConnected) document.body.append(form); // taken off the page meanwhile
  HTMLFormElement.prototype.submit.call(form);
}

/** Keep a press before anything is sent: whatever becomes of this page, it is not lost. Gives its id. */
export function keepPress(form, pressed, { sending = false } = {}) {
  // A page from yesterday bears yesterday's id: every press for a place has one of its own.
  // So has every press at a gate: the next person there is another passage.
  // And of a table, whose next press is of other people.
  if (form.dataset.claim || form.dataset.keep === "gate" || isTable(form)) form.querySelector("[name=id]").value = freshId();
  const { csrfmiddlewaretoken, ...fields } = Object.fromEntries(new FormData(form, pressed));
  const id = freshId();
  const { claim: shift = "", begins = "", name = "" } = form.dataset;
  const said = [pressed.textContent.trim(), name].filter(Boolean).join(" · ");
  if (isTable(form)) for (const i of typed(form)) Object.assign(i, { defaultValue: i.value, defaultChecked: i.checked });
  if (sending) inHand.add(id);
  forms.set(id, { form, pressed });
  keep([...waiting(), { id, who: line.dataset.who, action: form.getAttribute("action"), fields, ...moment(), words: said, name, shift,
                        begins, kind: shift ? "claim" : fields.kind || form.dataset.keep || "", late: false }]);
  form.querySelectorAll("button").forEach((b) => { b.disabled = true; });
  return id;
}

/** A press that was sent another way: answered, it is kept no longer; unanswered, it goes the way of all others. */
export function handBack(id, { answered, late = false }) {
  inHand.delete(id);
  keep(answered ? waiting().filter((n) => n.id !== id) : waiting().map((n) => (n.id === id ? { ...n, late } : n)));
  show();
  return answered ? undefined : sendKept();
}

// Kept first, then sent, one after the other: two presses in a row, a page that goes, a signal that goes lose nothing.
// Also of forms that come onto the page later.
document.addEventListener("submit", (press) => {
  const form = press.target;
  if (!form.matches("form[data-keep]")) return;
  press.preventDefault();
  keepPress(form, press.submitter ?? form.querySelector("button"));
  sendKept();
});

// This page anew, for its token; once a minute at most, should that not help.
function freshOnce() {
  const before = Number(sessionStorage.getItem(KEY) || 0);
  if (Date.now() - before < 60000) return "";
  sessionStorage.setItem(KEY, String(Date.now()));
  return HERE;
}

// What the server said of a press, taken from the page by which it answered.
function answerTo(note, answer, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  for (const end of page.querySelectorAll("br")) end.replaceWith(" ");
  const plain = (node) => node?.textContent.replace(/\s+/g, " ").trim() ?? "";
  const said = (place) => plain(page.querySelector(place));
  const about = { id: note.id, who: note.who, time: note.time, words: note.words };
  if (answer.ok) {
    const card = page.querySelector(`[id="c-${note.fields.id}"]`)?.closest("article");
    const what = [...[...page.querySelectorAll("#main > .note[role=status]")].map(plain), card?.querySelector(".chip.tried")?.textContent.trim() ?? ""];
    const isSure = !["calls.waiting", "calls.asking", SLIPPED].includes(saidOf(answer));
    return { ...about, tone: isSure ? "done" : "warn", said: what.filter(Boolean) };
  }
  const place = note.kind === "claim" ? said(".refusal .wait-box input[name=waits] ~ strong") : "";
  const why = [said(".refusal h1, .refusal h2"), said(".refusal dd"), place];
  return { ...about, tone: "bad", said: why.filter(Boolean), place, note };
}

const saidOf = (answer) => new URL(answer.url).searchParams.get("said");

// A place is not asked for once its shift has begun: whoever pressed then may be anywhere by now.
function endOverdue() {
  const over = waiting().filter((n) => n.begins && !inHand.has(n.id) && n.late && Date.parse(n.begins) <= Date.now());
  if (!over.length) return;
  setAnswers([...own(ANSWERED), ...over.map((n) => ({ id: n.id, who: n.who, time: n.time, words: n.words, tone: "bad", said: [word("begun")] }))]);
  keep(waiting().filter((n) => !over.some((o) => o.id === n.id)));
}

// At a gate only what was not right is told: dozens may have passed.
const isTold = (note, answer) => note.late && (["claim", "release", "answer"].includes(note.kind) || (note.kind === "gate" && (!answer.ok || saidOf(answer) === SLIPPED)));
const sendable = () => waiting().filter((n) => !inHand.has(n.id));

async function sendOne(note, refused) {
  const answer = await send(note);
  if (answer.status >= 500 || answer.status === 429) throw new Error("busy"); // it comes again by itself
  const isRead = !answer.ok || note.kind === TABLE || isTold(note, answer);
  const text = isRead ? await answer.text() : "";
  if (!isRead) answer.body?.cancel().catch(() => {}); // its page is asked for below, once
  // Signed out meanwhile, asked for something first, or an old page's token: nothing was taken, so the note waits.
  const to = new URL(answer.url);
  if (to.pathname.startsWith("/sign-in")) {
    to.searchParams.set("next", HERE); // back to this page, not to the press, which nobody can open
    throw Object.assign(new Error("signed out"), { where: to.href });
  }
  if (answer.status === PARTLY) return partly(note, text);
  if (answer.ok && !to.searchParams.has("said")) throw new Error("asked for something first");
  if (answer.status === 403 && !text.includes('title="')) throw Object.assign(new Error("old page"), { where: freshOnce() });
  if (isTold(note, answer)) setAnswers([...own(ANSWERED).filter((a) => a.id !== note.id), answerTo(note, answer, text)]);
  keep(waiting().filter((n) => n.id !== note.id));
  if (answer.ok && note.kind === TABLE && shown(note, text)) return "";
  if (isTold(note, answer) || (note.late && note.kind === "gate")) return HERE;
  if (!answer.ok) refused.push(note);
  return answer.ok && !isTyping() && (!note.late || to.pathname === location.pathname) ? answer.url : "";
}

// What came back of a table takes its place on the page: it is not asked for a second time.
function shown(note, text) {
  const page = new DOMParser().parseFromString(text, "text/html");
  const part = page.querySelector("[data-part]");
  const here = forms.has(note.id) && document.querySelector("[data-part]");
  if (!part || !here || isTyping()) return false;
  const status = "#main > .note[role=status]";
  for (const old of document.querySelectorAll(status)) old.remove();
  document.getElementById("main").prepend(...[...page.querySelectorAll(status)].map((n) => document.adoptNode(n)));
  here.replaceWith(document.adoptNode(part));
  return true;
}

// Of whom it was not taken stands on the page that came back, and nowhere else: no name stays on this phone.
function partly(note, text) {
  keep(waiting().filter((n) => n.id !== note.id));
  const here = forms.has(note.id) && document.querySelector("[data-part]");
  if (!here) setAnswers([...own(ANSWERED), { id: note.id, who: note.who, time: note.time, words: note.words, tone: "warn", said: [word("partly")] }]);
  if (here && !shown(note, text)) {
    const page = new DOMParser().parseFromString(text, "text/html");
    here.prepend(...[...page.querySelectorAll("[data-part] .note.warn")].map((n) => document.adoptNode(n)));
  }
  document.querySelector("[data-part] .note.warn")?.scrollIntoView({ block: "nearest" });
  return "";
}

let sending = false;
async function sendKept() {
  if (sending) return;
  sending = true;
  const refused = [];
  let where = "";
  try {
    endOverdue();
    for (let [first] = sendable(); first; [first] = sendable()) {
      if (!navigator.onLine) throw new Error("no signal");
      where = (await sendOne(first, refused)) || where;
      endOverdue();
    }
  } catch (failed) { // no signal, busy, or signed out: all that waits is late from now, and bears its own time
    where = failed.where ?? "";
    keep(waiting().map((n) => (inHand.has(n.id) ? n : { ...n, late: true })));
  }
  sending = false;
  show();
  const here = refused.find((n) => forms.has(n.id) && !n.late);
  if (here) return sendAsForm(forms.get(here.id));
  if (refused.length) {
    line.hidden = false;
    line.append(...refused.map((n) => made("p", { className: "late", textContent: word("refused").replace("{what}", `${n.time} ${n.words}`) })));
  } else if (where && !("busy" in line.dataset)) location.assign(where);
}

/** Whether the site answers. */
export const reaches = () => fetch("/calls/sw.js", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) }).then((a) => a.ok, () => false);

// With signal, what was sent shows the page anew; where nothing waits, a page of old is asked for anew. A phone says
// that it has signal before anything gets through: what did not is tried again soon, then ever more seldom.
async function again(wait = SOON_MS) {
  const had = waiting().length;
  await sendKept();
  const isOld = document.documentElement.hasAttribute("data-kept");
  if (!navigator.onLine || !(isOld || waiting().length)) return;
  if (!had && isOld && !document.querySelector("input:focus, textarea:focus") && await reaches()) location.reload();
  else if (wait < AGAIN_MS) setTimeout(() => again(wait * 2), wait);
}

addEventListener("online", () => again());
addEventListener("offline", show);
setInterval(() => again(AGAIN_MS), AGAIN_MS);
keep(waiting().map((n) => ({ ...n, late: true }))); // of a page that went before its answer came
show();
sendKept();
navigator.serviceWorker?.register("/calls/sw.js", { scope: line.dataset.scope }).then(async () => {
  const { active } = await navigator.serviceWorker.ready;
  if (!hadWorker && !location.search) active.postMessage({ keep: location.pathname });
});
