// The countdown of what is on stage: started with one press, longer by half a minute with another, stopped with a third.

import { html } from '../html.js'
import { clock, LAST_SECONDS } from '../countdown.js'
import { timer } from './icons.js'
import { closeMenu, putMenu } from './menu.js'
import { t } from './words.js'
import { staged, studio, toOpen } from './state.js'
import { countDown, schedule } from './steer.js'

/** What is offered, in seconds. */
const TIMES = [30, 60, 120, 300]
/** How much one press adds, in milliseconds. */
const MORE_MS = 30_000
/** The menu's height, for finding it a place. */
const HEIGHT = 330

/**
 * The button that offers times; while one runs, what is left of it.
 * @param {boolean} off whether nothing can be sent
 */
export function countdown(off) {
  const on = staged()
  if (on?.state === 'open' && on.closes_at !== undefined) return running(on.id, on.closes_at, off)
  const target = on?.id ?? toOpen()?.id
  const start = (/** @type {number} */ seconds) => target && void countDown(target, seconds)
  const hint = t(on?.state === 'open' ? 'studio.countdown.hint_open' : 'studio.countdown.hint')
  return html`<button class="button countdown" ?disabled=${off || !target} aria-busy=${studio.busy.has('countdown')} title=${hint} popovertarget="menu-countdown">${timer}${t('studio.countdown.start')}</button>
    <div class="menu times" popover id="menu-countdown" data-height=${HEIGHT} @beforetoggle=${putMenu}>
      <p>${hint}</p>
      ${TIMES.map(
        seconds => html`<button @click=${(/** @type {Event} */ event) => {
          closeMenu(event)
          start(seconds)
        }}>${seconds < 60 ? t('studio.countdown.seconds', { n: seconds }) : t('studio.countdown.minutes', { n: seconds / 60 })}</button>`,
      )}
      <form @submit=${(/** @type {SubmitEvent} */ event) => own(event, start)}>
        <fieldset><legend>${t('studio.countdown.own')}</legend>
          <label><input class="field" name="minutes" type="number" min="0" max="1440" inputmode="numeric"><span>${t('studio.countdown.min')}</span></label>
          <label><input class="field" name="seconds" type="number" min="0" max="59" inputmode="numeric"><span>${t('studio.countdown.sec')}</span></label>
          <button class="button">${t('studio.countdown.go')}</button></fieldset>
      </form>
    </div>`
}

/**
 * @param {SubmitEvent} event
 * @param {(seconds: number) => void} start
 */
function own(event, start) {
  event.preventDefault()
  const form = new FormData(/** @type {HTMLFormElement} */ (event.currentTarget))
  const seconds = 60 * Number(form.get('minutes')) + Number(form.get('seconds'))
  if (seconds === 0) return
  closeMenu(event)
  start(seconds)
}

/**
 * @param {string} activity
 * @param {number} closesAt
 * @param {boolean} off
 */
function running(activity, closesAt, off) {
  const { left, busy } = studio
  const last = left !== undefined && left <= LAST_SECONDS
  return html`<div class="counting ${last ? 'last' : ''}" role="group" aria-label=${t('studio.countdown.start')}>
    <p role="timer"><b>${left === undefined ? '–:––' : clock(left)}</b><span>${t('studio.countdown.left')}</span></p>
    <button class="button" title=${t('studio.countdown.more_label')} ?disabled=${off} aria-busy=${busy.has('schedule')} @click=${() => void schedule(activity, { closes_at: closesAt + MORE_MS })}>${t('studio.countdown.more')}</button>
    <button class="button" title=${t('studio.countdown.stop_hint')} ?disabled=${off} @click=${() => void schedule(activity, {})}>${t('studio.countdown.stop')}</button>
  </div>`
}
