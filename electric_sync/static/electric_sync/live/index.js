/**
 * electric_sync/live: live areas that stay what the server would render, over one websocket.
 *
 * Importing it is enough: areas with `data-live` are found on load and after every htmx swap.
 *
 * Events on the document or bubbling to it:
 * - `live:state`      detail: what `state()` returns
 * - `live:applied`    target: the container; detail `{changed: Element[], initial: boolean}`:
 *                     rows that are new and cells (or the region) that were written
 * - `live:deferred`   target: what somebody has in hand; detail `{element: Element | null}`: the
 *                     newest content that waits, null if it was deleted
 * - `live:access-changed`  cancelable, before the page is reloaded; detail `{reason: string}`
 */

import { Session } from "./session.js";

export { highlight } from "./highlight.js";
export { keep, show } from "./mine.js";

const session = new Session();
session.start();

/**
 * Take an element in hand, before it is changed: frames touch nothing in it and remove neither it
 * nor its row or list. Of what comes meanwhile, the newest is kept.
 *
 * @param {Element} element
 */
export const hold = (element) => session.hold(element);

/**
 * Give it back to the server. What was kept is shown at once; if nothing came, the server's
 * version is put back after a second, unless a frame brings it sooner.
 *
 * @param {Element} element
 * @returns {{changed: boolean, removed: boolean}}
 */
export const release = (element) => session.release(element);

/** @returns {import("./status.js").State} */
export const state = () => session.state();

/**
 * Show more rows of a list, 500 at most.
 *
 * @param {Element} list
 * @param {number} size
 */
export const grow = (list, size) => session.slide(list, { size });

/**
 * Show a list from another place on.
 *
 * @param {Element} list
 * @param {string | null} cursor  one of the window's cursors; null: from the beginning
 */
export const slide = (list, cursor) => session.slide(list, { after: cursor });

/**
 * What part of a list is shown; null if it is not live.
 *
 * @param {Element} list
 */
export const windowOf = (list) => session.windowOf(list);
