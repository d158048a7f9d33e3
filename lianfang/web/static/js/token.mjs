// A text the site signed (COSE_Sign1 of RFC 9052 with ES256, in base32), checked on the phone: base/tokens.py in the
// browser, held to the same answers by tests/browser/test_gate.py.
export const PREFIX = "LF2";
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const [ALG, KID, AUDIENCE, EXPIRES, ISSUED] = [1, 4, 3, 4, 6];
const ES256 = -7;
const SIGN1 = 0xd2; // the first byte of a COSE_Sign1
const MOST_BYTES = 1024;
const MOST_EARLY_MS = 600_000; // clocks of two machines differ; more is a token from the future
const DEEPEST = 4;

/** A token that says nothing: why is malformed, algorithm, key, forged, audience, expired or early. */
export class Untrusted extends Error {
  constructor(why) {
    super(why);
    this.why = why;
  }
}

const malformed = () => new Untrusted("malformed");

function bytesOf(text) {
  const out = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) throw malformed();
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push((held >> bits) & 255);
      held &= (1 << bits) - 1;
    }
  }
  if (bits >= 5 || out.length > MOST_BYTES) throw malformed(); // a letter too many
  return Uint8Array.from(out);
}

// One CBOR item (RFC 8949) of the few sorts our tokens have; whatever else throws.
function item(raw, from, depth = 0) {
  const [major, small] = [raw[from] >> 5, raw[from] & 31];
  const wide = small < 24 ? 0 : 1 << (small - 24);
  if (from >= raw.length || small > 27 || from + 1 + wide > raw.length || depth > DEEPEST) throw malformed();
  let n = small;
  if (wide) n = [...raw.slice(from + 1, from + 1 + wide)].reduce((sum, b) => sum * 256 + b, 0);
  let next = from + 1 + wide;
  if (major < 2) return [major ? -1 - n : n, next];
  if (major < 4) {
    const piece = raw.slice(next, next + n);
    if (piece.length !== n) throw malformed();
    return [major === 2 ? piece : new TextDecoder("utf-8", { fatal: true }).decode(piece), next + n];
  }
  if (major > 5 || n > 32) throw malformed();
  const made = major === 4 ? [] : new Map();
  for (let k = 0; k < n; k += 1) {
    let [value, key] = [null, null];
    if (major === 5) [key, next] = item(raw, next, depth + 1);
    [value, next] = item(raw, next, depth + 1);
    if (major === 4) made.push(value); else made.set(key, value);
  }
  return [made, next];
}

function whole(raw, kind) {
  let found;
  try {
    found = item(raw, 0);
  } catch { // text that is none, among others
    throw malformed();
  }
  if (found[1] !== raw.length || !(found[0] instanceof kind)) throw malformed();
  return found[0];
}

const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (h) => parseInt(h, 16));
const isBytes = (value) => value instanceof Uint8Array;

/** An id as it is written, of its sixteen bytes. */
export function idOf(bytes) {
  const id = hex(bytes);
  return [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join("-");
}

function byteString(piece) {
  const n = piece.length;
  return [...(n < 24 ? [0x40 | n] : n < 256 ? [0x58, n] : [0x59, n >> 8, n & 255]), ...piece];
}

// What COSE signs: ["Signature1", protected head, no further bytes, payload].
function signedPart(head, payload) {
  return Uint8Array.from([0x84, 0x6a, ...new TextEncoder().encode("Signature1"), ...byteString(head), 0x40, ...byteString(payload)]);
}

async function isSigned(publicKey, signature, said) {
  const key = await crypto.subtle.importKey("raw", Uint8Array.from([4, ...publicKey]), { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, said);
}

/** A scanned text as it was drawn: a scanner that types sends small letters and blanks. */
export const plain = (text) => text.replace(/\s+/g, "").toUpperCase();

/** What a token says: {claims, issued, until}, the times in milliseconds. Throws Untrusted.
 *
 * keys: x and y of each public key that holds, as hex, under its short name; a key that was revoked is not among them.
 * shownAt: when it was shown, where that is not now.
 */
export async function readToken(text, keys, { audience, at, shownAt = at }) {
  const code = plain(text);
  const raw = code.startsWith(PREFIX) ? bytesOf(code.slice(PREFIX.length)) : [];
  if (raw[0] !== SIGN1) throw malformed();
  const parts = whole(raw.slice(1), Array);
  const [head, bare, payload, signature] = parts;
  if (parts.length !== 4 || !(bare instanceof Map) || ![head, payload, signature].every(isBytes)) throw malformed();
  const stated = whole(head, Map);
  if (stated.get(ALG) !== ES256) throw new Untrusted("algorithm");
  const kid = stated.get(KID);
  const known = isBytes(kid) ? keys[hex(kid)] : undefined;
  if (!known) throw new Untrusted("key");
  const claims = whole(payload, Map);
  if (!(await isSigned(fromHex(known), signature, signedPart(head, payload)))) throw new Untrusted("forged");
  if (claims.get(AUDIENCE) !== audience) throw new Untrusted("audience");
  const [until, issued] = [claims.get(EXPIRES), claims.get(ISSUED)];
  if (!Number.isSafeInteger(until) || !Number.isSafeInteger(issued)) throw malformed();
  if (until * 1000 <= shownAt) throw new Untrusted("expired");
  if (issued * 1000 > at + MOST_EARLY_MS) throw new Untrusted("early");
  return { claims, issued: issued * 1000, until: until * 1000 };
}
