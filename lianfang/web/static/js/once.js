// A second press of the same button sends nothing twice. Pages work without it: every form carries its own id.
// On the window, so that it comes last: a form which a page's own script sends is that script's.
window.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 8000);
});
