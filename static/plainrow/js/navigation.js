/** Going from page to page: links replace #page, and everything around it follows. */
import { check } from "electric_sync/live";
import { announce, entitle, onPage } from "./page.js";
import { toast } from "./toasts.js";

onPage(() => {
  markWhereWeAre();
  document.getElementById("sidebar").hidePopover?.();
});

document.addEventListener("live:applied", () => {
  markWhereWeAre();
  nameThePage();
});

/** A renamed table is renamed in the browser's tab, too. */
function nameThePage() {
  const name = document.querySelector("#page [data-title]")?.dataset.title;
  if (name) entitle(name);
}

/** Fragments are shared by many viewers, so which link is the current page is set here. */
function markWhereWeAre() {
  for (const link of document.querySelectorAll("#sidebar a")) {
    if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

// ── What an answer is not: a page of ours ───────────────────────────────────

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, target, isError } = event.detail;
  if (target?.id !== "page" || isError) return;
  // Signed out meanwhile, or another program's page: the browser loads it as a whole.
  if (!/\sid="page"/.test(xhr.responseText)) {
    event.detail.shouldSwap = false;
    location.assign(xhr.responseURL);
  }
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (isProblem(xhr)) check();
  if (requestConfig.verb === "get" && requestConfig.boosted) location.assign(xhr.responseURL);
  else toast(`${REFUSALS[xhr.status] ?? "The server had a fault."}${requestConfig.verb === "get" ? "" : " Nothing was changed."}`);
});

const REFUSALS = {
  403: "You are not allowed to do this.",
  404: "It is no longer there, or is not shared with you any more.",
};

/** Whether our server itself said no: what stands in between says many things. */
const isProblem = (xhr) =>
  (xhr.status === 401 || xhr.status === 403) && /\bproblem\+json\b/.test(xhr.getResponseHeader("Content-Type") ?? "");

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(failure, () => {
    toast("The server could not be reached. What you see is still the page from before.");
  });
}

// ── The back button ─────────────────────────────────────────────────────────

document.addEventListener("htmx:historyCacheMissLoad", (event) => {
  if (!/\sid="page"/.test(event.detail.response)) {
    event.detail.response = "";
    location.reload();
  }
});
document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());

// ── Focus ───────────────────────────────────────────────────────────────────

/** The element that had the focus is gone with its page: a keyboard begins at the new one. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "page" || document.activeElement !== document.body) return;
  document.getElementById("main")?.focus({ preventScroll: true });
  announce(document.title);
});
