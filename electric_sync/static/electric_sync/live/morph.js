/**
 * Bring an element on the page to the server's version, and touch nothing else: not what somebody
 * has in hand, not what is the viewer's, not what is right already.
 *
 * A row's children, its cells, are matched by id, else by `data-column`, else by position. Inside
 * a cell, and inside a region, idiomorph does the work, except where there is nothing worth
 * keeping: such a cell gets its new content straight.
 */

import { Idiomorph } from "idiomorph";

import { agree, hasSentEdits, isField, isInUse } from "./fields.js";
import { heldIn, isHeld, isInHand, keptIn, releaseField, withhold } from "./holds.js";
import { hasMyElements, isMyAttribute, isMyClass, isMyElement, myChildren } from "./mine.js";
import { move } from "./move.js";
import { isSame, isSameTag, saysSame } from "./sameness.js";

/** @typedef {import("./changes.js").Changes} Changes */

/** A cell that holds one of these has a state of its own: idiomorph keeps it. */
const STATEFUL = "input, textarea, select, button, details, dialog, [popover], [contenteditable]";

/**
 * @param {Element} row
 * @param {Element} fresh  is used up
 * @param {Changes} changes
 */
export function morphRow(row, fresh, changes) {
  if (isHeld(row)) return tell(row, fresh, changes);
  if (!keptIn(row).length && !hasSentEdits(row) && row.isEqualNode(fresh)) return;
  if (hasText(row) || hasText(fresh)) return morphCell(row, fresh, changes);
  if (morphAttributes(row, fresh)) changes.rewritten(row);
  morphCells(row, fresh, changes);
}

/**
 * @param {Element} region
 * @param {Element} fresh  is used up
 * @param {Changes} changes
 */
export function morphRegion(region, fresh, changes) {
  idiomorph(region, fresh, changes);
  changes.rewritten(region);
}

/**
 * @param {Element} row
 * @param {Element} fresh
 * @param {Changes} changes
 */
function morphCells(row, fresh, changes) {
  const old = byKey([...row.children].filter((cell) => !isMyElement(cell)));
  const next = byKey([...fresh.children]);
  for (const [key, cell] of old) if (!next.has(key)) dismiss(cell, changes);
  /** @type {Element | null} */
  let previous = null;
  for (const [key, freshCell] of next) {
    const cell = old.get(key) ?? freshCell;
    /** @type {Element | null} */
    const before = previous ? previous.nextElementSibling : row.firstElementChild;
    if (cell !== before) move(row, cell, before);
    if (cell === freshCell) changes.cell(cell);
    else morphCell(cell, freshCell, changes);
    previous = cell;
  }
}

/**
 * @param {Element} cell
 * @param {Element} fresh
 * @param {Changes} changes
 */
function morphCell(cell, fresh, changes) {
  if (isHeld(cell)) return tell(cell, fresh, changes);
  if (isRight(cell, fresh)) return;
  if (saysSame(cell, fresh)) changes.rewritten(cell);
  else changes.cell(cell);
  morphAttributes(cell, fresh);
  morphContent(cell, fresh, changes);
}

/**
 * @param {Element} element
 * @param {Element} fresh
 */
const isRight = (element, fresh) =>
  isSame(element, fresh) && !keptIn(element).length && !hasSentEdits(element);

/**
 * @param {Element} element
 * @param {Element} fresh
 * @param {Changes} changes
 */
function morphContent(element, fresh, changes) {
  if (element.firstElementChild === null) return element.replaceChildren(...fresh.childNodes);
  const mine = myChildren(element);
  for (const child of mine) child.remove();
  if (isPlain(element)) element.replaceChildren(...fresh.childNodes);
  else idiomorph(element, fresh, changes);
  element.append(...mine);
}

/**
 * Whether nobody would miss anything but the content.
 *
 * @param {Element} element
 */
const isPlain = (element) =>
  !element.querySelector(STATEFUL) &&
  !element.contains(document.activeElement) &&
  !hasMyElements(element) &&
  !heldIn(element).length;

