/**
 * What is known to be stored. The answer to a save comes by another way than the frame that shows
 * it, so for a while a cell may show what it held before: then the answer counts.
 */
import { read, same } from "../editors/index.js";
import { rowId } from "../grid/cells.js";

const LATE = 30_000; // ms in which a frame may come later than the answer

/**
 * By row and column: what was answered, and the values that this page's saves replaced.
 * @type {Map<string, {stored: any, replaced: any[], until: number}>}
 */
const answers = new Map();
const keyOf = (row, column) => `${row}/${column.id}`;

/** A save was answered. */
export function noteSaved(row, column, was, stored) {
  const now = performance.now();
  for (const [key, { until }] of answers) if (until < now) answers.delete(key);
  const replaced = [...(answers.get(keyOf(row, column))?.replaced ?? []), was];
  answers.set(keyOf(row, column), { stored, replaced, until: now + LATE });
}

/** Forget it all: it is of what is not to be seen any more. */
export const forgetStored = () => answers.clear();

/**
 * Whether a value is older than this page's last save of the cell.
 * @param {string} row
 * @param {import("../grid/columns.js").Column} column
 */
export function isReplaced(row, column, value) {
  const answer = answers.get(keyOf(row, column));
  if (!answer || answer.until < performance.now() || same(value, answer.stored)) return false;
  return answer.replaced.some((each) => same(each, value));
}

/**
 * The stored value of a cell as its person knows it: what it shows, unless that is behind.
 * @param {HTMLTableCellElement} cell
 * @param {import("../grid/columns.js").Column} column
 */
export function storedIn(cell, column) {
  const shown = read(cell, column);
  return isReplaced(rowId(cell), column, shown) ? answers.get(keyOf(rowId(cell), column)).stored : shown;
}
