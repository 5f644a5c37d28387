/** Checkboxes: no editor, a click or Space turns them over. */
import { element } from "../page.js";

const NO = /^(no?|false|off|0)$/i; // pasted, and not read by the server yet

export const read = (cell) => cell.querySelector("input")?.checked ?? false;

export function draw(value, column) {
  const box = element("input", { type: "checkbox", "aria-label": column.name, tabindex: "-1" });
  if (value && !NO.test(value)) box.setAttribute("checked", "");
  if (!column.canEdit) box.setAttribute("disabled", "");
  return [box];
}

export const text = (value) => (value ? "yes" : "no");
