/**
 * electric_sync/live: live areas that stay what the server would render, over one websocket.
 *
 * Importing it is enough: areas with `data-live` are found on load and after every htmx swap, and
 * the forms `data-live-sign-out` and `data-live-switch` are sent by script.
 *
 * Events on the document or bubbling to it:
 * - `live:state`      detail: what `state()` returns
 * - `live:applied`    target: the container; detail `{changed: Element[], initial: boolean}`:
 *                     rows that are new and cells (or the region) that were written
 * - `live:deferred`   target: what somebody has in hand; detail `{element: Element | null}`: the
 *                     newest content that waits, null if it was deleted
 * - `live:withdrawing`  areas are about to be emptied; detail `{areas: Element[], reason: string}`
 * - `live:access`     what the person may see or do changed; detail `{version, withdrawn:
 *                     Element[], returned: Element[]}`: areas that were emptied and hidden, areas
 *                     that are back with their content
 * - `live:reset`      cancelable, the page was emptied and is about to be left; detail `{reason}`:
 *                     "signed-out", "tenant", "no-access" or "too-old". Whoever cancels it leaves.
 * - `live:stale`      cancelable, the page is about to be fetched anew; detail `{reason, waits}`:
 *                     waits: it is not, because something is typed into it
 * - `live:switch-failed`  another company could not be opened; detail `{status: number | null}`
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
 * Ask the server whether what the person may see has changed, and act on it. To be called when
 * one of its own answers was 401 or 403.
 *
 * @returns {Promise<string>} "same", "changed", "over" or "offline"
 */
export const check = () => session.check();

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
 * What part of a list is shown; null if it is not live or was withdrawn.
 *
 * @param {Element} list
 */
export const windowOf = (list) => session.windowOf(list);
