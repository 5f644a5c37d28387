/**
 * What people have in hand, and what the server said about it meanwhile.
 *
 * Typing is sacred: a held element is never touched, and neither it nor the row or list around it
 * is removed. Every row or region with something in hand has a *debt*: the server's newest
 * version of it, whole, or null if it was deleted. Paying the debt, once the hands are off, makes
 * the page right again.
 */

import { CONTAINERS } from "./containers.js";
import { Few } from "./few.js";
import { fieldsIn, isInUse, isTyped } from "./fields.js";
import { asServed } from "./mine.js";
import { isSame } from "./sameness.js";

/**
 * @typedef {object} Hold
 * @property {Element} base  the element as the server had rendered it
 * @property {Element | null | undefined} news  what came since; null: deleted; undefined: nothing
 */

/** @type {WeakMap<Element, Hold>} */
const holds = new WeakMap();
/** @type {Few<Element>} */
const held = new Few();

/** Released elements whose own save is about to come back as a frame. @type {Few<Element>} */
const awaited = new Few();
/** Milliseconds in which one's own save comes back as a frame. */
export const ANSWER_WITHIN = 1_000;

/**
 * @typedef {object} Debt
 * @property {Element | null} fresh  the server's version; null: deleted
 * @property {boolean} isAwaited  what the page shows was sent; the server's answer decides
 */

/** @type {WeakMap<Element, Debt>} */
const debts = new WeakMap();
/** @type {Few<Element>} */
const debtors = new Few();

/**
 * @param {Element} element
 * @param {Element | null} unit  the row or region around it
 */
export function take(element, unit) {
  if (holds.has(element)) return;
  if (unit && !debts.has(unit)) owe(unit, asServed(unit));
  holds.set(element, { base: asServed(element), news: undefined });
  held.add(element);
}

/**
 * @param {Element} element
 * @returns {Hold | undefined} what was known of it
 */
export function letGo(element) {
  const hold = holds.get(element);
  if (!hold) return undefined;
  holds.delete(element);
  held.delete(element);
  awaited.add(element);
  setTimeout(() => awaited.delete(element), ANSWER_WITHIN);
  return hold;
}

/**
 * Whether a change of an element is the person's own, coming back.
 *
 * @param {Element} element
 */
export const isOwnChange = (element) =>
  [...awaited].some((other) => element.contains(other) || other.contains(element));

/** @param {Element} element */
export const isHeld = (element) => holds.has(element);

/**
 * Held elements in an element, itself included.
 *
 * @param {Element} element
 */
export const heldIn = (element) => [...held].filter((other) => element.contains(other));

/**
 * Whether an element lies in a held one, or is one.
 *
 * @param {Element} element
 */
export const isUnderHand = (element) => [...held].some((other) => other.contains(element));

/**
 * Everything in an element that frames must not touch: what is held, and fields in use elsewhere.
 *
 * @param {Element} element
 * @returns {Element[]}
 */
export function keptIn(element) {
  const kept = heldIn(element);
  const isFree = (/** @type {Element} */ field) => !kept.some((other) => other.contains(field));
  return [...kept, ...fieldsIn(element).filter((field) => isInUse(field) && isFree(field))];
}

/**
 * Whether an element must stay where it is.
 *
 * @param {Element} element
 */
export const isInHand = (element) => heldIn(element).length > 0 || fieldsIn(element).some(isTyped);

/**
 * Note what the server has for a kept element.
 *
 * @param {Element} element  held, or a field in use
 * @param {Element | null} fresh  null: deleted
 * @returns {boolean} whether that is news
 */
export function withhold(element, fresh) {
  const hold = holds.get(element) ?? holdOfField(element);
  const isNews = fresh === null ? hold.news !== null : !isSame(hold.news ?? hold.base, fresh);
  if (isNews) hold.news = /** @type {Element | undefined} */ (fresh?.cloneNode(true)) ?? null;
  return isNews;
}

/** @type {WeakMap<Element, Hold>} */
const holdsOfFields = new WeakMap();

/** @param {Element} field */
function holdOfField(field) {
  let hold = holdsOfFields.get(field);
  if (!hold) holdsOfFields.set(field, (hold = { base: asServed(field), news: undefined }));
  return hold;
}

/**
 * A field is the server's again.
 *
 * @param {Element} field
 */
export const releaseField = (field) => holdsOfFields.delete(field);

/**
 * @param {Element} unit
 * @param {Element | null} fresh
 */
export function owe(unit, fresh) {
  debts.set(unit, { fresh, isAwaited: false });
  debtors.add(unit);
}

/** @param {Element} unit */
export const debtOf = (unit) => debts.get(unit);

/** @param {Element} unit */
export function forgive(unit) {
  debts.delete(unit);
  debtors.delete(unit);
}

/**
 * Take everything in an element out of people's hands, and forget what is known about it.
 *
 * @param {Element} element
 */
export function giveUp(element) {
  for (const other of heldIn(element)) {
    holds.delete(other);
    held.delete(other);
  }
  for (const unit of [...debtors]) if (element.contains(unit)) forgive(unit);
}

/**
 * Whether a row is on the page only because somebody has it in hand.
 *
 * @param {Node} row
 */
export const isGhost = (row) => debts.get(/** @type {Element} */ (row))?.fresh === null;

/**
 * Whether a container shows something other than what the server last said.
 *
 * @param {Element} container
 */
export const isIndebted = (container) =>
  [...debtors].some((unit) => unit.isConnected && unit.closest(CONTAINERS) === container);
