/**
 * Windows: a long table is on the page a part at a time. At the end of the scroll the window
 * grows; when it is as large as windows get, it slides, and the row that was looked at stays
 * where it is on the screen.
 */
import { grow, slide, windowOf } from "electric_sync/live";
import { counted, onPage } from "../page.js";
import { rowsOf, theGrid } from "./cells.js";

const STEP = 100; // rows
const MAX_CELLS = 4_000; // in one window: more would make each change of the page slow
const MAX_ROWS = 500; // in one window
const KEPT = 1; // steps of rows that stay when the window slides
const EARLY = "800px"; // before the edge of the window is seen
const QUIET = 150; // ms without a change: what was asked for is there, it comes in slices
const PATIENCE = 5_000; // ms for the answer to begin

/** Windows that were left upwards: cursor and number of the first row. @type {{after: string|null, first: number}[]} */
let above = [];
/** The number of the window's first row. */
let first = 1;
/** What was asked for and is not there yet, with the row that must stay where it is.
 * @type {{first: number, anchor: {row: string, top: number}|null, timer: number}|null} */
let asked = null;
/** Looks out for the edges of the page's grid. @type {IntersectionObserver|null} */
let watcher = null;

onPage(() => {
  watcher?.disconnect();
  clearTimeout(asked?.timer);
  asked = null;
  above = [];
  const grid = theGrid();
  if (!grid) return;
  first = Number(grid.dataset.first);
  number();
  watcher = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) goOn(target);
    },
    { root: grid.closest(".grid-wrap"), rootMargin: `${EARLY} 0px` },
  );
  watchEdges();
});

/** After rows came or went: numbers, and the place that is looked at. */
export function settleWindow() {
  if (!theGrid()) return;
  if (asked) {
    first = asked.first;
    if (asked.anchor) putBack(asked.anchor);
    endAfter(QUIET);
  }
  number();
}

/** An edge that stays in sight is told once; asking again makes the watcher tell it again. */
function watchEdges() {
  for (const edge of document.querySelectorAll("#page [data-window-edge]")) {
    watcher.unobserve(edge);
    watcher.observe(edge);
  }
}

function goOn(edge) {
  const list = theGrid()?.tBodies[0];
  const seen = list && !asked && windowOf(list);
  if (!seen) return;
  if (edge.dataset.windowEdge === "start") goUp(list);
  else if (seen.more) goDown(list, seen);
}

function goDown(list, { size, after, cursors }) {
  if (size < largestOf(list)) {
    ask(first, null);
    grow(list, size + STEP);
  } else if (cursors.length > KEPT) {
    // The last steps stay, so that what is in sight stays in sight.
    const steps = cursors.length - KEPT;
    above.push({ after, first });
    ask(first + steps * STEP, anchorOf(list));
    slide(list, cursors[steps - 1]);
  }
}

function goUp(list) {
  const before = above.pop();
  if (!before) return;
  ask(before.first, anchorOf(list));
  slide(list, before.after);
}

function ask(number, anchor) {
  asked = { first: number, anchor, timer: 0 };
  endAfter(PATIENCE);
}

function endAfter(delay) {
  clearTimeout(asked.timer);
  asked.timer = setTimeout(() => {
    asked = null;
    watchEdges();
  }, delay);
}

function largestOf(list) {
  const rows = MAX_CELLS / (list.rows[0]?.cells.length ?? 1);
  return Math.max(2 * STEP, Math.min(Math.floor(rows / STEP) * STEP, MAX_ROWS));
}

function anchorOf(list) {
  const { top, bottom } = list.closest(".grid-wrap").getBoundingClientRect();
  const seen = rowsOf(theGrid()).filter((row) => {
    const at = row.getBoundingClientRect();
    return at.top >= top && at.bottom <= bottom;
  });
  const row = seen[Math.floor(seen.length / 2)];
  return row ? { row: row.dataset.row, top: row.getBoundingClientRect().top } : null;
}

function putBack({ row, top }) {
  const element = document.querySelector(`#page .grid tr[data-row="${row}"]`);
  if (element) element.closest(".grid-wrap").scrollTop += element.getBoundingClientRect().top - top;
}

/** The numbers that a reader sees, and those that a screen reader says. */
function number() {
  const grid = theGrid();
  const list = grid.tBodies[0];
  const counter = first > 1 ? `row ${first - 1}` : "";
  if (list.style.counterReset !== counter) list.style.counterReset = counter;
  const rows = rowsOf(grid);
  rows.forEach((row, index) => setIfOther(row, "aria-rowindex", String(first + index + 1)));
  const hasMore = "liveMore" in list.dataset;
  setIfOther(grid, "aria-rowcount", hasMore ? "-1" : String(first + rows.length));
  const status = document.querySelector("#page [data-window-status]");
  const text = rows.length ? rangeOf(rows.length, hasMore) : "";
  if (status && status.textContent !== text) status.textContent = text;
}

function rangeOf(count, hasMore) {
  if (first > 1) return `Rows ${first.toLocaleString()} to ${(first + count - 1).toLocaleString()}`;
  return hasMore ? `First ${counted(count, "row")}` : counted(count, "row");
}

function setIfOther(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
