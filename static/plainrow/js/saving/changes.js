/**
 * Changes that are not saved yet. They live in this page's memory alone, and survive going from
 * page to page inside it. A change is sent at once; if that fails it waits in its cell until the
 * person says what to do with it. Nothing is sent again by itself.
 */
import { hold, release } from "electric_sync/live";
import { Refused, Unreachable, request } from "../api.js";
import { TYPES, nameOf, paint, same } from "../editors/index.js";
import { findCell, rowId, rowName, theGrid } from "../grid/cells.js";
import { announce } from "../page.js";
import { mark, unmark } from "./marks.js";
import { noteSaved, storedIn } from "./stored.js";
import { keepTyped } from "./typed.js";

/**
 * `saving`: on its way. `unsaved`: the server was not reached. `invalid`: the value does not fit.
 * `conflict`: somebody else saved another value. `refused`: not allowed. `gone`: the row is.
 * @typedef {"saving"|"unsaved"|"invalid"|"conflict"|"refused"|"gone"} Status
 *
 * @typedef {object} Change
 * @property {string} table
 * @property {string} row
 * @property {import("../grid/columns.js").Column} column
 * @property {string} rowName
 * @property {any} was the stored value that the person saw
 * @property {any} wanted
 * @property {any} [next] wanted since `wanted` was sent
 * @property {any[]} [tried] sent without an answer: each may have been saved all the same
 * @property {boolean} [undoes] whether it takes a saved change back
 * @property {number} [sentAt] as `performance.now()`
 * @property {any} [stored] the other value, in a conflict
 * @property {string|null} [by] who stored it, where that is known
 * @property {string|null} [at] when, as ISO text
 * @property {Status} status
 * @property {string} message why it is not saved
 * @property {boolean} [isGivenUp] on its way when the person lost the right to save it
 */

/** @type {Map<string, Change>} */
const changes = new Map();
const keyOf = (row, column) => `${row}/${column}`;

/** @returns {Change|undefined} */
export const changeOf = (row, column) => changes.get(keyOf(row, column));

/** @returns {Change[]} those that wait for the person */
export const waiting = () => [...changes.values()].filter(({ status }) => status !== "saving");

export const isEmpty = () => changes.size === 0;

/** What the person wants in the cell, whether it was sent yet or not. */
export const wantedIn = (change) => ("next" in change ? change.next : change.wanted);

/**
 * Show a value in a held cell, which still has its old content, and save it. One save of a cell is
 * on its way at a time: what is wanted meanwhile is sent when that was answered.
 * @param {HTMLTableCellElement} cell
 * @param {import("../grid/columns.js").Column} column
 * @param {any} wanted
 * @param {Partial<Change>} [more] `was` instead of what the cell shows; what else is known
 */
export function propose(cell, column, wanted, more = {}) {
  const row = rowId(cell);
  const known = changeOf(row, column.id);
  if (known?.status === "saving") {
    known.next = wanted;
    paint(cell, wanted, column);
    mark(cell, known);
    return;
  }
  const { was, rowName: name, tried } = known ?? { was: storedIn(cell, column), rowName: rowName(cell.parentElement), ...more };
  const { table } = theGrid().dataset;
  const change = { table, row, column, rowName: name, ...more, was, wanted, tried, status: "saving", message: "" };
  changes.set(keyOf(row, column.id), change);
  send(change);
}

/** Send a change that waits, because the person said so. */
export function send(change) {
  change.status = "saving";
  change.message = "";
  change.sentAt = performance.now();
  show(change);
  return deliver(change);
}

/** Give a change up: the cell shows what is stored. */
export function discard(change) {
  changes.delete(keyOf(change.row, change.column.id));
  settle(change, change.was);
}

/**
 * Give up changes that cannot be saved any more. What was typed is returned, of those on their way
 * once the server refused them.
 * @param {(change: Change) => boolean} isMeant
 * @returns {import("./typed.js").Entry[]}
 */
export function giveUpChanges(isMeant) {
  const meant = [...changes.values()].filter(isMeant);
  for (const change of meant) {
    change.isGivenUp = true;
    changes.delete(keyOf(change.row, change.column.id));
    settle(change, change.was);
  }
  return meant.filter(({ status }) => status !== "saving").map(entryOf);
}

