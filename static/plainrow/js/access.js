/**
 * What the person may see or do has changed. The library empties what was withdrawn; here the page
 * says so, keeps what was being typed there for copying, and forgets what names it.
 */
import { giveUpEditor } from "./grid/editing.js";
import { theGrid } from "./grid/cells.js";
import { mayEdit } from "./grid/columns.js";
import { settleWindow } from "./grid/windows.js";
import { giveUpForm, isFilledIn, isFormLost } from "./dialogs.js";
import { entitle, element, icon, onPage } from "./page.js";
import { discardTyped, hasTyped, keepTyped, typedSection } from "./saving/typed.js";
import { giveUpChanges, isEmpty } from "./saving/changes.js";
import { forgetConflict } from "./saving/conflict.js";
import { forgetStored } from "./saving/stored.js";
import { forgetUndo } from "./saving/undo.js";
import { clearToasts, toast } from "./toasts.js";

const WITHDRAWN = "[data-live-withdrawn]";

/** What the page is about, as it was called while it was seen. */
let scope = "";
/** What says that the page is lost: the area with its name, or the page's last area. */
let notice = null;
/** The list of what was typed, above a page that is still there. */
let typed = null;

onPage(() => {
  scope = "";
  notice = typed = null;
  discardTyped();
});

// ── Withdrawn

document.addEventListener("live:withdrawing", ({ detail: { areas } }) => {
  scope ||= nameOfPage();
  const isIn = (node) => areas.some((area) => area.contains(node));
  const isTable = areas.some((area) => area.closest("#page .grid"));
  keepTyped([
    ...giveUpEditor(isIn),
    ...(isTable ? giveUpChanges(({ table }) => table === theGrid()?.dataset.table) : []),
  ]);
  forgetNames();
});

document.addEventListener("live:access", () => {
  settleWindow();
  if (isLost()) showLost();
  else if (isFormLost()) keepTyped(giveUpForm());
  else if (notice) showAgain();
});

function nameOfPage() {
  const named = document.querySelector("#page [data-scope-name]");
  return named?.dataset.scopeName || document.querySelector("#page h1")?.textContent.trim() || "this page";
}

/** Whether nothing is left of what the page is about. */
function isLost() {
  const title = document.querySelector("#page .topbar > [data-live]");
  if (title) return title.matches(WITHDRAWN);
  const areas = [...document.querySelectorAll("#main [data-live]")];
  return areas.length > 0 && areas.every((area) => area.matches(WITHDRAWN));
}

/** Whatever else the page remembers may name what was withdrawn. */
function forgetNames() {
  forgetUndo();
  forgetStored();
  clearToasts();
  forgetConflict();
  document.getElementById("announcer")?.replaceChildren();
  for (const link of document.querySelectorAll("#page .grid-more")) link.remove(); // cursors hold values
}

function showLost() {
  if (notice?.isConnected) return;
  keepTyped(giveUpForm());
  const main = document.getElementById("main");
  const title = element("h1", { class: "page-title", tabindex: "-1" }, `You no longer have access to ${scope || nameOfPage()}`);
  const lead = element("p", { class: "page-lead" }, "It is gone from this page and from this device. Everything else is as it was.");
  const said = element("div", { role: "alert", class: "section" }, title, lead, whomToAsk());
  notice = element("div", { class: "scroll", "data-notice": "" }, element("div", { class: "page page-narrow" }, said));
  for (const part of main.children) part.setAttribute("data-put-away", "");
  main.append(notice);
  document.querySelector("#page .topbar > .connection")?.before(element("p", { class: "strong grow", "data-notice": "" }, "Access changed"));
  entitle("Access changed");
  showTyped();
  title.focus();
}

/** The page is back: as it was, with what was typed above it. */
function showAgain() {
  if (document.querySelector("#main #form:empty")) return location.reload(); // it was given up
  for (const part of document.querySelectorAll("#page [data-notice]")) part.remove();
  for (const part of document.querySelectorAll("[data-put-away]")) part.removeAttribute("data-put-away");
  notice = null;
  scope = "";
  entitle(document.querySelector("#page [data-title]")?.dataset.title ?? nameOfPage());
  showTyped();
  if (document.activeElement === document.body) document.getElementById("main").focus({ preventScroll: true });
}

function whomToAsk() {
  const template = document.getElementById("access-lost");
  return template ? document.importNode(template.content, true) : element("p", { class: "page-lead" }, "An owner or admin of the company can give it back.");
}

// ── What was typed

document.addEventListener("plainrow:typed", showTyped);

function showTyped() {
  typed?.remove();
  typed = null;
  if (!hasTyped()) return;
  if (notice) {
    typed = typedSection();
    notice.firstElementChild.append(typed);
  } else {
    const title = element("p", { class: "notice-title" }, "What you may change here is different now");
    typed = element("div", { class: "notice notice-hold typed-notice", role: "alert" }, icon("lock"), element("div", { class: "stack" }, title, typedSection()));
    document.getElementById("main")?.prepend(typed);
  }
}

// ── Seen, but not edited any more

document.addEventListener("live:applied", ({ target }) => {
  if (target.closest?.("#sidebar")) giveUpElsewhere();
  const grid = theGrid();
  if (!grid?.contains(target) || mayEdit() || target.matches(WITHDRAWN) || !grid.tHead?.rows.length) return;
  keepTyped([...giveUpEditor(() => true), ...giveUpChanges(({ table }) => table === grid.dataset.table)]);
});

/** A change that waits for a table of another page, which was withdrawn meanwhile. */
function giveUpElsewhere() {
  const here = theGrid()?.dataset.table;
  const isThere = (table) => document.querySelector(`#sidebar a[href*="${CSS.escape(table)}"]`) !== null;
  if (!isEmpty()) keepTyped(giveUpChanges(({ table }) => table !== here && !isThere(table)));
}

// ── The end of the page

document.addEventListener("live:reset", () => {
  giveUpEditor(() => true);
  giveUpChanges(() => true);
  discardTyped();
  forgetUndo();
  forgetStored();
});

document.addEventListener("live:stale", (event) => {
  const waits = event.detail.waits || !isEmpty() || hasTyped() || isFilledIn();
  if (!waits) return;
  event.preventDefault();
  if (document.querySelector("[data-stale]")) return;
  const again = element("button", { class: "button button-s", type: "button" }, "Load it again");
  again.addEventListener("click", () => location.reload());
  const sentence = "What you may see or do has changed. Take what you typed, then load the page again.";
  const banner = element("div", { class: "banner", role: "alert", "data-stale": "" }, icon("warning"), element("p", {}, sentence), again);
  document.querySelector("#page .topbar")?.after(banner);
});

document.addEventListener("live:switch-failed", ({ detail: { status } }) => {
  const why = status === null ? "The server could not be reached." : "The server refused.";
  toast(`${why} The company that you see is still open.`);
});
