// Sending what was noted. A note leaves the phone only when the server has answered for it by its id.
import * as store from "./store.mjs";

const AT_ONCE = 100;
let sending = null;

function token() {
  return document.cookie.split("; ").find((c) => c.startsWith("csrftoken="))?.slice(10) ?? "";
}

async function sendOnce() {
  const notes = (await store.unsent()).sort((a, b) => a.seq - b.seq).slice(0, AT_ONCE);
  if (!notes.length) return { left: 0 };
  const answer = await fetch("/field/envelopes", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify({ device: await store.device(), sent_at: new Date().toISOString(), envelopes: notes }),
  });
  if (!answer.ok) return { left: notes.length, status: answer.status };
  const { answers } = await answer.json();
  // Refused ones are kept by the server and come back in the list to settle: so all answered ones may go.
  for (const a of answers) if (a.id && a.code !== "field.envelope_torn") await store.forget(a.id);
  return { left: (await store.unsent()).length, refused: answers.filter((a) => a.code && a.code !== "repeated").length };
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
  const answer = await fetch("/field/bundle.json");
  if (!answer.ok) throw new Error(String(answer.status));
  const bundle = await answer.json();
  await store.keep("bundle", bundle);
  return bundle;
}

export async function toSettle() {
  const answer = await fetch("/field/settle.json");
  return answer.ok ? (await answer.json()).rows : [];
}

export async function settle(id, how) {
  const body = new URLSearchParams({ how });
  const answer = await fetch(`/field/settle/${id}`, { method: "POST", headers: { "X-CSRFToken": token() }, body });
  return answer.ok;
}
