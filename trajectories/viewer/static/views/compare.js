// Two episodes beside each other, step by step from the state that they share, and which of the two is better.

import { get } from "../api.js";
import { chip, fill, h, key, letGo, said, signed, toast } from "../dom.js";
import { dialog, scope } from "../keys.js";
import * as news from "../news.js";
import { Labels, undo } from "../parts/labels.js";
import { Stage, quote, wrote } from "../parts/stage.js";
import { Strip } from "../parts/strip.js";
import { tree } from "../parts/tree.js";
import { session } from "../session.js";
import { work } from "../work.js";

const CHOICES = [["a", "1", "A is better"], ["b", "2", "B is better"], ["tie", "0", "Equally good"], ["both_bad", "-", "Both bad"]];

export async function view({ parts, params }) {
  const [a, b] = parts;
  const data = await get("compare", { a: a || "", b: b || "", ...session.eyes });
  const page = new CompareView(data, params);
  return { title: "Compare", element: page.element, close: () => page.close(), shown: () => page.go(0) };
}

class Side {
  constructor(letter, data, { start, shared, onPick }) {
    Object.assign(this, { letter, data, start });
    this.stage = new Stage({ name: `${letter}, screen before the action` });
    this.strip = new Strip((t) => onPick(t - this.start));
    this.line = h("h3", { class: "action-line" });
    this.words = h("div", { class: "words-said" });
    const { head } = data;
    this.element = h("section", { class: "side", "aria-label": letter },
      h("header", { class: "side-head" }, h("b", { class: `letter of-${letter.toLowerCase()}`, "aria-hidden": "true" }, letter), chip(head.outcome), head.score !== undefined && h("span", { class: "soft" }, "score ", signed(head.score)), h("a", { class: "said grow", href: `#/episode/${encodeURIComponent(head.id)}` }, head.id)),
      this.strip.element, this.stage.element, this.line, this.words);
    this.strip.show(data, { shared });
  }

  get length() {
    return this.data.steps.length;
  }

  show(offset) {
    const { steps, final, sizes } = this.data;
    const last = final ? steps.length : steps.length - 1;
    const t = Math.max(0, Math.min(last, this.start + offset));
    const step = steps[t];
    const now = step || final || {};
    const next = t + 1 < steps.length ? steps[t + 1] : step ? final : null;
    this.t = t;
    this.stage.show({ sha: now.frame, after: sizes[next?.frame] ? next.frame : null, size: sizes[now.frame] || null, action: step?.action || null, line: now.line, box: step?.box || null, text: now.text });
    fill(this.line, h("span", { class: "soft" }, step ? `${t + 1}` : "end"), step ? said(step.line, { class: "mono" }) : "after the last action", step && !step.valid && h("span", { class: "chip bad" }, "could not be done"), step?.reward ? h("span", { class: step.reward > 0 ? "good" : "bad" }, signed(step.reward)) : null);
    const { thought, rest } = wrote(step?.raw || "");
    fill(this.words, thought && quote(thought), rest && rest !== step?.line ? quote(rest, "mono") : null, step?.action_error && quote(step.action_error, "error"));
    this.strip.current(t);
  }
}

class CompareView {
  constructor(data, params) {
    const { a, b } = data;
    this.id = a.head.id;
    this.queue = params.get("queue");
    const shared = data.shared_t ?? 0;
    const at = (name, side) => Math.max(0, Math.min(side.steps.length - 1, params.has(name) ? Number(params.get(name)) || 0 : shared));
    this.shared = data.shared_t;
    const side = (letter, one, name) => new Side(letter, one, { start: at(name, one), shared: data.shared_t, onPick: (offset) => this.go(offset) });
    this.sides = [side("A", a, "ta"), side("B", b, "tb")];
    this.tree = tree({ lines: data.tree, onPick: (i, t) => this.go(t - this.sides[i].start), href: (id) => `#/compare/${encodeURIComponent(a.head.id)}/${encodeURIComponent(id)}` });
    this.same = data.meeting.some(([x, y]) => x === this.sides[0].start && y === this.sides[1].start);
    this.labels = new Labels(this.id, a.said, () => this.drawChoice());
    this.choices = h("div", { class: "verdict", role: "group", "aria-label": "Which is better" });
    this.note = h("div", {});
    this.counter = h("span", { class: "soft", role: "status" });
    this.element = h("div", { class: "compare-view" }, h("header", { class: "episode-head" }, h("a", { class: "back", href: a.head.group_id ? `#/group/${encodeURIComponent(a.head.group_id)}` : session.list, "aria-label": "Back" }, "←"),
      h("div", { class: "what" }, h("h1", {}, said(a.head.goal || a.head.task)), h("div", { class: "facts" }, h("span", {}, "task ", h("b", {}, said(a.head.task))), h("span", { class: "chip" }, this.same ? "from the same state" : "from different states"), this.counter)), this.queue && work.banner(this, b.head.id)), this.tree,
    h("div", { class: "sides" }, this.sides.map((side) => side.element)), h("footer", { class: "compare-foot" }, this.choices, this.note));
    this.drawChoice();
    const choose = (name) => () => this.choose(name);
    this.unscope = scope("Compare", [
      { keys: ["ArrowRight"], does: "next step on both sides", run: () => this.go(this.offset + 1) }, { keys: ["ArrowLeft"], does: "step before", run: () => this.go(this.offset - 1) },
      { keys: ["Home"], does: "first step", run: () => this.go(-1e6) }, { keys: ["End"], does: "last step", run: () => this.go(1e6) },
      { keys: ["="], does: "where they part", run: () => this.go(0) },
      ...CHOICES.map(([name, letter, does]) => ({ keys: [letter], does: does.toLowerCase(), run: choose(name) })),
      { keys: ["c"], does: "say why", run: () => this.why() }, { keys: ["u"], does: "undo", run: () => undo(this.labels) },
      { keys: ["s"], does: "skip", run: () => this.skip() }, { keys: ["Enter"], does: "done, next", run: () => this.next() },
      { keys: ["o"], does: "the actions on or off", run: () => this.each((stage) => { stage.overlay = !stage.overlay; stage.paint(); }) },
      { keys: ["d"], does: "difference after the actions", run: () => this.each((stage) => { stage.tiles = !stage.tiles; stage.paint(); }) },
      { keys: ["x"], does: "hold: the screens after", run: () => this.each((stage) => { stage.flicker = true; }), up: () => this.each((stage) => { stage.flicker = false; }) },
      { keys: ["Escape"], does: "back", run: () => history.back() },
    ]);
    this.unhear = news.on("said", (one) => this.labels.hear(one));
  }

