/**
 * Fetching the page anew, when what the person may see has changed.
 *
 * The document is asked first: "live:access-changed" is cancelable, and whoever cancels it takes
 * over. A page that is told the same again and again stops reloading instead of flickering.
 */

const KEY = "electric_sync.live.reloads";
const AT_MOST = 3; // reloads …
const WITHIN = 10_000; // … in so many ms

/** @enum {string} */
export const Outcome = Object.freeze({
  RELOADING: "reloading",
  PREVENTED: "prevented",
  LOOPING: "looping",
});

/**
 * @param {string} reason  the server's word for what happened
 * @returns {string} the outcome
 */
export function reload(reason) {
  const event = new CustomEvent("live:access-changed", { cancelable: true, detail: { reason } });
  if (!document.dispatchEvent(event)) return Outcome.PREVENTED;
  const recent = recentReloads();
  if (recent.length >= AT_MOST) return Outcome.LOOPING;
  sessionStorage.setItem(KEY, JSON.stringify([...recent, Date.now()]));
  location.reload();
  return Outcome.RELOADING;
}

/** @returns {number[]} */
function recentReloads() {
  const times = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  return times.filter((/** @type {number} */ time) => Math.abs(Date.now() - time) < WITHIN);
}
