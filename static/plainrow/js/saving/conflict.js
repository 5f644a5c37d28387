/** Two values for one cell: the person sees both and chooses. */
import { format } from "electric_sync/values";
import { TYPES, show } from "../editors/index.js";
import { editedCell } from "../grid/editing.js";
import { element } from "../page.js";
import { discard, send } from "./changes.js";
import { copy } from "./copy.js";

const dialog = document.getElementById("conflict");
const part = (name) => dialog.querySelector(`[data-conflict-${name}]`);

/** @type {import("./changes.js").Change|null} */
let asked = null;

/** Ask at once, unless that would take the keyboard from somebody who types on. */
document.addEventListener("plainrow:refused", ({ detail }) => {
  if (detail.status === "conflict" && !editedCell() && !document.querySelector("dialog[open], :popover-open")) askWhich(detail);
});

/** @param {import("./changes.js").Change} change */
export function askWhich(change) {
  asked = change;
  const { column } = change;
  part("column").textContent = column.name;
  part("row").textContent = change.rowName;
  put("was", change.was, column);
  put("mine", change.wanted, column);
  put("theirs", change.stored, column);
  nameTheOther(change);
  dialog.querySelector('[value="mine"]').checked = true;
  nameTheChoice();
  dialog.showModal();
  // Not a button: an Enter that was meant for the grid must not choose.
  document.getElementById("conflict-title").focus();
}

/** Close the dialog and forget its values: they are not to be seen any more. */
export function forgetConflict() {
  if (dialog.open) dialog.close("later");
  for (const name of ["column", "row", "was", "mine", "theirs", "by", "keep"]) part(name).replaceChildren();
}

dialog.addEventListener("change", nameTheChoice);
part("copy").addEventListener("click", () => copy(TYPES[asked.column.type].text(asked.wanted, asked.column)));
dialog.addEventListener("close", () => {
  const change = asked;
  asked = null;
  if (dialog.returnValue !== "keep" || !change) return;
  dialog.returnValue = "";
  if (!keepsMine()) discard(change);
  else {
    change.was = change.stored; // seen now, so it may be overwritten
    send(change);
  }
});

const keepsMine = () => dialog.querySelector('[value="mine"]').checked;

function nameTheChoice() {
  const value = keepsMine() ? asked.wanted : asked.stored;
  const text = TYPES[asked.column.type].text(value, asked.column) || "nothing";
  part("keep").textContent = `${keepsMine() ? "Save" : "Keep"} ${text.length > 24 ? (keepsMine() ? "yours" : "theirs") : text}`;
}

/** @param {import("./changes.js").Change} change */
function nameTheOther({ by, at }) {
  if (!by) {
    part("by").textContent = "Saved by somebody else";
    return;
  }
  part("by").replaceChildren(`${by}, `, element("time", { datetime: at, "data-format": "ago" }, "just now"));
  format(part("by"));
}

function put(name, value, column) {
  const place = part(name);
  if (column.type === "checkbox") place.textContent = value ? "ticked" : "not ticked";
  else if (value === null) place.textContent = "nothing";
  else show(place, value, column);
}
