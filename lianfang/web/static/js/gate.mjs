// A gate with or without signal. With it the site says who may pass; without it, or where it comes too slowly, this phone
// checks the square by the keys and lists that the page brought along. What is pressed is kept with its time (kept.mjs).
import { clock } from "../field/draw.mjs";
import { canLook, lookFor } from "./camera.mjs";
import { isCut, reaches, waiting } from "./kept.mjs";
import { CONVOY, readPermit, verdictsOf } from "./permit.mjs";
import { plain, Untrusted } from "./token.mjs";

const MEMORY = "lianfang-gate"; // what was pressed here by permit: ids, states and times, and nothing about anybody
const FORGET_MS = 172_800_000;
const PATIENCE_MS = 3000;
const FRESH_MS = 300_000; // so often the page is asked for anew, so that its lists are not old when the signal goes
const LOOK_MS = 20_000;
const AGAIN_MS = 3000; // a finger that pressed twice; the next person in danger needs his own press
const form = document.getElementById("look");
const place = document.getElementById("verdict");
const line = document.getElementById("kept");
const words = document.getElementById("gate-words").content;
const toldIn = (page) => JSON.parse(page.getElementById("gate-told").textContent);
const word = (name) => words.querySelector(`[data-word="${name}"]`).textContent;
const moment = (ms) => clock(new Date(ms).toISOString(), document.documentElement.lang.startsWith("en") ? "en" : "zh");
const opened = Date.now();
let told = toldIn(document);
let turn = 0; // of what was scanned, the last counts
let shownAt = 0;
let isLooking = false;

const remembered = () => JSON.parse(localStorage.getItem(MEMORY) || "{}");

function remember(id, state) {
  const recent = Object.entries(remembered()).filter(([, [, , at]]) => at > Date.now() - FORGET_MS);
  localStorage.setItem(MEMORY, JSON.stringify({ ...Object.fromEntries(recent), [id]: [state, told.made, Date.now()] }));
}

// How a permit stands: as pressed here, unless the site said otherwise since and nothing of it waits to be sent.
function stateOf(id) {
  const known = told.spent[id.replaceAll("-", "").slice(0, told.short)];
  const [here, made] = remembered()[id] ?? [];
  const isNewer = here && (!known || made >= told.made || waiting().some((n) => n.fields.permit === id));
  return (isNewer ? here : known) ?? "issued";
}

function shown({ look = "", buttons = [], ...texts }) {
  const box = document.getElementById("gate-verdict").content.firstElementChild.cloneNode(true);
  for (const node of box.querySelectorAll("[data-put]")) {
    if (texts[node.dataset.put]) node.textContent = texts[node.dataset.put]; else node.remove();
  }
  if (look) box.querySelector(".held").classList.add(look);
  for (const b of box.querySelectorAll("button")) if (!buttons.includes(b.value)) b.remove();
  box.querySelector("button:not([value=turned])")?.classList.add("primary");
  if (!buttons.length) box.querySelector("form").remove();
  return box;
}

// The ways a gate may note: out where it may be, back where somebody may be out, turned back where he may not pass.
function waysOf(state, why) {
  if (!why.out) return state === "issued" && !why.in ? ["out", "in"] : ["out"];
  return [...(why.in ? [] : ["in"]), ...(state === "out" ? [] : ["turned"])];
}

function verdictOn(permit, at) {
  const state = stateOf(permit.id);
  const why = verdictsOf(permit, state, told, at);
  const isConvoy = permit.kind === CONVOY;
  const kind = told.kinds[permit.kind] ?? { words: permit.kind };
  const isOut = state === "out" && !isConvoy;
  const name = [`№${permit.number}`, kind.words, ...(isConvoy ? [] : [told.modes[permit.mode], permit.plate])].filter(Boolean);
  const box = shown({
    look: !why.out || isOut ? "free" : "", buttons: waysOf(state, isConvoy ? { ...why, in: "no" } : why),
    name: name.join(" · "), says: isOut ? word("lets_in") : why.out ? word("may_not") : word("may_pass"),
    when: `${moment(permit.from)} – ${moment(permit.until)}`, late: isOut && at >= permit.until ? word("late") : "",
    why: why.out && !isOut ? told.why[why.out] : "", ask: why.out && !isOut ? word("ask") : "",
    known: word("known").replace("{time}", moment(told.made)),
  });
  const press = box.querySelector("form");
  press.elements.permit.value = permit.id;
  press.dataset.name = `№${permit.number}`;
  for (const b of press.querySelectorAll("button")) {
    if (b.value === "in") b.dataset.state = "back";
    if (b.value === "out" && !isConvoy) b.dataset.state = kind.one_way ? "gone" : "out";
  }
  return box;
}

