// One person into one tube, with or without signal. What is noted here counts here at once; the server has the last word.
import { canLook, lookFor } from "../js/camera.mjs";
import { readCode, readTube } from "./codes.mjs";
import { clock, make } from "./draw.mjs";
import * as store from "./store.mjs";
import { asked, forgetWhenOver, send, settle, toSettle, WAYS } from "./sync.mjs";

const at = (id) => document.getElementById(id);
const [view, action, tubeBox, finder, input] = ["view", "action", "tube", "finder", "scan"].map(at);
const strip = document.querySelector(".strip");
let bundle = null;
let tube = null; // {code, n, last: [{id, person, name}]}; kept with its round and its desk
let shown = null; // the person to be confirmed
let done = new Map(); // by person, when this phone sampled him (by which scan) or noted another ending
let used = new Set(); // tubes closed here
let signedOut = false;
let saving = Promise.resolve(); // what is being noted; the next scan waits for it, and is never wiped by its redraw

const w = (name) => bundle.words[name];
const nth = (n) => w("nth").replace("{n}", n);
const isStation = () => !bundle.desk.home; // its phone holds no names: who comes shows who he is
const person = (id) => bundle.roll.find((p) => p.id === id);
const isOpen = (p) => !p.ending && !done.has(p.id);
const isSampled = (p) => bundle.round.endings.some((e) => e.sample && e.name === (done.get(p.id)?.says ?? p.ending));
const doorOf = (p) => `${p.building} ${p.door}`;

// A sound, a shake and a word for each result: one, two, three.
const TONES = { ok: [880], repeat: [440, 440], unknown: [220, 220, 220] };
function signal(result) {
  const beats = TONES[result];
  navigator.vibrate?.(beats.flatMap(() => [80, 60]));
  try {
    const audio = (signal.audio ??= new AudioContext());
    beats.forEach((tone, n) => {
      const sound = audio.createOscillator();
      sound.frequency.value = tone;
      sound.connect(audio.destination);
      sound.start(audio.currentTime + n * 0.18);
      sound.stop(audio.currentTime + n * 0.18 + 0.1);
    });
  } catch { /* a phone without sound still shakes and shows the word */ }
}

async function keepTube() {
  await store.keep("tube", tube ? { ...tube, round: bundle.round.id, desk: bundle.desk.id } : null);
}

async function drawStrip() {
  const left = (await store.unsent()).length;
  const off = !navigator.onLine;
  strip.classList.toggle("offline", off);
  at("state").replaceChildren(
    make("span", {}, signedOut ? w("signin") : off ? `${w("offline")} · ${bundle.desk && isStation() ? w("no_list") : `${w("roll")} ${clock(bundle.made_at, bundle.lang)}`}` : ""),
    left ? make("a", { class: "button plain", href: "/field/#unsent" }, `${w("unsent")} ${left}`) : "",
    bundle.to_settle ? button(`${w("settle")} ${bundle.to_settle}`, unsettled, "plain") : "");
}

function drawTube() {
  tubeBox.hidden = !tube;
  if (!tube) return;
  const takes = bundle.round.takes;
  const slots = Array.from({ length: takes }, (_, k) => make("li", { class: k < tube.n ? "in" : k === tube.n ? "next" : "" }, k < tube.n ? "✓" : String(k + 1)));
  tubeBox.replaceChildren(
    make("div", { class: "row" }, make("span", {}, `${w("tube")} `, make("b", {}, tube.code)), make("span", { class: "count" }, `${tube.n} / ${takes} ${w("people")}`)),
    make("ol", { class: "slots", "aria-hidden": "true" }, ...slots));
}

function buttons(main, ...others) {
  action.replaceChildren(...(main ? [main] : []), ...(others.length ? [make("div", { class: "pair" }, ...others)] : []));
}

const button = (words, run, kind = "") => make("button", { class: `button ${kind}`.trim(), type: "button", onclick: run }, words);

function ready() {
  shown = null;
  finder.hidden = false; // what a scanner is typing meanwhile stays
  at("asks").textContent = tube ? w("scan_person") : w("scan_tube");
  const last = tube?.last.at(-1);
  view.replaceChildren(...(last ? [make("div", { class: "last" }, make("span", {}, `${w("before")} ${last.name} · ${nth(tube.n)}`), button(w("undo"), undo))] : []));
  buttons(tube && tube.n ? button(`${w("close")} · ${tube.n} ${w("people")}`, () => { saving = saving.then(closeTube); }) : null,
    button(isStation() ? w("type_card") : w("type"), find), ...(bundle.desk.home ? [button(w("doors"), doors)] : cameraButton()));
  input.focus();
}

