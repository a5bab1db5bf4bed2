// One group: rollouts as rows, steps as cells coloured by their credit, in order of time or gathered by the state they
// started from; lines join equal states.

import { get, thumb } from "../api.js";
import { chip, diverging, fill, h, number, s, said, signed, toast } from "../dom.js";
import { scope } from "../keys.js";
import { session } from "../session.js";

const COLOURS = [["advantage", "total"], ["advantage.episode", "episode"], ["advantage.step", "step"], ["reward", "reward"], ["surprise", "surprise"]];
const SHORT = 6;
const WIDE_COLUMNS = 6;

export async function view({ parts }) {
  const data = await get("group", { id: parts[0] || "", ...session.eyes });
  const page = new GroupView(data);
  return { title: `Group ${data.id}`, element: page.element, close: () => page.close(), shown: () => page.shown() };
}

const value = (step, name) => (name === "reward" ? step.reward : name === "surprise" ? step.surprise : step.layers?.[name]);

class GroupView {
  constructor(data) {
    this.data = data;
    const steps = data.members.flatMap((member) => member.steps);
    this.colours = COLOURS.filter(([name]) => steps.some((step) => typeof value(step, name) === "number"));
    this.colour = this.colours[0]?.[0] || "none";
    this.columns = session.store.read("columns") || "step";
    this.links = true;
    this.counts = new Map();
    for (const step of steps) if (step.state_key) this.counts.set(step.state_key, (this.counts.get(step.state_key) || 0) + 1);
    this.names = new Map([...this.counts.keys()].map((key, i) => [key, i]));
    this.grid = h("div", { class: "group-grid", role: "grid", "aria-label": "Rollouts by step" });
    this.detail = h("aside", { class: "card group-detail", "aria-live": "polite" });
    this.element = h("div", { class: "group-view" }, this.header(), h("div", { class: "group-body" }, h("div", { class: "scroll" }, this.grid), this.detail), this.legend());
    this.at = [0, 0];
    this.unscope = scope("Group", [
      { keys: ["ArrowLeft"], does: "step before", run: () => this.move(0, -1) }, { keys: ["ArrowRight"], does: "next step", run: () => this.move(0, 1) },
      { keys: ["ArrowUp"], does: "rollout above", run: () => this.move(-1, 0) }, { keys: ["ArrowDown"], does: "rollout below", run: () => this.move(1, 0) },
      { keys: ["Enter"], does: "open the episode at this step", run: () => this.open() }, { keys: ["p"], does: "hold for comparison, then compare", run: () => this.pair() },
      { keys: ["a"], does: "columns by step or by state", run: () => this.setColumns(this.columns === "step" ? "anchor" : "step") },
      { keys: ["v"], does: "next kind of credit", run: () => this.turnColour() }, { keys: ["o"], does: "lines on or off", run: () => this.toggleLinks() },
      { keys: ["Escape"], does: "all groups", run: () => { location.hash = "#/groups"; } },
    ]);
    this.resized = new ResizeObserver(() => this.drawLinks());
    this.resized.observe(this.grid);
  }

  header() {
    const { members } = this.data;
    const scores = members.map(({ head }) => head.score).filter((one) => typeof one === "number");
    const equal = scores.length > 1 && new Set(scores).size === 1;
    const first = members[0].head;
    this.switches = h("div", { class: "row switches" });
    return h("header", { class: "episode-head" }, h("a", { class: "back", href: "#/groups", "aria-label": "All groups" }, "←"),
      h("div", { class: "what" }, h("h1", {}, said(first.goal || first.task)),
        h("div", { class: "facts" }, h("span", {}, "group ", h("b", {}, said(this.data.id))), h("span", {}, "task ", h("b", {}, said(first.task))), h("span", {}, "seed ", h("b", {}, first.seed)), h("span", {}, h("b", {}, members.length), " rollouts"),
          scores.length ? h("span", {}, "mean score ", h("b", {}, signed(scores.reduce((sum, one) => sum + one, 0) / scores.length))) : null, equal && h("span", { class: "chip warn", title: "The same score everywhere: no advantage, nothing to learn" }, "all equal, teaches nothing"))), this.switches);
  }

