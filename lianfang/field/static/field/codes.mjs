// What a scanned text is: a tube, a code the site signed (COSE_Sign1 of RFC 9052, ES256), or nothing we know.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PREFIX = "LF2";
const [AUDIENCE, EXPIRES] = [3, 4];
const [PERSON, NAME, TAIL] = [-65537, -65538, -65539];
const ES256 = -7;

function bytesOf(text) {
  const out = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push((held >> bits) & 255);
      held &= (1 << bits) - 1;
    }
  }
  return Uint8Array.from(out);
}

// One CBOR item (RFC 8949) of the few sorts our tokens have; whatever else throws.
function item(raw, from) {
  const [major, small] = [raw[from] >> 5, raw[from] & 31];
  const wide = small < 24 ? 0 : 1 << (small - 24);
  if (small > 27 || from + 1 + wide > raw.length) throw new Error("malformed");
  let n = small;
  if (wide) n = [...raw.slice(from + 1, from + 1 + wide)].reduce((sum, b) => sum * 256 + b, 0);
  let next = from + 1 + wide;
  if (major < 2) return [major ? -1 - n : n, next];
  if (major < 4) {
    const piece = raw.slice(next, next + n);
    if (piece.length !== n) throw new Error("malformed");
    return [major === 2 ? piece : new TextDecoder("utf-8", { fatal: true }).decode(piece), next + n];
  }
  if (major === 6) return item(raw, next);
  if (major > 6 || n > 32) throw new Error("malformed");
  const made = major === 4 ? [] : new Map();
  for (let k = 0; k < n; k += 1) {
    let [value, key] = [null, null];
    if (major === 5) [key, next] = item(raw, next);
    [value, next] = item(raw, next);
    if (major === 4) made.push(value); else made.set(key, value);
  }
  return [made, next];
}

const hex = (bytes) => [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (h) => parseInt(h, 16));

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

const plain = (text) => text.replace(/\s+/g, "").toUpperCase();

// {code, person, name, tail, until} of a code whose signature holds by one of the keys {kid: x and y, as hex}; or null.
export async function readCode(text, keys, audience = "sampling") {
  const code = plain(text);
  const raw = code.startsWith(PREFIX) ? bytesOf(code.slice(PREFIX.length)) : null;
  if (!raw?.length) return null;
  try {
    const [[head, , payload, signature]] = item(raw, 0);
    const [stated] = item(head, 0);
    const known = keys[hex(stated.get(4))];
    if (stated.get(1) !== ES256 || !known || !(await isSigned(fromHex(known), signature, signedPart(head, payload)))) return null;
    const [claims] = item(payload, 0);
    if (claims.get(AUDIENCE) !== audience) return null;
    const id = hex(claims.get(PERSON));
    const person = [id.slice(0, 8), id.slice(8, 12), id.slice(12, 16), id.slice(16, 20), id.slice(20)].join("-");
    return { code, person, name: claims.get(NAME), tail: claims.get(TAIL), until: claims.get(EXPIRES) * 1000 };
  } catch {
    return null;
  }
}

export function readTube(text) {
  const code = plain(text);
  return /^[A-Z0-9][A-Z0-9-]{3,29}$/.test(code) && !code.startsWith(PREFIX) ? code : "";
}
