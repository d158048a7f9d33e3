// What a scanned text is: a tube, a code the site signed, or nothing we know.
import { idOf, plain, PREFIX, readToken } from "../js/token.mjs";

const [EXPIRES, PERSON, NAME, TAIL] = [4, -65537, -65538, -65539];

// {code, person, name, tail, until} of a code whose signature holds by one of the keys {kid: x and y, as hex}; or null.
// Of when it is, the desk judges, by its own words.
export async function readCode(text, keys) {
  try {
    const { claims } = await readToken(text, keys, { audience: "sampling", at: Infinity, shownAt: -Infinity });
    return { code: plain(text), person: idOf(claims.get(PERSON)), name: claims.get(NAME), tail: claims.get(TAIL), until: claims.get(EXPIRES) * 1000 };
  } catch {
    return null;
  }
}

export function readTube(text) {
  const code = plain(text);
  return /^[A-Z0-9][A-Z0-9-]{3,29}$/.test(code) && !code.startsWith(PREFIX) ? code : "";
}
