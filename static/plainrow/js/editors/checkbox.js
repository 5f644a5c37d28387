/** Checkboxes: no editor, a click or Space turns them over. */
import { element } from "../page.js";

export const read = (cell) => cell.querySelector("input")?.checked ?? false;

export function draw(value, column) {
  const box = element("input", { type: "checkbox", "aria-label": column.name, tabindex: "-1" });
  if (value) box.setAttribute("checked", "");
  if (!column.canEdit) box.setAttribute("disabled", "");
  return [box];
}

export const text = (value) => (value ? "yes" : "no");