function verdict(kind, words, ...more) {
  view.replaceChildren(make("div", { class: `who is-${kind}` }, make("p", { class: "verdict" }, words), ...more));
  signal(kind);
}

function facts(p) {
  const sex = p.sex === "m" ? w("male") : p.sex === "f" ? w("female") : "";
  return [sex, p.age != null && `${p.age} ${w("years")}`, p.tail && `${w("tail")} ${p.tail}`].filter(Boolean).join(" · ");
}

function meet(p, by = {}) {
  shown = { id: p.id, by, name: p.name || "—" };
  const same = bundle.roll.filter((o) => p.household && o.household === p.household && o.id !== p.id && isOpen(o));
  const card = [make("p", { class: "name" }, p.name || "—"), make("p", { class: "at-door" }, p.building ? doorOf(p) : ""), make("p", { class: "small" }, facts(p)),
    same.length ? make("p", { class: "same" }, `${w("same_door")} ${same.map((o) => o.name).join(bundle.lang === "en" ? ", " : "、")}`) : ""];
  if (isSampled(p)) {
    verdict("repeat", w("sampled") + (done.has(p.id) ? ` · ${clock(done.get(p.id).at, bundle.lang)}` : ""), ...card);
    buttons(button(w("back"), ready, "primary"));
    return;
  }
  if (by.told) verdict("repeat", w("on_paper"), ...card);
  else verdict(p.listed ?? p.building ? "ok" : "repeat", p.listed ?? p.building ? w("on_list") : w("off_list"), ...card);
  buttons(button(`${w("confirm")} · ${nth(tube.n + 1)}`, confirm, "primary"), button(w("other"), ready),
    ...(bundle.desk.home ? [button(w("note"), () => endings(p))] : [button(w("type_card"), find)]));
  action.querySelector(".primary").focus();
}

function unknown(words) {
  verdict("unknown", words);
  buttons(button(isStation() ? w("type_card") : w("type"), find, "primary"), button(w("back"), ready));
}

function startTube(code) {
  if (used.has(code) || bundle.tubes.some((t) => t.code === code && !t.open)) return unknown(w("used"));
  const known = bundle.tubes.find((t) => t.code === code);
  tube = { code, n: known?.n ?? 0, last: [] };
  signal("ok");
  keepTube();
  drawTube();
  ready();
}

async function scanned(text) {
  if (!text.trim()) return;
  if (!tube) {
    const code = readTube(text);
    if (code) startTube(code); else unknown(w("not_tube"));
    return;
  }
  const read = await readCode(text, bundle.keys);
  if (!read) unknown(w(isStation() ? "ask_card" : "unknown"));
  else if (read.until < Date.now()) unknown(w(isStation() ? "too_old" : "expired"));
  else meet(person(read.person) ?? ofCode(read), { code: read.code });
}

// Whom a code names; a station knows of him only whether he is on its list and how he stands there.
function ofCode(read) {
  const listed = bundle.listed && read.person in bundle.listed;
  return { id: read.person, name: read.name, tail: read.tail, listed, ending: listed ? bundle.listed[read.person] : "" };
}

function confirm() {
  const who = shown;
  shown = null; // a second press of a glove is no second sample
  if (who) saving = saving.then(() => putIn(who));
}

async function putIn(who) {
  const said = who.by.code || who.by.told ? who.by : { person: who.id };
  const body = { desk: bundle.desk.id, tube: tube.code, ...said };
  const made = await store.note("sampling.scan", bundle.actor, body);
  tube.n += 1;
  tube.last.push({ id: made.id, person: who.id, name: who.name });
  const given = bundle.round.endings.filter((e) => e.sample);
  done.set(who.id, { says: (bundle.desk.home && given[1] ? given[1] : given[0]).name, at: made.made_at, scan: made.id });
  await keepDone();
  if (tube.n >= bundle.round.takes) await closeTube();
  else { await keepTube(); drawTube(); ready(); }
  upload();
}

function undo() {
  saving = saving.then(takeBack);
}

async function takeBack() {
  if (!tube?.last.length) return;
  const last = tube.last.pop();
  await store.note("sampling.undo", bundle.actor, { sample: last.id });
  tube.n -= 1;
  done.delete(last.person);
  await keepTube();
  await keepDone();
  drawTube();
  ready();
  view.prepend(make("p", { role: "status" }, w("undone")));
  upload();
}

