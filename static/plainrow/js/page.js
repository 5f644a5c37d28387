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

const suffix = ` · ${document.title.split(" · ").at(-1)}`;

/**
 * Name the page in the browser's tab.
 * @param {string} name
 */
export function entitle(name) {
  if (document.title !== name + suffix) document.title = name + suffix;
}

/**
 * Tell a screen reader something that the eye sees anyway.
 * @param {string} sentence
 */
export function announce(sentence) {
  const announcer = document.getElementById("announcer");
  if (announcer) announcer.textContent = sentence; // a page that was emptied has none
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
 * An icon of the sprite that the page's own icons come from.
 * @param {string} name
 */
export function icon(name) {
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("class", "icon");
  drawing.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  const sprite = document.querySelector(".icon use")?.getAttribute("href")?.split("#")[0] ?? "";
  use.setAttribute("href", `${sprite}#${name}`);
  drawing.append(use);
  return drawing;
}

/**
 * "1 row", "3 rows", in the viewer's numerals.
 * @param {number} count
 * @param {string} noun
 * @param {string} [plural]
 */
export function counted(count, noun, plural = `${noun}s`) {
  return `${count.toLocaleString()} ${count === 1 ? noun : plural}`;
}
