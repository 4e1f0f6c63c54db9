// The event's settings: its name, its code, the language it is held in, whether participants give a name.

import { html } from '../html.js'
import { RequestError } from './api.js'
import { changeEvent } from './author.js'
import { open, problemLine } from './dialogs.js'
import { t } from './words.js'
import { event } from './state.js'
import { toast } from './toasts.js'

/** @import { Trouble } from "./api.js" */

/** Opens the settings. The focus is in the name, where a stray key does no harm: the code is on paper and in people's phones. */
export async function openSettings() {
  const { name, code, names, language = '' } = event()
  /** @type {Trouble | undefined} */
  let trouble
  const about = (/** @type {string} */ at) => (fieldOf(trouble) === at ? trouble?.sentence : undefined)
  const saved = await open((close, rerender) => {
    const submit = async (/** @type {SubmitEvent} */ sent) => {
      sent.preventDefault()
      const form = new FormData(/** @type {HTMLFormElement} */ (sent.currentTarget))
      trouble = await changed({ name: String(form.get('name')), code: String(form.get('code')), language: String(form.get('language')), names: form.has('names') })
      if (trouble) rerender()
      else close('saved')
    }
    const input = (
      /** @type {"name" | "code"} */ at,
      /** @type {string} */ value,
      /** @type {string} */ hint,
    ) => html`<div class="entry">
      <label for="settings-${at}">${t(`studio.settings.${at}`)}</label>
      <input class="field ${at}" dir=${at === 'name' ? 'auto' : 'ltr'} id="settings-${at}" name=${at} value=${value} autocomplete="off" ?autofocus=${at === 'name'}
        aria-invalid=${about(at) ? 'true' : 'false'} aria-describedby="${at}-problem ${at}-hint">
      ${problemLine(`${at}-problem`, about(at))}
      ${hint && html`<p class="hint" id="${at}-hint">${hint}</p>`}
    </div>`
    return html`<form @submit=${submit} novalidate>
      <h2 id="dialog-title">${t('studio.settings.title')}</h2>
      ${input('name', name, '')}${input('code', code, t('studio.settings.code_hint'))}
      <div class="entry">
        <label for="settings-language">${t('studio.settings.language')}</label>
        <select class="field" id="settings-language" name="language" aria-describedby="language-hint">${offered(language)}</select>
        <p class="hint" id="language-hint">${t('studio.settings.language_hint')}</p>
      </div>
      <label class="check"><input type="checkbox" name="names" .checked=${names}><span>${t('studio.settings.names')}</span></label>
      ${problemLine('settings-problem', about(''))}
      <div class="buttons">
        <button type="button" class="button" @click=${() => close('')}>${t('studio.dialog.cancel')}</button>
        <button class="button primary">${t('studio.dialog.save')}</button>
      </div>
    </form>`
  })
  if (saved) toast({ text: t('studio.toast.saved') })
}

/**
 * The languages that the page offers, with the one that is chosen: through the API it may be another.
 * @param {string} chosen
 */
function offered(chosen) {
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById('languages'))
  const options = [...template.content.children].map(one => /** @type {HTMLOptionElement} */ (one.cloneNode(true)))
  if (!options.some(one => one.value === chosen)) options.push(new Option(chosen, chosen))
  for (const one of options) one.toggleAttribute('selected', one.value === chosen)
  return options
}

/**
 * Stores the settings; gives what was wrong with them.
 * @param {{name: string, code: string, language: string, names: boolean}} settings
 */
async function changed(settings) {
  try {
    await changeEvent(settings)
    return undefined
  } catch (error) {
    if (error instanceof RequestError) return error.trouble
    throw error
  }
}

/**
 * Which field the trouble is about; none is the whole form.
 * @param {Trouble | undefined} trouble
 */
function fieldOf(trouble) {
  if (!trouble) return undefined
  if (trouble.code === 'code_taken' || trouble.code === 'problem.code_letters') return 'code'
  return String(trouble.args?.field ?? '')
}
