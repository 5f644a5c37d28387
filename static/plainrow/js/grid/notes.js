/** The note in a cell that is not saved: a click on it leads on. */
import { changeOf } from "../saving/changes.js";
import { askWhich } from "../saving/conflict.js";
import { rowId } from "./cells.js";
import { edit } from "./editing.js";

/** @param {HTMLTableCellElement} cell */
export function askAbout(cell) {
  const change = changeOf(rowId(cell), cell.dataset.column);
  if (change?.status === "conflict") askWhich(change);
  else edit(cell);
}
