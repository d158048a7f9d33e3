// A desk's phone is handed on: what the former holder noted goes up first where there is signal, else it waits for him.
import { kept, takeOver } from "./keys.mjs";
import * as store from "./store.mjs";
import { send } from "./sync.mjs";

const form = document.getElementById("badge");
const camera = document.getElementById("camera");
const trouble = (id) => { for (const p of document.querySelectorAll("[data-trouble]")) p.hidden = p.dataset.trouble !== id; };

async function look(video) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } }).catch(() => null);
  if (!stream) return;
  video.srcObject = stream;
  video.hidden = false;
  await video.play();
  const reader = new BarcodeDetector();
  for (;;) {
    const [found] = await reader.detect(video).catch(() => []);
    if (found?.rawValue.startsWith("LFB")) {
      form.badge.value = found.rawValue;
      for (const track of stream.getTracks()) track.stop();
      video.hidden = true;
      form.pin.focus();
      return;
    }
    await new Promise((resolve) => { setTimeout(resolve, 150); });
  }
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
  if ("BarcodeDetector" in globalThis) {
    document.getElementById("light").hidden = false;
    document.getElementById("light").addEventListener("click", () => look(camera));
  }
  if ((await store.unsent()).length && navigator.onLine) await send().catch(() => null);
  const waiting = (await store.unsent()).length;
  document.getElementById("waiting").hidden = !waiting;
  document.getElementById("waiting-n").textContent = waiting;
}

start();
