/** The keyboard in a grid. What a key does is decided here; doing it is others' business. */
import { cursorCell, following, goTo, neighbour } from "./cursor.js";
import { cancel, edit, editedCell, finish, put } from "./editing.js";
import { cellOf, isData, rowsOf } from "./cells.js";
import { columnOf } from "./columns.js";
import { TYPES } from "../editors/index.js";
import { undo } from "../saving/undo.js";
import { toggleRow } from "./selection.js";

/** After Esc the next Tab leaves the grid, so that no keyboard is caught in it. */
let isLeaving = false;

document.addEventListener("keydown", (event) => {
  const cell = cellOf(event.target);
  if (!cell || event.isComposing || event.target.closest("[popover], dialog")) return;
  if (cell === editedCell()) whileEditing(event, cell);
  else if (event.target === cell) whileMoving(event, cell);
});

function whileEditing(event, cell) {
  const isLines = event.target.matches("textarea");
  if (event.key === "Escape") {
    cancel();
    goOnFrom(cell, () => cell);
  } else if (event.key === "Enter" && isLines && (event.altKey || event.shiftKey)) {
    return; // a new line
  } else if (event.key === "Enter") {
    finish();
    goOnFrom(cell, () => neighbour(cell, 0, event.shiftKey ? -1 : 1));
  } else if (event.key === "Tab") {
    finish();
    goOnFrom(cell, () => following(cell, event.shiftKey ? -1 : 1) ?? cell);
  } else return;
  event.preventDefault();
  event.stopPropagation();
}

/** A row that was deleted meanwhile leaves when its editor closes. */
function goOnFrom(cell, next) {
  goTo(cell.isConnected ? next() : cursorCell());
}

function whileMoving(event, cell) {
  const leaves = isLeaving;
  isLeaving = event.key === "Escape" || (isLeaving && (event.key === "Shift" || event.key === "Tab"));
  if (event.key === "Tab" && leaves) return;
  const jump = event.ctrlKey || event.metaKey;
  const act = MOVES[event.key]?.(cell, event, jump) ?? doing(event, cell, jump);
  if (act === undefined) return;
  if (typeof act === "function") act();
  else if (act) goTo(act);
  else return; // Tab behind the last cell goes on to what follows the grid
  event.preventDefault();
}

const FAR = 1e6; // more cells than a window has

const MOVES = {
  ArrowUp: (cell, event, jump) => neighbour(cell, 0, jump ? -FAR : -1),
  ArrowDown: (cell, event, jump) => neighbour(cell, 0, jump ? FAR : 1),
  ArrowLeft: (cell, event, jump) => neighbour(cell, jump ? -FAR : -1, 0),
  ArrowRight: (cell, event, jump) => neighbour(cell, jump ? FAR : 1, 0),
  Home: (cell, event, jump) => (jump ? rowsOf(cell.closest(".grid"))[0]?.cells[1] : neighbour(cell, 1 - cell.cellIndex, 0)),
  End: (cell, event, jump) => neighbour(cell, FAR, jump ? FAR : 0),
  PageUp: (cell) => neighbour(cell, 0, -pageOf(cell)),
  PageDown: (cell) => neighbour(cell, 0, pageOf(cell)),
  Tab: (cell, event) => following(cell, event.shiftKey ? -1 : 1),
};

/** @returns {(() => void)|undefined} undefined: not ours */
function doing(event, cell, jump) {
  if (jump && !event.shiftKey && event.key.toLowerCase() === "z") return undo;
  if (event.key === "Enter" || event.key === "F2") return () => open(cell, event.key);
  if (event.key === " ") return () => (isData(cell) && !event.shiftKey ? edit(cell) : toggleRow(cell.parentElement));
  if (!isData(cell)) return undefined;
  if (event.key === "Delete" || event.key === "Backspace") return () => put(cell, null);
  const types = event.key.length === 1 && !jump && !event.altKey;
  // The key itself goes to the field, which has the focus by then.
  if (types && TYPES[columnOf(cell)?.type]?.edit) edit(cell, "");
  return undefined;
}

function open(cell, key) {
  if (!isData(cell)) cell.querySelector("a, button, input")?.click();
  else if (key === "Enter" && cell.matches(".cell-check")) goTo(neighbour(cell, 0, 1));
  else edit(cell);
}

function pageOf(cell) {
  const { clientHeight } = cell.closest(".grid-wrap");
  return Math.max(1, Math.floor(clientHeight / cell.offsetHeight) - 2);
}
