// The card's square is drawn anew while there is signal; without it the last one stays, and says until when it is good.
const EVERY_MS = 240_000;
const part = () => document.getElementById("card");

async function renew() {
  if (!navigator.onLine || document.hidden) return;
  const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("card");
  if (fresh) part().replaceWith(fresh);
}

setInterval(renew, EVERY_MS);
document.addEventListener("visibilitychange", renew);
addEventListener("online", renew);
