// Giving labels to questions and taking them away.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { t } from '../studio/words.js'
import { idle, performAll } from './acts.js'
import { openLive } from './dialog.js'
import { changed, find, labelOf, settings } from './forum.js'
import { excerpt } from './words.js'

/** @import { Label } from "../wire.js" */

/**
 * A label as it is shown everywhere: its name on its colour; a private one says so.
 * @param {Label} label
 */
export const chip = ({ name, colour, public: open }) =>
  html`<span class="label c${colour}" dir="auto">${name}${open ? nothing : html`<span class="private"> · ${t('moderation.label.private')}</span>`}</span>`

/** The labels of a question. @param {number[] | undefined} ids */
export const chips = ids =>
  (ids ?? []).map(id => {
    const label = labelOf(id)
    return label ? chip(label) : nothing
  })

/**
 * Offers all labels; each press is an act of its own.
 * @param {number[]} ids
 */
export async function label(ids) {
  /** What was pressed here and is on its way. @type {Map<number, boolean>} */
  const pressed = new Map()
  await openLive(close => {
    const labels = settings()?.labels ?? []
    const only = ids.length === 1 ? find(ids[0]) : undefined
    return html`<h2 id="dialog-title">${t('moderation.label.title', { n: ids.length })}</h2>
      ${only ? html`<p class="about">${excerpt(only.text)}</p>` : nothing}
      ${labels.length > 0 ? html`<fieldset class="labels"><legend class="visually-hidden">${t('moderation.label.labels')}</legend>${labels.map((one, place) => choice(one, ids, place, pressed))}</fieldset>` : html`<p>${t('moderation.label.none')}</p>`}
      <div class="buttons"><button class="button primary" ?autofocus=${labels.length === 0} @click=${() => close('')}>${t('moderation.label.done')}</button></div>`
  })
}

/**
 * @param {Label} label
 * @param {number[]} ids
 * @param {number} place
 * @param {Map<number, boolean>} pressed
 */
function choice(label, ids, place, pressed) {
  const have = ids.filter(id => find(id)?.labels?.includes(label.id)).length
  const wanted = pressed.get(label.id)
  const give = async (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
    const on = currentTarget.checked
    pressed.set(label.id, on)
    await performAll(ids, posts => ({ do: 'label', posts, label: label.id, on }))
    await idle(ids)
    pressed.delete(label.id)
    changed()
  }
  return html`<label class="check"><input type="checkbox" ?autofocus=${place === 0} .checked=${live(wanted ?? have === ids.length)}
    .indeterminate=${live(wanted === undefined && have > 0 && have < ids.length)} @change=${give}>${chip(label)}</label>`
}
