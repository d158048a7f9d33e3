// On the sign-in page: a phone that a lead vouched for is in by its key, without a password.
import { enter, wipeWhenOver } from "./keys.mjs";

const next = document.querySelector("input[name=next]")?.value || "/";
async function start() {
  if (await wipeWhenOver() || !await enter()) return;
  if (next.startsWith("/") && !next.startsWith("//")) location.replace(next);
}

start().catch(() => {});
