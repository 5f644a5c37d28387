/** People: one of the company. The page holds their names in a live part that is not shown. */
import { element } from "../page.js";
import { openChoice } from "./choice.js";

export const read = (cell) => cell.querySelector(".person")?.dataset.value ?? null;

export function draw(value) {
  const person = people().find((each) => each.id === value);
  return person ? [draft(person)] : [String(value)];
}

export const text = (value) => people().find((each) => each.id === value)?.name ?? String(value ?? "");

/** @type {import("./index.js").Type["edit"]} */
export function edit(cell, column, value, typed) {
  const choices = people().map((person) => ({ value: person.id, name: person.name, draw: () => [draft(person)] }));
  return openChoice(cell, column, choices, value, typed);
}

function people() {
  return [...document.querySelectorAll("#people data")].map((data) => ({
    id: data.value,
    name: data.textContent,
    colour: data.dataset.person,
    initials: data.dataset.initials,
  }));
}

function draft({ id, name, colour, initials }) {
  const avatar = element("span", { class: "avatar", "data-person": colour, "aria-hidden": "true" }, initials);
  return element("span", { class: "person", "data-value": id }, avatar, element("span", {}, name));
}
