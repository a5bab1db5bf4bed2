// What replaying the episode came to: its verdict, and at each row that differs how, with the picture of the first.

import { fill, h, said } from "../dom.js";

const KINDS = { identical: "good", drift: "warn", diverged: "bad", error: "bad" };

export class Replayed {
  /** replay: the newest verdict with its rows, or null; problem: why there is none; onGo(t) goes to a row. */
  constructor(id, { replay, problem }, onGo) {
    Object.assign(this, { id, replay, problem, onGo });
    this.element = h("section", { class: "card replayed", "aria-label": "Replay", hidden: true });
  }

  /** Rows that differ, the one that the verdict is about among them. */
  get rows() {
    return Object.keys(this.replay?.rows || {}).map(Number);
  }

  get first() {
    return this.replay?.t ?? null;
  }

  /** The verdict for the head of the page; it leads to where the difference begins. */
  chip() {
    if (this.problem) return h("span", { class: "chip warn", title: this.problem }, "replay unreadable");
    if (!this.replay) return null;
    const { verdict, detail, notes, pixels } = this.replay;
    const look = ["chip", KINDS[verdict]];
    const title = [detail, pixels !== "compared" && `pictures: ${pixels}`, ...notes].filter(Boolean).join("\n");
    if (this.first === null) return h("span", { class: look, title }, `replay ${verdict}`);
    return h("button", { class: [...look, "press"], title, on: { click: () => this.onGo(this.first) } }, `replay ${verdict} at ${this.first + 1}`);
  }

  show(t) {
    const found = this.replay?.rows[t];
    const failed = this.replay?.verdict === "error" && t === this.first;
    this.element.hidden = !found && !failed;
    if (this.element.hidden) { fill(this.element); return; }
    const { verdict, detail, picture_t: shown } = this.replay;
    fill(this.element, h("h3", {}, t === this.first ? `Done again, it ${verdict === "diverged" ? "diverged" : verdict === "error" ? "failed" : "differed"} here` : "Done again, it differed here"),
      failed && h("p", { class: "said" }, detail),
      found && h("dl", { class: "pairs" }, found.map((one) => [h("dt", {}, one.level), h("dd", {}, said(one.detail, { class: "mono" }))])),
      t === shown ? this.picture() : shown !== null && t === this.first ? h("button", { class: "plain", on: { click: () => this.onGo(shown) } }, `The picture of the difference is at step ${shown + 1}`) : null);
  }

  picture() {
    const src = `/api/replay/picture?id=${encodeURIComponent(this.id)}`;
    return h("figure", { class: "replay-picture" }, h("a", { href: src, target: "_blank", rel: "noopener", title: "Open the picture by itself" }, h("img", { src, alt: "Three panels: the recorded frame, the frame found, and the pixels that differ in red" })),
      h("figcaption", { class: "soft" }, h("span", {}, "recorded"), h("span", {}, "found"), h("span", {}, "difference")));
  }
}
