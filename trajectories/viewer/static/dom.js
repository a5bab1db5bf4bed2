// Elements are built here and nowhere else. Text only ever becomes a text node: recorded markup cannot become markup.

const SVG = "http://www.w3.org/2000/svg";

function build(element, props, children) {
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [type, handler] of Object.entries(value)) element.addEventListener(type, handler);
    else if (name === "vars") for (const [key, part] of Object.entries(value)) element.style.setProperty(key, part);
    else if (name === "value" && "value" in element) element.value = value;
    else if (name === "class") element.setAttribute("class", Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  put(element, ...children);
  return element;
}

function put(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return element;
}

/** An HTML element: h("p", {class: "soft", on: {click}}, "text", child). */
export const h = (tag, props, ...children) => build(document.createElement(tag), props, children);

/** An SVG element. */
export const s = (tag, props, ...children) => build(document.createElementNS(SVG, tag), props, children);

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  return put(element, ...children);
}

/** A button that was clicked with the mouse gives the keys back to the page; one that was pressed by a key keeps the focus. */
export function letGo(event) {
  if (event.detail) event.currentTarget.blur();
}

/** Recorded text without control characters, which would be invisible, and without lone surrogates. */
export function printable(text) {
  return String(text ?? "").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff]/gu,
    (char) => "\\u" + char.charCodeAt(0).toString(16).padStart(4, "0"));
}

/** Recorded text as an element of its own, so that its writing direction stays inside. */
export const said = (text, props) => h("span", { ...props, class: ["said", props?.class] }, printable(text));

/** A key as it stands on the keyboard. */
export const key = (name) => h("kbd", { "aria-hidden": "true" }, name);

export const signed = (value) =>
  value === null || value === undefined ? "–" : value === 0 ? "0" : (value > 0 ? "+" : "−") + number(Math.abs(value));

export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (Number.isInteger(value)) return value.toLocaleString("en").replaceAll(",", "\u2009");
  const size = Math.abs(value);
  return size >= 100 ? value.toFixed(0) : size >= 10 ? value.toFixed(1) : size >= 1 ? value.toFixed(2) : value.toPrecision(2);
}

/** A value between -1 and 1 on the diverging scale: a class for its side and how strong the colour is. */
export function diverging(value, scale) {
  if (value === null || value === undefined || !scale) return { class: "tone none", vars: { "--k": "0%" } };
  const share = Math.max(-1, Math.min(1, value / scale));
  return { class: ["tone", share > 0 ? "up" : share < 0 ? "down" : "level"].join(" "), vars: { "--k": `${Math.round(15 + Math.abs(share) * 85)}%` } };
}

export const tone = (value) => (value > 0 ? "good" : value < 0 ? "bad" : "");

let toastTimer = 0;

/** Say something at the foot of the page. */
export function toast(text, { kind = "", action = null, stay = 5000 } = {}) {
  const box = document.getElementById("toasts");
  const note = h("div", { class: ["toast", kind] }, h("span", {}, text),
    action && h("button", { class: "plain", on: { click: () => { note.remove(); action.run(); } } }, action.label));
  fill(box, note);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => note.remove(), stay);
}

/** Outcome of an episode as a chip. */
export function chip(outcome) {
  if (!outcome) return null;
  const kind = { success: "good", failure: "bad", fault: "warn", crashed: "warn", running: "live" }[outcome] || "";
  return h("span", { class: ["chip", kind] }, outcome);
}
