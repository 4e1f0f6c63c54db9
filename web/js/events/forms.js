// What is asked before an event is copied or renamed. What is wrong is said beside the name, and the dialog stays.

import { html, nothing } from '../html.js'
import { RequestError, request } from '../studio/api.js'
import { open, problemLine } from '../studio/dialogs.js'
import { t } from '../studio/words.js'

/** @import { Event } from "../wire.js" */
/** @typedef {HTMLElement} Row A row of the list, which knows its event. */

/**
 * Asks, and sends what was said until the server takes it; gives its answer.
 * @param {{title: string, label: string, name: string, confirm: string, lead?: string, more?: unknown}} form
 * @param {(said: FormData) => Promise<Event>} send
 * @returns {Promise<Event | undefined>}
 */
async function fill({ title, label, name, confirm, lead, more }, send) {
  let problem = ''
  /** @type {Event | undefined} */
  let done
  await open((close, rerender) => {
    const submit = async (/** @type {SubmitEvent} */ sent) => {
      sent.preventDefault()
      try {
        done = await send(new FormData(/** @type {HTMLFormElement} */ (sent.currentTarget)))
        close('done')
      } catch (error) {
        if (!(error instanceof RequestError)) throw error
        problem = error.trouble.sentence
        rerender()
      }
    }
    return html`<form @submit=${submit} novalidate>
      <h2 id="dialog-title">${title}</h2>
      ${lead ? html`<p>${lead}</p>` : nothing}
      <div class="entry"><label for="event-name">${label}</label>
        <input class="field" id="event-name" name="name" dir="auto" value=${name} autocomplete="off" autofocus
          aria-invalid=${problem ? 'true' : 'false'} aria-describedby="event-name-problem">
        ${problemLine('event-name-problem', problem)}</div>
      ${more ?? nothing}
      <div class="buttons"><button type="button" class="button" @click=${() => close('')}>${t('studio.dialog.cancel')}</button>
        <button class="button primary">${confirm}</button></div>
    </form>`
  })
  return done
}

/**
 * Copies the event as asked for; the code only of one that nobody is using just now.
 * @param {Row} row
 */
export function askCopy({ dataset: { event, name = '', code = '', state } }) {
  const takes = html`<div><label class="check"><input type="checkbox" name="code" aria-describedby="code-hint"><span>${t('studio.copy.code', { code })}</span></label>
    <p class="hint" id="code-hint">${t('studio.copy.code_hint')}</p></div>`
  const more = html`${state === 'live' ? nothing : takes}
    <label class="check"><input type="checkbox" name="questions" checked><span>${t('studio.copy.questions')}</span></label>`
  const form = { title: t('studio.copy.title', { name }), lead: t('studio.copy.lead'), label: t('studio.copy.name'), name: t('studio.copy.suggestion', { name }), confirm: t('studio.copy.confirm'), more }
  return fill(form, said => {
    const wanted = { name: said.get('name'), questions: said.has('questions'), ...(said.has('code') && { code: 'keep' }) }
    return request('POST', `/${event}/duplicate`, wanted)
  })
}

/** Renames the event. @param {Row} row */
export function askName({ dataset: { event, name = '' } }) {
  const form = { title: t('studio.events.rename_title', { name }), label: t('studio.events.name'), name, confirm: t('studio.dialog.save') }
  return fill(form, said => request('PATCH', `/${event}`, { name: said.get('name') }))
}