async function checkedHere(text) {
  if (/^№?\d+$/.test(plain(text))) return shown({ look: "permit", says: word("unchecked"), why: word("number") });
  const at = Date.now();
  try {
    return verdictOn(await readPermit(text, told, at), at);
  } catch (failed) {
    if (!(failed instanceof Untrusted)) return shown({ look: "permit", says: word("unchecked"), why: word("unable") });
    const why = told.why[failed.why === "early" ? "clock" : failed.why];
    return shown({ says: word("may_not"), why, ask: word("ask") });
  }
}

async function askedThere(text) {
  const body = new URLSearchParams({ pass: text, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
  const answer = await fetch(location.pathname, { method: "POST", body, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok || answer.redirected) throw new Error("no answer");
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  told = toldIn(page);
  const box = document.createElement("div");
  box.append(...page.getElementById("verdict").childNodes);
  return box;
}

async function look(text) {
  if (!text.trim()) return;
  const mine = (turn += 1);
  place.replaceChildren(); // nobody presses for the next person what was said of the one before
  line.dataset.busy = ""; // whatever is sent meanwhile, the verdict stays until it is acted on
  const box = isCut() ? await checkedHere(text) : await askedThere(text).catch(() => checkedHere(text));
  if (mine !== turn) return;
  place.replaceChildren(box);
  shownAt = Date.now();
  form.elements.pass.value = "";
  form.elements.pass.focus({ preventScroll: true });
  place.scrollIntoView({ block: "start" });
}

form.addEventListener("submit", (press) => {
  press.preventDefault();
  look(form.elements.pass.value);
});

// After kept.mjs has kept it.
document.addEventListener("submit", ({ target, submitter }) => {
  if (!target.matches("form[data-keep=gate]")) return;
  if (submitter?.dataset.state) remember(target.elements.permit.value, submitter.dataset.state);
  const time = new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const what = [submitter?.textContent.trim(), target.dataset.name].filter(Boolean).join(" · ");
  const note = document.createElement("p");
  Object.assign(note, { className: "note done", textContent: word("noted").replace("{what}", what).replace("{time}", time) });
  for (const old of place.querySelectorAll(":scope > .note")) old.remove();
  for (const box of place.children) box.hidden = true;
  place.append(note);
  delete line.dataset.busy;
  if (!target.matches("#release")) return; // its own id is a field of it
  target.elements.words.value = "";
  setTimeout(() => { for (const b of target.querySelectorAll("button")) b.disabled = false; }, AGAIN_MS);
});

// A convoy let through without signal is not let through again, though the page be opened anew.
const sent = new Set(waiting().map((n) => n.action));
for (const f of document.querySelectorAll("form[data-keep=gate]:not([action$='/gate/pass'])")) {
  for (const b of f.querySelectorAll("button")) b.disabled = sent.has(f.getAttribute("action"));
}

if (canLook) {
  const light = document.getElementById("light");
  light.hidden = false;
  light.addEventListener("click", async () => {
    isLooking = true;
    await lookFor(document.getElementById("camera"), async (text) => { await look(text); return true; });
    isLooking = false;
  });
}

// An old page is asked for anew where there is signal, unless somebody stands before it or something is typed.
async function renew() {
  const isOld = document.documentElement.hasAttribute("data-kept") || Date.now() - opened > FRESH_MS;
  const isTyped = [...document.querySelectorAll("main input, .action input")].some((i) => i.type !== "hidden" && i.value !== i.defaultValue);
  const isBusy = isTyped || isLooking || ("busy" in line.dataset && Date.now() - shownAt < FRESH_MS);
  if (isOld && !isBusy && !waiting().length && !document.hidden && navigator.onLine && (await reaches())) location.replace(location.pathname);
}

setInterval(renew, LOOK_MS);
addEventListener("online", renew);
