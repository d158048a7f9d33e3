// Draws what the server sends: shares as fills, counts as circles, zones as cased lines. No figure is computed here.
import { asked, boundsOf, draw, empty, soon } from "./map-draw.mjs";
import { lightLook } from "./map-layers.mjs";

const box = document.getElementById("map");
const note = box.querySelector("[data-note]");
const picked = new Set();
let map;
let chosen = { kind: "", id: "" };

function choose(kind, id, feature) {
  chosen = { kind, id };
  map.setFilter("chosen-area", ["==", ["get", "id"], kind === "area" ? id : ""]);
  map.setFilter("chosen-zone", ["==", ["get", "id"], kind === "zone" ? id : ""]);
  document.querySelectorAll(".list [data-area], .list [data-zone]").forEach((a) => {
    const own = kind === "area" ? a.dataset.area : a.dataset.zone;
    a.toggleAttribute("aria-current", own === id);
  });
  if (feature) map.fitBounds(boundsOf(feature), { padding: 90, maxZoom: 15.5, duration: 200 });
}

function sheet(kind, id) {
  const address = `${box.dataset.sheet}&${kind}=${id}`;
  window.htmx.ajax("GET", address, { target: "#sheet", swap: "innerHTML" });
}

function listens(data) {
  map.on("click", (event) => {
    const zone = picking() ? null : map.queryRenderedFeatures(event.point, { layers: ["zone-fill"] })[0];
    const area = map.queryRenderedFeatures(event.point, { layers: ["shade"] })[0];
    const house = picking() && map.queryRenderedFeatures(event.point, { layers: ["houses"] })[0];
    if (house) return pick(house.properties.id);
    if (picking()) return undefined;
    const found = zone || area;
    if (!found) return undefined;
    const kind = zone ? "zone" : "area";
    choose(kind, found.properties.id);
    return sheet(kind, found.properties.id);
  });
  for (const layer of ["shade", "zone-fill", "houses"]) {
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  document.querySelector(".list").addEventListener("click", (event) => {
    const row = event.target.closest("[data-area], [data-zone]");
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const kind = row.dataset.zone ? "zone" : "area";
    const id = row.dataset.zone ?? row.dataset.area;
    const from = kind === "zone" ? data.zones.zones.features : [...data.areas.shapes.features, ...data.shades.shapes.features];
    const feature = from.find((f) => f.properties.id === id);
    event.preventDefault();
    choose(kind, id, feature);
    sheet(kind, id);
  });
}

// Choosing buildings on the map: their ids go along with the link that drafts a zone.
const picking = () => document.querySelector("[data-pick][aria-pressed=true]");

function pick(id) {
  if (picked.has(id)) picked.delete(id);
  else picked.add(id);
  map.setFilter("houses-picked", ["in", ["get", "id"], ["literal", [...picked]]]);
  const counter = document.querySelector("[data-picked]");
  counter.hidden = false;
  counter.querySelector("b").textContent = String(picked.size);
  document.querySelectorAll("[data-draft]").forEach((link) => {
    const address = new URL(link.href);
    address.searchParams.set("buildings", [...picked].join(","));
    link.href = address;
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-pick]");
  if (!button || !map) return;
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  picked.clear();
  map.setFilter("houses-picked", ["in", ["get", "id"], ["literal", []]]);
  const houses = on ? await asked(`${box.dataset.buildings}?area=${button.dataset.pick}`) : empty;
  map.getSource("houses").setData(houses);
  const area = [...map.querySourceFeatures("shades"), ...map.querySourceFeatures("areas")].find((f) => f.properties.id === button.dataset.pick);
  if (on && area && map.getZoom() < 14) map.fitBounds(boundsOf(area), { padding: 60, duration: 200 });
});

async function begin() {
  const options = { cooperativeGestures: matchMedia("(pointer: coarse)").matches };
  const drawn = await draw(box, lightLook, options);
  map = drawn.map;
  listens(drawn.data);
  if (box.dataset.level === "committee") map.getSource("houses").setData(await asked(`${box.dataset.buildings}?area=${box.dataset.place}`));
  const wanted = box.dataset.chosenZone;
  const feature = wanted && drawn.data.zones.zones.features.find((f) => f.properties.id === wanted);
  if (feature) choose("zone", wanted, feature);
  box.dataset.ready = "1";
}

soon(begin, note);
