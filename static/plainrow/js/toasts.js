/** Toasts: short notes over the page about what the person did and may undo. */
import { element, onPage } from "./page.js";

const SHOWN = 9_000; // ms; a toast under the pointer or with focus in it stays

/**
 * @typedef {object} Offer
 * @property {string} label of the button
 * @property {() => void} act
 */

/**
 * @param {string} sentence
 * @param {Offer} [offer]
 * @param {{stays?: boolean}} [options] `stays`: until it is closed
 */
export function toast(sentence, offer, { stays = false } = {}) {
  const note = element("div", { class: "toast", role: "status" }, element("span", {}, sentence));
  if (offer) {
    const button = element("button", { class: "button button-quiet button-s", type: "button" }, offer.label);
    button.addEventListener("click", () => {
      note.remove();
      offer.act();
    });
    note.append(button);
  }
  show(note, stays);
}

function show(note, stays = false) {
  const close = element("button", { class: "button button-quiet button-s", type: "button" }, "Close");
  close.addEventListener("click", () => note.remove());
  if (stays) note.append(close);
  document.getElementById("toasts")?.append(note); // a page that was emptied has no place for it
  if (!stays) leaveLater(note);
}

/** Take all away: they may name what is not to be seen any more. */
export function clearToasts() {
  document.getElementById("toasts")?.replaceChildren();
}

function leaveLater(note) {
  setTimeout(() => {
    if (note.matches(":hover, :focus-within")) leaveLater(note);
    else note.remove();
  }, SHOWN);
}

/** What the server says with a page, put where it outlives the page. */
onPage(() => {
  for (const note of document.querySelectorAll("#page [data-messages] .toast")) show(note);
  document.querySelector("#page [data-messages]")?.remove();
});
