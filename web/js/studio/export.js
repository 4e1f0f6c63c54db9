// All results of an event as a file: in which form, and that it is being made.

import { html, nothing } from '../html.js'
import { RequestError, fetchFile } from './api.js'
import { open } from './dialogs.js'
import { t } from './words.js'

/** The forms, by the ending of their files. */
const FORMS = /** @type {const} */ (['xlsx', 'zip', 'json'])

/**
 * Asks for a form, and saves the file once the server has made it.
 * @param {string} event
 * @param {string} name
 */
export function exportResults(event, name) {
  let making = ''
  let trouble = ''
  return open((close, rerender) => {
    const save = async (/** @type {string} */ form) => {
      ;[making, trouble] = [form, '']
      rerender()
      try {
        offer(await fetchFile(`/${event}/export/results.${form}`))
        close('done')
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
        ;[making, trouble] = ['', error.trouble.sentence]
        rerender()
      }
    }
    const choice = (/** @type {string} */ form) => html`<li>
      <button class="button" ?disabled=${making !== ''} aria-describedby=${`export-${form}`} @click=${() => void save(form)}>${t(`studio.export.${form}`)}</button>
      <p class="hint" id=${`export-${form}`}>${t(`studio.export.${form}_hint`)}</p></li>`
    return html`<h2 id="dialog-title">${t('studio.export.title', { name })}</h2>
      <ul class="choices">${FORMS.map(choice)}</ul>
      <p role="status">${making ? t('studio.export.making') : nothing}</p>
      ${trouble ? html`<p class="problem" role="alert">${trouble}</p>` : nothing}
      <div class="buttons"><button class="button" @click=${() => close('')}>${t('studio.dialog.cancel')}</button></div>`
  })
}

/** Has the browser save a file. @param {{name: string, file: Blob}} made */
function offer({ name, file }) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
