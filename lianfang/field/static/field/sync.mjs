// Sending what was noted. A note leaves the phone only when the server has answered for it by its id.
import { enter, signWaiting, token, wipeWhenOver } from "./keys.mjs";
import * as store from "./store.mjs";

const AT_ONCE = 100;
let sending = null;

// What the server last said the time is: a phone whose clock is set back forgets no later for it.
async function heed(answer) {
  const said = Date.parse(answer.headers.get("Date") ?? "");
  if (said > ((await store.kept("server_ms")) ?? 0)) await store.keep("server_ms", said);
}

// A session that has run out is begun anew by the phone's key, once.
export async function asked(address, options) {
  let answer = await fetch(address, options?.());
  if (answer.status === 401 && await enter()) answer = await fetch(address, options?.());
  await heed(answer);
  return answer;
}

// On a phone that is handed on each sends his own notes; those of a former holder wait for him.
async function mine() {
  const [notes, holder] = [await store.unsent(), await store.kept("holder")];
  return holder ? notes.filter((n) => n.actor === holder) : notes;
}

async function sendOnce() {
  await signWaiting();
  const notes = (await mine()).sort((a, b) => a.seq - b.seq).slice(0, AT_ONCE);
  if (!notes.length) return { left: 0 };
  // Notes under a key go up as that phone's, those under none as the phone's own.
  const keyId = notes[0].key_id;
  const device = keyId || await store.device();
  const envelopes = notes.filter((n) => n.key_id === keyId);
  const answer = await asked("/field/envelopes", () => ({
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify({ device, sent_at: new Date().toISOString(), envelopes }),
  }));
  if (!answer.ok) return { left: notes.length, status: answer.status };
  const { answers } = await answer.json();
  // Refused ones are kept by the server and come back in the list to settle: so all answered ones may go.
  for (const a of answers) if (a.id && a.code !== "field.envelope_torn") await store.forget(a.id);
  return { left: (await mine()).length, refused: answers.filter((a) => a.code && a.code !== "repeated").length };
}

export function send() {
  sending ??= (async () => {
    try {
      let state = await sendOnce();
      while (state.left && !state.status && navigator.onLine) {
        const before = state.left;
        state = await sendOnce();
        if (state.left >= before) break;
      }
      return state;
    } catch {
      return { left: (await store.unsent()).length, offline: true };
    } finally {
      sending = null;
    }
  })();
  return sending;
}

export async function fetchBundle() {
  const answer = await asked("/field/bundle.json");
  const bundle = await answer.json();
  if (!answer.ok) throw new Error(bundle.code ?? String(answer.status));
  if (bundle.wipe_at) await store.keep("wipe_at", bundle.wipe_at);
  await store.keep("bundle", bundle);
  return bundle;
}

const MINUTE_MS = 60000;

// Looked at when the page opens and each minute: over is over, with or without signal.
export async function forgetWhenOver(then) {
  if (await wipeWhenOver()) { then(); return true; }
  setTimeout(() => forgetWhenOver(then), MINUTE_MS);
  return false;
}

// Where the page has to go when the server gives it nothing.
export const WAYS = { "field.needs_code": "/field/code?next=", "field.too_weak": "/factors?next=" };

export async function toSettle() {
  const answer = await fetch("/field/settle.json");
  return answer.ok ? (await answer.json()).rows : [];
}

export async function settle(id, how) {
  const body = new URLSearchParams({ how });
  const answer = await fetch(`/field/settle/${id}`, { method: "POST", headers: { "X-CSRFToken": token() }, body });
  return answer.ok;
}
