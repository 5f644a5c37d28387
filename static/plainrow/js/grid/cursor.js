/**
 * The cursor: exactly one cell of a grid is in the tab order, and arrow keys carry that from
 * cell to cell. Rows that arrive or leave do not move it; if its own row leaves, it stays where
 * it was on the screen.
 */
import { rowsOf, theGrid } from "./cells.js";

/** Where the cursor is: the row's id ("" for the head), and its places in case the row is gone. */
let at = { row: "", line: 1, place: 1 };

/** @returns {HTMLTableCellElement|null} */
export function cursorCell(grid = theGrid()) {
  if (!grid) return null;
  const lines = linesOf(grid);
  const same = at.row && lines.findIndex((row) => row.dataset.row === at.row);
  const line = same > 0 ? same : Math.min(at.line, lines.length - 1);
  return placeIn(lines[line], at.place);
}

/** The row that somebody put the cursor in. @returns {HTMLTableRowElement|undefined} */
export const chosenRow = (grid) => rowsOf(grid).find((row) => row.dataset.row === at.row);

/** The cell that has the focus, if it is one of the grid's. */
export function focusedCell() {
  const cell = document.activeElement;
  return cell?.matches?.(".grid :is(td, th)") ? cell : null;
}

/**
 * Put the cursor on a cell and the focus with it.
 * @param {HTMLTableCellElement|null} cell
 */
export function goTo(cell) {
  if (!cell) return;
  remember(cell);
  settle(cell.closest(".grid"));
  cell.focus({ preventScroll: true });
  cell.scrollIntoView({ block: "nearest", inline: "nearest" });
}

/** Take note of the cell that got the focus by other means. */
export function remember(cell) {
  const row = cell.parentElement;
  at = { row: row.dataset.row ?? "", line: linesOf(cell.closest(".grid")).indexOf(row), place: cell.cellIndex };
}

/** One cell in the tab order, after whatever happened to the rows. */
export function settle(grid = theGrid()) {
  const cell = cursorCell(grid);
  if (!cell) return;
  for (const other of grid.querySelectorAll('[tabindex="0"]')) if (other !== cell) other.tabIndex = -1;
  if (cell.tabIndex !== 0) cell.tabIndex = 0;
}

/** Begin at the first cell: another page, another grid. */
export function reset() {
  at = { row: "", line: 1, place: 1 };
}

/**
 * @param {HTMLTableCellElement} cell
 * @param {number} across cells to the end, negative to the start
 * @param {number} down rows, negative upwards
 */
export function neighbour(cell, across, down) {
  const lines = linesOf(cell.closest(".grid"));
  const line = clamp(lines.indexOf(cell.parentElement) + down, 0, lines.length - 1);
  return placeIn(lines[line], cell.cellIndex + across);
}

/** The next cell in reading order, null behind the last one. */
export function following(cell, by) {
  const row = cell.parentElement;
  const next = cell.cellIndex + by;
  if (next >= 1 && next <= lastPlace(row)) return row.cells[next];
  const lines = linesOf(cell.closest(".grid"));
  const other = lines[lines.indexOf(row) + by];
  if (!other || other === lines[0]) return null;
  return other.cells[by > 0 ? 1 : lastPlace(other)];
}

/** The head, then the rows of the window. */
function linesOf(grid) {
  return [...grid.tHead.rows, ...rowsOf(grid)];
}

function placeIn(row, place) {
  return row?.cells[clamp(place, 0, lastPlace(row))] ?? null;
}

function lastPlace(row) {
  return row.cells.length - (row.lastElementChild.matches(".cell-rest") ? 2 : 1);
}

const clamp = (value, low, high) => Math.max(low, Math.min(value, high));
