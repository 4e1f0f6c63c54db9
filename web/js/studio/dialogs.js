// Questions that stop everything else. The browser's own dialog keeps the focus inside and gives it back.

import { html, nothing, render } from '../html.js'
import { t } from './words.js'
import { leaveToasts } from './toasts.js'

/**
 * Opens a dialog and waits until it is closed; gives what it was closed with, empty when it was left.
 * @param {(close: (answer: string) => void, rerender: () => void) => unknown} content
 * @param {string} [size]
 * @returns {Promise<string>}
 */
export function open(content, size = '') {
  const dialog = document.createElement('dialog')
  dialog.className = `dialog ${size}`
  dialog.setAttribute('aria-labelledby', 'dialog-title')
  document.body.append(dialog)
  const close = (/** @type {string} */ answer) => dialog.close(answer)
  // Beside what is drawn there is room for a short message: nothing outside an open dialog can be reached.
  const inside = document.createElement('div')
  inside.className = 'inside'
  dialog.append(inside)
  const rerender = () => render(content(close, rerender), inside)
  rerender()
  dialog.addEventListener('click', event => {
    if (event.target === dialog) dialog.close()
  })
  dialog.showModal()
  return new Promise(resolve =>
    dialog.addEventListener('close', () => {
      leaveToasts(dialog)
      dialog.remove()
      resolve(dialog.returnValue)
    }),
  )
}

/**
 * Asks before doing something. The way back has the focus.
 * @param {{title: string, text: string | string[], confirm: string, cancel?: string}} question where there are several texts they are a list
 */
export async function ask({ title, text, confirm, cancel }) {
  const answer = await open(
    close => html`
      <h2 id="dialog-title">${title}</h2>
      ${Array.isArray(text) ? html`<ul>${text.map(line => html`<li>${line}</li>`)}</ul>` : html`<p>${text}</p>`}
      <div class="buttons">
        <button class="button" autofocus @click=${() => close('')}>${cancel ?? t('studio.dialog.cancel')}</button>
        <button class="button danger" @click=${() => close('yes')}>${confirm}</button>
      </div>`,
  )
  return answer === 'yes'
}

/**
 * A sentence about a field, to be named by its `aria-describedby`.
 * @param {string} id
 * @param {string | undefined} sentence
 */
export const problemLine = (id, sentence) => (sentence ? html`<p class="problem" id=${id}>${sentence}</p>` : nothing)
