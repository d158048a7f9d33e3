// The square rotates and people ask: the part is fetched anew, but never under a finger that is choosing.
const part = document.getElementById("now");
const EVERY_MS = 3000;

async function renew() {
  if (!document.hidden && !part.contains(document.activeElement)) {
    try {
      const answer = await fetch(part.dataset.from);
      if (answer.redirected) { location.reload(); return; }
      if (answer.ok && !part.contains(document.activeElement)) part.innerHTML = await answer.text();
    } catch { /* no signal for a moment: what is shown stands */ }
  }
  setTimeout(renew, EVERY_MS);
}

// One tap each: the list stays where it is.
part?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new FormData(form) }).catch(() => null);
  if (!answer?.ok) { form.submit(); return; }
  form.closest(".asks").remove();
  document.activeElement?.blur();
});

if (part && !("over" in part.dataset)) setTimeout(renew, EVERY_MS);