  drawSwitches() {
    const choice = (label, options, current, set) => h("div", { class: "segments", role: "group", "aria-label": label }, h("span", { class: "soft" }, label), options.map(([name, text]) => h("button", { "aria-pressed": String(name === current), on: { click: () => set(name) } }, text)));
    fill(this.switches, choice("columns", [["step", "by step"], ["anchor", "by state"]], this.columns, (name) => this.setColumns(name)),
      this.colours.length ? choice("credit", this.colours, this.colour, (name) => { this.colour = name; this.draw(); }) : null,
      h("button", { "aria-pressed": String(this.links), on: { click: () => this.toggleLinks() } }, "Lines"));
  }

  shown() {
    this.draw();
    this.cell(0, 0)?.focus({ preventScroll: true });
  }

  setColumns(name) {
    this.columns = name;
    session.store.write("columns", name);
    this.draw();
  }

  turnColour() {
    const place = this.colours.findIndex(([name]) => name === this.colour);
    if (this.colours.length) this.colour = this.colours[(place + 1) % this.colours.length][0];
    this.draw();
  }

  toggleLinks() {
    this.links = !this.links;
    this.drawSwitches();
    this.drawLinks();
  }

  /** Columns with a name, and for each member the steps of each column. */
  layout() {
    const { members } = this.data;
    if (this.columns === "step") {
      const most = Math.max(...members.map(({ steps }) => steps.length), 1);
      return { names: Array.from({ length: most }, (_, t) => String(t + 1)), place: (step) => step.t };
    }
    const times = new Map();
    for (const { steps } of members) for (const step of steps) times.set(step.state_key, [...(times.get(step.state_key) || []), step.t]);
    const order = [...times].map(([key, ts]) => [key, ts.reduce((sum, t) => sum + t, 0) / ts.length, ts.length]).sort((a, b) => a[1] - b[1] || b[2] - a[2]).map(([key]) => key);
    const index = new Map(order.map((key, i) => [key, i]));
    return { names: order.map((key) => (key ? key.slice(0, SHORT) : "–")), counts: order.map((key) => this.counts.get(key) || 0), place: (step) => index.get(step.state_key) };
  }

  draw() {
    this.drawSwitches();
    const { members } = this.data;
    const layout = this.layout();
    const values = members.flatMap(({ steps }) => steps.map((step) => Math.abs(value(step, this.colour) ?? 0)));
    this.scale = Math.max(...values, 1e-9);
    this.grid.style.setProperty("--columns", layout.names.length);
    this.wide = layout.names.length <= WIDE_COLUMNS;
    this.grid.classList.toggle("wide", this.wide);
    const head = h("div", { class: "group-line head", role: "row" }, h("span", { class: "who", role: "columnheader" }, "rollout"), layout.names.map((name, i) => h("span", { class: "column-name", role: "columnheader", title: this.columns === "anchor" ? `state ${name}, ${layout.counts[i]} visits` : `step ${name}` }, name, layout.counts && h("small", {}, `×${layout.counts[i]}`))), h("span", { class: "end", role: "columnheader" }, "score"));
    this.cells = members.map(() => []);
    const lines = members.map(({ head: episode, steps }, row) => {
      const slots = layout.names.map(() => []);
      for (const step of steps) slots[layout.place(step)].push(step);
      return h("div", { class: "group-line", role: "row" },
        h("a", { class: "who", role: "rowheader", href: `#/episode/${encodeURIComponent(episode.id)}` }, `${episode.member}`, episode.parent ? h("small", { title: "a branch" }, " ↳") : null, chip(episode.outcome)),
        slots.map((inside, column) => h("span", { class: "slot" }, inside.map((step) => this.drawCell(step, row, column)))),
        h("span", { class: ["end", episode.score > 0 ? "good" : ""], role: "gridcell" }, episode.score === undefined ? "" : signed(episode.score)));
    });
    fill(this.grid, head, lines, this.overlay = s("svg", { class: "links", "aria-hidden": "true" }));
    this.focusOn(...this.at, false);
    requestAnimationFrame(() => this.drawLinks());
  }

