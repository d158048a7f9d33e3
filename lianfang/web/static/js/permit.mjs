// What a gate without signal says to the square of a permit: the answers of gates/rules.py, by the values the page
// brought along; tests/browser/test_gate.py asks both the same.
import { idOf, readToken } from "./token.mjs";

const [ID, FROM, UNTIL, KIND, NUMBER, MODE, PLATE] = [30, 31, 32, 33, 34, 35, 36];
export const CONVOY = "convoy";

/** What a gate says: "" (may pass), not_issued, early, over, is_out, is_back, is_gone, not_out, void, refused. */
export function verdict(state, way, { from, until, at, early, isOneWay = false }) {
  if (state === "gone") return "is_gone";
  if (way === "in" && isOneWay) return "not_out";
  if (way === "in") return ["out", "issued", "back"].includes(state) ? "" : "not_out";
  if (["applied", "returned"].includes(state)) return "not_issued";
  if (["refused", "void"].includes(state)) return state;
  if (state === "out") return "is_out";
  if (state === "back") return "is_back";
  if (at < from - early) return "early";
  return at >= until ? "over" : "";
}

/** What a gate says to a convoy: "" (may pass), not_issued, refused, void, over. */
export function convoyVerdict(state, { until, at }) {
  if (["applied", "returned"].includes(state)) return "not_issued";
  if (["refused", "void"].includes(state)) return state;
  return at >= until ? "over" : "";
}

/** Both ways' verdicts to a permit in a state, by what the page was told. */
export function verdictsOf(permit, state, told, at) {
  const said = { from: permit.from, until: permit.until, at, early: told.early_ms };
  if (permit.kind === CONVOY) return { out: convoyVerdict(state, said), in: convoyVerdict(state, said) };
  const isOneWay = told.kinds[permit.kind]?.one_way ?? false;
  return { out: verdict(state, "out", { ...said, isOneWay }), in: verdict(state, "in", { ...said, isOneWay }) };
}

/** The permit a square speaks of. Its own time is judged by the verdict, so that who comes back late is let in.
 *
 * Throws Untrusted: malformed, algorithm, key, forged, audience, early.
 */
export async function readPermit(text, told, at) {
  const { claims } = await readToken(text, told.keys, { audience: told.audience, at, shownAt: -Infinity });
  return { id: idOf(claims.get(ID)), number: claims.get(NUMBER), kind: claims.get(KIND), mode: claims.get(MODE) ?? "",
           plate: claims.get(PLATE) ?? "", from: claims.get(FROM) * 1000, until: claims.get(UNTIL) * 1000 };
}
