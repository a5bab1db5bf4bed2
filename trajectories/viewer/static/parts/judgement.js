// The reader's own verdict on a step and its episode, and what others said.

import { fill, h, key, letGo, said, toast } from "../dom.js";
import { dialog } from "../keys.js";
import { session } from "../session.js";

const LABELS = [["good", "g"], ["bad", "b"], ["neutral", "n"], ["redundant", "r"]];
const SUGGESTED = ["loop", "wrong element", "typo", "gave up", "good recovery", "task unclear", "environment bug"];

export class Judgement {
  constructor(page) {
    this.page = page;
    this.element = h("section", { class: "card judgement", "aria-label": "Your verdict" });
  }

  show() {
    const { page } = this;
    const { labels, t } = page;
    const focused = [...this.element.querySelectorAll("button")].indexOf(document.activeElement);
    const label = labels.own("label", t)?.value;
    const first = labels.own("first_error");
    const rating = labels.own("rating")?.value || 0;
    const off = session.run.read_only;
    const press = (run) => ({ click: (event) => { run(); letGo(event); } });
    const beyond = first && t > first.at.t;
    fill(this.element,
      h("div", { class: "row labels", role: "group", "aria-label": "This step" },
        LABELS.map(([name, letter]) => h("button", { class: ["tag", name], "aria-pressed": String(label === name), disabled: off || !page.step, on: press(() => page.label(name)) }, name, key(letter))),
        h("button", { class: "tag first", "aria-pressed": String(first?.at.t === t), disabled: off || !page.step, title: "The first step that went wrong; those after it follow from it", on: press(() => page.firstError()) }, "first error", key("e"))),
      beyond && h("p", { class: "soft" }, `after the error of step ${first.at.t + 1}`),
      h("div", { class: "row episode-verdict" },
        h("span", { class: "stars", role: "group", "aria-label": "Rate the episode" }, [1, 2, 3, 4, 5].map((stars) => h("button", { class: ["star", stars <= rating && "on"], "aria-pressed": String(stars === rating), "aria-label": `${stars} of 5`, title: `Rate the episode ${stars} of 5`, disabled: off, on: press(() => page.rate(stars)) }, stars))),
        h("button", { class: "plain", disabled: off, on: press(() => page.correct()) }, labels.own("correction", t) ? "Corrected" : "Correct", key("k")),
        h("button", { class: "plain", disabled: off, on: press(() => this.tags()) }, "Tag", key("t")),
        h("button", { class: "plain", disabled: off, on: press(() => this.critique()) }, "Critique", key("c"))),
      this.fix(), this.tagRow(), this.note(), this.others());
    if (focused >= 0) this.element.querySelectorAll("button")[focused]?.focus({ preventScroll: true });
  }

  fix() {
    const found = this.page.labels.own("correction", this.page.t);
    return found && h("p", { class: "fix" }, h("span", { class: "label fix", "aria-hidden": "true" }, "✎"), h("span", { class: "mono said" }, found.line || describe(found.value.action)), found.value.thought && h("span", { class: "soft said" }, found.value.thought));
  }

  tagRow() {
    const { labels, t } = this.page;
    const places = [[t, labels.tags(this.page.step ? t : null)], [null, this.page.step ? labels.tags(null) : []]];
    const tags = places.flatMap(([at, ones]) => ones.map((one) => h("button", { class: "chip tagged", title: "Take this tag away", "aria-label": `Tag ${one.value}${at === null ? " of the episode" : ""}, take away`, on: { click: () => labels.say("tag", one.value, at) } }, said(one.value), " ✕")));
    return tags.length ? h("div", { class: "row" }, tags) : null;
  }

  note() {
    const { labels, t } = this.page;
    const notes = [labels.own("critique", t), this.page.step && labels.own("critique", null)].filter(Boolean);
    return notes.map((one) => h("blockquote", { class: "critique" }, said(one.value)));
  }

