// The filmstrip: every step as a small picture, its credit as a bar below, marks for what was said of it.

import { thumb } from "../api.js";
import { diverging, fill, h, number, said, signed } from "../dom.js";

const LETTERS = { good: "G", bad: "B", neutral: "N", redundant: "R" };

/** What a step is worth in the strip: its advantage where there is one, else its reward. */
export const credit = (step) => (step.layers?.advantage ?? step.reward ?? null);

export class Strip {
  constructor(onPick) {
    this.onPick = onPick;
    this.element = h("ol", { class: "strip", "aria-label": "Steps" });
  }

  show(episode, marks) {
    const { steps, final, sizes } = episode;
    const scale = Math.max(...steps.map((step) => Math.abs(credit(step) ?? 0)), 1e-9);
    const what = steps.some((step) => step.layers?.advantage !== undefined) ? "advantage" : "reward";
    this.cells = steps.map((step, t) => this.cell(step, t, { scale, what, size: sizes[step.frame] }));
    if (final) this.cells.push(this.cell({ ...final, line: "after the last action", last: true }, steps.length, { size: sizes[final.frame] }));
    fill(this.element, this.cells.map((cell) => h("li", {}, cell)));
    this.mark(marks);
  }

  cell(step, t, { scale, what, size }) {
    const value = step.last ? null : credit(step);
    const look = diverging(value, scale);
    const picture = size
      ? h("img", { class: Math.max(...size) < 400 ? "crisp" : "", src: thumb(step.frame), alt: "", loading: "lazy", decoding: "async" })
      : h("span", { class: "mini" }, said(step.line || ""));
    const title = step.last ? "After the last action" : `Step ${t + 1}: ${step.line}${value === null ? "" : `, ${what} ${signed(value)}`}${step.valid === false ? ", could not be done" : ""}`;
    return h("button", { class: ["frame", step.valid === false && "wrong", step.last && "last"], title, "aria-label": title, on: { click: () => this.onPick(t) } },
      h("span", { class: "pic" }, picture, h("span", { class: "marks", "aria-hidden": "true" })),
      h("span", { class: "foot" }, h("span", { class: "no" }, step.last ? "end" : t + 1), value === null || value === undefined ? null : h("span", { class: "val" }, number(value))),
      h("span", { class: look.class, vars: look.vars }));
  }

  /** Marks by step: {labels, firstError, corrected, differs (rows that a replay found otherwise), shared (where two part)}. */
  mark({ labels = new Map(), firstError = null, corrected = new Set(), differs = new Set(), shared = null }) {
    this.cells.forEach((cell, t) => {
      const label = labels.get(t);
      fill(cell.querySelector(".marks"),
        label && h("i", { class: `label ${label}` }, LETTERS[label]),
        firstError === t && h("i", { class: "label first" }, "!"),
        corrected.has(t) && h("i", { class: "label fix" }, "✎"),
        differs.has(t) && h("i", { class: "label differs", title: "A replay differed here" }, "≠"));
      if (shared !== null && t <= shared) cell.classList.add(t === shared ? "fork" : "common");
      cell.classList.toggle("beyond", firstError !== null && t > firstError);
    });
  }

  current(t) {
    this.cells.forEach((cell, i) => {
      i === t ? cell.setAttribute("aria-current", "step") : cell.removeAttribute("aria-current");
    });
    const cell = this.cells[t];
    if (!cell) return;
    const left = cell.offsetLeft - this.element.clientWidth / 2 + cell.clientWidth / 2;
    this.element.scrollTo({ left, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  }
}
