/**
 * Work on the page in slices of a frame, so that no message blocks it.
 *
 * A visible page works once a frame, just before the browser lays it out. A hidden page has no
 * frames and its timers sleep, so it works in plain tasks, which nothing holds up.
 */

/** Milliseconds of work in a slice; layout and paint need the rest of the frame. */
const BUDGET = 8;

/** Where frames take very long anyway, a slice takes this part of one, */
const SHARE = 1 / 8;

/** but never more milliseconds than this. */
const LARGEST = 40;

/**
 * Rows that may come, go or move in a slice. They cost the script little and the layout after it
 * much.
 */
export const SHIFTS = 100;

/** Milliseconds after which a frame that the browser owes us is not waited for. */
const OVERDUE = 250;

/**
 * Wait for the moment of the next slice.
 *
 * @returns {Promise<number>} milliseconds that it may take
 */
export async function nextSlice() {
  const asked = performance.now();
  await (document.hidden ? nextTask() : nextFrame());
  const waited = performance.now() - asked;
  return Math.min(Math.max(BUDGET, waited * SHARE), LARGEST);
}

/** @returns {Promise<void>} */
function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

/** @returns {Promise<void>} */
function nextFrame() {
  return new Promise((resolve) => {
    const begin = () => {
      cancelAnimationFrame(frame);
      clearTimeout(overdue);
      document.removeEventListener("visibilitychange", begin);
      resolve();
    };
    const frame = requestAnimationFrame(begin);
    const overdue = setTimeout(begin, OVERDUE);
    document.addEventListener("visibilitychange", begin);
  });
}
