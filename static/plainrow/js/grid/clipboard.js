/** The clipboard: a cell is copied; a cell or a block of cells is pasted. */
import { TYPES } from "../editors/index.js";
import { counted } from "../page.js";
import { toast } from "../toasts.js";
import { cellOf, isData, rowsOf } from "./cells.js";
import { columnOf } from "./columns.js";
import { currentValue, editedCell, put } from "./editing.js";

const MOST = 200; // cells in one paste: each is a save of its own

document.addEventListener("copy", (event) => {
  const cell = cellOf(document.activeElement);
  if (!isData(cell) || cell === editedCell() || String(getSelection())) return;
  const column = columnOf(cell);
  event.clipboardData.setData("text/plain", TYPES[column.type].text(currentValue(cell, column), column));
  event.preventDefault();
});

document.addEventListener("paste", (event) => {
  const cell = cellOf(document.activeElement);
  const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n+$/, "");
  if (!isData(cell) || cell === editedCell() || !text.trim() || !columnOf(cell)?.canEdit) return;
  event.preventDefault();
  const lines = text.split("\n").map((line) => line.split("\t"));
  if (lines.length === 1 && lines[0].length === 1) put(cell, text.trim());
  else putBlock(cell, lines);
});

/** Over the cells to the right and below. What has no cell there is not pasted, and that is said. */
function putBlock(start, lines) {
  const rows = rowsOf(start.closest(".grid")).slice(start.parentElement.sectionRowIndex);
  const pairs = lines.flatMap((values, down) =>
    values.map((value, across) => [rows[down]?.cells[start.cellIndex + across], value.trim()]),
  );
  const fitting = pairs.filter(([cell]) => isData(cell)).slice(0, MOST);
  for (const [cell, value] of fitting) put(cell, value);
  const left = pairs.length - fitting.length;
  const rest = left ? ` ${counted(left, "value")} found no room and ${left === 1 ? "was" : "were"} not pasted.` : "";
  toast(`${counted(fitting.length, "cell")} pasted.${rest}`);
}
