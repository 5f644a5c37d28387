/** Mouse and finger in a grid: a click puts the cursor, a double click or a second tap edits. */
import { goTo } from "./cursor.js";
import { edit, editedCell, finish } from "./editing.js";
import { cellOf, isData } from "./cells.js";
import { askAbout } from "./notes.js";

/** The cell that had the cursor before this tap. */
let tapped = null;

document.addEventListener("pointerdown", (event) => {
  const cell = cellOf(event.target);
  tapped = event.pointerType !== "mouse" && document.activeElement === cell ? cell : null;
});

document.addEventListener("click", (event) => {
  const cell = cellOf(event.target);
  if (!isData(cell) || cell === editedCell()) return;
  if (event.target.closest(".cell-note")) return askAbout(cell);
  const isBox = event.target.matches('input[type="checkbox"]');
  // The box is drawn by us, when the server's answer is known or awaited.
  if (isBox) event.preventDefault();
  finish();
  goTo(cell);
  if (isBox) setTimeout(() => edit(cell));
  else if (cell === tapped || event.detail > 1) edit(cell);
});

/** Leaving an editor saves it. Another window or the list under the cell is not leaving. */
document.addEventListener("focusout", (event) => {
  const cell = editedCell();
  if (!cell?.contains(event.target) || cell.contains(event.relatedTarget) || !document.hasFocus()) return;
  finish();
});
