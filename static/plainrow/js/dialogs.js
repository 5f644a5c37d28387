/**
 * Dialogs: a link with `data-dialog` leads to a page with a form; here the form opens over the
 * page instead. The form is the same, and so is what the server says to it.
 */
import { state } from "electric_sync/live";

const HOW = { target: "#dialog", select: "#form", swap: "innerHTML" };
const dialog = document.getElementById("dialog");

// Before htmx sees the click.
document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.("a[data-dialog]");
    if (link && isPlain(event)) {
      event.preventDefault();
      event.stopPropagation();
      link.closest(":popover-open")?.hidePopover();
      open(link.href);
    } else if (dialog.open && event.target.closest?.("[data-dialog-close]")) {
      event.preventDefault();
      event.stopPropagation();
      dialog.close();
    }
  },
  true,
);

async function open(address) {
  await window.htmx.ajax("GET", address, HOW);
  if (dialog.querySelector("form") && !dialog.open) dialog.showModal();
}

/** A click outside closes a form in which nothing was typed. */
dialog.addEventListener("click", (event) => {
  if (event.target === dialog && !isFilledIn()) dialog.close();
});
dialog.addEventListener("close", () => dialog.replaceChildren());

dialog.addEventListener("htmx:afterRequest", (event) => {
  const next = event.detail.xhr.getResponseHeader("Plainrow-Next");
  if (!next) return;
  dialog.close();
  // On a page that is live, what was done arrives by itself.
  const isHere = new URL(next, location.href).pathname === location.pathname;
  if (!isHere || state().connection !== "live") follow(next);
});

function follow(address) {
  const link = document.createElement("a");
  link.href = address;
  document.getElementById("page").append(link);
  window.htmx.process(link);
  link.click();
}

/** The form that is open, over the page or on one of its own. */
const theForm = () => dialog.querySelector("#form") ?? document.querySelector("#main #form");

/** The fields of the open form in which something was typed. */
function filledIn(form = theForm()) {
  return [...(form?.querySelectorAll("input:not([type=hidden]), textarea") ?? [])].filter(
    (field) => field.value !== field.defaultValue,
  );
}

export const isFilledIn = () => filledIn().length > 0;

/** Whether the open form is about something that may not be changed any more: its guard says so. */
export const isFormLost = () => Boolean(theForm()?.querySelector("[data-live-withdrawn]"));

/**
 * Close the form: what it is about is not to be seen any more. On a page of its own everything
 * around it names that, too.
 * @returns {import("./saving/typed.js").Entry[]}
 */
export function giveUpForm() {
  const form = theForm();
  const entries = filledIn(form).map((field) => ({ what: `${field.labels?.[0]?.textContent.trim() || "Text"} in a form`, text: field.value }));
  if (form && !dialog.contains(form)) {
    form.replaceChildren();
    document.querySelector("#page .topbar > nav")?.remove();
  }
  if (dialog.open) dialog.close();
  dialog.replaceChildren();
  return entries;
}

function isPlain(event) {
  return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
}