async function closeTube() {
  if (!tube) return;
  await store.note("sampling.tube", bundle.actor, { tube: tube.code, counted: tube.n });
  used.add(tube.code);
  tube = null;
  await keepTube();
  await keepDone();
  drawTube();
  ready();
  view.prepend(make("p", { role: "status" }, w("closed")));
  upload();
}

async function keepDone() {
  await store.keep("done", { round: bundle.round.id, people: [...done], used: [...used] });
}

function row(p) {
  const state = isOpen(p) ? "" : "✓";
  return make("button", { class: "button", type: "button", onclick: () => (tube ? meet(p) : unknown(w("scan_tube"))) }, make("span", {}, p.name, make("small", {}, ` ${doorOf(p)} · ${facts(p)}`)), state);
}

const find = () => (isStation() ? told() : search());

// Who shows no code that can be read: as the identity card has it; the register finds him when this is sent.
function told() {
  if (!tube) return unknown(w("scan_tube"));
  finder.hidden = true;
  const field = (name, more) => make("label", { class: "line" }, make("span", {}, w(name)), make("input", { name, autocomplete: "off", ...more }));
  const found = make("div", { class: "choices-list" });
  const box = make("input", { type: "search", autocomplete: "off", oninput: () => {
    const text = box.value.trim();
    const fits = text ? bundle.doors.filter((d) => doorOf(d).includes(text)).slice(0, 8) : [];
    found.replaceChildren(...fits.map((d) => button(doorOf(d), () => go(d))));
  } });
  const go = (door = null) => {
    const said = Object.fromEntries(new FormData(form));
    if (!form.reportValidity()) return;
    const [name, tail] = [said.name.trim(), said.last_four.trim()];
    meet({ id: crypto.randomUUID(), name, tail, ...door }, { told: { name, tail, household: door?.household ?? "" } });
  };
  const form = make("form", { class: "stack", onsubmit: (event) => { event.preventDefault(); go(); } },
    field("name", { required: true }), field("last_four", { maxlength: 4, minlength: 4, inputmode: "text", pattern: "[0-9]{3}[0-9Xx]" }),
    make("label", { class: "line" }, make("span", {}, w("door")), box), found);
  view.replaceChildren(make("h1", {}, w("card")), form);
  buttons(button(w("no_door"), () => form.requestSubmit(), "primary"), button(w("back"), ready));
  form.elements[0].focus();
}

function search() {
  finder.hidden = true;
  const found = make("div", { class: "choices-list" });
  const box = make("input", { type: "search", autocomplete: "off", oninput: () => {
    const text = box.value.trim().toLowerCase();
    const fits = text.length ? bundle.roll.filter((p) => p.name.toLowerCase().includes(text) || p.tail === text || doorOf(p).includes(text)) : [];
    found.replaceChildren(...(text.length && !fits.length ? [make("p", {}, w("none"))] : fits.slice(0, 12).map(row)));
  } });
  view.replaceChildren(make("label", { class: "line" }, make("span", {}, w("search")), box), found);
  buttons(null, button(w("add"), pickDoor), button(w("back"), ready));
  box.focus();
}

// Whoever is on no list belongs to some door: it is chosen first, then he is named, then sampled.
function pickDoor() {
  const found = make("div", { class: "choices-list" });
  const doorsOf = new Map(bundle.roll.map((p) => [p.household, doorOf(p)]));
  const box = make("input", { type: "search", autocomplete: "off", oninput: () => {
    const text = box.value.trim();
    const fits = text ? [...doorsOf].filter(([, words]) => words.includes(text)).slice(0, 12) : [];
    found.replaceChildren(...fits.map(([household, words]) => button(words, () => add(household))));
  } });
  view.replaceChildren(make("h1", {}, w("add")), make("label", { class: "line" }, make("span", {}, w("door")), box), found);
  buttons(button(w("back"), ready));
  box.focus();
}

// For a pair on the stairs: doors with somebody left, from the top down, so that no stair is climbed twice.
function doors() {
  finder.hidden = true;
  const left = new Map();
  for (const p of bundle.roll.filter((o) => isOpen(o) && (o.home || bundle.desk.home))) left.set(p.household, [...(left.get(p.household) ?? []), p]);
  const list = [...left.values()].map((people) => make("button", { class: "door todo", type: "button", onclick: () => behind(people[0].household) },
    make("b", {}, doorOf(people[0])), make("span", { class: "tag" }, `${w("left")} ${people.length}`)));
  view.replaceChildren(list.length ? make("div", { class: "doors" }, ...list.slice(0, 200)) : make("p", {}, w("cleared")));
  buttons(button(w("back"), ready));
}

