// Keys that steer: space opens and closes voting, the arrows go on and back, R shows and hides the results.

import { studio } from './state.js'
import { next, previous, toggleResults, toggleVoting } from './steer.js'

/** Whether the focus is where a pointer left it: then the space bar steers instead of pressing that button once more. */
let pointed = false

/** Listens to the keys, and to what tells whose they are. */
export function listenToKeys() {
  addEventListener('pointerdown', () => (pointed = true), { capture: true })
  addEventListener('keydown', event => event.key === 'Tab' && (pointed = false), { capture: true })
  addEventListener('keydown', steerByKey)
}

/** @param {KeyboardEvent} event */
function steerByKey(event) {
  if (!studio.keys || event.defaultPrevented || event.repeat) return
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
  if (document.querySelector('dialog[open], [popover]:popover-open') || belongsElsewhere(event)) return
  if (event.key === ' ') void toggleVoting()
  else if (event.key === 'ArrowRight') void next()
  else if (event.key === 'ArrowLeft') void previous()
  else if (event.key === 'r' || event.key === 'R') void toggleResults()
  else return
  event.preventDefault()
}

/**
 * Whether the key belongs to what has the focus: fields take every key, buttons and links the space bar.
 * @param {KeyboardEvent} event
 */
function belongsElsewhere(event) {
  if (!(event.target instanceof Element)) return false
  if (event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable], .editor, .toasts')) return true
  return event.key === ' ' && !pointed && event.target.closest('button, a, input, summary') !== null
}
