// Coming, leaving and what is noted on duty, with no signal: kept on this phone with its time, and sent once there is
// one. The page itself opens without signal from what was last seen of it (the worker beside it), and says of when it is.
const KEY = "lianfang-kept";
const PATIENCE_MS = 8000;
const AGAIN_MS = 20000;
const line = document.getElementById("kept");
const words = document.getElementById("kept-words").content;

const word = (name) => words.querySelector(`[data-word="${name}"]`).textContent;
const waiting = () => JSON.parse(localStorage.getItem(KEY) || "[]").filter((n) => n.who === line.dataset.who);
const others = () => JSON.parse(localStorage.getItem(KEY) || "[]").filter((n) => n.who !== line.dataset.who);
const keep = (notes) => localStorage.setItem(KEY, JSON.stringify([...others(), ...notes]));
const token = () => document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";

const forms = new Map(); // of this page, by note: what is refused is sent once more as a form, whose page says why

function show() {
  const notes = waiting().filter((n) => n.late);
  const said = [];
  if (!navigator.onLine) said.push(word("offline").replace("{time}", line.dataset.made));
  if (notes.length) said.push(word("waiting").replace("{n}", notes.length), ...notes.map((n) => `${n.time} ${n.words}`));
  if (notes.some((n) => n.kind === "relief")) said.push(word("call"));
  line.hidden = said.length === 0;
  line.replaceChildren(...said.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
}

function send(note) {
  const body = new URLSearchParams({ ...note.fields, csrfmiddlewaretoken: token() });
  if (note.late) body.set("noted_at", note.at); // sent at once it is of now, whatever this phone's clock says
  return fetch(note.action, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE_MS) });
}

// A form sent by a script bears no pressed button: what it said goes along.
function sendAsForm({ form, pressed }) {
  if (pressed?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: pressed.name, value: pressed.value }));
  HTMLFormElement.prototype.submit.call(form);
}

// Kept first, then sent, one after the other: two presses in a row, a page that goes, a signal that goes lose nothing.
for (const form of document.querySelectorAll("form[data-keep]")) {
  form.addEventListener("submit", (press) => {
    press.preventDefault();
    const pressed = press.submitter ?? form.querySelector("button");
    const { csrfmiddlewaretoken, ...fields } = Object.fromEntries(new FormData(form, pressed));
    const now = new Date();
    const time = now.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    const id = crypto.randomUUID?.() ?? String(now.getTime()) + Math.random();
    forms.set(id, { form, pressed });
    keep([...waiting(), { id, who: line.dataset.who, action: form.getAttribute("action"), fields, at: now.toISOString(), time,
                          words: pressed.textContent.trim(), kind: fields.kind ?? "", late: false }]);
    form.querySelectorAll("button").forEach((b) => { b.disabled = true; });
    sendKept();
  });
}

// This page anew, for its token; once a minute at most, should that not help.
function freshOnce() {
  const before = Number(sessionStorage.getItem(KEY) || 0);
  if (Date.now() - before < 60000) return "";
  sessionStorage.setItem(KEY, String(Date.now()));
  return location.pathname;
}

let sending = false;
async function sendKept() {
  if (sending) return;
  sending = true;
  const refused = [];
  let where = "";
  try {
    for (let [first, ...rest] = waiting(); first; [first, ...rest] = waiting()) {
      const answer = navigator.onLine ? await send(first) : await Promise.reject(new Error("no signal"));
      if (answer.status >= 500 || answer.status === 429) throw new Error("busy"); // it comes again by itself
      // Signed out meanwhile, or an old page's token: nothing was taken, so the note waits for a page that may send it.
      if (new URL(answer.url).pathname.startsWith("/sign-in")) {
        where = answer.url;
        throw new Error("signed out");
      }
      if (answer.status === 403 && !(await answer.text()).includes('title="')) {
        where = freshOnce();
        throw new Error("old page");
      }
      keep(waiting().filter((n) => n.id !== first.id));
      if (answer.ok) where = answer.url;
      else refused.push(first);
    }
  } catch { // no signal, busy, or signed out: all that waits is late from now, and bears its own time
    keep(waiting().map((n) => ({ ...n, late: true })));
  }
  sending = false;
  show();
  const here = refused.find((n) => forms.has(n.id) && !n.late);
  if (here) return sendAsForm(forms.get(here.id));
  if (refused.length) {
    line.hidden = false;
    line.append(...refused.map((n) => Object.assign(document.createElement("p"), { className: "late", textContent: word("refused").replace("{what}", `${n.time} ${n.words}`) })));
  } else if (where) location.assign(where);
}

addEventListener("online", sendKept);
addEventListener("offline", show);
setInterval(sendKept, AGAIN_MS);
show();
sendKept();
navigator.serviceWorker?.register("/calls/sw.js", { scope: "/calls/" });
