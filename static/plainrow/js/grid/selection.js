/** Selected rows, and what can be done with them. */
import { counted, onPage } from "../page.js";
import { rowsOf, theGrid } from "./cells.js";
import { mayEdit } from "./columns.js";
import { deleteRows } from "./rows.js";

/** @type {Set<string>} ids */
const selected = new Set();
/** The row where a range begins that Shift and a click end. */
let anchor = null;

document.addEventListener("click", (event) => {
  const all = event.target.closest?.("[data-select-all]");
  const one = event.target.closest?.("[data-select]");
  if (all) selectAll(all.checked);
  else if (one) selectRow(one.closest("tr"), one.checked, event.shiftKey);
  else if (event.target.closest?.("[data-delete-rows]")) deleteSelected();
  else if (event.target.closest?.("[data-select-none]")) selectAll(false);
});

/** @param {HTMLTableRowElement} row */
export function toggleRow(row) {
  if (row.dataset.row && row.querySelector("[data-select]")) selectRow(row, !selected.has(row.dataset.row), false);
}

onPage(() => {
  selected.clear();
  show();
});

/** Rows that left are selected no longer; boxes that were drawn anew are ticked again. */
export function settleSelection() {
  const grid = theGrid();
  if (!grid) return;
  if (!mayEdit()) selected.clear();
  const here = new Set(rowsOf(grid).map((row) => row.dataset.row));
  for (const row of selected) if (!here.has(row)) selected.delete(row);
  show();
}

function selectRow(row, on, asRange) {
  const rows = rowsOf(row.closest(".grid"));
  const from = asRange ? rows.findIndex((each) => each.dataset.row === anchor) : -1;
  const to = rows.indexOf(row);
  const range = from < 0 ? [row] : rows.slice(Math.min(from, to), Math.max(from, to) + 1);
  for (const each of range) set(each.dataset.row, on);
  anchor = row.dataset.row;
  show();
}

function selectAll(on) {
  for (const row of rowsOf(theGrid())) set(row.dataset.row, on);
  show();
}

function set(row, on) {
  if (on) selected.add(row);
  else selected.delete(row);
}

async function deleteSelected() {
  const rows = [...selected];
  selected.clear();
  show();
  await deleteRows(rows);
}

function show() {
  const grid = theGrid();
  if (!grid) return;
  for (const row of rowsOf(grid)) {
    const on = selected.has(row.dataset.row);
    if (on) row.setAttribute("aria-selected", "true");
    else row.removeAttribute("aria-selected");
    const box = row.querySelector("[data-select]");
    if (box) box.checked = on;
  }
  const all = grid.querySelector("[data-select-all]");
  if (all) {
    all.checked = selected.size > 0 && selected.size === rowsOf(grid).length;
    all.indeterminate = selected.size > 0 && !all.checked;
  }
  const bar = document.querySelector("#page [data-selection]");
  const isShown = Boolean(bar) && selected.size > 0;
  document.querySelector("#page [data-window]").hidden = isShown;
  if (!bar) return;
  bar.hidden = !isShown;
  bar.querySelector("[data-selection-count]").textContent = `${counted(selected.size, "row")} selected`;
}

