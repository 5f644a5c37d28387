/** The grid: what its parts do when the page or its rows change. */
import { keep } from "electric_sync/live";
import { onPage } from "../page.js";
import { restore } from "../saving/changes.js";
import { placeHint } from "../saving/marks.js";
import "../saving/savebar.js";
import { cellOf, findCell, theGrid } from "./cells.js";
import { cursorCell, focusedCell, goTo, remember, reset, settle } from "./cursor.js";
import { editedCell } from "./editing.js";
import "./clipboard.js";
import "./keys.js";
import "./mouse.js";
import { greetRow } from "./rows.js";
import { settleSelection } from "./selection.js";
import { settleWindow } from "./windows.js";

// What is this page's own in cells that the server draws.
keep({ classes: ["is-saving", "is-refused", "is-narrow"], elements: [".cell-note", ".cell-hint"] });

/** Whether the focus is in the grid, or was until its row left. */
let hadFocus = false;

onPage(() => {
  reset();
  hadFocus = false;
  arrange();
});

/** A page that comes by a link has its marks before it is seen. */
for (const moment of ["htmx:afterSwap", "htmx:load"]) {
  document.addEventListener(moment, (event) => {
    if (event.target.id === "page") restore();
  });
}

document.addEventListener("live:applied", (event) => {
  if (event.target.closest?.(".grid, .toolbar")) arrange();
});

document.addEventListener("focusin", (event) => {
  const cell = cellOf(event.target);
  hadFocus = Boolean(cell);
  if (!cell || event.target !== cell) return;
  remember(cell);
  settle(cell.closest(".grid"));
  requestAnimationFrame(() => placeHint(cell)); // the grid scrolls after the focus
});

/** When a key was last pressed, as `performance.now()`. */
let pressed = 0;
document.addEventListener("keydown", (event) => (pressed = event.timeStamp), { capture: true });

/** A value that does not fit: back to its cell, unless somebody goes on elsewhere. */
document.addEventListener("plainrow:refused", ({ detail: { status, row, column, sentAt } }) => {
  if (status === "invalid" && focusedCell() && !editedCell() && pressed <= sentAt) goTo(findCell(row, column.id));
});

function arrange() {
  if (!theGrid()) return;
  restore();
  settleWindow();
  settleSelection();
  settle();
  // The row with the focus was deleted: go on at the same place.
  if (hadFocus && document.activeElement === document.body) cursorCell()?.focus({ preventScroll: true });
  greetRow();
}
