/**
 * Hiding the whole page for a moment, while it is not certain that it may be seen.
 *
 * By a style of the root element, set by script: it needs no style sheet and no rule of the policy.
 */

const root = document.documentElement;

export function close() {
  root.style.setProperty("display", "none", "important");
}

export function open() {
  root.style.removeProperty("display");
  if (!root.getAttribute("style")) root.removeAttribute("style");
}
