/**
 * Editing: one cell at a time has an editor. While it is open the cell is held, so that nothing
 * that arrives touches what is being typed; when somebody else changes it meanwhile, a hint under
 * the cell says so.
 */
import { hold, release } from "electric_sync/live";
import { TYPES, nameOf, read, same, show } from "../editors/index.js";
import { element } from "../page.js";
import { changeOf, propose, wantedIn } from "../saving/changes.js";
import { mark, unmark } from "../saving/marks.js";
import { offerCopy } from "../saving/copy.js";
import { isReplaced, storedIn } from "../saving/stored.js";
import { rowId } from "./cells.js";
import { columnOf } from "./columns.js";

/**
 * @typedef {object} Session
 * @property {HTMLTableCellElement} cell
 * @property {import("./columns.js").Column} column
 * @property {string} row
 * @property {any} was the value that is stored, as far as this page knows
 * @property {any} shown the value that the editor began with
 * @property {import("../editors/index.js").Editor} editor
 * @property {boolean} isUntouched opened by a key that has not written anything yet
 * @property {Node[]} before what stood in the cell
 * @property {boolean} isGone whether the row was deleted meanwhile
 */

/** @type {Session|null} */
let session = null;

export const editedCell = () => session?.cell ?? null;

/** Whether something was typed that is nowhere else yet. */
export const isTyping = () => session !== null && !isUnchanged(session);

/**
 * Open the editor of a cell. A checkbox has none and is turned over.
 * @param {HTMLTableCellElement} cell
 * @param {string} [typed] what stands in the editor instead of the value
 */
export function edit(cell, typed) {
  if (session?.cell === cell) return;
  finish();
  const column = columnOf(cell);
  if (!column?.canEdit) return;
  if (!TYPES[column.type].edit) {
    if (typed === undefined) put(cell, !currentValue(cell, column));
    return;
  }
  const row = rowId(cell);
  const change = changeOf(row, column.id);
  const was = change ? change.was : storedIn(cell, column);
  const shown = change ? wantedIn(change) : was;
  hold(cell);
  unmark(cell);
  const before = [...cell.childNodes];
  cell.classList.add("is-editing");
  const editor = TYPES[column.type].edit(cell, column, shown, typed);
  session = { cell, column, row, was, shown, editor, before, isUntouched: typed === "", isGone: false };
  const { field } = editor;
  field.addEventListener("input", () => {
    if (session?.editor === editor) session.isUntouched = false;
  });
}

/** Close the editor and save what stands in it. */
export function finish() {
  if (!session) return;
  const { cell, column, was, isGone, editor, before } = session;
  if (isUnchanged(session)) return cancel();
  const wanted = given(editor);
  close();
  cell.replaceChildren(...before); // what was read is read from it
  if (isGone) {
    offerCopy(String(wanted ?? ""), "The row was deleted while you were typing.");
    release(cell);
  } else propose(cell, column, wanted, { was });
}

/** Close the editor and leave the cell as it was. */
export function cancel() {
  if (!session) return;
  const { cell, row, column, before } = session;
  close();
  cell.replaceChildren(...before);
  const change = changeOf(row, column.id);
  if (change) mark(cell, change);
  else release(cell);
}

/**
 * Close the editor, because the person may not save any more what is typed in it.
 * @param {(cell: HTMLTableCellElement) => boolean} isMeant
 * @returns {import("../saving/typed.js").Entry[]} what was typed
 */
export function giveUpEditor(isMeant) {
  if (!session || !isMeant(session.cell)) return [];
  const { column, editor } = session;
  const entries = isTyping() ? [{ what: nameOf(column), text: editor.field.value }] : [];
  cancel();
  return entries;
}

/**
 * Give a cell a value without an editor: Space, Delete, paste.
 * @param {HTMLTableCellElement} cell
 * @param {any} value
 */
export function put(cell, value) {
  const column = columnOf(cell);
  if (!column?.canEdit) return;
  const wanted = value === "" ? null : value;
  if (same(currentValue(cell, column), wanted)) return;
  hold(cell);
  propose(cell, column, wanted);
}

/** What the cell shows now, saved or not. */
export function currentValue(cell, column) {
  const change = changeOf(rowId(cell), column.id);
  return change ? wantedIn(change) : read(cell, column);
}

function close() {
  const { cell, editor } = session;
  session = null; // first: taking the field out of the page makes it lose the focus
  editor.close();
  cell.querySelector(".cell-hint")?.remove();
  cell.classList.remove("is-editing");
}

function given(editor) {
  const value = editor.value();
  return typeof value === "string" && value.trim() === "" ? null : value;
}

function isUnchanged({ editor, shown, column, isUntouched }) {
  const value = given(editor);
  // An emptied field in which nothing was typed says nothing about the value.
  if (isUntouched && value === null) return true;
  return same(value, shown) || (typeof value === "string" && value === TYPES[column.type].text(shown, column));
}

/** The cell's save before was answered while its editor is open again. */
document.addEventListener("plainrow:saved", ({ detail: { change, stored } }) => {
  if (session?.row !== change.row || session.column.id !== change.column.id) return;
  session.was = stored;
  if (changeOf(change.row, change.column.id)) return;
  const place = element("span");
  show(place, stored, session.column);
  session.before = [...place.childNodes];
});

// ── What arrives meanwhile ──────────────────────────────────────────────────

document.addEventListener("live:deferred", ({ target, detail }) => {
  if (!session || target !== session.cell) return;
  if (detail.element === null) {
    session.isGone = true;
    hint([element("b", {}, "The row was deleted."), " Enter keeps a copy of what you typed."]);
    return;
  }
  // A save of one's own is on its way: what arrives may be that, and its answer tells.
  if (changeOf(session.row, session.column.id)?.status === "saving") return;
  const fresh = detail.element.matches("[data-column]") ? detail.element : findIn(detail.element);
  const value = fresh && read(fresh, session.column);
  if (!fresh || same(value, session.was) || isReplaced(session.row, session.column, value)) return;
  const saved = element("b", {}, "nothing");
  if (value !== null) show(saved, value, session.column);
  hint(["Somebody saved ", saved]);
});

const findIn = (row) => row.querySelector(`[data-column="${session.column.id}"]`);

function hint(content) {
  session.cell.querySelector(".cell-hint")?.remove();
  session.cell.append(element("span", { class: "cell-hint", role: "status" }, ...content));
}
