// A desk's phone is handed on: what the former holder noted goes up first where there is signal, else it waits for him.
import { canLook, lookFor } from "../js/camera.mjs";
import { kept, takeOver } from "./keys.mjs";
import * as store from "./store.mjs";
import { send } from "./sync.mjs";

const form = document.getElementById("badge");
const camera = document.getElementById("camera");
const trouble = (id) => { for (const p of document.querySelectorAll("[data-trouble]")) p.hidden = p.dataset.trouble !== id; };

async function look(video) {
  await lookFor(video, (text) => {
    const isBadge = text.startsWith("LFB");
    if (isBadge) form.badge.value = text;
    return isBadge;
  });
  if (form.badge.value) form.pin.focus();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const why = await takeOver(form.badge.value.trim(), form.pin.value.trim()).catch(() => "offline");
  if (!why) { location.replace("/field/"); return; }
  form.pin.value = "";
  trouble(why === "offline" || why === "field.too_many_tries" ? why : "badge");
});

async function start() {
  if (!(await kept())?.desk) { location.replace("/field/join"); return; }
  if (canLook) {
    document.getElementById("light").hidden = false;
    document.getElementById("light").addEventListener("click", () => look(camera));
  }
  if ((await store.unsent()).length && navigator.onLine) await send().catch(() => null);
  const waiting = (await store.unsent()).length;
  document.getElementById("waiting").hidden = !waiting;
  document.getElementById("waiting-n").textContent = waiting;
}

start();
