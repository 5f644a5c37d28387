/** The save bar: how many changes wait, why, and what the person can do about it. */
import { state } from "electric_sync/live";
import { TYPES } from "../editors/index.js";
import { isTyping } from "../grid/editing.js";
import { counted } from "../page.js";
import { discard, isEmpty, send, waiting } from "./changes.js";
import { copy } from "./copy.js";
import { askWhich } from "./conflict.js";

const bar = document.getElementById("savebar");
const part = (name) => bar.querySelector(`[data-savebar-${name}]`);

/** What the person can send again. A conflict needs a choice first, a deleted row no one can save. */
const sendable = () => waiting().filter(({ status }) => status === "unsaved" || status === "invalid" || status === "refused");
const conflicts = () => waiting().filter(({ status }) => status === "conflict");

document.addEventListener("plainrow:changes", show);
document.addEventListener("live:state", show);

part("save").addEventListener("click", () => {
  const [conflict] = conflicts();
  const ready = sendable();
  if (ready.length) for (const change of ready) send(change);
  else if (conflict) askWhich(conflict);
});
part("copy").addEventListener("click", () => {
  copy(waiting().map(({ wanted, column }) => TYPES[column.type].text(wanted, column)).join("\n"));
});
part("discard").addEventListener("click", () => {
  for (const change of waiting()) discard(change);
});

// Signing out and opening another company empty the page at once, so this is the moment to ask.
addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches("[data-live-sign-out], [data-live-switch]") || (isEmpty() && !isTyping())) return;
    if (confirm("Something that you typed is not saved. Leave all the same?")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);

addEventListener("beforeunload", (event) => {
  if (!isEmpty() || isTyping()) event.preventDefault();
});

function show() {
  const all = waiting();
  bar.hidden = all.length === 0;
  if (bar.hidden) {
    // What it said may name what is not to be seen any more.
    for (const name of ["count", "reason", "save"]) part(name).replaceChildren();
    return;
  }
  const ready = sendable();
  part("count").textContent = `${counted(all.length, "change")} ${all.length === 1 ? "is" : "are"} not saved.`;
  part("reason").textContent = reasonOf(all);
  part("save").textContent = ready.length ? `Save ${counted(ready.length, "change")}` : "Choose a value";
  part("save").hidden = !ready.length && !conflicts().length;
  part("copy").hidden = !all.some(({ status }) => status === "gone");
}

function reasonOf(all) {
  const [first] = all;
  const where = `${first.column.name} of ${first.rowName}`;
  if (first.status === "unsaved") return state().connection === "live" ? `${first.message} It can be tried again.` : first.message;
  return `${where}: ${first.message}`;
}
