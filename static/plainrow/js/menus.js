/** Menus: popovers with role=menu, gone through with the arrow keys. */

document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.('[role="menu"]:popover-open');
  if (menu) goThrough(menu, event);
  else openWithArrow(event);
});

document.addEventListener(
  "toggle",
  (event) => {
    const menu = event.target;
    if (menu.getAttribute?.("role") !== "menu") return;
    const opener = document.querySelector(`[popovertarget="${menu.id}"]`);
    opener?.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState === "open") items(menu)[0]?.focus({ preventScroll: true });
  },
  true,
);

/** A chosen item closes its menu. */
document.addEventListener("click", (event) => {
  event.target.closest?.('[role^="menuitem"]')?.closest(":popover-open")?.hidePopover();
});

function goThrough(menu, event) {
  const all = items(menu);
  const at = all.indexOf(document.activeElement);
  const next = {
    ArrowDown: all[(at + 1) % all.length],
    ArrowUp: all.at((at - 1) % all.length),
    Home: all[0],
    End: all.at(-1),
  }[event.key];
  if (event.key === "Tab") menu.hidePopover();
  // Keys in a menu that stands in a grid are not the grid's.
  if (event.key !== "Escape") event.stopPropagation();
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function openWithArrow(event) {
  if (event.key !== "ArrowDown" || !event.target.matches?.('[popovertarget][aria-haspopup="menu"]')) return;
  event.preventDefault();
  event.target.popoverTargetElement?.showPopover({ source: event.target });
}

/** @returns {HTMLElement[]} */
function items(menu) {
  return [...menu.querySelectorAll('[role^="menuitem"]')];
}
