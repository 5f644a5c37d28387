/**
 * Dates: typed as text, which the server reads; it refuses what can be two different days. The
 * browser's own field would take a half-typed date for none, so it only lends its calendar.
 */
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
  const editor = openField(cell, column, typed ?? text(value), { placeholder: "2026-12-25" });
  cell.append(...calendarFor(editor.field, cell, column));
  return { ...editor, close: () => cell.replaceChildren() };
}

function calendarFor(field, cell, column) {
  const picker = element("input", { class: "cell-calendar", type: "date", max: "9999-12-31", tabindex: "-1", "aria-hidden": "true" });
  const button = element("button", { class: "cell-pick", type: "button", tabindex: "-1", "aria-label": "Calendar" });
  const icon = cell.closest(".grid").querySelector(`[data-head="${column.id}"] .icon`);
  button.append(icon ? icon.cloneNode(true) : "▾");
  // The field keeps the focus: leaving it would save.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => {
    if (ISO.test(field.value)) picker.value = field.value;
    picker.showPicker();
  });
  picker.addEventListener("input", (event) => event.stopPropagation());
  picker.addEventListener("change", () => {
    if (picker.value) field.value = picker.value;
    field.dispatchEvent(new InputEvent("input", { bubbles: true }));
    field.focus();
  });
  return [picker, button];
}