  each(change) {
    for (const side of this.sides) change(side.stage);
  }

  go(offset) {
    const [a, b] = this.sides;
    const low = -Math.max(a.start, b.start);
    const high = Math.max(a.length - a.start, b.length - b.start);
    this.offset = Math.max(low, Math.min(high, offset));
    for (const side of this.sides) side.show(this.offset);
    this.tree.moveTo([a.t, b.t]);
    const from = this.offset === 0 ? "at the shared step" : `${Math.abs(this.offset)} ${Math.abs(this.offset) === 1 ? "step" : "steps"} ${this.offset > 0 ? "after" : "before"} it`;
    fill(this.counter, from);
  }

  get places() {
    return this.sides.map((side) => ({ episode: side.data.head.id, t: side.start }));
  }

  get own() {
    const [a, b] = this.places;
    return this.labels.mine.find((one) => one.kind === "preference" && [one.value.a, one.value.b].every((place) => [a, b].some((side) => side.episode === place.episode && side.t === place.t))) || null;
  }

  /** The reader's choice in terms of what stands left and right. */
  get choice() {
    const { own } = this;
    if (!own || !["a", "b"].includes(own.value.choice)) return own?.value.choice || null;
    return own.value[own.value.choice].episode === this.places[0].episode ? "a" : "b";
  }

  choose(name, why = this.own?.value.why ?? null) {
    const [a, b] = this.places;
    this.labels.say("preference", { a, b, choice: name, shared_t: this.same ? this.sides[0].start : null, why }, a.t, { other: b, toggle: why === (this.own?.value.why ?? null) && this.choice === name });
  }

  drawChoice() {
    const { choice, own } = this;
    const focused = [...this.choices.querySelectorAll("button")].indexOf(document.activeElement);
    fill(this.choices, CHOICES.map(([name, letter, label]) => h("button", { class: ["verdict-choice", name], "aria-pressed": String(choice === name), disabled: session.run.read_only, on: { click: (event) => { this.choose(name); letGo(event); } } }, label, key(letter))),
      h("button", { class: "plain", disabled: !own, on: { click: () => this.why() } }, "Why", key("c")));
    if (focused >= 0) this.choices.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
    fill(this.note, own?.value.why && h("blockquote", { class: "critique" }, said(own.value.why)), this.labels.others.filter((one) => one.kind === "preference").map((one) => h("span", { class: "soft" }, h("b", { class: "said" }, one.author), ` ${one.value.choice.replace("_", " ")} `)));
  }

  why() {
    if (!this.own) { toast("Choose first, then say why.", { stay: 2000 }); return; }
    const box = dialog("Why?", "write");
    const area = h("textarea", { rows: 4, "aria-label": "Why", maxlength: 20000, value: this.own.value.why || "" });
    const save = () => { this.choose(this.choice, area.value.trim() || null); box.close(); };
    area.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(); });
    fill(box.body, area, h("div", { class: "row end" }, h("button", { class: "button primary", on: { click: save } }, "Save")));
    box.open();
    area.focus();
  }

  skip() {
    for (const place of this.places) {
      const other = new Labels(place.episode, [], () => {});
      other.say("skip", null, place.t, { toggle: false });
    }
    this.next();
  }

  async next() {
    if (this.queue) await work.next(this.queue, this.id, this.sides[1].data.head.id);
    else history.back();
  }

  close() {
    this.unscope();
    this.unhear();
  }
}
