/** How a change that is not saved looks in its cell: a word, a line, and why. */
import { element } from "../page.js";

const CLASSES = ["is-saving", "is-unsaved", "is-conflict", "is-refused", "is-narrow"];
const NARROW = 144; // px; a cell below that has no room for a value and a note beside it
const EDGE = 8; // px between a sentence and the edge of the grid
const LOOK = {
  saving: { classes: ["is-saving"] },
  unsaved: { classes: ["is-unsaved"], note: "Not saved" },
  invalid: { classes: ["is-unsaved", "is-refused"], note: "Not saved", says: true },
  refused: { classes: ["is-unsaved", "is-refused"], note: "Not saved", says: true },
  conflict: { classes: ["is-conflict"], note: "Two values" },
  gone: { classes: ["is-unsaved", "is-refused"], note: "Not saved", says: true },
};

/**
 * @param {HTMLTableCellElement} cell that shows the wanted value
 * @param {import("./changes.js").Change} change
 */
export function mark(cell, change) {
  unmark(cell);
  const { classes, note, says } = LOOK[change.status];
  cell.classList.add(...classes);
  if (note && cell.clientWidth < NARROW) cell.classList.add("is-narrow");
  if (note) cell.prepend(element("button", { class: "cell-note", type: "button", tabindex: "-1", "data-note": change.status }, note));
  if (says) cell.append(element("span", { class: "cell-hint is-stop", role: "alert" }, change.message));
  if (says) placeHint(cell);
}

/**
 * Move the sentence at a cell so that it is inside what is seen of the grid, beside its frozen column.
 * @param {HTMLTableCellElement} cell
 */
export function placeHint(cell) {
  const hint = cell.querySelector(":scope > .cell-hint.is-stop");
  if (!hint) return;
  hint.style.insetInlineStart = "";
  const { left, right } = cell.closest(".grid-wrap").getBoundingClientRect();
  const frozen = cell.parentElement.querySelector(".cell-primary");
  const start = !frozen || frozen === cell ? left : frozen.getBoundingClientRect().right;
  hint.style.maxInlineSize = `min(18rem, ${right - start - 2 * EDGE}px)`;
  const at = hint.getBoundingClientRect();
  const over = Math.min(at.right - right + EDGE, at.left - start - EDGE);
  if (over > 0) hint.style.insetInlineStart = `${at.left - cell.getBoundingClientRect().left - over}px`;
}

/** @param {HTMLTableCellElement} cell */
export function unmark(cell) {
  cell.classList.remove(...CLASSES);
  for (const extra of cell.querySelectorAll(":scope > .cell-note, :scope > .cell-hint")) extra.remove();
}
