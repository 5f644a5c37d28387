/** Dates: the browser's own field, which knows the viewer's order of day and month. */
import { element } from "../page.js";
import { openField } from "./field.js";

const ISO = /^\d{4}-\d{2}-\d{2}$/;

export const read = (cell) => cell.querySelector("time")?.dateTime || null;

export function draw(value) {
  return ISO.test(value) ? [element("time", { datetime: value }, value)] : [String(value)];
}

export const text = (value) => (value === null ? "" : String(value));

/** @type {import("./index.js").Type["edit"]} */
export function edit(cell, column, value, typed) {
  const given = typed ?? text(value);
  // Something that is no date, pasted or stored by psql, stays readable and can be mended.
  const isDate = given === "" || ISO.test(given);
  return openField(cell, column, given, isDate ? { type: "date", max: "9999-12-31" } : {});
}
