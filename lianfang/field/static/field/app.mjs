// My doors, with or without signal: the list, one item with its moves, and what is not yet sent or has to be settled.
import { clock, entry, make, read } from "./draw.mjs";
import * as store from "./store.mjs";
import { fetchBundle, send, settle, toSettle } from "./sync.mjs";

const view = document.getElementById("view");
const action = document.getElementById("action");
const strip = document.querySelector(".strip");
const state = document.getElementById("state");
let bundle = null;
let signedOut = false;
let refused = 0;

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
  const left = (await store.unsent()).length;
  const off = !navigator.onLine;
  const words = [left && `${bundle.words.unsent} ${left}`, refused && `${bundle.words.settle} ${refused}`].filter(Boolean);
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
  const fields = (kindOf(item).fields ?? []).filter((f) => (f.required_at ?? []).includes(move.name) || (f.required_at ?? []).length === 0);
  const form = make("form", { class: "pad" }, ...fields.map((f) => entry(f, lang, bundle.words, item.values[f.name])));
  const missing = make("p", { class: "missing", role: "alert" });
  const save = async (event) => {
    event?.preventDefault();
    const values = read(form, fields);
    const known = { ...item.values, ...values };
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

async function drawUnsent() {
  const notes = await store.unsent();
  const rows = navigator.onLine ? await toSettle().catch(() => []) : [];
  const itemOf = (body) => bundle.items.find((i) => i.id === body?.item);
  const name = (body) => itemOf(body)?.unit ?? "";
  const said = (body) => {
    const item = itemOf(body);
    const move = item && kindOf(item).moves.find((m) => m.name === body.move);
    return [move?.words[bundle.lang] ?? body?.move, ...Object.values(body?.values ?? {})].filter((v) => v != null).join(" ");
  };
  view.replaceChildren(make("h1", {}, notes.length ? `${bundle.words.unsent} ${notes.length}` : bundle.words.sent),
    make("div", { class: "doors" }, ...notes.map((n) => make("div", { class: "door tried" }, make("b", {}, name(n.body.item) || n.kind), make("small", {}, `${n.body.move} · ${clock(n.made_at, bundle.lang)}`)))),
    make("h2", {}, `${bundle.words.settle} ${rows.length}`),
    ...rows.map((r) => make("div", { class: "door todo" }, make("b", {}, r.why), make("small", {}, `${bundle.words.yours}: ${r.body?.move ?? ""} ${Object.values(r.body?.values ?? {}).join(" ")} · ${clock(r.made_at, bundle.lang)}`),
      make("span", { class: "tag" }, make("button", { class: "button", onclick: async () => { await settle(r.id, "left"); await drawUnsent(); } }, bundle.words.keep)))));
  action.replaceChildren(make("button", { class: "button primary", onclick: async () => { await refresh(); await drawUnsent(); } }, bundle.words.send),
    make("button", { class: "button", onclick: () => { location.hash = "#list"; } }, bundle.words.back));
}

async function draw() {
  await drawStrip();
  const [where, id] = location.hash.slice(1).split("/");
  if (where === "item") await drawItem(id);
  else if (where === "unsent") await drawUnsent();
  else await drawList();
}

async function refresh() {
  if (navigator.onLine) {
    const sent = await send();
    signedOut = sent.status === 401 || sent.status === 403;
    if (!sent.left) await fetchBundle().then((b) => { bundle = b; }).catch(() => {});
  }
  await draw();
}

async function start() {
  bundle = await store.kept("bundle");
  if (bundle) await draw();
  try { bundle = (await store.unsent()).length && bundle ? bundle : await fetchBundle(); } catch (error) {
    if (!bundle) { location.href = `/sign-in?next=/field/`; return; }
  }
  await refresh();
}

addEventListener("hashchange", draw);
addEventListener("online", refresh);
addEventListener("offline", drawStrip);
navigator.serviceWorker?.register("/field/sw.js", { scope: "/field/" });
start();
