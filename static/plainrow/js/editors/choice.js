/** A field with a list under it: the editor of selects and people. What is typed narrows the list. */
import { element } from "../page.js";
import { openField } from "./field.js";

const GAP = 4; // px between the cell and its list

/**
 * @typedef {object} Choice
 * @property {string|null} value
 * @property {string} name
 * @property {() => (Node|string)[]} draw
 */

/**
 * @param {HTMLElement} cell
 * @param {import("../grid/columns.js").Column} column
 * @param {Choice[]} choices
 * @param {string|null} value
 * @param {string} [typed]
 * @returns {import("./index.js").Editor}
 */
export function openChoice(cell, column, choices, value, typed) {
  const named = choices.find((choice) => choice.value === value)?.name ?? "";
  const { field } = openField(cell, column, typed ?? "", {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "true",
    "aria-controls": "cell-options",
    placeholder: named || "Choose",
  });
  const list = element("div", { class: "popover options", id: "cell-options", popover: "manual", role: "listbox", "aria-label": column.name });
  document.body.append(list);
  const all = value === null ? choices : [...choices, { value: null, name: "Empty", draw: () => ["Empty"] }];
  const state = { shown: all, active: -1, chosen: undefined };

  const show = () => {
    const wanted = field.value.trim().toLocaleLowerCase();
    state.shown = all.filter(({ name }) => !wanted || name.toLocaleLowerCase().includes(wanted));
    state.active = state.shown.findIndex((choice) => (wanted ? true : choice.value === value));
    const options = state.shown.map((choice, index) => optionOf(choice, index, choice.value === value));
    list.replaceChildren(...(options.length ? options : [element("p", { class: "option-none" }, nothing(choices, field.value))]));
    mark();
  };
  const mark = () => {
    for (const [index, option] of [...list.querySelectorAll('[role="option"]')].entries()) {
      option.setAttribute("aria-selected", String(index === state.active));
      if (index === state.active) option.scrollIntoView({ block: "nearest" });
    }
    field.setAttribute("aria-activedescendant", state.active < 0 ? "" : `cell-option-${state.active}`);
  };
  const move = (by) => {
    const count = state.shown.length;
    if (count) state.active = (state.active + by + count) % count;
    mark();
  };

  field.addEventListener("input", show);
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      move(event.key === "ArrowDown" ? 1 : -1);
      event.preventDefault();
      event.stopPropagation();
    }
  });
  // The field keeps the focus; the click is handled as Enter would be.
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (!option) return;
    state.active = Number(option.dataset.index);
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  });

  list.showPopover();
  place(list, cell);
  show();
  place(list, cell);

  return {
    field,
    value: () => {
      if (state.active >= 0) return state.shown[state.active].value;
      return field.value.trim() || value; // what is no choice is the server's to refuse
    },
    close: () => {
      list.remove();
      field.remove();
    },
  };
}

function optionOf(choice, index, isCurrent) {
  const option = element("div", { class: "option", id: `cell-option-${index}`, role: "option", "data-index": String(index) });
  option.append(element("span", { class: choice.value === null ? "label muted" : "label" }, ...choice.draw()));
  if (isCurrent) option.append(element("span", { class: "faint small" }, "now"));
  return option;
}

function nothing(choices, wanted) {
  return choices.length ? `Nothing is called “${wanted}”.` : "There is nothing to choose from yet.";
}

/** Under the cell, or above it where there is more room. */
function place(list, cell) {
  const at = cell.getBoundingClientRect();
  const below = innerHeight - at.bottom - GAP;
  const top = list.offsetHeight <= below || below > at.top ? at.bottom + GAP : at.top - GAP - list.offsetHeight;
  list.style.insetBlockStart = `${Math.max(GAP, top)}px`;
  list.style.insetInlineStart = `${Math.max(GAP, Math.min(at.left, innerWidth - list.offsetWidth - GAP))}px`;
}
