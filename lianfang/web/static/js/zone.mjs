// Choosing all buildings of a committee ticks them in the list; the server expands the choice all the same.
document.addEventListener("change", (event) => {
  const group = event.target.closest("[data-group]");
  if (!group) return;
  const all = group.querySelector("[data-all]");
  const boxes = [...group.querySelectorAll("input[name=buildings]")];
  if (event.target === all) boxes.forEach((box) => { box.checked = all.checked; });
  else if (!event.target.checked) all.checked = false;
}, true);