function behind(household) {
  const people = bundle.roll.filter((p) => p.household === household);
  view.replaceChildren(make("h1", {}, doorOf(people[0])), make("div", { class: "choices-list" }, ...people.map((p) => make("button", { class: "button", type: "button", onclick: () => (isOpen(p) ? (tube ? meet(p) : endings(p)) : null) },
    make("span", {}, p.name, make("small", {}, ` ${facts(p)}`)), isOpen(p) ? "" : "✓"))));
  buttons(button(w("doors"), doors, "primary"), button(w("add"), () => add(household)), button(w("back"), ready));
}

function endings(p) {
  finder.hidden = true;
  const note = async (says, reason = "") => {
    const made = await store.note("rounds.note", bundle.actor, { round: bundle.round.id, person: p.id, says, reason });
    if (bundle.round.endings.some((e) => e.name === says)) done.set(p.id, { says, at: made.made_at });
    await keepDone();
    signal("ok");
    behind(p.household);
    upload();
  };
  const reasons = (e) => view.replaceChildren(make("h1", {}, p.name), make("h2", {}, e.words), make("div", { class: "moves" }, ...e.reasons.map((r) => button(r.words, () => note(e.name, r.name)))));
  view.replaceChildren(make("h1", {}, p.name), make("p", { class: "small" }, doorOf(p)), make("div", { class: "moves" },
    ...bundle.round.tries.map((t) => button(t.words, () => note(t.name))),
    ...bundle.round.endings.filter((e) => !e.sample).map((e) => button(e.words, () => (e.reasons.length ? reasons(e) : note(e.name))))));
  buttons(button(w("back"), () => behind(p.household)));
}

function add(household) {
  const at_door = bundle.roll.find((p) => p.household === household);
  const field = (name, type) => make("label", { class: "line" }, make("span", {}, w(name)), make("input", { name, type, required: name === "name" }));
  const form = make("form", { class: "stack", onsubmit: async (event) => {
    event.preventDefault();
    const told = Object.fromEntries(new FormData(form));
    if (!told.name.trim()) return;
    const id = crypto.randomUUID();
    await store.note("rounds.found", bundle.actor, { round: bundle.round.id, person: id, household, name: told.name.trim(), birth_date: told.birth });
    bundle.roll.push({ ...at_door, id, name: told.name.trim(), tail: "", sex: "", age: null, ending: "", home: true });
    await store.keep("sampler", bundle);
    if (tube) meet(person(id)); else behind(household);
    upload();
  } }, field("name", "text"), field("birth", "date"));
  view.replaceChildren(make("h1", {}, doorOf(at_door)), form);
  buttons(button(w("save"), () => form.requestSubmit(), "primary"), button(w("back"), () => behind(household)));
}

function cameraButton() {
  return canLook ? [button(w("light"), camera)] : [];
}

function camera() {
  return lookFor(at("camera"), (text) => {
    if (!finder.hidden && !shown) scanned(text);
    return false; // one after the other, as long as the desk is open
  });
}

function chooseDesk() {
  tubeBox.hidden = finder.hidden = true;
  const sit = async (desk) => {
    const token = document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]*)/)?.[1] ?? "";
    const answer = await fetch("/field/sampler/desk", { method: "POST", headers: { "X-CSRFToken": token }, body: new URLSearchParams({ desk }) });
    if (answer.ok) await start();
  };
  view.replaceChildren(make("h1", {}, bundle.desks.length ? w("choose") : w("nowhere")), make("div", { class: "choices-list" }, ...bundle.desks.map((d) =>
    make("button", { class: "button", type: "button", onclick: () => sit(d.id) }, make("span", {}, `${d.place || d.area} `, make("small", {}, d.area)), `${d.number}`))));
  action.replaceChildren();
}

async function upload() {
  await drawStrip();
  if (!navigator.onLine) return;
  const many = (await store.unsent()).length > 1; // of several batches only the last one's refusals are told
  const sent = await send();
  signedOut = sent.status === 401 || sent.status === 403;
  if (sent.refused || (many && !sent.status && !sent.offline)) await learn();
  await drawStrip();
}

