// What belongs to a step besides its picture: what was said, seen, sent, sampled and measured.

import { get } from "../api.js";
import { fill, h, letGo, number, printable, said, signed } from "../dom.js";
import { session } from "../session.js";
import { listing, quote, refs, wrote } from "./stage.js";

const TABS = [["said", "Said"], ["seen", "Seen"], ["prompt", "Prompt"], ["tokens", "Tokens"], ["numbers", "Numbers"]];
const SURE = [0.9, 0.7, 0.4, 0.15, 0.03];

export class StepTabs {
  constructor(page) {
    this.page = page;
    this.active = session.store.read("tab") || "said";
    this.buttons = TABS.map(([name, label]) => h("button", { role: "tab", id: `tab-${name}`, "aria-controls": "tab-body", on: { click: (event) => { this.choose(name); letGo(event); }, keydown: (event) => this.turn(event) } }, label));
    this.body = h("div", { class: "tab-body", id: "tab-body", role: "tabpanel", tabindex: "0" });
    this.element = h("section", { class: "card tabs" }, h("div", { class: "tab-row", role: "tablist", "aria-label": "About this step" }, this.buttons), this.body);
  }

  choose(name) {
    this.active = name;
    session.store.write("tab", name);
    this.show();
  }

  turn(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const place = (TABS.findIndex(([name]) => name === this.active) + by + TABS.length) % TABS.length;
    this.choose(TABS[place][0]);
    this.buttons[place].focus();
  }

  show() {
    TABS.forEach(([name], i) => {
      const on = name === this.active;
      this.buttons[i].setAttribute("aria-selected", String(on));
      this.buttons[i].tabIndex = on ? 0 : -1;
    });
    this.body.setAttribute("aria-labelledby", `tab-${this.active}`);
    const step = this.page.step || this.page.data.final;
    fill(this.body, step ? this[this.active](step) : null);
  }

  said(step) {
    const { thought, rest } = wrote(step.raw || "");
    const parts = [
      step.error && [h("h3", {}, "Error it was shown"), quote(step.error, "error")],
      (step.action_error || step.valid === false) && [h("h3", {}, "Why the action failed"), quote(step.action_error || "not a valid action", "error")],
      thought && [h("h3", {}, "Thought"), quote(thought)],
      rest && [h("h3", {}, thought ? "Answer" : "What the policy wrote"), quote(rest, "mono")],
      step.tokens?.length ? [h("h3", {}, "How sure it was"), tokens(step.tokens)] : null,
      step.action && Object.keys(step.action).length ? h("details", {}, h("summary", {}, "Action as JSON"), quote(JSON.stringify(step.action, null, 1), "mono")) : null,
    ].filter(Boolean);
    return parts.length ? parts : h("p", { class: "soft" }, this.page.step ? "A script acted here; it says nothing." : "No action follows.");
  }

  seen(step) {
    const elements = step.elements || [];
    return [
      step.text ? [h("h3", {}, "Text it read"), listing(step.text, refs(step.action))] : h("p", { class: "soft" }, "No text was recorded."),
      elements.length ? [h("h3", {}, `${elements.length} elements`), h("table", { class: "plain-table" }, h("thead", {}, h("tr", {}, ["ref", "role", "name", "box"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, elements.map((one) => h("tr", {}, h("td", {}, one.ref), h("td", {}, said(one.role)), h("td", {}, said(one.name)), h("td", { class: "soft" }, one.box.map((edge) => edge.toFixed(2)).join(" "))))))] : null,
    ];
  }

  prompt(step) {
    if (!step.num_prompt_tokens) return h("p", { class: "soft" }, "No prompt was recorded: a script acted here.");
    const place = h("div", {}, h("p", { class: "soft" }, "loading…"));
    const { t } = this.page;
    get("prompt", { id: this.page.id, t }).then((found) => {
      fill(place, h("p", { class: "soft" }, `${number(found.num_tokens)} tokens, as they were sent${found.decoded ? "" : " (ids: this run keeps no tokenizer)"}`), h("pre", { class: "quote mono prompt" }, found.decoded ? said(found.pieces.join("")) : found.pieces.join(" ")));
    }, (error) => fill(place, quote(error.message, "error")));
    return place;
  }

  tokens(step) {
    if (!step.tokens?.length) return h("p", { class: "soft" }, "No tokens were sampled here.");
    const logprobs = step.tokens.map((token) => token.logprob ?? 0);
    const sum = logprobs.reduce((total, one) => total + one, 0);
    return [tokens(step.tokens), h("p", { class: "soft" }, `${step.tokens.length} tokens, log-probability ${sum.toFixed(2)}, per token ${(sum / step.tokens.length).toFixed(3)}`),
      h("table", { class: "plain-table" }, h("thead", {}, h("tr", {}, ["token", "id", "probability", "log"].map((name) => h("th", { scope: "col" }, name)))), h("tbody", {}, step.tokens.map((token) => h("tr", {}, h("td", { class: "mono" }, said(JSON.stringify(token.text))), h("td", {}, token.id), h("td", {}, token.logprob === null ? "–" : Math.exp(token.logprob).toFixed(3)), h("td", {}, token.logprob === null ? "–" : token.logprob.toFixed(3))))))];
  }

  numbers(step) {
    const rows = (title, values, unit = "") => Object.keys(values || {}).length ? [h("h3", {}, title), h("dl", { class: "pairs" }, Object.entries(values).map(([name, value]) => [h("dt", {}, said(name)), h("dd", {}, said(typeof value === "number" ? `${number(value)}${unit}` : value ?? "–"))]))] : null;
    const facts = { "state key": step.state_key, "state digest": step.state_digest?.slice(0, 16), frame: step.frame?.slice(0, 16), finish: step.tokens?.length ? step.finish_reason : "", "weights": step.tokens?.length && step.policy_version !== undefined ? `version ${step.policy_version}` : "", "prompt tokens": step.num_prompt_tokens || "" };
    return [
      step.reward !== undefined && rows("Reward", { total: signed(step.reward), ...step.reward_parts }), rows("Layers", step.layers),
      rows("Time", step.timing_ms, " ms"), rows("State", Object.fromEntries(Object.entries(facts).filter(([, value]) => value))),
      rows("Episode", this.page.data.head.meta && Object.fromEntries(Object.entries(this.page.data.head.meta).map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)]))),
    ].filter(Boolean);
  }
}

/** Sampled tokens, coloured the stronger the less sure the policy was. */
export function tokens(list) {
  return h("div", { class: "tokens" }, list.map((token) => {
    const chance = token.logprob === null ? 1 : Math.exp(Math.min(token.logprob, 0));
    const degree = SURE.filter((limit) => chance < limit).length;
    return h("span", { class: `token p${degree}`, title: `id ${token.id}, probability ${chance.toFixed(3)}` }, printable(token.text).replaceAll("\n", "⏎") || "∅");
  }));
}
