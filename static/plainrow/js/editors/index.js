/**
 * The types of columns, as a page sees them. Each has a module with the same four functions;
 * what is stored is the JSON that the server's type of the same name states.
 *
 * @typedef {object} Type
 * @property {(cell: HTMLElement) => any} read the stored value in a cell as the server drew it, null if empty
 * @property {(value: any, column: Column) => (Node|string)[]} draw what the server would draw, not formatted
 * @property {(value: any, column: Column) => string} text the value as somebody would type it
 * @property {(cell: HTMLElement, column: Column, value: any, typed?: string) => Editor} [edit] opens an
 *   editor in the cell; `typed` stands in it instead of the value ("": a key follows that begins anew).
 *   A type without an editor is turned over by a click or Space.
 *
 * @typedef {object} Editor
 * @property {HTMLElement} field has the focus
 * @property {() => any} value what would be saved: a value, or text that the server reads
 * @property {() => void} close takes the editor out of the cell
 *
 * @typedef {import("../grid/columns.js").Column} Column
 */
import { format } from "electric_sync/values";
import * as checkbox from "./checkbox.js";
import * as date from "./date.js";
import * as number from "./number.js";
import * as person from "./person.js";
import * as select from "./select.js";
import * as text from "./text.js";

/** @type {Record<string, Type>} */
export const TYPES = { checkbox, date, number, person, select, text };

const NAMES = { checkbox: "Tick", date: "Date", number: "Number", person: "Person", select: "Choice", text: "Text" };

/**
 * What something typed in a cell is, without the column's name.
 * @param {Column} column
 */
export const nameOf = ({ type }) => `${NAMES[type]} in a cell`;

/**
 * The stored value of a cell, also of one that its type cannot read.
 * @param {HTMLElement} cell
 * @param {Column} column
 */
export function read(cell, column) {
  const raw = cell.querySelector(".raw");
  return raw ? JSON.parse(raw.dataset.json) : TYPES[column.type].read(cell);
}

/**
 * Draw a value as the server will, so that its fragment changes nothing.
 * @param {HTMLElement} cell
 * @param {any} value
 * @param {Column} column
 */
export function paint(cell, value, column) {
  cell.classList.remove("cell-invalid");
  cell.removeAttribute("aria-invalid");
  show(cell, value, column);
}

/**
 * Show a value in an element: a cell, a hint, a dialog.
 * @param {HTMLElement} element
 * @param {any} value
 * @param {Column} column
 */
export function show(element, value, column) {
  const isEmpty = column.type !== "checkbox" && (value === null || value === undefined);
  element.replaceChildren(...(isEmpty ? [] : TYPES[column.type].draw(value, column)));
  format(element);
}

/** Whether two values are the same to a person. */
export function same(one, other) {
  return (one ?? null) === (other ?? null) || (one === false && (other ?? null) === null) || (other === false && (one ?? null) === null);
}
