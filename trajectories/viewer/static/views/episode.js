// One episode: the film, the big picture, what was seen and said, and what people say about it.

import { get } from "../api.js";
import { chip, fill, h, key, letGo, number, said, signed, toast } from "../dom.js";
import { dialog, scope } from "../keys.js";
import * as news from "../news.js";
import { Correction } from "../parts/correct.js";
import { Judgement } from "../parts/judgement.js";
import { Labels, undo } from "../parts/labels.js";
import { Replayed } from "../parts/replayed.js";
import { Stage } from "../parts/stage.js";
import { StepTabs } from "../parts/tabs.js";
import { chart } from "../parts/chart.js";
import { Strip } from "../parts/strip.js";
import { Tried } from "../parts/tried.js";
import { session } from "../session.js";
import { work } from "../work.js";

const FRAME_MS = 700;
const SERIES = { advantage: "a", "advantage.episode": "b", "advantage.step": "c" };
const here = (id, t, queue) => `#/episode/${encodeURIComponent(id)}?t=${t}${queue ? `&queue=${encodeURIComponent(queue)}` : ""}`;

export async function view({ parts, params }) {
  const id = parts[0];
  if (!id) throw new Error("No episode is named.");
  const replayed = get("replay", { id, ...session.eyes }).catch((error) => ({ replay: null, problem: error.message }));
  const data = await get("episode", { id, ...session.eyes });
  const page = new EpisodeView(data, Number(params.get("t")) || 0, params.get("queue"), await replayed);
  return { title: data.head.goal || data.head.task, element: page.element, close: () => page.close(), shown: () => page.go(page.t, false), moved: (place) => page.moved(place) };
}

class EpisodeView {
  constructor(data, t, queue, replayed) {
    this.data = data;
    this.id = data.head.id;
    this.queue = queue;
    this.last = data.final ? data.steps.length : Math.max(data.steps.length - 1, 0);
    this.t = Math.max(0, Math.min(this.last, t));
    this.labels = new Labels(this.id, data.said, () => this.marked());
    this.stage = new Stage();
    this.strip = new Strip((step) => this.go(step));
    this.replayed = new Replayed(this.id, replayed, (row) => this.go(row));
    this.tried = new Tried(this);
    this.correction = new Correction(this);
    this.judgement = new Judgement(this);
    this.tabs = new StepTabs(this);
    this.buttons = this.toolbar();
    this.graph = h("div", { class: "graph" });
    this.title = h("h2", { class: "action-line" });
    this.element = h("div", { class: "episode-view", "data-id": this.id }, this.header(), this.strip.element,
      h("div", { class: "columns" },
        h("div", { class: "left" }, this.stage.element, h("div", { class: "toolbar", role: "toolbar", "aria-label": "Picture" }, this.buttons), this.replayed.element, this.graph),
        h("div", { class: "right" }, h("div", { class: "action-head" }, this.title), this.correction.element, this.tried.element, this.judgement.element, this.tabs.element)));
    this.strip.show(data, this.marks());
    this.drawGraph();
    this.unscope = scope("Episode", this.bindings());
    this.unhear = news.on("said", (one) => this.labels.hear(one));
    this.remember();
  }

  remember() {
    const visited = (session.store.read("visited") || "").split(" ").filter((one) => one !== this.id).slice(-400);
    session.store.write("visited", [...visited, this.id].join(" ").trim());
  }

  header() {
    const { head } = this.data;
    const fact = (name, value) => value !== "" && value !== undefined && value !== null && h("span", {}, `${name} `, h("b", {}, said(value)));
    const trail = session.trail;
    const place = trail.indexOf(this.id);
    return h("header", { class: "episode-head" },
      h("a", { class: "back", href: session.list, "aria-label": "Back to the list" }, "←"),
      h("div", { class: "what" }, h("h1", {}, said(head.goal || head.task)),
        h("div", { class: "facts" }, chip(head.outcome), head.score !== undefined && fact("score", signed(head.score)), fact("task", head.task), fact("seed", String(head.seed)), fact("split", head.split), fact("agent", head.agent),
          head.iteration ? fact("iteration", String(head.iteration)) : null, head.group_id && h("a", { href: `#/group/${encodeURIComponent(head.group_id)}` }, "group ", said(head.group_id)),
          head.parent && h("a", { href: here(head.parent.episode_id, head.parent.t) }, `${head.parent.kind} of step ${head.parent.t + 1}`),
          this.replayed.chip(), Object.entries(this.data.layers).filter(([name]) => !this.replayed.replay || !name.startsWith("replay")).map(([name, value]) => fact(name, typeof value === "number" ? number(value) : value)))),
      h("div", { class: "walk" }, place >= 0 && h("span", { class: "soft" }, `${place + 1} of ${trail.length}`),
        h("button", { class: "plain", title: "Episode before", "aria-label": "Episode before", on: { click: () => this.walk(-1) } }, "‹", key("[")),
        h("button", { class: "plain", title: "Next episode", "aria-label": "Next episode", on: { click: () => this.walk(1) } }, key("]"), "›")),
      this.queue && work.banner(this));
  }

