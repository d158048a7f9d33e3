// My doors, with or without signal: the list, one item with its moves, and what is not yet sent or has to be settled.
import { clock, entry, make, read } from "./draw.mjs";
import * as store from "./store.mjs";
import { fetchBundle, forgetWhenOver, send, settle, toSettle, WAYS } from "./sync.mjs";

const view = document.getElementById("view");
const action = document.getElementById("action");
const strip = document.querySelector(".strip");
const state = document.getElementById("state");
let bundle = null;
let signedOut = false;

const kindOf = (item) => bundle.kinds[item.kind];
const stateOf = (item) => kindOf(item).states.find((s) => s.name === item.state);
const say = (text) => { document.getElementById("live").textContent = text; };

// What was noted here counts at once, before anybody has heard of it.
async function withNotes() {
  const notes = (await store.unsent()).filter((n) => n.actor === bundle.actor).sort((a, b) => a.seq - b.seq);
  const items = structuredClone(bundle.items);
  for (const n of notes) {
    const item = items.find((i) => i.id === n.body.item);
    const move = item && kindOf(item).moves.find((m) => m.name === n.body.move);
    if (move) Object.assign(item, { state: move.to, values: { ...item.values, ...n.body.values }, pending: true });
  }
  return items;
}

async function drawStrip() {
  if (!bundle) return;
  const left = (await store.unsent()).length;
  const off = !navigator.onLine;
  const words = [left && `${bundle.words.unsent} ${left}`, bundle.to_settle && `${bundle.words.settle} ${bundle.to_settle}`].filter(Boolean);
  strip.classList.toggle("offline", off);
  state.replaceChildren(
    make("span", {}, signedOut ? bundle.words.signin : off ? bundle.words.offline : ""),
    make("button", { class: "button plain", onclick: () => { location.hash = "#unsent"; } }, words.join(" · ") || bundle.words.settle),
  );
}

function door(item) {
  const s = stateOf(item);
  const due = item.due_at ? `${clock(item.due_at, bundle.lang)} ${bundle.words.due}` : "";
  return make("button", { class: `door ${s.tone}`, onclick: () => { location.hash = `#item/${item.id}`; } },
    make("b", {}, item.unit || item.title || item.area), make("small", {}, [kindOf(item).words[bundle.lang], due].filter(Boolean).join(" · ")),
    make("span", { class: "tag" }, (item.pending ? "↑ " : "") + s.words[bundle.lang]));
}

async function drawList() {
  const items = await withNotes();
  const open = items.filter((i) => !stateOf(i).closed);
  const closed = items.filter((i) => stateOf(i).closed);
  view.replaceChildren(make("h1", {}, open.length ? `${bundle.words.left} ${open.length}` : bundle.words.empty),
    make("div", { class: "doors" }, ...open.map(door), ...closed.map(door)));
  action.replaceChildren();
}

function drawMove(item, move) {
  const lang = bundle.lang;
  const every = kindOf(item).fields ?? [];
  const target = kindOf(item).states.find((s) => s.name === move.to);
  const needs = every.filter((f) => (f.required_at ?? []).includes(move.name));
  // An attempt is two taps; only finished work asks for what more there is to note.
  const more = target.closed && target.tone === "done" && !move.attempt ? every.filter((f) => !f.required_at?.length && !f.told) : [];
  // Kit is put on each time: what was ticked at an earlier step is not taken along.
  const had = Object.fromEntries(Object.entries(item.values).filter(([name]) => !every.find((f) => f.name === name)?.anew));
  const fields = [...needs, ...more];
  const inputs = (some) => some.map((f) => entry(f, lang, bundle.words, had[f.name]));
  const form = make("form", { class: "stack" }, ...inputs(needs),
    more.length ? make("details", {}, make("summary", {}, bundle.words.more), make("div", { class: "stack" }, ...inputs(more))) : "");
  const missing = make("p", { class: "missing", role: "alert" });
  const save = async (event) => {
    event?.preventDefault();
    const values = read(form, fields);
    const known = { ...had, ...values };
    const needed = fields.filter((f) => (f.required_at ?? []).includes(move.name) && known[f.name] === undefined
      && (!f.required_when?.field || known[f.required_when.field] === f.required_when.is));
    if (needed.length) {
      missing.textContent = `${bundle.words.needed} ${needed.map((f) => f.words[lang]).join(", ")}`;
      return;
    }
    await store.note("work.note", bundle.actor, { item: item.id, move: move.name, values });
    navigator.vibrate?.(60);
    say(bundle.words.kept);
    location.hash = "#list";
    await refresh();
  };
  form.addEventListener("submit", save);
  if (!fields.length) { save(); return; }
  view.replaceChildren(make("h1", {}, item.unit || item.title), make("h2", {}, move.words[lang]), form, missing);
  action.replaceChildren(make("button", { class: "button primary", onclick: save }, `${bundle.words.save}`),
    make("button", { class: "button", onclick: () => { drawItem(item.id); } }, bundle.words.back));
}

