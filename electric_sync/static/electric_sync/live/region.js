/**
 * A frame's one operation on a live region: it is rendered whole.
 */

import { forgive, isUnderHand, keptIn, owe } from "./holds.js";
import { Drift } from "./markup.js";
import { morphRegion } from "./morph.js";

/**
 * @param {Element} region
 * @param {import("./markup.js").Operation} operation
 * @param {import("./changes.js").Changes} changes
 */
export function render(region, { how, element }, changes) {
  if (how !== "innerHTML") throw new Drift(`"${how}" is no operation on a live region.`);
  if (isUnderHand(region)) return owe(region, element);
  if (keptIn(region).length) owe(region, /** @type {Element} */ (element.cloneNode(true)));
  else forgive(region);
  morphRegion(region, element, changes);
}
