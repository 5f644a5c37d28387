/** How a change that is not saved looks in its cell: a word, a line, and why. */
import { element } from "../page.js";

const CLASSES = ["is-saving", "is-unsaved", "is-conflict", "is-refused", "is-narrow"];
const NARROW = 144; // px; a cell below that has no room for a value and a note beside it
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
}

/** @param {HTMLTableCellElement} cell */
export function unmark(cell) {
  cell.classList.remove(...CLASSES);
  for (const extra of cell.querySelectorAll(":scope > .cell-note, :scope > .cell-hint")) extra.remove();
}
