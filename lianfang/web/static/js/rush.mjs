// A press goes to the door that answers thousands at once. Shed or unanswered, it goes again by itself with the same
// id, so it never takes two places. Whatever that door does not settle, the ordinary form does; so too without this.
// With no signal, or too little, the press stays on the phone as all others do (kept.mjs) and holds no place meanwhile.
import { freshId, handBack, keepPress } from "./kept.mjs";

const page = document.querySelector("[data-rush]");
const line = document.getElementById("rush-line");
const words = document.getElementById("rush-words").content;

const ANSWER_MS = 4000;
const LONGEST_MS = 8000;
const MOST_SILENT = 3; // tries in a row without any answer: then the phone keeps the press, and says so
const INSTEAD = 2;

const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

function say(word) {
  line.hidden = false;
  line.textContent = words.querySelector(`[data-word="${word}"]`).textContent;
}

async function ask(press, token) {
  try {
    const answer = await fetch(page.dataset.rush, {
      method: "POST", body: JSON.stringify(press), signal: AbortSignal.timeout(ANSWER_MS),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    });
    const told = await answer.json().catch(() => ({}));
    return { status: answer.status, after: Number(answer.headers.get("Retry-After")) || 1, ...told };
  } catch {
    return { status: 0, after: 1 };
  }
}

// All who were shed in one second must not come back in one second: each waits another while, and longer each time.
// Gives nothing where nobody answers.
async function settled(press, token) {
  for (let tries = 0, silent = 0; ; tries += 1) {
    if (!navigator.onLine) return undefined;
    const told = await ask(press, token);
    if (told.status !== 503 && told.status !== 0) return told;
    silent = told.status ? 0 : silent + 1;
    if (silent === MOST_SILENT) return undefined;
    say(told.status ? "again" : "silent");
    await pause(Math.min(LONGEST_MS, told.after * 1000 * 2 ** Math.min(tries, 3)) * (0.5 + Math.random()));
  }
}

// The next shifts of this very page that can be taken, as they stand on it.
function instead(shift) {
  const cards = [...page.querySelectorAll(".card")].filter((card) => {
    const form = card.querySelector("form[data-claim]");
    return form && form.dataset.claim !== shift && !form.querySelector("[name=waits]");
  });
  return cards.slice(0, INSTEAD).map((card) => {
    const item = document.createElement("li");
    const told = document.createElement("div");
    const name = document.createElement("b");
    name.textContent = card.querySelector("h2").textContent;
    const when = document.createElement("span");
    when.className = "soft";
    when.textContent = card.querySelector(".when").textContent;
    told.append(name, document.createElement("br"), when);
    const form = card.querySelector("form[data-claim]").cloneNode(true);
    form.querySelector("[name=id]").value = freshId();
    form.querySelector("button").disabled = false;
    form.querySelector("button").className = "button tint";
    form.querySelector("button").setAttribute("aria-label", `${form.textContent.trim()} ${name.textContent} ${when.textContent}`);
    item.append(told, form);
    return item;
  });
}

function showFull(form, told) {
  for (const old of document.querySelectorAll(".bottom-sheet, .scrim")) old.remove();
  const sheet = document.getElementById("rush-full").content.cloneNode(true);
  const put = (name, text) => { sheet.querySelector(`[data-said="${name}"]`).textContent = text; };
  for (const [name, text] of Object.entries(told.said)) put(name, text);
  const card = form.closest(".card");
  put("shift", card ? `${card.querySelector("h2").textContent} ${card.querySelector(".when").textContent}` : "");
  const waits = sheet.querySelector("form");
  waits.action = form.action;
  for (const name of ["claim", "begins", "name"]) waits.dataset[name] = form.dataset[name];
  waits.querySelector("[name=id]").value = freshId();
  const others = instead(form.dataset.claim);
  sheet.querySelector(".others").append(...others);
  sheet.querySelector('[data-said="instead"]').hidden = !others.length;
  for (const behind of document.querySelectorAll(".pad, .action")) behind.inert = true;
  line.hidden = true;
  document.getElementById("main").append(sheet);
  document.getElementById("rush-refused").focus();
}

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-claim]");
  if (!form) return;
  event.preventDefault();
  const button = form.querySelector("button");
  const kept = keepPress(form, button, { sending: true });
  const sent = new FormData(form);
  if (navigator.onLine) say("sent");
  const press = { ticket: page.dataset.ticket, id: sent.get("id"), shift: form.dataset.claim, waits: sent.has("waits"), language: page.dataset.language };
  const told = await settled(press, sent.get("csrfmiddlewaretoken"));
  handBack(kept, { answered: told?.status === 200 || Boolean(told?.said), late: !told });
  if (!told) {
    line.hidden = true;
  } else if (told.status === 200) {
    location.assign(told.said ? `${page.dataset.mine}?said=${told.said}` : page.dataset.mine);
  } else if (told.said) {
    showFull(form, told);
    button.disabled = false;
  }
});
