// What a scanned text is: a tube, a test code of ours, or nothing we know. Whether it may be used, the server judges.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const PREFIX = "LF1";

function bytes(text) {
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
  return out;
}

const plain = (text) => text.replace(/\s+/g, "").toUpperCase();

// {person, until} of a code of ours, so that the phone can show the name it has on its list.
export function readCode(text) {
  const code = plain(text);
  if (!code.startsWith(PREFIX)) return null;
  const raw = bytes(code.slice(PREFIX.length));
  if (!raw || raw.length !== 24) return null;
  const hex = raw.slice(0, 16).map((b) => b.toString(16).padStart(2, "0")).join("");
  const person = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  return { code, person, until: ((raw[16] << 16) | (raw[17] << 8) | raw[18]) * 3600_000 };
}

export function readTube(text) {
  const code = plain(text);
  return /^[A-Z0-9][A-Z0-9-]{3,29}$/.test(code) && !code.startsWith(PREFIX) ? code : "";
}
