/** The page as it is now: when it changes, what it announces, elements for it. */

/**
 * Run now and whenever the page was replaced by a link, a form or the back button.
 * @param {() => void} run
 */
export function onPage(run) {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", run, { once: true });
  else run();
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "page" || event.target.closest?.("#page")) run();
  });
  document.addEventListener("htmx:historyRestore", run);
}

/**
 * Tell a screen reader something that the eye sees anyway.
 * @param {string} sentence
 */
export function announce(sentence) {
  document.getElementById("announcer").textContent = sentence;
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string>} attributes
 * @param {...(Node|string)} content
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, attributes = {}, ...content) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...content);
  return made;
}

/**
 * "1 row", "3 rows", in the viewer's numerals.
 * @param {number} count
 * @param {string} noun
 */
export function counted(count, noun) {
  return `${count.toLocaleString()} ${noun}${count === 1 ? "" : "s"}`;
}
