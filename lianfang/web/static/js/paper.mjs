// Typing in a printed page by keyboard: one row at a time. Without it the same form is filled in with radio buttons.
const form = document.querySelector("[data-typing]");
const rows = form ? [...form.querySelectorAll("[data-row]")] : [];
const count = form?.querySelector("[data-count]");
const last = form?.querySelector("[data-last]");
let at = -1;

function goTo(n) {
  at = Math.max(0, n);
  if (at < rows.length) rows[at].focus();
  else last?.focus();
}

function shown(row) {
  const chosen = row.querySelector("input[type=radio]:checked")?.value ?? "";
  for (const part of row.querySelectorAll("[data-for]")) part.classList.toggle("on", part.dataset.for === chosen);
  return [...row.querySelectorAll(".beside.on input, .beside.on select")];
}

function tell() {
  const typed = rows.filter((r) => r.querySelector("input[type=radio]:checked")?.value).length;
  if (count) count.textContent = `${typed} / ${rows.length}`;
}

function choose(row, key) {
  const found = [...row.querySelectorAll("input[type=radio]")].find((i) => i.dataset.key === key);
  if (!found) return false;
  found.checked = true;
  tell();
  const fields = shown(row);
  if (fields.length) fields[0].focus();
  else goTo(rows.indexOf(row) + 1);
  return true;
}

form?.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const row = event.target.closest("[data-row]");
  if (!row) {
    if (event.key === "Backspace" && event.target === last) goTo(rows.length - 1);
    else return;
    event.preventDefault();
    return;
  }
  const beside = event.target.closest(".beside");
  if (event.key === "Enter") {
    const fields = shown(row);
    const n = beside ? fields.indexOf(event.target) + 1 : fields.length;
    if (n < fields.length) fields[n].focus();
    else goTo(rows.indexOf(row) + 1);
  } else if (event.key === "Backspace" && (!beside || event.target.value === "")) goTo(rows.indexOf(row) - (beside ? 0 : 1));
  else if (beside || !choose(row, event.key.toLowerCase())) return;
  event.preventDefault();
});

// A finger on a row opens it: long lists of ends stand only where somebody is.
form?.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (row && !event.target.closest("a, label, input, select")) goTo(rows.indexOf(row));
});

form?.addEventListener("change", (event) => {
  const row = event.target.closest("[data-row]");
  if (row) {
    shown(row);
    tell();
  }
  if (event.target.id === "writer" && at < 0) goTo(0);
});

if (form) {
  form.classList.add("by-keys");
  rows.forEach(shown);
  tell();
  const bad = rows.findIndex((r) => r.classList.contains("bad"));
  if (bad >= 0) goTo(bad);
  else form.querySelector("#writer")?.focus();
}
