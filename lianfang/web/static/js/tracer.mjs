// The tracer's keys, and what was typed and not yet sent. No rule lives here: keys press the page's own buttons.
const desk = document.querySelector("[data-desk]");
const form = document.querySelector("form[data-keep]");
const rows = [...document.querySelectorAll("[data-row]")];
const here = rows.findIndex((row) => row.hasAttribute("aria-current"));

// Values survive a reload, a refusal and another tab of the desk: the paper's number for the whole trace, the rest by person.
const keyOf = (field) => {
  const person = form.elements.contact.value;
  return `trace ${form.dataset.keep} ${field.hasAttribute("data-shared") ? "" : person} ${field.name}`;
};
const fields = form ? [...form.elements].filter((f) => f.name && f.type !== "hidden" && f.tagName !== "BUTTON") : [];

for (const field of fields) {
  const kept = sessionStorage.getItem(keyOf(field));
  if (kept === null) continue;
  if (field.type === "radio") field.checked = field.value === kept;
  else field.value = kept;
}
form?.addEventListener("input", (event) => sessionStorage.setItem(keyOf(event.target), event.target.value));

// After a decision the next candidate of the list comes up.
if (form) {
  const following = rows[here + 1] ?? rows[here - 1];
  const next = form.querySelector("[data-next]");
  if (following && next) next.value = new URL(following.href).searchParams.get("contact");
}

if (desk) {
  rows[here]?.scrollIntoView({ block: "nearest" });
  document.addEventListener("keydown", (event) => {
    if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.toLowerCase();
    if (key === "j" || key === "k") {
      const to = rows[here + (key === "j" ? 1 : -1)];
      if (to) to.click();
      else if (key === "j") document.querySelector("[data-next-page]")?.click();
      return;
    }
    const button = form?.querySelector(`[data-key="${key}"]`);
    if (!button) return;
    event.preventDefault();
    if (key === "x" && !form.elements.reason.value.trim()) form.elements.reason.focus();
    else if (key !== "x" && !form.elements.paper.value.trim()) form.elements.paper.focus();
    else button.click();
  });
}