  others() {
    const { labels, t } = this.page;
    const shown = labels.others.filter((one) => one.kind !== "skip" && (one.at.t === t || one.at.t === null || one.at.t === undefined));
    if (!shown.length) return null;
    return h("ul", { class: "others", "aria-label": "What others said" }, shown.map((one) => h("li", {}, h("span", { class: "face", "aria-hidden": "true" }, one.author[0].toUpperCase()), h("b", { class: "said" }, one.author), h("span", {}, one.kind === "label" ? h("span", { class: `word ${one.value}` }, one.value) : `${one.kind.replace("_", " ")}: `, one.kind === "label" ? null : said(describeValue(one))))));
  }

  critique() {
    if (session.run.read_only) return;
    const { page } = this;
    const t = page.step ? page.t : null;
    const box = dialog(t === null ? "Critique of the episode" : `Critique of step ${t + 1}`, "write");
    const area = h("textarea", { rows: 5, maxlength: 20000, "aria-label": "Critique", value: page.labels.own("critique", t)?.value || "" });
    const save = () => {
      const text = area.value.trim();
      const before = page.labels.own("critique", t)?.value;
      if (text && text !== before) page.labels.say("critique", text, t, { toggle: false });
      if (!text && before) page.labels.say("critique", before, t);
      box.close();
    };
    area.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(); });
    fill(box.body, area, h("div", { class: "row end" }, h("span", { class: "soft" }, key("Ctrl"), " ", key("Enter")), h("button", { class: "button primary", on: { click: save } }, "Save")));
    box.open();
    area.focus();
  }

  tags() {
    if (session.run.read_only) return;
    const { page } = this;
    const t = page.step ? page.t : null;
    const box = dialog(t === null ? "Tags of the episode" : `Tags of step ${t + 1}`, "palette");
    const known = [...new Set([...session.run.tags, ...SUGGESTED])];
    const input = h("input", { placeholder: "type to find or make a tag", "aria-label": "Tag", maxlength: 60 });
    const list = h("ul", { class: "choices" });
    const add = (value) => {
      const text = value.trim();
      if (!text) return;
      page.labels.say("tag", text, t);
      if (!session.run.tags.includes(text)) session.run.tags.push(text);
      input.value = "";
      draw();
      input.focus();
    };
    const draw = () => {
      const wanted = input.value.trim().toLowerCase();
      const have = new Set(page.labels.tags(t).map((one) => one.value));
      const fitting = known.filter((tag) => tag.toLowerCase().includes(wanted));
      const options = wanted && !fitting.includes(input.value.trim()) ? [input.value.trim(), ...fitting] : fitting;
      fill(list, options.slice(0, 12).map((tag) => h("li", {}, h("button", { "aria-pressed": String(have.has(tag)), on: { click: () => add(tag) } }, said(tag), known.includes(tag) ? null : h("span", { class: "soft" }, "new")))));
    };
    input.addEventListener("input", draw);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") { event.preventDefault(); input.value.trim() ? add(list.querySelector("button")?.firstChild.textContent || input.value) : box.close(); }
      if (event.key === "ArrowDown") { event.preventDefault(); list.querySelector("button")?.focus(); }
    });
    list.addEventListener("keydown", (event) => {
      const item = event.target.closest("li");
      const next = event.key === "ArrowDown" ? item?.nextSibling : event.key === "ArrowUp" ? item?.previousSibling : null;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); (next?.firstChild || input).focus(); }
    });
    fill(box.body, input, list);
    draw();
    box.open();
    input.focus();
  }
}

function describe(action) {
  const at = (target) => (!target ? "" : target.ref !== undefined ? `${target.name ? `"${target.name}" ` : ""}[${target.ref}]` : `(${target.x}, ${target.y})`);
  const rest = action.text ?? action.url ?? action.answer ?? (action.keys || action.values || []).join("+");
  return [action.kind, at(action.target), rest && JSON.stringify(rest)].filter(Boolean).join(" ");
}

function describeValue(one) {
  if (one.kind === "correction") return describe(one.value.action);
  if (one.kind === "preference") return one.value.choice;
  if (one.kind === "first_error") return `step ${one.at.t + 1}`;
  return String(one.value);
}
