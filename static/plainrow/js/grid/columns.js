/** The columns of a grid, read from its head, which is live. */

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {string} name
 * @property {string} type
 * @property {Record<string, any>} options
 * @property {boolean} canEdit whether this viewer may change its cells
 */

/** Whether this viewer may change the table: the head says so, and changes with their access. */
export const mayEdit = () => document.getElementById("table-head")?.hasAttribute("data-can-edit") ?? false;

/**
 * @param {HTMLElement} cell
 * @returns {Column|null} null for the row's number
 */
export function columnOf(cell) {
  const id = cell.dataset.column;
  const head = id && cell.closest(".grid").querySelector(`[data-head="${id}"]`);
  if (!head) return null;
  return {
    id,
    name: head.dataset.name,
    type: head.dataset.type,
    options: JSON.parse(head.dataset.options),
    canEdit: mayEdit(),
  };
}
