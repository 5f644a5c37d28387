/**
 * Windows: a long table is on the page a part at a time. At the end of the scroll the window
 * grows; when it is as large as windows get, it slides, and the row that was looked at stays
 * where it is on the screen.
 */
import { grow, slide, windowOf } from "electric_sync/live";
import { onPage } from "../page.js";
import { rowsOf, theGrid } from "./cells.js";

const STEP = 100; // rows
const MAX = 500; // rows in one window
const KEPT = 2; // steps of rows that stay when the window slides
const EARLY = "800px"; // before the end is seen

/** Windows that were left upwards: cursor and number of the first row. @type {{after: string|null, first: number}[]} */
let above = [];
/** The number of the window's first row. */
let first = 1;
/** A window was asked for and has not come. */
let isWaiting = false;
/** A row and where it was on the screen, to be put there again. @type {{row: string, top: number}|null} */
let anchored = null;

const watcher = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) goOn(target);
  },
  { rootMargin: EARLY },
);

onPage(() => {
  watcher.disconnect();
  const grid = theGrid();
  if (!grid) return;
  above = [];
  first = Number(grid.dataset.first ?? 1);
  isWaiting = false;
  anchored = null;
  number();
  for (const edge of document.querySelectorAll("#page [data-window-edge]")) watcher.observe(edge);
});

/** After rows came or went: numbers, and the place that was looked at. */
export function settleWindow() {
  if (!theGrid()) return;
  number();
  if (anchored) putBack(anchored);
  if (!isWaiting) return;
  isWaiting = false;
  anchored = null;
  // An edge that is still in sight says nothing by itself.
  for (const edge of document.querySelectorAll("#page [data-window-edge]")) {
    watcher.unobserve(edge);
    watcher.observe(edge);
  }
}

function goOn(edge) {
  const list = theGrid()?.tBodies[0];
  const seen = list && !isWaiting && windowOf(list);
  if (!seen) return;
  if (edge.dataset.windowEdge === "start") goUp(list);
  else if (seen.more) goDown(list, seen);
}

function goDown(list, { size, after, cursors }) {
  if (size < MAX) {
    isWaiting = true;
    grow(list, size + STEP);
  } else if (cursors.length > KEPT) {
    // The last steps stay, so that what is in sight stays in sight.
    const steps = cursors.length - KEPT;
    above.push({ after, first });
    go(list, cursors[steps - 1], first + steps * STEP);
  }
}

function goUp(list) {
  const before = above.pop();
  if (before) go(list, before.after, before.first);
}

function go(list, after, number) {
  isWaiting = true;
  anchored = anchorOf(list);
  first = number;
  slide(list, after);
}

function anchorOf(list) {
  const wrap = list.closest(".grid-wrap");
  const { top, bottom } = wrap.getBoundingClientRect();
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
  setIfOther(grid, "aria-rowcount", "liveMore" in list.dataset ? "-1" : String(first + rows.length));
}

function setIfOther(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}
