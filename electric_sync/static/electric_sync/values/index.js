/**
 * Formats the page's values when it is loaded, replaced or changed, and "ago" as time goes by.
 * The live socket's module remembers what the server wrote, so that a formatted value is not
 * taken for a changed one.
 */
import { show } from "electric_sync/live";
import { formatAll } from "./format.js";

const TICK = 20_000; // ms between two looks at the clock

/**
 * Format what a script has put into the page.
 * @param {ParentNode} root
 */
export function format(root) {
  formatAll(root, show);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => format(document), { once: true });
else format(document);

// Before the browser paints what was changed.
document.addEventListener("live:applied", (event) => {
  const { changed, initial } = event.detail ?? {};
  if (initial || !changed) format(event.target);
  else for (const element of changed) format(element.parentNode ?? element);
});
// What htmx names as the target may be the element that was replaced.
document.addEventListener("htmx:afterSwap", () => format(document));
document.addEventListener("htmx:historyRestore", () => format(document));

setInterval(() => format(document), TICK);