/**
 * @param {Element} element
 * @param {Element} fresh
 * @param {Changes} changes
 */
function idiomorph(element, fresh, changes) {
  Idiomorph.morph(element, [...fresh.childNodes], {
    morphStyle: "innerHTML",
    callbacks: {
      beforeNodeMorphed: (old, next) => mayMorph(old, next, changes),
      afterNodeMorphed: (old, next) => {
        if (old instanceof Element && next instanceof Element) mergeClass(old, next);
      },
      beforeNodeRemoved: (old) => mayRemove(old, changes),
      beforeAttributeUpdated: (name, old) => name !== "class" && !isViewers(old, name),
    },
  });
}

/**
 * @param {Node} old
 * @param {Node} fresh
 * @param {Changes} changes
 */
function mayMorph(old, fresh, changes) {
  if (!(old instanceof Element) || !(fresh instanceof Element)) return true;
  if (isMyElement(old)) return false;
  if (isHeld(old)) {
    tell(old, fresh, changes);
    return false;
  }
  if (!isField(old)) return true;
  if (isInUse(old) && (old === document.activeElement || !agree(old, fresh))) {
    tell(old, fresh, changes);
    return false;
  }
  releaseField(old);
  return true;
}

/**
 * @param {Node} old
 * @param {Changes} changes
 */
function mayRemove(old, changes) {
  if (!(old instanceof Element)) return true;
  if (isMyElement(old)) return false;
  if (!isInHand(old)) return true;
  for (const kept of keptIn(old)) tell(kept, null, changes);
  return false;
}

/**
 * Take a cell out that the server no longer has, unless somebody has it in hand.
 *
 * @param {Element} cell
 * @param {Changes} changes
 */
function dismiss(cell, changes) {
  if (mayRemove(cell, changes)) cell.remove();
}

/**
 * @param {Element} kept
 * @param {Element | null} fresh
 * @param {Changes} changes
 */
function tell(kept, fresh, changes) {
  if (withhold(kept, fresh)) changes.withheld(kept, fresh);
}

/**
 * @param {Element} element
 * @param {Element} fresh
 * @returns {boolean} whether there was something to do
 */
function morphAttributes(element, fresh) {
  if (isSameTag(element, fresh)) return false;
  let isChanged = mergeClass(element, fresh);
  for (const { name, value } of fresh.attributes) {
    if (element.getAttribute(name) === value || name === "class") continue;
    if (isViewers(element, name)) continue;
    element.setAttribute(name, value);
    isChanged = true;
  }
  for (const name of element.getAttributeNames()) {
    if (fresh.hasAttribute(name) || name === "class" || isViewers(element, name)) continue;
    element.removeAttribute(name);
    isChanged = true;
  }
  return isChanged;
}

/**
 * @param {Element} element
 * @param {string} name
 */
const isViewers = (element, name) => element.hasAttribute(name) && isMyAttribute(element, name);

/**
 * The server's classes and the viewer's.
 *
 * @param {Element} element
 * @param {Element} fresh
 * @returns {boolean} whether there was something to do
 */
function mergeClass(element, fresh) {
  const theirs = fresh.getAttribute("class");
  if (element.getAttribute("class") === theirs) return false;
  const mine = [...element.classList].filter(isMyClass);
  const both = mine.length ? [theirs, ...mine].filter(Boolean).join(" ") : theirs;
  if (element.getAttribute("class") === both) return false;
  if (both === null) element.removeAttribute("class");
  else element.setAttribute("class", both);
  return true;
}

/**
 * Cells by id, else column, else position.
 *
 * @param {Element[]} cells
 * @returns {Map<string, Element>}
 */
function byKey(cells) {
  const keyed = new Map();
  let position = 0;
  for (const cell of cells) {
    const name = cell.id || cell.getAttribute("data-column") || `#${position++}`;
    keyed.set(`${cell.localName} ${name}`, cell);
  }
  return keyed;
}

/**
 * Whether an element has text beside its children.
 *
 * @param {Element} element
 */
const hasText = (element) =>
  [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.nodeValue?.trim());
