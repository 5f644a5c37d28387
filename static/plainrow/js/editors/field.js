/** An input field that fills its cell: the editor of text, numbers and dates. */
import { element } from "../page.js";

/**
 * @param {HTMLElement} cell
 * @param {import("../grid/columns.js").Column} column
 * @param {string} content
 * @param {Record<string, string>} [attributes]
 * @returns {import("./index.js").Editor & {field: HTMLInputElement}}
 */
export function openField(cell, column, content, attributes = {}) {
  const field = element("input", {
    class: "cell-input",
    type: "text",
    autocomplete: "off",
    "aria-label": column.name,
    ...attributes,
  });
  field.value = content;
  cell.replaceChildren(field);
  field.focus();
  if (field.type === "text") field.setSelectionRange(content.length, content.length);
  return { field, value: () => field.value, close: () => field.remove() };
}
