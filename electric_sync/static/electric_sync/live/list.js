/**
 * A frame's operations on a live list: insert, move, replace, delete, everything.
 *
 * They yield after each row, so that the work can be cut into slices. An operation on a row that
 * is not there means that the page drifted from what the server thinks of it.
 */

import { rowById } from "./containers.js";
import { debtOf, forgive, isInHand, keptIn, owe, withhold } from "./holds.js";
import { Drift } from "./markup.js";
import { isMyElement } from "./mine.js";
import { morphRow } from "./morph.js";
import { giveUpSeat, place, seated, takeSeat, vacate } from "./seats.js";

/** @typedef {import("./changes.js").Changes} Changes */

/**
 * @param {Element} list
 * @param {import("./markup.js").Operation} operation
 * @param {Changes} changes
 * @returns {Generator<void, void>}
 */
export function* edit(list, { how, target, element }, changes) {
  switch (how) {
    case "innerHTML":
      return yield* everything(list, [...element.children], changes);
    case "outerHTML":
    case "true":
      return replace(demand(list, target), element, changes);
    case "delete":
      return discard(rowById(list, target), changes);
    case "afterbegin":
      return yield* insert(list, null, element, changes);
    case "afterend":
      return yield* insert(list, demand(list, target), element, changes);
    default:
      throw new Drift(`"${how}" is no operation on a live list.`);
  }
}

/**
 * @param {Element} list
 * @param {string} id
 */
function demand(list, id) {
  const row = rowById(list, id);
  if (!row) throw new Drift(`The list has no row "${id}".`);
  return row;
}

/**
 * @param {Element} list
 * @param {Element | null} previous
 * @param {Element} wrapper
 * @param {Changes} changes
 */
function* insert(list, previous, wrapper, changes) {
  for (const fresh of [...wrapper.children]) {
    previous = seat(list, previous, fresh, changes);
    yield;
  }
}

/**
 * Put one row in its place: a new one, one that moves, or one that does both.
 *
 * @param {Element} list
 * @param {Element | null} previous
 * @param {Element} fresh
 * @param {Changes} changes
 */
function seat(list, previous, fresh, changes) {
  const row = rowById(list, fresh.id);
  if (fresh.hasAttribute("data-live-move")) {
    const moved = demand(list, fresh.id);
    changes.shifts += 1;
    place(list, moved, previous);
    return moved;
  }
  if (row) replace(row, fresh, changes);
  changes.shifts += 1;
  place(list, row ?? fresh, previous);
  if (!row) changes.inserted(fresh);
  return row ?? fresh;
}

/**
 * @param {Element} row
 * @param {Element} fresh
 * @param {Changes} changes
 */
export function replace(row, fresh, changes) {
  if (keptIn(row).length) owe(row, /** @type {Element} */ (fresh.cloneNode(true)));
  else if (debtOf(row)) forgive(row);
  morphRow(row, fresh, changes);
  if (!isInHand(row)) takeSeat(row);
}

/**
 * @param {Element | null} row
 * @param {Changes} changes
 */
function discard(row, changes) {
  if (!row) return; // gone is gone
  changes.shifts += 1;
  if (!isInHand(row)) return vacate(row);
  owe(row, null);
  giveUpSeat(row);
  for (const kept of keptIn(row)) if (withhold(kept, null)) changes.withheld(kept, null);
}

/**
 * Make the list hold exactly these rows, in this order, with as few moves as can be.
 *
 * @param {Element} list
 * @param {Element[]} rows
 * @param {Changes} changes
 */
function* everything(list, rows, changes) {
  const wanted = new Map(rows.map((row, index) => [row.id, index]));
  for (const row of [...list.children]) {
    if ((row.id && wanted.has(row.id)) || isMyElement(row)) continue;
    discard(row, changes);
    yield;
  }
  const old = seated(list).filter((row) => wanted.has(row.id));
  const sitting = longestRise(old.map((row) => wanted.get(row.id) ?? -1));
  /** @type {Element | null} */
  let previous = null;
  for (const [index, fresh] of rows.entries()) {
    const row = sitting.has(index) ? rowById(list, fresh.id) : null;
    if (row) replace(row, fresh, changes);
    previous = row ?? seat(list, previous, fresh, changes);
    yield;
  }
}

/**
 * The values of a longest rising subsequence: the rows that may stay while the others move.
 *
 * @param {number[]} values  all different
 * @returns {Set<number>}
 */
export function longestRise(values) {
  /** For each length, where the best rise of that length ends. @type {number[]} */
  const ends = [];
  /** @type {Map<number, number>} */
  const before = new Map();
  for (const value of values) {
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (ends[middle] < value) low = middle + 1;
      else high = middle;
    }
    if (low > 0) before.set(value, ends[low - 1]);
    ends[low] = value;
  }
  const rise = new Set();
  for (let value = ends.at(-1); value !== undefined; value = before.get(value)) rise.add(value);
  return rise;
}
