// Rollouts of one start as a small tree: a line each, leaving the line above it where the two part.

import { h, s } from "../dom.js";

const STEP = 26;
const ROW = 16;
const LEFT = 74;
const NAMES = ["A", "B"];

/** lines: as the server tells them, A and B first; onPick(side, t) goes to a step; href(id) compares A with another. */
export function tree({ lines, onPick, href }) {
  const longest = Math.max(...lines.map((line) => line.num_steps), 1);
  const width = LEFT + longest * STEP + 90;
  const height = lines.length * ROW + 14;
  const x = (t) => LEFT + t * STEP;
  const y = (i) => 11 + i * ROW;
  const shared = lines[1].joins?.t ?? null;
  const spots = [new Map(), new Map()];
  const names = lines.map((line, i) => NAMES[i] || line.kind || `rollout ${line.member}`);
  const drawn = lines.map((line, i) => {
    const called = names[i];
    const look = NAMES[i] ? `branch ${NAMES[i].toLowerCase()}` : "branch other";
    const from = line.joins;
    const start = from ? from.t : 0;
    const own = Array.from({ length: line.num_steps }, (_, t) => t).filter((t) => !from || t > start);
    // A last action of its own leads to no further step: a line to where that would stand, without a mark.
    const last = own.at(-1) ?? (line.same ? start : start + 1);
    const bend = from && last > start ? `M${x(start)} ${y(from.line)}C${x(start) + STEP / 2} ${y(from.line)} ${x(start) + STEP / 2} ${y(i)} ${x(start + 1)} ${y(i)}` : `M${x(start)} ${y(i)}`;
    const dots = own.map((t) => s("circle", { class: "node", cx: x(t), cy: y(i), r: 4, on: NAMES[i] ? { click: () => onPick(i, t) } : {} }, s("title", {}, `${called}, step ${t + 1}${NAMES[i] && shared !== null && t <= shared ? ", shared" : ""}`)));
    if (spots[i]) own.forEach((t, at) => spots[i].set(t, dots[at]));
    const name = s("text", { class: "name", x: 4, y: y(i) + 4 }, called);
    const same = line.same ? `the same as ${names[from.line]} ` : "";
    const end = s("text", { class: "name", x: same ? x(1) - 3 : x(last) + 9, y: y(i) + 4 }, same, line.outcome === "success" && s("tspan", { class: "good" }, "✓"));
    const label = NAMES[i] ? name : s("a", { href: href(line.id), "aria-label": `Compare A with ${called}` }, s("title", {}, `Compare A with ${line.id}`), name);
    return s("g", { class: look }, s("path", { d: `${bend}H${x(last)}` }), dots, label, end);
  });
  if (shared !== null) for (const [t, circle] of spots[0]) if (t <= shared) { spots[1].set(t, circle); circle.classList.add(t === shared ? "fork" : "common"); }
  const trunk = shared ? s("path", { class: "trunk", d: `M${x(0)} ${y(0)}H${x(shared)}` }) : null;
  const words = lines[1].same ? "A and B did the same" : shared === null ? "A and B do not begin in the same state" : `A and B share ${shared} ${shared === 1 ? "step" : "steps"} and part at step ${shared + 1}`;
  const others = lines.length - 2;
  const svg = s("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": words }, trunk, drawn);
  const element = h("div", { class: "tree" }, h("div", { class: "lines", tabindex: "0", role: "region", "aria-label": "Branches" }, svg),
    h("p", { class: "soft" }, h("b", {}, words), others > 0 && `${others} more of this start: choose one to compare it with A`));
  element.moveTo = (places) => {
    for (const circle of svg.querySelectorAll(".node.now")) circle.classList.remove("now");
    places.forEach((t, i) => spots[i].get(t)?.classList.add("now"));
  };
  return element;
}