  toolbar() {
    const toggle = (name, label, letter, title) => {
      const button = h("button", { "aria-pressed": String(this.stage[name]), title, on: { click: (event) => { this.toggle(name); letGo(event); } } }, label, key(letter));
      button.dataset.name = name;
      return button;
    };
    const hold = h("button", { title: "Hold to see the screen after the action", on: { pointerdown: () => this.flicker(true), pointerup: () => this.flicker(false), pointerleave: () => this.flicker(false) } }, "After", key("x"));
    this.playing = h("button", { title: "Play", on: { click: (event) => { this.play(); letGo(event); } } }, "Play", key("Space"));
    return [toggle("overlay", "Action", "o", "Draw the action"), toggle("tiles", "Difference", "d", "Mark the tiles that the action changed"), toggle("elements", "Elements", "l", "Outline the elements"), hold, h("span", { class: "grow" }), this.playing,
      h("span", { class: "turn" }, h("button", { "aria-label": "Step before", on: { click: () => this.go(this.t - 1) } }, "←"), this.counter = h("span", { class: "count", role: "status" }), h("button", { "aria-label": "Next step", on: { click: () => this.go(this.t + 1) } }, "→"))];
  }

  bindings() {
    const on = (keys, does, run, more = {}) => ({ keys, does, run, ...more });
    const label = (name) => () => this.label(name);
    return [
      on(["ArrowRight"], "next step", () => this.go(this.t + 1)), on(["ArrowLeft"], "step before", () => this.go(this.t - 1)),
      on(["Home"], "first step", () => this.go(0)), on(["End"], "last step", () => this.go(this.last)),
      on(["]"], "next episode", () => this.walk(1)), on(["["], "episode before", () => this.walk(-1)),
      on([" "], "play", () => this.play()), on(["o"], "the action on or off", () => this.toggle("overlay")), on(["d"], "difference after the action", () => this.toggle("tiles")),
      on(["l"], "elements", () => this.toggle("elements")), on(["x"], "hold: the screen after", () => this.flicker(true), { up: () => this.flicker(false) }),
      on(["g"], "good step", label("good")), on(["b"], "bad step", label("bad")), on(["n"], "neutral step", label("neutral")), on(["r"], "redundant step", label("redundant")),
      on(["e"], "first error: all after it follows from it", () => this.firstError()),
      on(["1", "2", "3", "4", "5"], "rate the episode", (event) => this.rate(Number(event.key)), { shown: ["1", "…", "5"] }),
      on(["c"], "critique", () => this.judgement.critique()), on(["t"], "tags", () => this.judgement.tags()), on(["k"], "correct the action", () => this.correct()),
      on(["p"], "compare with another", () => this.pair()), on(["s"], "skip", () => this.skip()), on(["u"], "undo", () => undo(this.labels)),
      on(["Enter"], "done, next", () => this.submit()), on(["="], "where a replay began to differ", () => this.difference()),
      on(["f"], "back to the list, filters", () => { location.hash = session.list; setTimeout(() => document.querySelector(".facets button")?.focus(), 300); }),
      on(["Escape"], "back to the list", () => { location.hash = session.list; }, { also: false }),
    ];
  }

  /** The address has changed: the same episode at another step needs no new page. */
  moved({ name, parts, params }) {
    if (name !== "episode" || parts[0] !== this.id || params.get("queue") !== this.queue) return false;
    this.go(Number(params.get("t")) || 0, false);
    return true;
  }

  get step() {
    return this.data.steps[this.t] || null;
  }

  go(t, remember = true) {
    this.correction.close();
    this.t = Math.max(0, Math.min(this.last, t));
    const { steps, final, sizes } = this.data;
    const now = this.step || final || {};
    const next = this.t + 1 < steps.length ? steps[this.t + 1] : this.step ? final : null;
    this.stage.name = this.step ? "Screen before the action" : "Screen after the last action";
    this.stage.show({
      sha: now.frame, after: sizes[next?.frame] ? next.frame : null, size: sizes[now.frame] || null, action: this.step?.action || null, line: now.line,
      box: this.step?.box || null, elements: now.elements || [], text: now.text,
    });
    fill(this.title, this.step ? said(this.step.line, { class: "mono" }) : "After the last action", this.step && !this.step.valid && h("span", { class: "chip bad" }, "could not be done"));
    fill(this.counter, this.step ? `${this.t + 1} / ${steps.length}` : "end");
    this.strip.current(this.t);
    this.judgement.show();
    this.tried.show();
    this.replayed.show(this.t);
    this.tabs.show();
    this.graph.firstChild?.moveTo?.(Math.min(this.t + 1, steps.length));
    if (remember) history.replaceState(null, "", here(this.id, this.t, this.queue));
    for (const frame of [next?.frame, steps[this.t + 2]?.frame]) if (sizes[frame]) new Image().src = `/api/frames/${frame}`;
  }

