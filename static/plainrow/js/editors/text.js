/** Text: typed in a line. What has several lines gets a field with several (Alt+Enter adds one). */
import { element } from "../page.js";
import { openField } from "./field.js";

export const read = (cell) => (cell.textContent === "" ? null : cell.textContent);

export const draw = (value) => [String(value)];

export const text = (value) => (value === null ? "" : String(value));

/** @type {import("./index.js").Type["edit"]} */
export function edit(cell, column, value, typed) {
  const content = typed ?? text(value);
  return content.includes("\n") ? openLines(cell, column, content) : openField(cell, column, content);
}

/** A line's field would lose the line breaks of what is stored. */
function openLines(cell, column, content) {
  const field = element("textarea", { class: "cell-input cell-lines", rows: "5", "aria-label": column.name });
  field.value = content;
  cell.replaceChildren(field);
  field.focus();
  return { field, value: () => field.value, close: () => field.remove() };
}
