// Keys that steer: space opens and closes voting, the right arrow goes on, R shows and hides the results.

import { studio } from "./state.js";
import { next, toggleResults, toggleVoting } from "./steer.js";

/** @param {KeyboardEvent} event */
export function steerByKey(event) {
  if (!studio.keys || event.defaultPrevented || event.repeat) return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (document.querySelector("dialog[open], [popover]:popover-open") || typing(event)) return;
  if (event.key === " ") void toggleVoting();
  else if (event.key === "ArrowRight") void next();
  else if (event.key === "r" || event.key === "R") void toggleResults();
  else return;
  event.preventDefault();
}

/**
 * Whether the key belongs to what has the focus: fields take every key, buttons and links the space bar.
 * @param {KeyboardEvent} event
 */
function typing(event) {
  if (!(event.target instanceof Element)) return false;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], .editor")) return true;
  return event.key === " " && event.target.closest("button, a, input, summary") !== null;
}