  drawCell(step, row) {
    const amount = value(step, this.colour);
    const look = this.colour === "surprise" ? { class: "tone none", vars: { "--k": `${Math.round((100 * (amount || 0)) / this.scale)}%` } } : diverging(amount, this.scale);
    const shared = this.counts.get(step.state_key) || 0;
    const order = this.cells[row].length;
    const cell = h("button", { class: ["cell", look.class, this.colour === "surprise" && "surprise", step.valid === false && "wrong", shared > 1 && "shared"], role: "gridcell", vars: look.vars, tabindex: "-1", "data-key": step.state_key,
      "aria-label": `rollout ${row}, step ${step.t + 1}: ${step.line}${amount === undefined || amount === null ? "" : `, ${this.colour} ${signed(amount)}`}, ${shared} visits of this state`,
      on: { focus: () => this.focusOn(row, order, false), mouseenter: () => this.tell(row, order), mouseleave: () => this.tell(...this.at), click: () => this.focusOn(row, order), dblclick: () => this.open(), keydown: (event) => { if (event.key === "Enter") { event.preventDefault(); this.open(); } } } },
      h("span", { class: "amount" }, amount === null || amount === undefined ? "·" : number(Math.abs(amount) < 0.005 ? 0 : Number(amount.toFixed(2)))), this.wide && said(step.line, { class: "what" }));
    this.cells[row].push(cell);
    return cell;
  }

  cell(row, order) {
    return this.cells?.[row]?.[order] || null;
  }

  move(down, right) {
    const rows = this.cells.length;
    let [row, order] = this.at;
    if (down) {
      row = Math.max(0, Math.min(rows - 1, row + down));
      while (!this.cells[row].length && row + down >= 0 && row + down < rows) row += down;
    }
    order = Math.max(0, Math.min(this.cells[row].length - 1, order + right));
    this.focusOn(row, order);
  }

