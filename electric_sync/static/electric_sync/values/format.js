/**
 * Values in the viewer's language and time zone.
 *
 * A fragment is the same for everybody, so it holds `<time datetime>` and `<data value>` with a
 * neutral text; here they get the text that this viewer reads. Nothing here knows the page:
 * `index.js` runs it there.
 *
 * `<time data-format="…">`: `date` (default for a date), `moment` (default for a date with a
 * time), `day` (a moment's date), `clock`, `ago`.
 * `<data data-places="2">`: a number with that many decimal places; without, as many as it has.
 */

/** @typedef {{locale?: string, timeZone?: string, now?: number}} Viewer */

const STYLES = {
  date: { dateStyle: "medium" },
  day: { dateStyle: "medium" },
  moment: { dateStyle: "medium", timeStyle: "short" },
  clock: { timeStyle: "medium" },
};
const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const NUMBER = /^[+-]?\d+(?:\.(\d+))?(?:[eE][+-]?\d+)?$/;
const MAX_PLACES = 20; // of Intl.NumberFormat in every browser

/** Seconds in each unit, from the largest that "ago" speaks of. */
const AGO = [
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];
const A_DAY = 86_400;

/**
 * @param {string} text the `datetime` attribute: a date, or a moment with its zone
 * @param {string} [format]
 * @param {Viewer} [viewer]
 * @returns {string|null} null: it is neither, leave the text alone
 */
export function formatTime(text, format, viewer = {}) {
  const date = DATE.exec(text);
  if (date) return formatter("date", viewer.locale, "UTC").format(Date.UTC(+date[1], date[2] - 1, +date[3]));
  const moment = Date.parse(text);
  if (Number.isNaN(moment)) return null;
  if (format === "ago") return formatAgo(moment, viewer);
  const style = format in STYLES ? format : "moment";
  return formatter(style, viewer.locale, viewer.timeZone).format(moment);
}

/**
 * @param {string} text the `value` attribute
 * @param {string} [places]
 * @param {Viewer} [viewer]
 * @returns {string|null} null: no number, leave the text alone
 */
export function formatNumber(text, places, viewer = {}) {
  const number = NUMBER.exec(text);
  if (!number) return null;
  const wanted = /^\d{1,2}$/.test(places ?? "") ? Number(places) : (number[1]?.length ?? 0);
  const digits = Math.min(wanted, MAX_PLACES);
  // A string keeps every digit, which a number would not.
  return counter(digits, viewer.locale).format(text);
}

/** "12 seconds ago" for today, a date before that. */
function formatAgo(moment, viewer) {
  const seconds = Math.max(0, ((viewer.now ?? Date.now()) - moment) / 1000);
  if (seconds >= A_DAY) return formatter("day", viewer.locale, viewer.timeZone).format(moment);
  const [unit, size] = AGO.find(([, size]) => seconds >= size) ?? AGO.at(-1);
  return relative(viewer.locale).format(-Math.floor(seconds / size), unit);
}

/**
 * Format all that stands in an element.
 * @param {ParentNode} root
 * @param {(element: Element, text: string) => void} [show] writes a text
 * @param {Viewer} [viewer]
 */
export function formatAll(root, show = write, viewer = {}) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    change(time, formatTime(time.dateTime, time.dataset.format, viewer), show);
  }
  for (const data of root.querySelectorAll("data[value]")) {
    change(data, formatNumber(data.value, data.dataset.places, viewer), show);
  }
}

/** Writing the same text again would still be a change to whoever observes the page. */
function change(element, text, show) {
  if (text !== null && element.textContent !== text) show(element, text);
}

function write(element, text) {
  element.textContent = text;
}

// Making a formatter costs more than a thousand uses of it.
const made = new Map();

function once(key, make) {
  if (!made.has(key)) made.set(key, make());
  return made.get(key);
}

function formatter(style, locale, timeZone) {
  return once(`${style} ${locale} ${timeZone}`, () => new Intl.DateTimeFormat(locale, { ...STYLES[style], timeZone }));
}

function counter(places, locale) {
  return once(`${places} ${locale}`, () =>
    new Intl.NumberFormat(locale, { minimumFractionDigits: places, maximumFractionDigits: places }),
  );
}

function relative(locale) {
  return once(`ago ${locale}`, () => new Intl.RelativeTimeFormat(locale, { numeric: "auto", style: "short" }));
}
