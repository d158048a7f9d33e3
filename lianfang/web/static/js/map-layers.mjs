// Looks of the map: one blue ramp for shares, cased lines for zones, circles for counts. Light for desks, dark for walls.
export const lightLook = {
  ground: "#eef2f5", ramp: ["#ffffff", "#dbe7f0", "#aecbe0", "#78a5c6", "#3f789f"], nothing: "#f3f5f7", thin: "#b9c6d1", edge: "#5d7183",
  ink: "#14202b", halo: "#ffffff", casing: "#14202b", cross: "#ff6f60", diagonal: "#f5bd52", none: "#8cc6f2", picked: "#12507a",
  count: "#ffffff", countEdge: "#14202b", site: "#17704f",
};
export const darkLook = {
  ground: "#0c141c", ramp: ["#111b25", "#1c3346", "#255070", "#3c7ca8", "#6cb0da"], nothing: "#131e29", thin: "#0c141c", edge: "#8fa1b0",
  ink: "#f3f7fa", halo: "#0c141c", casing: "#0c141c", cross: "#ff8575", diagonal: "#f5bd52", none: "#a9d5f5", picked: "#7dbdec",
  count: "#0c141c", countEdge: "#f3f7fa", site: "#5fcaa2",
};

const font = ["Noto Sans CJK SC"];

function tile(size, strokes, colour, width, alpha) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d");
  pen.strokeStyle = colour;
  pen.globalAlpha = alpha;
  pen.lineWidth = width;
  for (const [x0, y0, x1, y1] of strokes) {
    for (const move of [-size, 0, size]) {
      pen.beginPath();
      pen.moveTo(x0 + move, y0);
      pen.lineTo(x1 + move, y1);
      pen.stroke();
    }
  }
  return pen.getImageData(0, 0, size, size);
}

export function hatches(map, look) {
  const rise = [0, 16, 16, 0];
  const fall = [0, 0, 16, 16];
  map.addImage("hatch-cross", tile(16, [rise, fall], look.cross, 2, 0.85));
  map.addImage("hatch-diagonal", tile(16, [rise], look.diagonal, 2.5, 0.9));
  map.addImage("hatch-nothing", tile(16, [rise], look.thin, 1, 0.5));
}

const plates = {
  cross: { fill: "#a3231d", edge: "#ffffff", text: "#ffffff", dash: [] },
  diagonal: { fill: "#ffe3b8", edge: "#8a4b00", text: "#6d3b00", dash: [] },
  none: { fill: "#ffffff", edge: "#12507a", text: "#12507a", dash: [5, 4] },
};

