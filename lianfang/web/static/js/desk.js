// Small helps for desk pages. Pages work without it; no rule lives here.
const search = document.querySelector("[data-search]");
const live = document.getElementById("live");

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && search) {
    event.preventDefault();
    search.focus();
  }
});

// After a part was swapped its heading is read out and gets the focus.
document.addEventListener("htmx:after:swap", (event) => {
  const source = event.detail?.ctx?.sourceElement;
  const group = source?.getAttribute("hx-target");
  if (group) {
    for (const other of document.querySelectorAll(`[hx-target="${group}"][aria-current]`)) other.removeAttribute("aria-current");
    source.setAttribute("aria-current", "true");
  }
  const part = (event.detail?.ctx?.target ?? document).querySelector?.("[data-announce]");
  if (!part) return;
  if (live) live.textContent = part.textContent;
  part.focus?.();
});

// Choosing a file or a filter that says so sends its form at once.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send]")) event.target.form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
