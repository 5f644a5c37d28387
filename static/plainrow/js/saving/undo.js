/** Undo: Ctrl+Z writes what a cell held before back, as an ordinary save. */
import { hold } from "electric_sync/live";
import { same } from "../editors/index.js";
import { findCell } from "../grid/cells.js";
import { goTo } from "../grid/cursor.js";
import { announce, onPage } from "../page.js";
import { toast } from "../toasts.js";
import { changeOf, propose } from "./changes.js";

const KEPT = 50; // saved changes that can be taken back

/** The last one last. @type {{row: string, column: import("../grid/columns.js").Column, was: any, stored: any}[]} */
let saved = [];

onPage(forgetUndo);

export function forgetUndo() {
  saved = [];
}

document.addEventListener("plainrow:saved", ({ detail: { change, was, stored } }) => {
  if (change.undoes || same(was, stored)) return;
  saved = [...saved, { row: change.row, column: change.column, was, stored }].slice(-KEPT);
});

export function undo() {
  const last = saved.at(-1);
  if (!last) return announce("There is nothing to undo");
  const { row, column, was, stored } = last;
  const cell = findCell(row, column.id);
  if (cell && changeOf(row, column.id)) return toast(`${column.name} is not saved yet, so there is nothing to undo in it.`);
  saved.pop();
  if (!cell) return toast(`The row of the last change is not on this page. Its ${column.name} was not changed back.`);
  hold(cell);
  // If somebody saved another value since, that is a conflict like any other.
  propose(cell, column, was, { was: stored, undoes: true });
  goTo(cell);
  announce("Undone");
}
