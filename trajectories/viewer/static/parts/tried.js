// What the group tried in the state of a step: each action, how often, and what became of it.

import { get } from "../api.js";
import { fill, h, number, said, signed, tone } from "../dom.js";
import { session } from "../session.js";

const SHOWN = 4;

export class Tried {
  /** page: the episode's view. */
  constructor(page) {
    this.page = page;
    this.known = new Map();
    this.open = false;
    this.element = h("section", { class: "card tried", "aria-label": "Tried in this state", hidden: true });
  }

  async show() {
    const { page } = this;
    const { t } = page;
    if (!page.step?.state_key) { this.element.hidden = true; return; }
    if (!this.known.has(t)) this.known.set(t, get("tried", { id: page.id, t, ...session.eyes }));
    let found;
    try {
      found = await this.known.get(t);
    } catch {
      this.known.delete(t);
      found = { actions: [] };
    }
    if (t === page.t) this.draw(found);
  }

  draw({ actions, num_steps: steps }) {
    this.element.hidden = actions.length < 2;
    if (this.element.hidden) return;
    const shown = this.open ? actions : actions.slice(0, SHOWN);
    const credit = actions.some((one) => typeof one.advantage === "number");
    const told = actions.some((one) => one.mean_return !== undefined);
    const column = (name, title) => h("th", { scope: "col", class: "num", title }, name);
    fill(this.element, h("h3", {}, `Tried in this state: ${actions.length} actions in ${steps} steps`),
      h("table", { class: "plain-table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "action"), column("times", "how often"), told && column("return", "mean return of the episodes that did this here"), credit && column("advantage", "mean advantage of these steps"))),
        h("tbody", {}, shown.map((one) => this.row(one, told, credit)))),
      actions.length > SHOWN && h("button", { class: "plain more", "aria-expanded": String(this.open), on: { click: () => { this.open = !this.open; this.draw({ actions, num_steps: steps }); } } }, this.open ? "fewer" : `${actions.length - SHOWN} more`));
  }

  row(one, told, credit) {
    const other = one.examples.find(({ episode }) => episode !== this.page.id);
    const words = said(one.line, { class: "mono" });
    const point = (on) => ({ pointerenter: () => this.draft(on ? one : null), pointerleave: () => this.draft(null), focusin: () => this.draft(one), focusout: () => this.draft(null) });
    const href = other && `#/compare/${encodeURIComponent(this.page.id)}/${encodeURIComponent(other.episode)}?ta=${this.page.t}&tb=${other.t}`;
    return h("tr", { class: one.chosen ? "chosen" : "", on: point(!one.chosen) },
      h("td", {}, one.chosen ? [words, " ", h("span", { class: "chip" }, "this step")] : other ? h("a", { href, title: "Compare with a rollout that did this" }, words) : words),
      h("td", { class: "num" }, number(one.count)), told && h("td", { class: ["num", tone(one.mean_return)] }, signed(one.mean_return)), credit && h("td", { class: ["num", tone(one.advantage)] }, signed(one.advantage)));
  }

  /** Draw one of them on the screen, beside the action that was taken. */
  draft(one) {
    const { stage, correction } = this.page;
    if (!stage.scene || correction.active) return;
    stage.scene.proposal = one && !one.chosen ? { action: one.action, box: one.box } : null;
    stage.paint();
  }
}
