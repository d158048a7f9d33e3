// The map of a public list: drawn only when it is opened, from what the same server sends; no tiles, no other host.
import { asked, boundsOf } from "./map-draw.mjs";
import { lightLook as look } from "./map-layers.mjs";

const fonts = '"PingFang SC","HarmonyOS Sans SC","MiSans","Microsoft YaHei","Noto Sans CJK SC",sans-serif';
const fold = document.getElementById("map-fold");
const box = document.getElementById("published-map");
const byTone = (done, doing, todo, other) => ["match", ["get", "tone"], "done", done, "doing", doing, "todo", todo, "tried", todo, other];
const edge = byTone("#17704f", "#12507a", "#b36a10", "#7d8b98");
const fill = byTone("#17704f", "#ffffff", "#fff2db", "#7d8b98");

async function draw() {
  const [engine, data] = await Promise.all([import(box.dataset.engine), asked(box.dataset.areas)]);
  engine.setWorkerUrl(new URL(box.dataset.worker, location.href).href);
  const every = [...data.shapes.features, ...data.points.features];
  const around = every.length ? every : data.frame.features;
  const bounds = around.length ? boundsOf({ geometry: { coordinates: around.map((f) => f.geometry.coordinates) } }) : undefined;
  const map = new engine.Map({
    container: box,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": look.ground } }] },
    bounds,
    fitBoundsOptions: { padding: 40, maxZoom: 15 },
    localIdeographFontFamily: fonts,
    attributionControl: false,
    fadeDuration: 0,
    cooperativeGestures: matchMedia("(pointer: coarse)").matches,
  });
  map.addControl(new engine.NavigationControl({ showCompass: false }), "top-right");
  await new Promise((done) => { map.on("load", done); });
  for (const name of ["frame", "shapes", "points"]) map.addSource(name, { type: "geojson", data: data[name] });
  map.addLayer({ id: "frame", type: "line", source: "frame", paint: { "line-color": look.thin, "line-width": 1.5 } });
  map.addLayer({ id: "fill", type: "fill", source: "shapes", paint: { "fill-color": fill, "fill-opacity": 0.35 } });
  map.addLayer({ id: "line", type: "line", source: "shapes", paint: { "line-color": edge, "line-width": 2 } });
  map.addLayer({ id: "dot", type: "circle", source: "points", paint: { "circle-radius": 7, "circle-color": fill, "circle-stroke-color": edge, "circle-stroke-width": 3 } });
  map.addLayer({ id: "name", type: "symbol", source: "points", layout: { "text-field": ["concat", ["get", "name"], "\n", ["get", "state"]], "text-font": ["Noto Sans CJK SC"], "text-size": 13, "text-offset": [0, 1], "text-anchor": "top" }, paint: { "text-color": look.ink, "text-halo-color": look.halo, "text-halo-width": 2.4 } });
  const canvas = map.getCanvas();
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", box.dataset.summary);
  box.dataset.ready = "1";
}

fold?.addEventListener("toggle", () => {
  if (!fold.open || box.dataset.begun) return;
  box.dataset.begun = "1";
  document.querySelector("[data-map-style]").media = "all";
  draw().catch((error) => {
    box.hidden = true;
    fold.querySelector("[data-note]").hidden = false;
    console.warn(error);
  });
});
