/**
 * Form fields that somebody is filling in: focused, or edited and not sent.
 *
 * Whether a field is edited is not remembered but read: its value is not the one that the server
 * wrote into it. So nothing goes stale, and a value that comes back to the server's is no longer
 * an edit.
 */

import { Few } from "./few.js";

const FIELDS = "input, textarea, select, [contenteditable]";
const TICKS = "input[type=checkbox], input[type=radio]";

/** Fields whose value the server has got; frames may overwrite it. @type {Few<Element>} */
const sent = new Few();

/** @param {Element} element */
export const isField = (element) => element.matches(FIELDS);

/**
 * The fields in an element, itself included.
 *
 * @param {Element} element
 * @returns {Element[]}
 */
export function fieldsIn(element) {
  const inside = [...element.querySelectorAll(FIELDS)];
  return isField(element) ? [element, ...inside] : inside;
}

/**
 * Whether frames must leave the field as it is.
 *
 * @param {Element} field
 */
export function isInUse(field) {
  if (isTick(field)) return isEdited(field) && !isSent(field);
  return field === document.activeElement || (isEdited(field) && !isSent(field));
}

/**
 * A tick is kept, but only what is typed or chosen is worth keeping a deleted row for.
 *
 * @param {Element} field
 */
export const isTyped = (field) => !isTick(field) && isInUse(field);

/**
 * The server has got this field's value.
 *
 * @param {Element} field
 */
export const markSent = (field) => sent.add(field);

/**
 * Somebody edits the field again.
 *
 * @param {Element} field
 */
export const markUnsent = (field) => sent.delete(field);

/**
 * Whether an element holds a sent value that the server has not rendered.
 *
 * @param {Element} element
 */
export function hasSentEdits(element) {
  for (const field of sent) if (element.contains(field) && isEdited(field)) return true;
  return false;
}

/**
 * Whether two versions of a field hold the same value: what is in the first, what the server
 * writes into the second.
 *
 * @param {Element} field
 * @param {Element} fresh
 */
export function agree(field, fresh) {
  if (field instanceof HTMLInputElement && fresh instanceof HTMLInputElement) {
    return isTick(field) ? field.checked === fresh.defaultChecked : field.value === fresh.defaultValue;
  }
  if (field instanceof HTMLTextAreaElement && fresh instanceof HTMLTextAreaElement) {
    return field.value === fresh.defaultValue;
  }
  return false;
}

/** @param {Element} field */
const isTick = (field) => field.matches(TICKS);

/** @param {Element} field */
function isSent(field) {
  for (const other of sent) if (other === field) return true;
  return false;
}

/**
 * @param {Element} field
 * @returns {boolean}
 */
function isEdited(field) {
  if (field instanceof HTMLInputElement) {
    if (isTick(field)) return field.checked !== field.defaultChecked;
    return field.type === "file" ? field.value !== "" : field.value !== field.defaultValue;
  }
  if (field instanceof HTMLTextAreaElement) return field.value !== field.defaultValue;
  if (field instanceof HTMLSelectElement) return isChosen(field);
  return false;
}

/** @param {HTMLSelectElement} select */
function isChosen(select) {
  const options = [...select.options];
  if (select.multiple || options.some((option) => option.defaultSelected)) {
    return options.some((option) => option.selected !== option.defaultSelected);
  }
  // Without a default the browser chose the first option that may be chosen.
  return select.selectedIndex > options.findIndex((option) => !option.disabled);
}
