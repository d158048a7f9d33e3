// Loads the engine after the first paint and draws what the server sends; used by the desk map and by the wall.
import { areaLayers, hatches, marks, zoneLayers } from "./map-layers.mjs";

const fonts = '"PingFang SC","HarmonyOS Sans SC","MiSans","Microsoft YaHei","Noto Sans CJK SC",sans-serif';
export const empty = { type: "FeatureCollection", features: [] };

export const asked = async (address) => {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${answer.status} ${address}`);
  return answer.json();
};

export function boundsOf(feature) {
  const all = feature.geometry.coordinates.flat(Infinity);
  const lon = all.filter((_, n) => n % 2 === 0);
  const lat = all.filter((_, n) => n % 2 === 1);
  const end = (f, list) => list.reduce((a, b) => f(a, b));
  return [[end(Math.min, lon), end(Math.min, lat)], [end(Math.max, lon), end(Math.max, lat)]];
}

export const dataOf = async (box) => {
  const [areas, shades, zones] = await Promise.all([asked(box.dataset.areas), asked(box.dataset.shades), asked(box.dataset.zones)]);
  return { areas, shades, zones };
};

const sources = (data) => ({ areas: data.areas.shapes, points: data.areas.points, shades: data.shades.shapes, zones: data.zones.zones, marks: data.zones.marks, places: data.zones.places, closed: data.zones.closed, inner: data.shades.points });

export function renew(map, data) {
  for (const [name, value] of Object.entries(sources(data))) map.getSource(name).setData(value);
  marks(map, data.zones.zones.features, fonts);
}

export async function draw(box, look, options = {}) {
  const answers = dataOf(box);
  const engine = await import(box.dataset.engine);
  engine.setWorkerUrl(new URL(box.dataset.worker, location.href).href);
  const data = await answers;
  const own = data.areas.own ?? data.areas.shapes.features[0];
  const map = new engine.Map({
    container: box,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": look.ground } }] },
    bounds: own ? boundsOf(own) : undefined,
    fitBoundsOptions: { padding: 24 },
    localIdeographFontFamily: fonts,
    attributionControl: false,
    fadeDuration: 0,
    ...options,
  });
  if (options.interactive !== false) {
    map.addControl(new engine.NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new engine.ScaleControl({ unit: "metric" }), "bottom-right");
  }
  await new Promise((done) => { map.on("load", done); });
  hatches(map, look);
  marks(map, data.zones.zones.features, fonts);
  for (const [name, value] of Object.entries({ ...sources(data), houses: empty })) map.addSource(name, { type: "geojson", data: value });
  for (const layer of [...areaLayers(look), ...zoneLayers(look)]) map.addLayer(layer);
  const canvas = map.getCanvas();
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", box.dataset.summary);
  return { map, data };
}

export function soon(work, note) {
  const begin = () => work().catch((error) => {
    if (note) note.hidden = false;
    console.warn(error);
  });
  if ("requestIdleCallback" in window) requestIdleCallback(begin, { timeout: 600 });
  else setTimeout(begin, 50);
}
