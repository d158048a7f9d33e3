// Taps at a door: each has its own id and goes to the server in turn, again and again until it is answered.
// A tap sent twice counts once. The server alone says how many are inside and whether the next may go in.
const box = document.querySelector("[data-count]");
const figures = document.getElementById("count");
const said = document.getElementById("said");
const waiting = document.getElementById("waiting");
const taps = [];
let isSending = false;

const AGAIN_MS = 3000;
const LOOK_MS = 10000;

function freshId() {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

// Only markup of this very server, made by its own templates, comes this way.
function show(place, html) {
  place.innerHTML = html;
}

async function look() {
  const answer = await fetch(box.dataset.count, { headers: { "HX-Request": "true" } });
  if (answer.ok && !answer.redirected) show(figures, await answer.text());
}

function tell() {
  waiting.hidden = taps.length === 0;
  waiting.textContent = taps.length ? `${box.dataset.waiting} ${taps.length}` : "";
}

async function send() {
  if (isSending) return;
  isSending = true;
  while (taps.length) {
    let answer;
    try {
      answer = await fetch(box.dataset.count, { method: "POST", body: taps[0], headers: { "HX-Request": "true" } });
    } catch {
      answer = null;
    }
    if (!answer || answer.status >= 500) {
      tell();
      await new Promise((done) => { setTimeout(done, AGAIN_MS); });
      continue;
    }
    if (answer.redirected || answer.status === 403) {
      location.reload(); // signed out, or the form's token has run out
      return;
    }
    taps.shift();
    if (answer.ok) {
      show(said, "");
      show(figures, await answer.text());
    } else {
      show(said, await answer.text());
      navigator.vibrate?.([80, 60, 80]);
      await look().catch(() => {});
    }
  }
  tell();
  isSending = false;
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-tap]");
  if (!form) return;
  event.preventDefault();
  const tap = new FormData(form);
  tap.set("id", freshId());
  taps.push(tap);
  navigator.vibrate?.(30);
  send();
});

addEventListener("beforeunload", (event) => {
  if (taps.length) event.preventDefault();
});

setInterval(() => {
  if (!taps.length && !document.hidden) look().catch(() => {});
}, LOOK_MS);
