// The head of the moderators' page: which event, how it stands, what the screen shows, and what leads elsewhere.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { gear, mark, outward } from '../studio/icons.js'
import { t } from '../studio/words.js'
import { clean } from '../text.js'
import { lastDone, perform, undoLast } from './acts.js'
import { sideBySide } from './board.js'
import { chosen, configure } from './configure.js'
import { LISTS, QUESTIONS, activities, awaits, changed, find, forum, isPast, open } from './forum.js'
import { help, toggleList } from './keys.js'
import { openLedger } from './ledger.js'
import { openLinks } from './links.js'
import { forget, more } from './more.js'
import { openQuestionSettings } from './settings.js'
import { areQuestionsHere, lookAt, view } from './view.js'
import { excerpt } from './words.js'

/** How long typing must rest before the server is asked. */
const REST_MS = 250

/** A key as it is written on what it presses, for those who see the page. @param {string} key */
const kbd = key => (forum.keys ? html`<kbd aria-hidden="true">${key}</kbd>` : nothing)

export function head() {
  const event = forum.stage?.event
  return html`<header class="top">
    ${forum.facilitator ? html`<a class="home" href="/studio/events/${forum.event}" aria-label=${t('moderation.to_studio')} title=${t('moderation.to_studio')}>${mark}</a>` : html`<span class="home">${mark}</span>`}
    <h1><span dir="auto" title=${event?.name ?? ''}>${event?.name}</span></h1>
    <span class="pill ${event?.state}">${event?.state === 'live' ? html`<span class="dot"></span>` : nothing}${event ? t(`common.event_state.${event.state}`) : nothing}</span>
    ${connection()}
    <span class="grow"></span>
    <nav class="ways" aria-label=${t('moderation.ways')}>
      ${open() ? html`<button class="button quiet" title=${lastDone()?.text ?? ''} aria-disabled=${lastDone() === undefined} @click=${undoLast}>${t('moderation.undo')}${kbd('Z')}</button>
      ${forum.full ? html`<button class="button quiet" @click=${() => void openQuestionSettings()}>${gear}${t('moderation.settings.open')}</button>` : nothing}
      <button class="button quiet" @click=${() => void openLedger()}>${t('moderation.ledger.title')}</button>
      ${forum.facilitator ? html`<button class="button quiet" @click=${() => void openLinks()}>${t('moderation.links.title')}</button>` : nothing}
      <button class="button quiet help" @click=${() => void help()}>${t('moderation.keys.open')}${kbd('?')}</button>` : nothing}
      ${event ? html`<a class="button quiet" href="/e/${event.code}/screen" target="_blank" rel="noopener">${t('moderation.screen')}${outward}</a>` : nothing}
    </nav>
  </header>`
}

function connection() {
  const { kind } = forum.status
  const pill = (/** @type {string} */ colour, /** @type {string} */ text) =>
    html`<span class="pill connection ${colour}" role="status"><span class="dot"></span>${t(`moderation.connection.${text}`)}</span>`
  if (kind === 'connected') return pill('good', 'connected')
  if (kind === 'connecting') return pill('', 'connecting')
  if (kind === 'reconnecting') return pill('warn', navigator.onLine ? 'reconnecting' : 'offline')
  return pill('warn', 'ended')
}

