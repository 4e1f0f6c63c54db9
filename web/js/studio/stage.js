// The middle: what the screen shows, the few controls that matter, and how the answers come in.

import { html, nothing } from '../html.js'
import { countdown } from './countdown.js'
import { write } from './editor.js'
import { kindCards } from './rundown.js'
import { number, t } from './words.js'
import { answered, answeredHere, canGoBack, connected, event, rerender, staged, studio, toOpen, upNext } from './state.js'
import { lobby, next, previous, reset, toggleResults, toggleVoting } from './steer.js'

/** @import { Settings } from "../wire.js" */

export function stagePane() {
  const empty = studio.stage.rundown?.length === 0
  return html`<main class="stage">
    ${empty ? firstSteps() : html`${preview()}${controls()}${facts()}${keysSwitch()}`}
  </main>`
}

/** What to do where there is no activity yet. */
export const firstSteps = () => html`<section class="empty">
  <h2>${t('studio.rundown.empty')}</h2>
  <p>${t('studio.rundown.empty_lead')}</p>
  ${kindCards(kind => write(/** @type {Settings["kind"]} */ (kind)))}
</section>`

/** The screen itself, small. It can neither be clicked nor focused: the controls are below it. */
const preview = () => html`<div class="preview" id="preview">
  <iframe src="/e/${event().code}/screen?preview=1" title=${t('studio.stage.preview')} tabindex="-1" scrolling="no"></iframe>
</div>`

/** @param {string} key */
const kbd = key => (studio.keys && !studio.remote ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing)

export function controls() {
  const on = staged()
  const over = event().state === 'ended'
  if (over) return html`<p class="said">${t('studio.stage.ended')}</p>`
  const off = !connected()
  const following = upNext()
  const nextName = following ? t('studio.stage.next_named', { name: following.settings.title }) : t('studio.stage.last')
  return html`<section class="steer" aria-label=${t('studio.stage.controls')}>
    <div class="controls">
      ${voting(off)}
      ${countdown(off)}
      <button class="button previous" ?disabled=${off || !canGoBack()} aria-busy=${studio.busy.has('previous')} @click=${previous}>${t('studio.stage.previous')}${kbd('←')}</button>
      <button class="button next" ?disabled=${off || !following} aria-busy=${studio.busy.has('next')} title=${nextName} @click=${next}>${t('studio.stage.next')}${kbd('→')}</button>
      <button class="switch" role="switch" aria-checked=${String(on?.results ?? false)} ?disabled=${off || !on} @click=${toggleResults}><i></i><span>${t('studio.stage.results')}</span>${kbd('R')}</button>
      <span class="rest">
        <button class="button quiet lobby" ?disabled=${off || !on} @click=${lobby}>${t('studio.stage.lobby')}</button>
        <button class="button quiet reset" ?disabled=${off || !on} @click=${reset}>${t('studio.stage.reset')}</button>
      </span>
    </div>
    <p class="said">${on ? nextName : waiting()}</p>
  </section>`
}

/** What the waiting screen means, and what leads on from it. */
function waiting() {
  const name = toOpen()?.settings.title
  const text = t(event().state === 'draft' ? 'studio.stage.draft' : 'studio.stage.nothing')
  return name ? `${text} ${t('studio.stage.open_named', { name })}` : text
}

/** @param {boolean} off */
function voting(off) {
  const on = staged()
  const target = on ?? toOpen()
  const title = (on ? on.prompt : toOpen()?.settings)?.title ?? ''
  const isOpen = on?.state === 'open'
  const text = isOpen ? 'close' : target?.state === 'closed' ? 'reopen' : 'open'
  const busy = studio.busy.has('open') || studio.busy.has('close')
  return html`<button class="button voting ${isOpen ? 'primary' : 'go'}" ?disabled=${off || !target} aria-busy=${busy}
    title=${title} @click=${toggleVoting}>${t(`studio.stage.${text}`)}${kbd(t('studio.key.space'))}</button>`
}

/** Who is here and who has answered: of those who are here, and in all. Whoever answered and left is in the second alone. */
export function facts() {
  if (!staged() || !studio.presence) return nothing
  const { here, joined } = studio.presence
  const count = answeredHere()
  const all = answered()
  const fact = (/** @type {string} */ figure, /** @type {string} */ text) =>
    html`<div class="fact"><b>${figure}</b><span>${text}</span></div>`
  return html`<div class="facts">
    ${
      count === undefined
        ? fact(number(here), t('studio.fact.here', { n: here }))
        : fact(t('studio.fact.answered_of', { count: number(count), here: number(here) }), t('studio.fact.answered', { n: here }))
    }
    ${fact(number(all), t('studio.fact.in_all', { n: all, joined: number(joined) }))}
    ${fact(t('studio.fact.per_second', { n: studio.rate.now }), t('studio.fact.rate', { max: studio.rate.most }))}
  </div>`
}

/** Single keys that steer can be in the way of speech input and of shaky hands: they can be turned off (WCAG 2.1.4). */
const keysSwitch = () =>
  html`<label class="check keys"><input type="checkbox" .checked=${studio.keys} @change=${toggleKeys}><span>${t('studio.key.toggle')}</span></label>`

/** @param {Event} event */
function toggleKeys({ currentTarget }) {
  studio.keys = /** @type {HTMLInputElement} */ (currentTarget).checked
  localStorage.setItem('parterre.keys', studio.keys ? 'on' : 'off')
  rerender()
}

/** Keeps the preview's scale: the screen is drawn at 1920 × 1080 and made smaller as a whole. */
export function fitPreview() {
  const box = document.getElementById('preview')
  box?.style.setProperty('--scale', String(box.clientWidth / 1920))
}
