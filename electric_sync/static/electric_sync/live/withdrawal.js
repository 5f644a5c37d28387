/**
 * Taking an area off the page that the person may not see any more, and putting it back.
 *
 * It is emptied at once. Its container stays, hidden and marked, so that it can come back.
 */

import { giveUp } from "./holds.js";

const MARK = "data-live-withdrawn";
/** What a list's container says of its window: a cursor holds values that the list is sorted by. */
const OF_WINDOW = ["data-live-more", "data-live-after"];

/** @param {HTMLElement} area */
export function empty(area) {
  giveUp(area);
  area.replaceChildren();
}

/** @param {HTMLElement} area */
export function withdraw(area) {
  empty(area);
  for (const name of OF_WINDOW) area.removeAttribute(name);
  area.hidden = true;
  area.setAttribute(MARK, "");
}

/** @param {HTMLElement} area */
export function giveBack(area) {
  area.hidden = false;
  area.removeAttribute(MARK);
}
