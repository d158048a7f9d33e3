// The wall: the map once, then every minute the page's own parts and the map's data; staleness is told by the clock.
import { dataOf, draw, renew, soon } from "./map-draw.mjs";
import { darkLook } from "./map-layers.mjs";

const box = document.getElementById("map");
const body = document.body;
const minute = 60_000;
let map;

function tick() {
  const hours = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
  document.querySelector("[data-clock]").textContent = hours.format(new Date());
  const age = Date.now() - Date.parse(document.querySelector("[data-cut-off]").dataset.cutOff);
  body.classList.toggle("stale", age > 5 * minute);
  body.classList.toggle("dead", age > 15 * minute);
}

async function again() {
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(part.id);
    if (other) part.replaceWith(other);
  }
  if (map) renew(map, await dataOf(box));
  tick();
}

soon(async () => {
  const look = { ...darkLook, textSize: 20, countSize: 20 };
  ({ map } = await draw(box, look, { interactive: false, fitBoundsOptions: { padding: { top: 90, bottom: 170, left: 40, right: 40 } } }));
  box.dataset.ready = "1";
}, box.querySelector("[data-note]"));
tick();
setInterval(tick, 5_000);
setInterval(() => again().catch(() => {}), minute);
