/**
 * Forms that stay: buttons and choices in live areas send a form of the page (`data-stays`), each to
 * an address of its own (`formaction`). What they change arrives by itself, so the page stays.
 * Without this script the same form is sent as forms are.
 *
 * A choice that counts at once (`select[data-sends]`) presses the button behind it.
 */
import { state } from "electric_sync/live";
import { request } from "./api.js";
import { toast } from "./toasts.js";

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches?.("form[data-stays]") || !event.submitter) return;
  event.preventDefault();
  send(event.submitter, new FormData(form, event.submitter));
});

document.addEventListener("change", (event) => {
  const choice = event.target;
  if (!choice.matches?.("select[data-sends]")) return;
  const before = [...choice.options].find((option) => option.defaultSelected)?.value ?? "";
  const button = choice.parentElement.querySelector("[formaction]");
  send(button, new FormData(button.form), { choice, before });
});

/**
 * @param {HTMLButtonElement} button
 * @param {FormData} data
 * @param {{choice: HTMLSelectElement, before: string}} [made]
 */
async function send(button, data, made) {
  const { formAction: address } = button;
  button.setAttribute("aria-busy", "true");
  try {
    const { done } = await request("POST", address, data);
    toast(done, made && { label: "Undo", act: () => takeBack(address, data, made) });
    if (state().connection !== "live") refresh();
  } catch (error) {
    if (made) made.choice.value = made.before;
    toast(`${error.message} Nothing was changed.`);
  }
  button.removeAttribute("aria-busy");
}

/** The choice may be another element by now, or gone: the address and the name stay. */
async function takeBack(address, data, { choice, before }) {
  data.set(choice.name, before);
  try {
    toast((await request("POST", address, data)).done);
    if (state().connection !== "live") refresh();
  } catch (error) {
    toast(`${error.message} Nothing was taken back.`);
  }
}

function refresh() {
  window.htmx.ajax("GET", location.pathname + location.search, { target: "#page", select: "#page", swap: "outerHTML" });
}

/** A button that copies what a field holds. */
document.addEventListener("click", async (event) => {
  const from = event.target.closest?.("[data-copy]")?.dataset.copy;
  if (!from) return;
  await navigator.clipboard.writeText(document.querySelector(from).value);
  toast("Copied.");
});
