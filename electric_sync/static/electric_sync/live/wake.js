/**
 * The moments at which a connection may have died unseen, or may be had again: the machine woke,
 * the page came back into view, the network changed.
 */

const TICK = 1_000; // ms
const SLEPT = 5_000; // ms by which a tick must be late to mean sleep
const SLEPT_HIDDEN = 90_000; // ms: a hidden page's timers run once a minute

/**
 * Call back at each such moment. The watch lasts as long as the page.
 *
 * @param {() => void} callback
 */
export function onWake(callback) {
  let last = Date.now();
  setInterval(() => {
    // The wall clock: the monotonic one stands still while some machines sleep.
    const late = Math.abs(Date.now() - last - TICK);
    last = Date.now();
    if (late > (document.hidden ? SLEPT_HIDDEN : SLEPT)) callback();
  }, TICK);
  const onVisible = () => {
    if (!document.hidden) callback();
  };
  document.addEventListener("visibilitychange", onVisible);
  window.addEventListener("focus", onVisible);
  window.addEventListener("online", callback);
  window.addEventListener("offline", callback);
}
