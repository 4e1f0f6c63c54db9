// Short messages over the head of the page. One with something to do stays long enough to be reached by keyboard, and as
// long as it is pointed at or has the focus.

import { chosenFocus, restFocus } from '../focus.js'
import { t } from './words.js'

/** How long a message stays that is only to be read. */
const READ_MS = 6_000
/** The same with something to do, which must be reachable with any input. */
const ACT_MS = 14_000

/**
 * @typedef {object} Toast
 * @property {string} text
 * @property {{label: string, run: () => void}} [action]
 * @property {boolean} [lasting] stays until it is dismissed
 * @property {boolean} [focus] moves the focus to its action, for someone whose focus has just gone with a deletion
 */

/**
 * Shows a message in place of the one before.
 * @param {Toast} toast
 */
export function toast({ text, action, lasting = false, focus = false }) {
  const place = document.getElementById('toasts')
  if (!place) return
  // An open dialog keeps everything else from being reached: the message comes into it.
  const dialog = [...document.querySelectorAll('dialog[open]')].pop()
  if (dialog && !dialog.contains(place)) dialog.append(place)
  const bar = document.createElement('div')
  bar.className = 'toast'
  const sentence = document.createElement('span')
  sentence.textContent = text
  sentence.dir = 'auto'
  bar.append(sentence)
  const before = chosenFocus()
  const close = () => {
    const inside = bar.contains(document.activeElement)
    bar.remove()
    if (!inside) return
    if (before?.isConnected) before.focus()
    else restFocus(bar)
  }
  const act =
    action &&
    button(action.label, 'act', () => {
      close()
      action.run()
    })
  if (act) bar.append(act)
  const cross = button('×', 'cross', close)
  cross.setAttribute('aria-label', t('studio.toast.dismiss'))
  bar.append(cross)
  place.replaceChildren(bar)
  if (!lasting) stayAWhile(bar, action ? ACT_MS : READ_MS, close)
  if (focus) act?.focus()
}

/**
 * @param {HTMLElement} bar
 * @param {number} ms
 * @param {() => void} close
 */
function stayAWhile(bar, ms, close) {
  let timer = 0
  const start = () => {
    clearTimeout(timer)
    timer = window.setTimeout(() => (bar.matches(':hover, :focus-within') ? start() : close()), ms)
  }
  bar.addEventListener('pointerleave', start)
  bar.addEventListener('focusout', start)
  start()
}

/**
 * @param {string} label
 * @param {string} kind
 * @param {() => void} run
 */
function button(label, kind, run) {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = kind
  made.textContent = label
  made.addEventListener('click', run)
  return made
}

/**
 * Takes the messages out of a dialog that closes.
 * @param {HTMLElement} dialog
 */
export function leaveToasts(dialog) {
  const place = document.getElementById('toasts')
  if (place && dialog.contains(place)) document.body.append(place)
}
