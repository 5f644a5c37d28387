/** Where cells are. Rows come and go while somebody looks, so nothing here is remembered. */

/** @returns {HTMLTableElement|null} the page's grid */
export const theGrid = () => document.querySelector("#page .grid");

/** @returns {HTMLTableRowElement[]} the rows of the window, without the head */
export const rowsOf = (grid) => [...grid.tBodies[0].rows];

/**
 * The cell that an event happened in.
 * @param {EventTarget|null} target
 * @returns {HTMLTableCellElement|null}
 */
export const cellOf = (target) => target?.closest?.(".grid :is(td, th)") ?? null;

/** Whether a cell belongs to a row of data rather than to the head. */
export const isData = (cell) => Boolean(cell?.dataset.column);

/**
 * @param {string} row
 * @param {string} column
 * @returns {HTMLTableCellElement|null} null: not on this page, or not in its window
 */
export function findCell(row, column) {
  return document.querySelector(`#page .grid tr[data-row="${row}"] > [data-column="${column}"]`);
}

/** The id of the row that a cell is in. */
export const rowId = (cell) => cell.parentElement.dataset.row;

/** What a row is called: the text of its first column. */
export function rowName(row) {
  const primary = row.querySelector(".cell-primary");
  const text = primary?.querySelector("input")?.value ?? primary?.textContent ?? "";
  return text.trim() || `row ${row.rowIndex}`;
}