// What the server refused: null where it cannot be asked now.
async function refusals() {
  const rows = navigator.onLine && !signedOut ? await toSettle().catch(() => null) : null;
  if (rows) bundle.to_settle = rows.length;
  return rows;
}

async function learn() {
  const rows = await refusals();
  if (!rows?.length || !bundle.desk) return;
  saving = saving.then(() => takeOut(rows));
  await saving;
}

// A scan that was refused is in no tube: it counts no more here, and its person is open again unless sampled elsewhere.
async function takeOut(rows) {
  const codes = new Map(rows.map((r) => [r.id, r.code]));
  const gone = [...done].filter(([, d]) => codes.has(d.scan));
  for (const [id, { scan, ...rest }] of gone) {
    if (codes.get(scan) === "sampling.already_sampled") done.set(id, rest); else done.delete(id);
  }
  const stays = tube?.last.filter((l) => !codes.has(l.id)) ?? [];
  const fewer = tube ? tube.last.length - stays.length : 0;
  if (fewer) Object.assign(tube, { n: tube.n - fewer, last: stays });
  if (!gone.length && !fewer) return;
  await keepDone();
  await keepTube();
  drawTube();
  if (!finder.hidden && !view.querySelector(".who")) ready(); // whoever stands there to be confirmed stays
}

// What was refused, each with its reason; a tube whose count differs is closed by saying so, or left.
async function unsettled() {
  const rows = await refusals();
  if (!rows) return;
  await drawStrip();
  finder.hidden = true;
  shown = null;
  view.replaceChildren(make("h1", {}, `${w("settle")} ${rows.length}`), make("div", { class: "doors" }, ...rows.map(refused)));
  buttons(button(w("back"), bundle.desk ? ready : chooseDesk, "primary"));
}

function refused(r) {
  const leave = async () => { await settle(r.id, "left"); await unsettled(); };
  const close = async () => {
    await store.note("sampling.tube", bundle.actor, { ...r.body, differs: true });
    await settle(r.id, "differs");
    await upload();
    await unsettled();
  };
  const counts = r.code === "sampling.tube_differs" ? ` · ${r.values.counted} ≠ ${r.values.scanned}` : "";
  return make("div", { class: "door todo" }, make("b", {}, r.said), make("small", {}, `${r.why}${counts}`), make("small", {}, clock(r.made_at, bundle.lang)),
    ...(counts ? [button(w("differs"), close)] : []), button(w("keep"), leave));
}

async function fetchBundle() {
  const answer = await asked("/field/sampler.json");
  const fresh = await answer.json();
  if (!answer.ok) throw new Error(fresh.code ?? String(answer.status));
  if (fresh.wipe_at) await store.keep("wipe_at", fresh.wipe_at);
  await store.keep("sampler", fresh);
  return fresh;
}

async function resume() {
  const before = await store.kept("done");
  const mine = before && before.round === bundle.round?.id;
  done = new Map(mine ? before.people : []);
  used = new Set(mine ? before.used : []);
  const open = await store.kept("tube");
  const here = open && open.round === bundle.round?.id && open.desk === bundle.desk?.id;
  tube = here ? open : null; // one of another desk stays there
}

function over(words) {
  bundle = null;
  tubeBox.hidden = finder.hidden = true;
  if (navigator.onLine || !words) location.href = "/sign-in?next=/field/sampler/";
  else { view.replaceChildren(make("h1", {}, words)); action.replaceChildren(); }
}

async function start() {
  const before = await store.kept("sampler");
  if (await forgetWhenOver(() => over(before?.words.over))) return;
  if (navigator.onLine) {
    await send();
    try {
      bundle = await fetchBundle();
    } catch (error) {
      signedOut = error.message === "field.signed_out";
      if (WAYS[error.message]) { location.href = `${WAYS[error.message]}/field/sampler/`; return; }
    }
  }
  bundle ??= await store.kept("sampler");
  if (!bundle) { location.href = "/sign-in?next=/field/sampler/"; return; }
  await drawStrip();
  if (!bundle.desk) { chooseDesk(); return; }
  await resume();
  drawTube();
  ready();
  if (bundle.to_settle) await learn();
}

input.addEventListener("keydown", (event) => { 
  if (event.key !== "Enter") return;
  event.preventDefault();
  const text = input.value;
  input.value = "";
  saving = saving.then(() => scanned(text));
});
addEventListener("online", upload);
addEventListener("offline", drawStrip);
navigator.serviceWorker?.register("/field/sw.js", { scope: "/field/" });
start();
