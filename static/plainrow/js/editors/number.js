/** Numbers: the server reads what was typed, in whatever way people write them. */
import { element } from "../page.js";
import { openField } from "./field.js";

export function read(cell) {
  const data = cell.querySelector("data");
  return data && data.value !== "" ? Number(data.value) : null;
}

export function draw(value, column) {
  const attributes = { value: text(value) };
  const places = column.options.precision;
  if (places !== undefined && places !== null) attributes["data-places"] = String(places);
  return [element("data", attributes, attributes.value)];
}

/** Never with an exponent: 1e21 is written out. */
export function text(value) {
  if (value === null) return "";
  if (typeof value !== "number") return String(value);
  const plain = String(value);
  return plain.includes("e") ? value.toLocaleString("en", { useGrouping: false, maximumFractionDigits: 20 }) : plain;
}

/** @type {import("./index.js").Type["edit"]} */
export function edit(cell, column, value, typed) {
  return openField(cell, column, typed ?? text(value), { inputmode: "decimal" });
}
