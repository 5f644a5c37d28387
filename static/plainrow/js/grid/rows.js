/** Adding and deleting rows. */
import { state } from "electric_sync/live";
import { request } from "../api.js";
import { counted } from "../page.js";
import { toast } from "../toasts.js";
import { rowsOf, theGrid } from "./cells.js";
import { chosenRow, goTo } from "./cursor.js";
import { edit } from "./editing.js";

/** The row that was made here and has not arrived yet. */
let awaited = "";

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-new-row]");
  if (!button) return;
  event.preventDefault();
  addRow(button.dataset.newRow);
});

/**
 * A new row appears where it is seen: behind the row with the cursor, else at the end of the
 * table if that is on the page, else at the end of what is in sight.
 * @param {"here"|"end"} where
 */
async function addRow(where) {
  const grid = theGrid();
  const after = (where === "here" && chosenRow(grid)) || lastRow(grid);
  const body = after ? { after: after.dataset.row } : {};
  try {
    const row = await request("POST", `/api/data-tables/${grid.dataset.table}/rows`, body);
    awaited = row.id;
    if (!greetRow()) refreshIfNotLive();
  } catch (error) {
    toast(sentenceOf(error, "No row was added."));
  }
}

function lastRow(grid) {
  const rows = rowsOf(grid);
  if (!("liveMore" in grid.tBodies[0].dataset)) return rows.at(-1);
  const { bottom } = grid.closest(".grid-wrap").getBoundingClientRect();
  return rows.findLast((row) => row.getBoundingClientRect().bottom <= bottom) ?? rows.at(-1);
}

/** Begin to type in a row that one made, once it is there. */
export function greetRow() {
  const row = awaited && document.querySelector(`#page .grid tr[data-row="${awaited}"]`);
  if (!row) return false;
  awaited = "";
  row.classList.remove("is-changed"); // it is nobody else's doing
  const primary = row.querySelector(".cell-primary");
  goTo(primary);
  edit(primary);
  return true;
}

/** @param {string[]} ids */
export async function deleteRows(ids) {
  const { table } = theGrid().dataset;
  try {
    const gone = await request("POST", `/t/${table}/delete-rows`, { ids });
    refreshIfNotLive();
    toast(`${counted(gone.ids.length, "row")} deleted.`, { label: "Undo", act: () => restoreRows(table, gone.ids) });
  } catch (error) {
    toast(sentenceOf(error, "No row was deleted."));
  }
}

async function restoreRows(table, ids) {
  try {
    await request("POST", `/api/data-tables/${table}/rows/restore`, { ids });
    refreshIfNotLive();
  } catch (error) {
    toast(sentenceOf(error, "The rows are still deleted."), { label: "Try again", act: () => restoreRows(table, ids) });
  }
}

/** What was done arrives by itself, unless the page is not live: then it is fetched. */
function refreshIfNotLive() {
  if (state().connection === "live") return;
  window.htmx.ajax("GET", location.pathname + location.search, { target: "#page", select: "#page", swap: "outerHTML" });
}

function sentenceOf(error, consequence) {
  return `${error.message} ${consequence}`;
}