/** Search, filters, and the two switches that change what the room sees of questions. */
export function tools() {
  const qa = forum.stage?.qa
  const how = chosen()
  const toggle = (/** @type {"starred" | "flagged"} */ name) =>
    html`<button class="chip-button" aria-pressed=${view[name]} @click=${() => ((view[name] = !view[name]), changed())}>${t(`moderation.only.${name}`)}</button>`
  const toSwitch = (/** @type {boolean} */ on, /** @type {string} */ text, /** @type {() => void} */ run, key = /** @type {unknown} */ (nothing)) =>
    html`<button class="switch" role="switch" aria-checked=${String(on)} @click=${run}><i></i><span>${text}</span>${key}</button>`
  return html`<div class="tools">
    <input class="field" id="search" type="search" dir="auto" placeholder=${t('moderation.search')} aria-label=${t('moderation.search')} autocomplete="off"
      .value=${live(view.query)} @input=${type} @keydown=${leave}>
    <div class="filters" role="group" aria-label=${t('moderation.filters')}>
      ${activities().length > 0 ? places() : nothing}${how && how.labels.length > 0 ? labels(how.labels) : nothing}${toggle('starred')}${toggle('flagged')}
    </div>
    <span class="grow"></span>
    ${how && forum.full && areQuestionsHere() ? toSwitch(how.review, t('moderation.review_first'), () => void configure({ review: !how.review }, t(how.review ? 'moderation.done.at_once' : 'moderation.done.review_first'))) : nothing}
    ${qa && (qa.on_screen || areQuestionsHere()) ? toSwitch(qa.on_screen, t('moderation.on_screen'), toggleList, kbd('G')) : nothing}
  </div>${onScreen()}`
}

/** Of which posts the lists are. */
function places() {
  const pick = (/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => {
    lookAt(currentTarget.value)
    changed()
  }
  const choice = (/** @type {string} */ of, /** @type {string} */ name) => html`<option dir="auto" value=${of} .selected=${live(of === view.of)}>${name}</option>`
  return html`<select class="order places" aria-label=${t('moderation.only.place')} @change=${pick}>${choice('', t('moderation.only.any_place'))}${choice(QUESTIONS, t('moderation.questions'))}
    ${activities().map(([id, { title }]) => choice(id, title))}</select>`
}

/** @param {import("../wire.js").Label[]} all */
function labels(all) {
  const pick = (/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => {
    view.label = Number(currentTarget.value)
    changed()
  }
  return html`<select class="order" aria-label=${t('moderation.only.label')} @change=${pick}><option value="0">${t('moderation.only.any_label')}</option>
    ${all.map(({ id, name }) => html`<option dir="auto" value=${id} .selected=${live(id === view.label)}>${name}</option>`)}</select>`
}

/** What the screen shows large, or will show; a text can be seen only with its activity. */
export function onScreen() {
  const id = forum.topic?.highlight
  const post = find(id)
  if (id === undefined || (post && isPast(post))) return nothing
  const missing = awaits(post)
  const title = excerpt(forum.topic?.activities?.[post?.to?.activity ?? '']?.title ?? '')
  return html`<p class="lit-now">${missing ? html`<span class="pill warn">${t('moderation.mark.lit_later')}</span>` : html`<span class="pill live">${t('moderation.mark.highlight')}</span>`}
    <span class="words" dir="auto">${post ? excerpt(post.text) : `#${id}`}</span>${missing ? html`<span class="quiet">${t(`moderation.lit_later.${missing}`, { title })}</span>` : nothing}
    <button class="button" @click=${() => void perform({ do: 'highlight', post: null })}>${t('moderation.act.highlight_off')}</button></p>`
}

let timer = 0

/** @param {{currentTarget: HTMLInputElement}} event */
function type({ currentTarget }) {
  view.query = currentTarget.value
  changed()
  clearTimeout(timer)
  timer = window.setTimeout(() => void searchAll(), REST_MS)
}

/** What is shown is found at once; what is not, the server finds. */
async function searchAll() {
  const query = clean(view.query)
  forget(query)
  if (!query) return
  for (const list of sideBySide() ? LISTS : [view.list]) {
    if (clean(view.query) !== query) return
    // What is found here stands; the rest is asked for again with the next letter.
    await more(list, query).catch(() => {})
  }
}

/** @param {KeyboardEvent} event */
function leave(event) {
  if (event.key !== 'Escape') return
  event.preventDefault()
  view.query = ''
  forget('')
  changed()
}
