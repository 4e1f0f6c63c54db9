// Dialogs about questions: drawn again whenever something changes, so that what they show is never old.

import { html } from '../html.js'
import { open } from '../studio/dialogs.js'
import { t } from '../studio/words.js'
import { watch } from './forum.js'

/**
 * Opens a dialog and waits until it is closed; gives what it was closed with, empty when it was left.
 * @param {(close: (answer: string) => void, rerender: () => void) => unknown} content
 * @param {string} [size]
 */
export async function openLive(content, size) {
  /** @type {(() => void) | undefined} */
  let stop
  const answer = await open((close, rerender) => {
    stop ??= watch(rerender)
    return content(close, rerender)
  }, size)
  stop?.()
  return answer
}

/**
 * The buttons under a dialog's form.
 * @param {(answer: string) => void} close
 * @param {string} confirm
 * @param {string} [kind] of the button that confirms
 */
export const buttons = (close, confirm, kind = 'primary') => html`<div class="buttons">
  <button type="button" class="button" @click=${() => close('')}>${t('studio.dialog.cancel')}</button>
  <button class="button ${kind}">${confirm}</button>
</div>`

/** In a form: takes over its sending. @param {() => void} run */
export const submits = run => (/** @type {Event} */ event) => {
  event.preventDefault()
  run()
}
