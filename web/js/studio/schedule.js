// When an activity opens and closes by itself: asked for in a dialog, told in the rundown, both in the time of this computer.

import { html, nothing } from '../html.js'
import { open, problemLine } from './dialogs.js'
import { timer } from './icons.js'
import { t } from './words.js'
import { schedule } from './steer.js'

/** @import { Activity } from "./types.js" */
/** @typedef {'opens_at' | 'closes_at'} Field */

const FAR_MS = 60 * 24 * 60 * 60 * 1000
const MINUTE_MS = 60_000

const language = document.documentElement.lang || 'en'
/** @type {Intl.DateTimeFormatOptions} */
const hours = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
const today = new Intl.DateTimeFormat(language, hours)
const anyDay = new Intl.DateTimeFormat(language, { weekday: 'short', day: 'numeric', month: 'short', ...hours })

/** The zone of this computer at a moment, as people call it: `Europe/Paris, GMT+1`. @param {number} at */
function zone(at) {
  const format = new Intl.DateTimeFormat(language, { timeZoneName: 'shortOffset' })
  const offset = format.formatToParts(at).find(part => part.type === 'timeZoneName')?.value
  return { name: format.resolvedOptions().timeZone.replaceAll('_', ' '), offset: offset ?? '' }
}

/** A moment in words. @param {number} at */
function words(at) {
  const isToday = new Date(at).toDateString() === new Date().toDateString()
  return (isToday ? today : anyDay).format(at)
}

/**
 * What happens to a draft by itself, for the rundown, with the zone of the times. What is open counts down beside it.
 * @param {Activity} item
 */
export function whenLine({ state, opens_at, closes_at }) {
  const next = opens_at ?? closes_at
  if (state !== 'draft' || next === undefined) return nothing
  const opens = opens_at === undefined ? [] : [t('studio.rundown.opens', { time: words(opens_at) })]
  const closes = closes_at === undefined ? [] : [t('studio.rundown.closes', { time: words(closes_at) })]
  return html`<small class="when">${timer}<span>${[...opens, ...closes].join(' · ')} ${zone(next).offset}</span></small>`
}

/** A moment as a field for dates holds it: in the zone of this computer. @param {number | undefined} at */
function typed(at) {
  if (at === undefined) return ''
  const here = new Date(at - new Date(at).getTimezoneOffset() * MINUTE_MS).toISOString()
  return here.slice(0, at % MINUTE_MS === 0 ? 16 : 19)
}

/**
 * What is wrong with the moments.
 * @param {{opens_at?: number, closes_at?: number}} moments
 * @returns {Partial<Record<Field, string>>}
 */
function problems({ opens_at, closes_at }) {
  const now = Date.now()
  const wrong = (/** @type {number | undefined} */ at) =>
    at === undefined ? undefined : at <= now ? t('studio.schedule.past') : at - now > FAR_MS ? t('studio.schedule.far') : undefined
  const order = opens_at !== undefined && closes_at !== undefined && closes_at <= opens_at ? t('studio.schedule.order') : undefined
  return { opens_at: wrong(opens_at), closes_at: wrong(closes_at) ?? order }
}

/**
 * Asks when the activity is to open and close by itself.
 * @param {Activity} item
 */
export async function askSchedule(item) {
  /** @type {Field[]} */
  const fields = item.state === 'draft' ? ['opens_at', 'closes_at'] : ['closes_at']
  /** @type {Partial<Record<Field, string>>} */
  let trouble = {}
  /** @type {{opens_at?: number, closes_at?: number}} */
  let moments = {}
  const answer = await open((close, rerender) => {
    const submit = (/** @type {SubmitEvent} */ event) => {
      event.preventDefault()
      const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))
      const set = fields.map(field => [field, String(form.get(field) ?? '')]).filter(([, text]) => text)
      moments = Object.fromEntries(set.map(([field, text]) => [field, new Date(text).getTime()]))
      trouble = problems(moments)
      if (trouble.opens_at || trouble.closes_at) return rerender()
      close('set')
    }
    const entry = (/** @type {Field} */ field) => html`<div class="entry">
      <label for=${field}>${t(`studio.schedule.${field}`)}</label>
      <input class="field" type="datetime-local" step="any" id=${field} name=${field} value=${typed(item[field])}
        aria-describedby="zone ${field}-problem" aria-invalid=${trouble[field] ? 'true' : 'false'}>
      ${problemLine(`${field}-problem`, trouble[field])}</div>`
    const { name, offset } = zone(Date.now())
    return html`<form novalidate @submit=${submit}>
      <h2 id="dialog-title">${t('studio.schedule.title')}</h2>
      <p><b dir="auto">${item.settings.title}</b></p>
      <p>${t('studio.schedule.lead')}</p>
      ${fields.map(entry)}
      <p class="hint" id="zone">${t('studio.schedule.zone', { zone: `${name}, ${offset}` })}</p>
      <div class="buttons">
        ${item.opens_at ?? item.closes_at ? html`<button class="button quiet" type="button" @click=${() => close('remove')}>${t('studio.schedule.remove')}</button>` : nothing}
        <button class="button" type="button" @click=${() => close('')}>${t('studio.dialog.cancel')}</button>
        <button class="button primary">${t('studio.schedule.save')}</button>
      </div></form>`
  })
  if (answer === 'remove') await schedule(item.id, {})
  if (answer === 'set') await schedule(item.id, moments)
}
