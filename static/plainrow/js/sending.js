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
    if (made) settle(made.choice.id, data.get(made.choice.name));
    toast(done, made && { label: "Undo", act: () => takeBack(address, data, made) });
    if (state().connection !== "live") refresh();
  } catch (error) {
    if (made) made.choice.value = made.before;
    toast(`${error.message} Nothing was changed.`);
  }
  button.removeAttribute("aria-busy");
}

async function takeBack(address, data, { choice, before }) {
  data.set(choice.name, before);
  try {
    const { done } = await request("POST", address, data);
    settle(choice.id, before);
    toast(done);
    if (state().connection !== "live") refresh();
  } catch (error) {
    toast(`${error.message} Nothing was taken back.`);
  }
}

/**
 * The server has got this choice: it is no edit any more that frames would have to leave alone.
 * By id, since the choice may be another element by now, or gone.
 */
function settle(id, value) {
  for (const option of document.getElementById(id)?.options ?? []) {
    option.defaultSelected = option.value === value;
    option.selected = option.defaultSelected;
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
