/**
 * What somebody was typing when they lost the right to save it. Their own words are theirs to take
 * along: they are listed for copying, in this page's memory alone, until it is left.
 */
import { counted, element, icon } from "../page.js";
import { copy } from "./copy.js";

/**
 * @typedef {object} Entry
 * @property {string} what it was, without a word of what was withdrawn
 * @property {string} text
 */

/** @type {Entry[]} */
let entries = [];

export const hasTyped = () => entries.length > 0;

/** @param {Entry[]} more */
export function keepTyped(more) {
  const said = more.filter(({ text }) => text.trim());
  if (!said.length) return;
  entries = [...entries, ...said];
  document.dispatchEvent(new CustomEvent("plainrow:typed"));
}

export function discardTyped() {
  if (!entries.length) return;
  entries = [];
  document.dispatchEvent(new CustomEvent("plainrow:typed"));
}

/** @returns {HTMLElement} the list, with its buttons */
export function typedSection() {
  const kept = "so you can take them with you. They are kept in this page only, until you leave it.";
  const lead = `${counted(entries.length, "entry", "entries")} had not been saved. These are your own words, ${kept}`;
  const all = entries.length === 2 ? "Copy both" : `Copy all ${entries.length}`;
  return element(
    "section",
    { class: "stack", "aria-labelledby": "typed" },
    element(
      "div",
      {},
      element("h2", { class: "section-title", id: "typed" }, "What you were typing"),
      element("p", { class: "muted" }, lead),
    ),
    element("ul", { class: "items" }, ...entries.map(item)),
    element(
      "div",
      { class: "row" },
      ...(entries.length > 1 ? [copyButton(all, entries.map(({ text }) => text).join("\n"))] : []),
      button("Discard", "button button-quiet", discardTyped),
    ),
  );
}

function item({ what, text }) {
  const words = element("span", { class: "typed" }, text);
  const shown = element("span", { class: "grow" }, element("span", { class: "meta" }, what), element("br"), words);
  return element("li", { class: "item row-start" }, shown, copyButton("Copy", text, "button button-s"));
}

function copyButton(label, text, css = "button") {
  return button([icon("copy"), label], css, () => copy(text));
}

function button(content, css, act) {
  const made = element("button", { class: css, type: "button" }, ...[content].flat());
  made.addEventListener("click", act);
  return made;
}
