/**
 * A short, calm highlight of what somebody else changed.
 *
 * The class only says "changed just now"; how that looks, and that nothing moves for people who
 * want no motion, is the style sheet's matter. It goes off after the style sheet's `--settle`.
 * When very much changes at once nothing is highlighted: a flashing page says nothing.
 */

const CLASS = "is-changed";
const MOST = 100; // elements at a time
const SETTLE = 2_400; // ms, where the style sheet does not say

/** When the highlight of each element ends. @type {Map<Element, number>} */
const ends = new Map();
/** @type {ReturnType<typeof setTimeout> | undefined} */
let sweeping;

/** @param {Iterable<Element>} elements */
export function highlight(elements) {
  const striking = [...elements].filter((element) => element.isConnected);
  if (document.hidden || ends.size + striking.length > MOST) return;
  const end = performance.now() + duration();
  for (const element of striking) {
    element.classList.add(CLASS);
    ends.set(element, end);
  }
  if (striking.length) sweeping ??= setTimeout(sweep, duration());
}

function sweep() {
  const now = performance.now();
  for (const [element, end] of ends) {
    if (end > now && element.isConnected) continue;
    ends.delete(element);
    element.classList.remove(CLASS);
    if (!element.classList.length) element.removeAttribute("class");
  }
  const next = Math.min(...ends.values());
  sweeping = ends.size ? setTimeout(sweep, next - now) : undefined;
}

/** @type {number | undefined} */
let settle;

/** Milliseconds that the highlight lasts. */
function duration() {
  settle ??= inMilliseconds(getComputedStyle(document.documentElement).getPropertyValue("--settle"));
  return settle;
}

/** @param {string} time  of CSS */
function inMilliseconds(time) {
  const number = Number.parseFloat(time);
  if (Number.isNaN(number)) return SETTLE;
  return time.trim().endsWith("ms") ? number : number * 1_000;
}