async function drawItem(id) {
  const item = (await withNotes()).find((i) => i.id === id);
  if (!item) { location.hash = "#list"; return; }
  const body = kindOf(item);
  const moves = body.moves.filter((m) => m.from.includes(item.state) && !(m.who.length === 1 && m.who[0] === "lead"));
  view.replaceChildren(make("h1", {}, item.unit || item.title || item.area), make("p", { class: "hint" }, `${body.words[bundle.lang]} · ${stateOf(item).words[bundle.lang]}`),
    make("p", {}, body.note[bundle.lang]), make("div", { class: "moves" }, ...moves.map((m) =>
      make("button", { class: "button", onclick: () => drawMove(item, m) }, m.words[bundle.lang]))));
  action.replaceChildren(make("button", { class: "button", onclick: () => { location.hash = "#list"; } }, bundle.words.back));
}

// What waits here is named as the list names it; what was refused is named by the server, which still knows the item.
function waiting(note) {
  const item = bundle.items.find((i) => i.id === note.body.item);
  const move = item && kindOf(item).moves.find((m) => m.name === note.body.move);
  return make("div", { class: "door tried" }, make("b", {}, item?.unit || item?.title || note.kind),
    make("small", {}, `${move?.words[bundle.lang] ?? note.body.move} · ${clock(note.made_at, bundle.lang)}`));
}

function unsettled(row) {
  const left = async () => { await settle(row.id, "left"); await drawUnsent(); };
  return make("div", { class: "door todo" }, make("b", {}, row.unit || row.kind), make("small", {}, row.why),
    make("small", {}, `${bundle.words.yours}: ${row.said} · ${clock(row.made_at, bundle.lang)}`),
    make("button", { class: "button", onclick: left }, bundle.words.keep));
}

async function drawUnsent() {
  const notes = await store.unsent();
  const rows = navigator.onLine ? await toSettle().catch(() => null) : null;
  if (rows) bundle.to_settle = rows.length;
  await drawStrip();
  view.replaceChildren(make("h1", {}, notes.length ? `${bundle.words.unsent} ${notes.length}` : bundle.words.sent),
    make("div", { class: "doors" }, ...notes.map(waiting)),
    make("h2", {}, `${bundle.words.settle} ${bundle.to_settle ?? 0}`),
    make("div", { class: "doors" }, ...(rows ?? []).map(unsettled)));
  action.replaceChildren(make("button", { class: "button primary", onclick: refresh }, bundle.words.send),
    make("button", { class: "button", onclick: () => { location.hash = "#list"; } }, bundle.words.back));
}

async function draw() {
  if (!bundle) return;
  await drawStrip();
  const [where, id] = location.hash.slice(1).split("/");
  if (where === "item") await drawItem(id);
  else if (where === "unsent") await drawUnsent();
  else await drawList();
}

// Sends and fetches; a form that is being filled in stays as it is, only the strip tells the news.
async function refresh() {
  if (navigator.onLine) {
    const sent = await send();
    let status = sent.status;
    let code = "";
    if (!sent.left) await fetchBundle().then((b) => { bundle = b; }).catch((error) => { code = error.message; });
    signedOut = status === 401 || status === 403 || code === "field.signed_out";
    if (WAYS[code]) { location.href = `${WAYS[code]}/field/`; return; }
  }
  if (!bundle) location.href = "/sign-in?next=/field/";
  else if (view.querySelector("form")) await drawStrip();
  else await draw();
}

function over() {
  const words = bundle?.words.over;
  bundle = null;
  if (navigator.onLine || !words) location.href = "/sign-in?next=/field/";
  else { view.replaceChildren(make("h1", {}, words)); action.replaceChildren(); state.replaceChildren(); }
}

async function start() {
  bundle = await store.kept("bundle");
  if (await forgetWhenOver(over)) return;
  if (bundle) await draw();
  await refresh();
}

addEventListener("hashchange", draw);
addEventListener("online", refresh);
addEventListener("offline", drawStrip);
navigator.serviceWorker?.register("/field/sw.js", { scope: "/field/" });
start();
