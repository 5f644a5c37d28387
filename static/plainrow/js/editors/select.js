/** Selects: one of the column's options. */
import { element } from "../page.js";
import { openChoice } from "./choice.js";

export const read = (cell) => cell.querySelector(".chip")?.dataset.value ?? null;

export function draw(value, column) {
  const option = optionsOf(column).find(({ id }) => id === value);
  return option ? [chip(option)] : [String(value)];
}

export function text(value, column) {
  return optionsOf(column).find(({ id }) => id === value)?.name ?? String(value ?? "");
}

/** @type {import("./index.js").Type["edit"]} */
export function edit(cell, column, value, typed) {
  const choices = optionsOf(column).map((option) => ({
    value: option.id,
    name: option.name,
    draw: () => [chip(option)],
  }));
  return openChoice(cell, column, choices, value, typed);
}

const optionsOf = (column) => column.options.options ?? [];

function chip(option) {
  return element("span", { class: "chip", "data-value": option.id, "data-hue": option.hue }, option.name);
}
