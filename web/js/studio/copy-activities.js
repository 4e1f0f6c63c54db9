// Activities of another event are copied into this one: first the event is chosen, then what of it.

import { html, nothing } from '../html.js'
import { attempt, copyActivities } from './author.js'
import { request } from './api.js'
import { open } from './dialogs.js'
import { t } from './words.js'
import { event } from './state.js'
import { toast } from './toasts.js'

/** @typedef {{id: string, name: string, code: string, activities: number}} Listed */
/** @typedef {{id: string, settings: {kind: string, title: string}}} Authored */

/** Asks which, and copies them to the end of the rundown. */
export async function askCopies() {
  const listed = await attempt(() => request('GET', ''))
  if (!listed) return
  const others = /** @type {Listed[]} */ (listed.events).filter(other => other.id !== event().id && other.activities > 0)
  let from = others[0]?.id ?? ''
  /** @type {Authored[] | undefined} */
  let offered
  /** @type {Set<string>} */
  const chosen = new Set()
  let drawn = () => {}
  const look = async (/** @type {string} */ id) => {
    ;[from, offered] = [id, undefined]
    chosen.clear()
    drawn()
    const found = await attempt(() => request('GET', `/${id}`))
    // Somebody may have chosen another meanwhile.
    if (from === id && found) offered = found.activities
    drawn()
  }
  const tick = (/** @type {string} */ id, /** @type {boolean} */ on) => {
    if (on) chosen.add(id)
    else chosen.delete(id)
    drawn()
  }
  if (from) void look(from)
  const said = await open((close, rerender) => {
    drawn = rerender
    const nothingThere = html`<h2 id="dialog-title">${t('studio.copies.title')}</h2><p>${t('studio.copies.none')}</p>
      <div class="buttons"><button class="button" autofocus @click=${() => close('')}>${t('studio.dialog.cancel')}</button></div>`
    if (others.length === 0) return nothingThere
    return html`<h2 id="dialog-title">${t('studio.copies.title')}</h2>
      <div class="entry"><label for="copies-from">${t('studio.copies.from')}</label>
        <select class="field" id="copies-from" autofocus @change=${(/** @type {Event} */ { target }) => void look(/** @type {HTMLSelectElement} */ (target).value)}>
          ${others.map(({ id, name, code }) => html`<option value=${id}>${name} · ${code}</option>`)}</select></div>
      <fieldset class="copies" aria-busy=${offered ? 'false' : 'true'}><legend class="visually-hidden">${t('studio.copies.activities')}</legend>
        ${(offered ?? []).map(
          ({ id, settings }) => html`<label class="check"><input type="checkbox" value=${id} .checked=${chosen.has(id)}
            @change=${(/** @type {Event} */ { target }) => tick(id, /** @type {HTMLInputElement} */ (target).checked)}><span dir="auto">${settings.title}</span> <small>${t(`studio.kind.${settings.kind}`)}</small></label>`,
        )}</fieldset>
      ${offered ? html`<button class="button quiet all" @click=${() => (offered ?? []).forEach(({ id }) => tick(id, true))}>${t('studio.copies.all')}</button>` : nothing}
      <div class="buttons"><button class="button" @click=${() => close('')}>${t('studio.dialog.cancel')}</button>
        <button class="button primary" ?disabled=${chosen.size === 0} @click=${() => close('copy')}>${t('studio.copies.confirm', { n: chosen.size })}</button></div>`
  })
  if (said !== 'copy') return
  const n = chosen.size
  if (await copyActivities(from, [...chosen])) toast({ text: t('studio.copies.done', { n }) })
}