// The letter of each zone on its plate: seen at every zoom, even where the zone itself is a few points wide.
export function marks(map, features, fonts) {
  for (const { properties: { look, mark } } of features) {
    const name = `mark-${look}-${mark}`;
    if (map.hasImage(name)) continue;
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 52;
    const pen = canvas.getContext("2d");
    const plate = plates[look] ?? plates.none;
    pen.fillStyle = plate.fill;
    pen.strokeStyle = plate.edge;
    pen.lineWidth = 4;
    pen.beginPath();
    pen.roundRect(4, 4, 44, 44, 9);
    pen.fill();
    pen.setLineDash(plate.dash);
    pen.stroke();
    pen.fillStyle = plate.text;
    pen.font = `700 28px ${fonts}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.fillText(mark, 26, 28);
    map.addImage(name, pen.getImageData(0, 0, 52, 52), { pixelRatio: 2 });
  }
}

const isLook = (name) => ["==", ["get", "look"], name];

export function areaLayers(look) {
  return [
    { id: "shade", type: "fill", source: "shades", paint: { "fill-color": ["match", ["get", "shade"], 0, look.ramp[0], 1, look.ramp[1], 2, look.ramp[2], 3, look.ramp[3], 4, look.ramp[4], look.nothing] } },
    { id: "shade-nothing", type: "fill", source: "shades", filter: ["==", ["get", "shade"], -1], paint: { "fill-pattern": "hatch-nothing" } },
    { id: "shade-line", type: "line", source: "shades", paint: { "line-color": look.thin, "line-width": 1 } },
    { id: "area-line", type: "line", source: "areas", paint: { "line-color": look.edge, "line-width": 2.5 } },
  ];
}

export function zoneLayers(look) {
  const line = (name, extra) => ({ id: `zone-${name}`, type: "line", source: "zones", filter: isLook(name), layout: { "line-join": "round" }, paint: { "line-color": look[name], "line-width": 3, ...extra } });
  const dark = look.casing;
  return [
    { id: "zone-fill", type: "fill", source: "zones", paint: { "fill-color": dark, "fill-opacity": 0.06 } },
    { id: "zone-hatch-diagonal", type: "fill", source: "zones", filter: isLook("diagonal"), paint: { "fill-pattern": "hatch-diagonal" } },
    { id: "zone-hatch-cross", type: "fill", source: "zones", filter: isLook("cross"), paint: { "fill-pattern": "hatch-cross" } },
    { id: "zone-casing", type: "line", source: "zones", layout: { "line-join": "round" }, paint: { "line-color": dark, "line-width": 7 } },
    line("none", { "line-dasharray": [2.4, 1.6] }),
    line("diagonal", {}),
    line("cross", {}),
    { id: "chosen-zone", type: "line", source: "zones", filter: ["==", ["get", "id"], ""], paint: { "line-color": look.picked, "line-width": 4, "line-offset": -6 } },
    { id: "chosen-area", type: "line", source: "shades", filter: ["==", ["get", "id"], ""], paint: { "line-color": look.picked, "line-width": 4 } },
    { id: "places", type: "circle", source: "places", minzoom: 11, paint: { "circle-radius": 4, "circle-color": look.count, "circle-stroke-color": look.site, "circle-stroke-width": 2.5 } },
    { id: "closed", type: "circle", source: "closed", minzoom: 11, paint: { "circle-radius": 9, "circle-color": look.halo, "circle-stroke-color": look.ink, "circle-stroke-width": 2.5 } },
    { id: "closed-mark", type: "symbol", source: "closed", minzoom: 11, layout: { "text-field": "×", "text-font": font, "text-size": 18, "text-allow-overlap": true }, paint: { "text-color": look.ink } },
    { id: "houses", type: "circle", source: "houses", paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 4, 16, 9], "circle-color": look.count, "circle-stroke-color": look.edge, "circle-stroke-width": 1.5 } },
    { id: "houses-picked", type: "circle", source: "houses", filter: ["in", ["get", "id"], ["literal", []]], paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 12, 5, 16, 10], "circle-color": look.picked, "circle-stroke-color": look.halo, "circle-stroke-width": 2 } },
    { id: "houses-names", type: "symbol", source: "houses", minzoom: 15, layout: { "text-field": ["get", "name"], "text-font": font, "text-size": 12, "text-offset": [0, 1.3], "text-anchor": "top" }, paint: { "text-color": look.ink, "text-halo-color": look.halo, "text-halo-width": 2 } },
    { id: "zone-mark", type: "symbol", source: "marks", layout: { "icon-image": ["concat", "mark-", ["get", "look"], "-", ["get", "mark"]], "icon-allow-overlap": true, "symbol-sort-key": ["get", "rank"] } },
    { id: "counts", type: "circle", source: "points", filter: [">", ["get", "left"], 0], maxzoom: 13.5, paint: { "circle-radius": ["interpolate", ["linear"], ["sqrt", ["get", "left"]], 1, 11, 30, 24, 100, 34], "circle-color": look.count, "circle-opacity": 0.92, "circle-stroke-color": look.countEdge, "circle-stroke-width": 2 } },
    { id: "count-text", type: "symbol", source: "points", filter: [">", ["get", "left"], 0], maxzoom: 13.5, layout: { "text-field": ["get", "text"], "text-font": font, "text-size": look.countSize ?? 13, "text-allow-overlap": true }, paint: { "text-color": look.ink } },
    { id: "inner-names", type: "symbol", source: "inner", minzoom: 13, layout: { "text-field": ["get", "name"], "text-font": font, "text-size": 13, "text-offset": [0, -1.2], "symbol-sort-key": ["-", 0, ["get", "left"]] }, paint: { "text-color": look.ink, "text-halo-color": look.halo, "text-halo-width": 2.4 } },
    { id: "area-names", type: "symbol", source: "points", maxzoom: 13.5, layout: { "text-field": ["get", "name"], "text-font": font, "text-size": look.textSize ?? 14, "text-offset": [0, 1.5], "text-anchor": "top", "symbol-sort-key": ["-", 0, ["get", "left"]] }, paint: { "text-color": look.ink, "text-halo-color": look.halo, "text-halo-width": 2.4 } },
  ];
}
