// At assembly: type the number or scan the square, say who one is, wait until the lead has looked, and be in.
import { ask, can, check, enrol, enter, kept, make, text } from "./keys.mjs";

const show = (id) => { for (const part of document.querySelectorAll("[data-part]")) part.hidden = part.dataset.part !== id; };
const trouble = (id) => { for (const p of document.querySelectorAll("[data-trouble]")) p.hidden = p.dataset.trouble !== id; };
const scanned = location.hash.slice(1);
const form = document.getElementById("ask");
const POLL_MS = 3000;
const wait = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function follow(key) {
  document.getElementById("digits").textContent = await check(key);
  show("wait");
  for (;;) {
    const { state, desk } = await ask("/field/join/state", { device: key.device }).catch(() => ({}));
    if (state === "enrolled") {
      await enrol(key, desk);
      if (desk) { location.replace("/field/badge"); return; }
      if (await enter()) { location.replace("/"); return; }
    }
    if (state === "refused" || state === "revoked") { show("refused"); return; }
    await wait(POLL_MS);
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const sent = Object.fromEntries(new FormData(form));
  const key = await make();
  const { code, state } = await ask("/field/join/ask", {
    device: key.device, key: text(key.open),
    code: scanned || sent.code, name: sent.name,
  }).catch(() => ({ code: "offline" }));
  if (state) { await follow(key); return; }
  trouble(code === "base.busy" ? "offline" : code === "offline" || code === "field.too_many_tries" ? code : "code");
  document.getElementById("number").hidden = false;
});

async function start() {
  if (!can()) { show("cannot"); return; }
  document.getElementById("number").hidden = Boolean(scanned);
  const key = await kept();
  if (key?.desk) { location.replace("/field/badge"); return; }
  if (key?.enrolled && await enter()) { location.replace("/"); return; }
  if (key && !key.enrolled && !scanned) {
    const { state } = await ask("/field/join/state", { device: key.device }).catch(() => ({}));
    if (state === "asking" || state === "enrolled") { await follow(key); return; }
  }
  show("ask");
}

start();