  focusOn(row, order, focus = true) {
    const cell = this.cell(row, order) || this.cell(0, 0);
    if (!cell) { fill(this.detail, h("p", { class: "soft" }, "No steps yet.")); return; }
    this.at = this.cell(row, order) ? [row, order] : [0, 0];
    for (const other of this.grid.querySelectorAll('.cell[tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
    if (focus) cell.focus();
    this.tell(...this.at);
  }

  tell(row, order) {
    const member = this.data.members[row];
    const step = member?.steps[order];
    if (!step) return;
    for (const cell of this.grid.querySelectorAll(".cell")) cell.classList.toggle("same", Boolean(step.state_key) && cell.dataset.key === step.state_key);
    for (const path of this.overlay.querySelectorAll("path")) path.classList.toggle("same", path.dataset.key === step.state_key);
    const others = this.data.members.flatMap(({ head, steps }) => steps.filter((other) => other.state_key === step.state_key && other !== step).map((other) => [head, other]));
    const credit = COLOURS.filter(([name]) => typeof value(step, name) === "number").map(([name, label]) => [h("dt", {}, label), h("dd", {}, name === "surprise" ? number(value(step, name)) : signed(value(step, name)))]);
    fill(this.detail, step.frame && h("img", { class: "preview", src: thumb(step.frame), alt: "" }), h("h3", {}, `Rollout ${member.head.member}, step ${step.t + 1} of ${member.steps.length}`), h("p", { class: "mono said" }, step.line),
      h("dl", { class: "pairs" }, credit), h("p", { class: "soft" }, others.length ? `This state was met ${others.length + 1} times here` : "Only this step met this state"),
      others.length ? h("ul", { class: "meet" }, others.slice(0, 12).map(([head, other]) => h("li", {}, h("span", { class: "soft" }, `${head.member}·${other.t + 1}`), h("span", { class: "mono said" }, other.line), h("span", { class: "num" }, value(other, this.colour) === undefined ? "" : signed(value(other, this.colour)))))) : null,
      h("div", { class: "row" }, h("a", { class: "button", href: this.href(row, order) }, "Open"), h("button", { on: { click: () => this.pair() } }, session.held ? "Compare with the held one" : "Hold to compare")));
  }

  href(row, order) {
    const { head, steps } = this.data.members[row];
    return `#/episode/${encodeURIComponent(head.id)}?t=${steps[order].t}`;
  }

  open() {
    session.trail = this.data.members.map(({ head }) => head.id);
    if (this.cell(...this.at)) location.hash = this.href(...this.at);
  }

  pair() {
    const [row, order] = this.at;
    const { head, steps } = this.data.members[row];
    const mine = { episode: head.id, t: steps[order].t };
    const { held } = session;
    if (held && held.episode !== mine.episode) {
      session.held = null;
      location.hash = `#/compare/${encodeURIComponent(held.episode)}/${encodeURIComponent(mine.episode)}?ta=${held.t}&tb=${mine.t}`;
      return;
    }
    session.held = mine;
    this.tell(row, order);
    toast(`Held rollout ${head.member}, step ${mine.t + 1}: choose another and press p.`, { stay: 3000 });
  }

  /** Lines between cells of equal states in rows that follow each other. */
  drawLinks() {
    if (!this.overlay) return;
    const base = this.grid.getBoundingClientRect();
    this.overlay.setAttribute("width", this.grid.scrollWidth);
    this.overlay.setAttribute("height", this.grid.scrollHeight);
    const paths = [];
    const last = new Map();
    if (this.links) this.cells.forEach((row) => {
      const seen = new Map();
      for (const cell of row) {
        const key_ = cell.dataset.key;
        if (!key_ || this.counts.get(key_) < 2) continue;
        const box = cell.getBoundingClientRect();
        const spot = { x: box.left - base.left + box.width / 2, top: box.top - base.top, bottom: box.bottom - base.top };
        const above = last.get(key_);
        if (above && !seen.has(key_)) {
          const far = spot.top - above.bottom > box.height;
          const [from, to] = [above.bottom - 2, spot.top + 2];
          const side = (box.width / 2 + 7) / 0.75;
          const bend = far ? [above.x - side, from, spot.x - side, to] : [above.x, (from + to) / 2, spot.x, (from + to) / 2];
          const path = s("path", { d: `M${above.x} ${from}C${bend.join(" ")} ${spot.x} ${to}`, class: `link hue${this.names.get(key_) % 6}` });
          path.dataset.key = key_;
          paths.push(path);
        }
        if (!seen.has(key_)) seen.set(key_, spot);
      }
      for (const [key_, spot] of seen) last.set(key_, spot);
    });
    fill(this.overlay, paths);
  }

  legend() {
    return h("footer", { class: "legend" }, h("span", {}, h("i", { class: "tone down", vars: { "--k": "80%" } }), h("i", { class: "tone down", vars: { "--k": "35%" } }), h("i", { class: "tone level" }), h("i", { class: "tone up", vars: { "--k": "35%" } }), h("i", { class: "tone up", vars: { "--k": "80%" } }), "worse … better than the group"), h("span", {}, h("i", { class: "tone sharedmark" }), "state met more than once"), h("span", {}, h("i", { class: "tone wrongmark" }), "action could not be done"));
  }

  close() {
    this.unscope();
    this.resized.disconnect();
  }
}
