/**
 * Work on the page in slices of a frame, so that no message blocks it.
 *
 * A visible page works once a frame, just before the browser lays it out. A hidden page has no
 * frames and its timers sleep, so it works in plain tasks, which nothing holds up.
 */

/** Milliseconds of work in a slice; layout and paint need the rest of the frame. */
export const BUDGET = 8;

/**
 * Rows that may come, go or move in a slice. They cost the script little and the layout after it
 * much.
 */
export const SHIFTS = 100;

/** Milliseconds after which a frame that the browser owes us is not waited for. */
const OVERDUE = 250;

/** Wait for the moment of the next slice. */
export const nextSlice = () => (document.hidden ? nextTask() : nextFrame());

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
