// The phone's own key: made here, kept here, never shown to anybody, not even to this page: it only signs.
import * as store from "./store.mjs";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNS = { name: "ECDSA", hash: "SHA-256" };
export const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
export const can = () => Boolean(globalThis.crypto?.subtle && globalThis.indexedDB);
export const token = () => document.cookie.match(/(?:^|; )(?:__Host-)?csrftoken=([^;]*)/)?.[1] ?? "";

export async function ask(address, body) {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token() };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  return { ok: answer.ok, status: answer.status, ...(await answer.json().catch(() => ({}))) };
}

// A key of its own for each mission; what was noted under the former one is signed first.
export async function make() {
  await signWaiting();
  const pair = await crypto.subtle.generateKey(CURVE, false, ["sign", "verify"]);
  const key = { device: crypto.randomUUID(), secret: pair.privateKey, open: await crypto.subtle.exportKey("spki", pair.publicKey), enrolled: false };
  await store.keep("key", key);
  return key;
}

export const kept = () => store.kept("key");

// Four digits of the key, as the lead's screen reckons them from what arrived there.
export async function check(key) {
  const digest = new DataView(await crypto.subtle.digest("SHA-256", key.open));
  return String(digest.getBigUint64(0) % 10000n).padStart(4, "0");
}

const sign = async (key, said) => text(await crypto.subtle.sign(SIGNS, key.secret, new TextEncoder().encode(said)));

// One text of a value, as the server writes it too: RFC 8785.
export function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const names = Object.keys(value).filter((k) => value[k] !== undefined).sort();
  return `{${names.map((k) => `${JSON.stringify(k)}:${canonical(value[k])}`).join(",")}}`;
}

export const said = (n) => canonical(["lianfang.envelope.1", n.id, n.kind, Date.parse(n.made_at), n.seq, n.actor, n.key_id, n.version, n.body]);

// Notes made under the key that is here and not yet signed.
export async function signWaiting() {
  const key = await kept();
  if (!key) return;
  for (const n of await store.unsent()) {
    if (n.key_id === key.device && !n.signature) await store.put({ ...n, signature: await sign(key, said(n)) });
  }
}

// Signs in without a password: a challenge, signed. Gives whether the phone is in.
export async function enter() {
  const key = can() ? await kept() : null;
  if (!key?.enrolled) return false;
  if (key.desk) { location.href = "/field/badge"; return false; }
  const { challenge } = await ask("/field/challenge", { device: key.device });
  if (!challenge) return false;
  const answer = await ask("/field/enter", { device: key.device, challenge, signature: await sign(key, challenge) });
  if (answer.ok && answer.wipe_at) await store.keep("wipe_at", answer.wipe_at);
  return answer.ok;
}

// A desk's phone: who shows a badge and knows its PIN is at it. "" where he is, else why not.
export async function takeOver(badge, pin) {
  const key = await kept();
  const { challenge } = await ask("/field/challenge", { device: key.device });
  const signature = await sign(key, challenge);
  const answer = await ask("/field/badge/take", { device: key.device, challenge, signature, badge, pin });
  if (!answer.ok) return answer.code ?? "offline";
  await store.keep("holder", answer.actor);
  if (answer.wipe_at) await store.keep("wipe_at", answer.wipe_at);
  for (const name of ["bundle", "sampler"]) await store.drop(name); // lists of the former holder are not his
  return "";
}

export async function enrol(key, desk) {
  await store.keep("key", { ...key, enrolled: true, desk: Boolean(desk) });
  await store.keep("device", key.device);
}

// When the time has come by the later of this phone's clock and what the server last said, key and lists go. Notes not
// yet sent are signed first and stay: nothing unsent is ever dropped.
export async function wipeWhenOver() {
  const until = await store.kept("wipe_at");
  if (!until) return false;
  const now = Math.max(Date.now(), (await store.kept("server_ms")) ?? 0);
  if (now < Date.parse(until)) return false;
  await signWaiting();
  for (const name of ["key", "bundle", "sampler", "wipe_at"]) await store.drop(name);
  return true;
}