  drawGraph() {
    const { steps } = this.data;
    if (!steps.length || steps[0].reward === undefined) return;
    let sum = 0;
    const series = [{ name: "return", kind: "r", points: steps.map((step, i) => [i + 1, (sum += step.reward ?? 0)]) }];
    for (const [name, kind] of Object.entries(SERIES)) {
      const points = steps.map((step, i) => [i + 1, step.layers[name]]).filter(([, value]) => typeof value === "number");
      if (points.length) series.push({ name: name.replace("advantage.", "adv. "), kind, points });
    }
    fill(this.graph, chart({ title: "", series, cursor: this.t + 1, xName: "step", onPick: (x) => this.go(x - 1), size: { width: 560, height: 96, left: 36 } }));
  }

  marks() {
    const labels = new Map(this.labels.mine.filter((one) => one.kind === "label").map((one) => [one.at.t, one.value]));
    return { labels, firstError: this.labels.own("first_error")?.at.t ?? null, corrected: new Set(this.labels.mine.filter((one) => one.kind === "correction").map((one) => one.at.t)), differs: new Set(this.replayed.rows) };
  }

  marked() {
    this.strip.mark(this.marks());
    this.judgement.show();
  }

  label(name) {
    if (!this.step) { toast("There is no action here to judge: go to a step.", { stay: 2000 }); return; }
    this.labels.say("label", name, this.t);
  }

  firstError() {
    if (this.step) this.labels.say("first_error", null, this.t);
  }

  rate(stars) {
    this.labels.say("rating", stars);
  }

  correct() {
    if (!this.step) { toast("There is no action here to correct: go to a step.", { stay: 2000 }); return; }
    if (!session.run.read_only) this.correction.open();
  }

  difference() {
    if (this.replayed.first !== null) this.go(this.replayed.first);
    else toast(this.replayed.replay ? `The replay was ${this.replayed.replay.verdict}.` : "This episode was not replayed: `clickwright traj replay` does.", { stay: 2500 });
  }

  toggle(name) {
    this.stage[name] = !this.stage[name];
    for (const button of this.buttons) if (button.dataset?.name === name) button.setAttribute("aria-pressed", String(this.stage[name]));
    this.stage.paint();
  }

  flicker(on) {
    if (this.stage.after !== on) this.stage.flicker = on;
  }

  play() {
    if (this.timer) { this.pause(); return; }
    if (this.t >= this.last) this.go(0);
    this.playing.setAttribute("aria-pressed", "true");
    this.timer = setInterval(() => (this.t >= this.last ? this.pause() : this.go(this.t + 1)), FRAME_MS);
  }

  pause() {
    clearInterval(this.timer);
    this.timer = 0;
    this.playing.setAttribute("aria-pressed", "false");
  }

  walk(by) {
    const place = session.trail.indexOf(this.id);
    const inTrail = place >= 0 ? session.trail[place + by] : by > 0 ? this.data.neighbours.after : this.data.neighbours.before;
    if (inTrail) location.hash = `#/episode/${encodeURIComponent(inTrail)}`;
    else toast(by > 0 ? "That was the last of the list." : "That was the first of the list.", { stay: 2000 });
  }

  async skip() {
    this.labels.say("skip", null, this.queue && work.at?.t !== undefined ? work.at.t : null, { toggle: false });
    this.next("Skipped");
  }

  submit() {
    this.next("");
  }

  async next(word) {
    if (this.queue) { await work.next(this.queue, this.id); return; }
    if (word) toast(word, { stay: 1500 });
    this.walk(1);
  }

  pair() {
    const held = session.held;
    if (held && held.episode !== this.id) {
      session.held = null;
      location.hash = `#/compare/${encodeURIComponent(held.episode)}/${encodeURIComponent(this.id)}?ta=${held.t}&tb=${Math.min(this.t, this.data.steps.length - 1)}`;
      return;
    }
    session.held = { episode: this.id, t: Math.min(this.t, Math.max(this.data.steps.length - 1, 0)) };
    if (this.data.head.group_id) { this.choosePair(); return; }
    toast("Held: open another episode and press p to compare the two.");
  }

  async choosePair() {
    const box = dialog("Compare with…", "pairs");
    fill(box.body, h("p", { class: "soft" }, "loading the group…"));
    box.open();
    const group = await get("group", { id: this.data.head.group_id, ...session.eyes });
    const mine = this.step?.state_key;
    fill(box.body, h("ul", { class: "choices" }, group.members.filter(({ head }) => head.id !== this.id).map(({ head, steps }) => {
      const meets = steps.find((step) => step.state_key === mine);
      return h("li", {}, h("a", { href: `#/compare/${encodeURIComponent(this.id)}/${encodeURIComponent(head.id)}?ta=${this.t}&tb=${meets ? meets.t : Math.min(this.t, steps.length - 1)}`, on: { click: () => { session.held = null; box.close(); } } },
        h("span", {}, `Rollout ${head.member}`), chip(head.outcome), h("span", { class: "mono said" }, meets ? meets.line : ""), meets && h("span", { class: "soft" }, "same state")));
    })), h("p", { class: "soft" }, "Or close this, open any other episode and press ", key("p"), "."));
    box.body.querySelector("a")?.focus();
  }

  close() {
    this.pause();
    this.correction.close();
    this.unscope();
    this.unhear();
  }
}
