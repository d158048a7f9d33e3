// Drawing with the DOM: text is always text, never markup.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((c) => c != null && c !== ""));
  return element;
}

export function clock(iso, lang) {
  const when = new Date(iso);
  const time = when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (when.toDateString() === new Date().toDateString()) return time;
  const day = lang === "en" ? `${when.getDate()} ${when.toLocaleString("en", { month: "short" })}` : `${when.getMonth() + 1}月${when.getDate()}日`;
  return `${day} ${time}`;
}

// The inputs of one field; shape is checked here, rules are judged by the server.
export function entry(field, lang, words, value) {
  const name = field.words[lang];
  if (field.type === "choice" || field.type === "bool") {
    const choices = field.type === "bool" ? [{ value: "true", zh: words.yes, en: words.yes }, { value: "false", zh: words.no, en: words.no }] : field.choices;
    return make("fieldset", { class: "choices" }, make("legend", {}, name), ...choices.map((c) =>
      make("label", {}, make("input", { type: "radio", name: field.name, value: c.value, checked: String(value) === String(c.value) }), c[lang])));
  }
  const type = { number: "number", whole: "number", date: "date", time: "time" }[field.type] ?? "text";
  const mode = type === "number" ? (field.type === "whole" ? "numeric" : "decimal") : null;
  const input = field.type === "long" ? make("textarea", { name: field.name, rows: 3 }) : make("input", { name: field.name, type, inputmode: mode, step: field.type === "number" ? "any" : null });
  if (value != null) input.value = value;
  return make("label", { class: "line" }, make("span", {}, name + (field.unit ? ` (${field.unit})` : "")), input);
}

export function read(form, fields) {
  const values = {};
  for (const f of fields) {
    const raw = new FormData(form).get(f.name);
    if (raw == null || raw === "") continue;
    values[f.name] = f.type === "bool" ? raw === "true" : f.type === "number" || f.type === "whole" ? Number(raw) : raw;
  }
  return values;
}
