/**
 * Where rows belong, while one that somebody has in hand stays where it is.
 *
 * A row that must not move leaves a mark (a comment) at the place that the server gave it. Other
 * rows find their place by these *seats*, so the order stays right around it; the row takes its
 * seat when it is let go.
 */

import { debtOf, isGhost, isInHand, owe } from "./holds.js";
import { asServed, isMyElement } from "./mine.js";
import { move } from "./move.js";

/** @type {WeakMap<Element, Comment>} */
const marks = new WeakMap();
/** @type {WeakMap<Node, Element>} */
const rowOfMark = new WeakMap();

/**
 * Put a row right after another, or first.
 *
 * @param {Element} list
 * @param {Element} row  that may be on the page or not
 * @param {Element | null} previous
 */
export function place(list, row, previous) {
  const taken = previous ? nextSeat(seatOf(previous)) : firstSeat(list);
  if (taken !== null && taken === seatOf(row)) return;
  const before = previous ? seatOf(previous).nextSibling : list.firstChild;
  if (row.parentElement === list && isInHand(row)) {
    if (!debtOf(row)) owe(row, asServed(row)); // so that it is settled
    list.insertBefore(markOf(row), before);
  } else {
    removeMark(row);
    move(list, row, before);
  }
}

/**
 * Let a row go where it belongs.
 *
 * @param {Element} row
 */
export function takeSeat(row) {
  const mark = marks.get(row);
  if (!mark) return;
  if (mark.parentElement && mark.nextSibling !== row) move(mark.parentElement, row, mark);
  removeMark(row);
}

/**
 * A row leaves the list.
 *
 * @param {Element} row
 */
export function vacate(row) {
  removeMark(row);
  row.remove();
}

/**
 * A row stays on the page, but belongs nowhere any more.
 *
 * @param {Element} row
 */
export const giveUpSeat = (row) => removeMark(row);

/**
 * Rows in the order of their seats. Seats of rows that scripts took off the page are cleared away.
 *
 * @param {Element} list
 * @returns {Element[]}
 */
export function seated(list) {
  for (const node of [...list.childNodes]) {
    const row = rowOfMark.get(node);
    if (row && row.parentElement !== list) removeMark(row);
  }
  const rows = [];
  for (let seat = firstSeat(list); seat; seat = nextSeat(seat)) {
    rows.push(rowOfMark.get(seat) ?? /** @type {Element} */ (seat));
  }
  return rows;
}

/**
 * @param {Element} row
 * @returns {ChildNode}
 */
const seatOf = (row) => marks.get(row) ?? row;

/** @param {Element} list */
const firstSeat = (list) => seatFrom(list.firstChild);

/** @param {ChildNode} seat */
const nextSeat = (seat) => seatFrom(seat.nextSibling);

/**
 * @param {ChildNode | null} node
 * @returns {ChildNode | null}
 */
function seatFrom(node) {
  while (node && !isSeat(node)) node = node.nextSibling;
  return node;
}

/** @param {ChildNode} node */
function isSeat(node) {
  if (rowOfMark.has(node)) return true;
  return node instanceof Element && !marks.has(node) && !isGhost(node) && !isMyElement(node);
}

/** @param {Element} row */
function markOf(row) {
  let mark = marks.get(row);
  if (!mark) {
    mark = document.createComment("");
    marks.set(row, mark);
    rowOfMark.set(mark, row);
  }
  return mark;
}

/** @param {Element} row */
function removeMark(row) {
  marks.get(row)?.remove();
  marks.delete(row);
}
