/**
 * What stands on a page of which nothing may be left: a few words of ours, and where to go.
 *
 * The document is emptied at once and whole: text, forms, dialogs, templates, its title.
 */

/**
 * @typedef {object} Words
 * @property {string} title
 * @property {string} lead
 * @property {string} [link]
 */

/** @type {Readonly<Record<string, Words>>} */
const WORDS = Object.freeze({
  "signed-out": {
    title: "You are signed out",
    lead: "Nothing of the page is left here.",
    link: "Sign in",
  },
  "signed-out-offline": {
    title: "You are signed out on this device",
    lead: "Nothing of the page is left here. The server could not be reached; it ends the session as soon as this device is online again.",
    link: "Sign in",
  },
  tenant: {
    title: "Something else is open now",
    lead: "In another tab or window, another company was opened or somebody else signed in. Nothing of the page is left here.",
    link: "Go to the start page",
  },
  "no-access": {
    title: "You have no access here any more",
    lead: "Nothing of the page is left here.",
    link: "Go to the start page",
  },
  "too-old": {
    title: "This page was too old",
    lead: "The server has not confirmed it for too long, so nothing of it is left here.",
    link: "Load it again",
  },
  looping: {
    title: "This page cannot be shown now",
    lead: "The server took it back again and again. It may be right in a minute.",
    link: "Try again",
  },
});

/**
 * Empty the document and say why.
 *
 * @param {string} reason
 * @param {string} address  that the link leads to
 */
export function clearScreen(reason, address) {
  const { title, lead, link = "" } = WORDS[reason] ?? WORDS["no-access"];
  const heading = element("h1", title);
  heading.tabIndex = -1;
  const anchor = element("a", link);
  anchor.setAttribute("href", address);
  const way = element("p", "");
  way.append(anchor);
  const main = element("main", "");
  main.setAttribute("data-live-screen", reason);
  main.append(heading, element("p", lead), way);
  const { body } = document;
  for (const name of body.getAttributeNames()) body.removeAttribute(name);
  body.replaceChildren(main);
  document.title = title;
  Object.assign(main.style, { maxInlineSize: "34rem", marginInline: "auto", padding: "4rem 1rem" });
  heading.focus();
}

/**
 * @param {string} name
 * @param {string} text
 */
function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}