/** @returns {import("./typed.js").Entry} */
function entryOf(change) {
  const { column } = change;
  return { what: nameOf(column), text: TYPES[column.type].text(wantedIn(change), column) };
}

async function deliver(change) {
  const { row, column, was, wanted } = change;
  try {
    const saved = await request("PATCH", `/api/rows/${row}`, { cells: { [column.id]: wanted }, was: { [column.id]: was } });
    succeed(change, saved.cells[column.id] ?? null);
  } catch (error) {
    fail(change, error);
  }
}

function succeed(change, stored) {
  const { row, column, was } = change;
  if (change.isGivenUp) return;
  delete change.tried;
  noteSaved(row, column, was, stored);
  if ("next" in change) {
    Object.assign(change, { was: stored, wanted: change.next });
    delete change.next;
    tellSaved(change, was, stored);
    change.undoes = false;
    send(change);
    return;
  }
  changes.delete(keyOf(row, column.id));
  settle(change, stored);
  tellSaved(change, was, stored);
  announce("Saved");
}

function tellSaved(change, was, stored) {
  document.dispatchEvent(new CustomEvent("plainrow:saved", { detail: { change, was, stored } }));
}

function fail(change, error) {
  if (change.isGivenUp) return keepTyped([entryOf(change)]);
  const reason = reasonOf(error, change);
  if (reason.status === "unsaved") change.tried = [...(change.tried ?? []), change.wanted];
  const hasNext = "next" in change;
  if (hasNext) {
    change.wanted = change.next;
    delete change.next;
  }
  // The refusal was of what is not wanted any more.
  if (hasNext && reason.status === "invalid") return void send(change);
  if (reason.status === "conflict" && isOurs(reason.stored, change)) {
    change.was = reason.stored;
    delete change.tried;
    return void send(change);
  }
  Object.assign(change, reason);
  show(change);
  document.dispatchEvent(new CustomEvent("plainrow:refused", { detail: change }));
}

/** Whether a stored value is one that was sent from here, and saved although no answer came. */
function isOurs(stored, { tried, column }) {
  return (tried ?? []).some((value) => same(value, stored) || String(value) === TYPES[column.type].text(stored, column));
}

/** @returns {Partial<Change>} */
function reasonOf(error, { column }) {
  if (error instanceof Unreachable) return { status: "unsaved", message: error.message };
  if (!(error instanceof Refused)) throw error;
  switch (error.status) {
    case 409: {
      const conflict = error.problem.conflicts.find((each) => each.column === column.id);
      const { by, at } = conflict;
      return { status: "conflict", stored: conflict.stored ?? null, by, at, message: `${by ?? "Somebody else"} saved another value.` };
    }
    case 422:
      return { status: "invalid", message: error.problem.errors?.[column.id] ?? error.message };
    case 404:
      return { status: "gone", message: "The row was deleted, or is no longer shared with you." };
    default:
      return { status: "refused", message: error.message };
  }
}

/** The change in its cell, if that is on the page, and in the save bar. */
function show(change) {
  const cell = findCell(change.row, change.column.id);
  if (cell && !cell.matches(".is-editing")) {
    paint(cell, wantedIn(change), change.column);
    mark(cell, change);
  }
  tell();
}

/** The cell shows a stored value again, and is the server's. */
function settle(change, value) {
  const cell = findCell(change.row, change.column.id);
  if (cell && !cell.matches(".is-editing")) {
    unmark(cell);
    paint(cell, value, change.column);
    release(cell);
  }
  tell();
}

function tell() {
  document.dispatchEvent(new CustomEvent("plainrow:changes"));
}

/** Cells that came back to the page, with a link or with their row, show what waits for them. */
export function restore() {
  if (!theGrid()) return;
  for (const change of changes.values()) {
    const cell = findCell(change.row, change.column.id);
    if (!cell || cell.matches(".is-editing, .is-saving, .is-unsaved, .is-conflict")) continue;
    hold(cell);
    paint(cell, wantedIn(change), change.column);
    mark(cell, change);
  }
}

/** A row that was deleted while a change waits in it. */
document.addEventListener("live:deferred", ({ target, detail }) => {
  if (detail.element !== null || !target.matches(".is-unsaved, .is-conflict")) return;
  const change = changeOf(rowId(target), target.dataset.column);
  if (!change) return;
  Object.assign(change, { status: "gone", message: "The row was deleted by somebody else." });
  show(change);
});
