/**
 * Leaving a page by script: to another address, or to the same one anew.
 *
 * A page that is sent away again and again stays instead of flickering.
 */

const KEY = "electric_sync.live.departures";
const AT_MOST = 3; // departures …
const WITHIN = 10_000; // … in so many ms

/**
 * @param {string} address
 * @returns {boolean} false: that would be one too many
 */
export const goTo = (address) => depart(() => location.replace(address));

/** @returns {boolean} false: that would be one too many */
export const reload = () => depart(() => location.reload());

/**
 * Do something to sessionStorage without forgetting the departures.
 *
 * @param {() => void} act
 */
export function keptThrough(act) {
  const kept = sessionStorage.getItem(KEY);
  act();
  if (kept !== null) sessionStorage.setItem(KEY, kept);
}

/** @param {() => void} go */
function depart(go) {
  const recent = recentDepartures();
  if (recent.length >= AT_MOST) return false;
  sessionStorage.setItem(KEY, JSON.stringify([...recent, Date.now()]));
  go();
  return true;
}

/** @returns {number[]} */
function recentDepartures() {
  const times = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
  return times.filter((/** @type {number} */ time) => Math.abs(Date.now() - time) < WITHIN);
}
