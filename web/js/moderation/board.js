// The lists: all of them side by side where there is room, else one at a time. Whoever moderates by keyboard keeps their
// place, also when the question under their hands goes to another list.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { number, t } from '../studio/words.js'
import { clean } from '../text.js'
import { toast } from '../studio/toasts.js'
import { ACTIONS, isOn, possible, run } from './actions.js'
import { card, title } from './card.js'
import { LISTS, activities, changed, forum, settings } from './forum.js'
import { about, more } from './more.js'
import { areQuestionsHere, choose, chosenList, countOf, listed, narrowed, showAll, sortOf, sorts, view } from './view.js'
import { agreeing, count } from './words.js'

/** @import { List } from "./forum.js" */
/** @import { Sort } from "./view.js" */

/** From this width on the lists are side by side. */
const wide = matchMedia('(min-width: 1280px)')
wide.addEventListener('change', changed)

/** Whether the lists are side by side. */
export const sideBySide = () => wide.matches

export function board() {
  if (!forum.topic) return skeleton
  const shown = sideBySide() ? LISTS : [view.list]
  return html`${sideBySide() ? nothing : tabs()}<div class="lists" data-n=${shown.length}>${shown.map(list)}</div>${selectionBar()}`
}

const skeleton = html`<p class="visually-hidden" role="status">${t('moderation.loading')}</p>
  <div class="skeleton" aria-hidden="true"><i></i><i></i><i></i></div>`

/** Shows another list, or gives it the keys where all are shown. @param {List} list */
export function goTo(list) {
  turnTo(list)
  changed()
  queueMicrotask(() => focusOn(listed(list)[0]?.[0], list))
}

/** @param {List} list */
function turnTo(list) {
  // What is selected out of sight would be forgotten, and then acted on.
  if (!sideBySide() && list !== view.list) view.chosen.clear()
  view.list = list
}

function tabs() {
  const show = (/** @type {List} */ list) => {
    turnTo(list)
    changed()
  }
  return html`<nav class="tabs" aria-label=${t('moderation.lists')}>${LISTS.map(
    list => html`<button aria-current=${list === view.list ? 'page' : nothing} @click=${() => show(list)}>${t(agreeing(`moderation.list.${list}`, !areQuestionsHere()))} <span class="n">${count(list)}</span></button>`,
  )}</nav>`
}

/** @param {List} list */
function list(list) {
  const posts = listed(list)
  const total = countOf(list)
  return html`<section class="list ${list}" data-list=${list} aria-labelledby="list-${list}">
    <header><h2 id="list-${list}" tabindex="-1">${t(agreeing(`moderation.list.${list}`, !areQuestionsHere()))} <span class="n">${count(list)}</span></h2>
      ${posts.length > 1 ? html`${selectAll(list, posts.map(([id]) => id))}${order(list)}` : nothing}</header>
    ${posts.length > 0 ? html`<ol>${repeat(posts, ([id]) => id, ([id, post]) => card(id, post))}</ol>` : empty(list)}
    ${rest(list, posts.length, total)}
  </section>`
}

/** @param {List} list @param {number[]} ids */
function selectAll(list, ids) {
  const n = ids.filter(id => view.chosen.has(id)).length
  const all = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
    for (const id of ids) choose(id, list, currentTarget.checked)
    changed()
  }
  return html`<label class="select"><input type="checkbox" .checked=${live(n === ids.length)} .indeterminate=${live(n > 0 && n < ids.length)} @change=${all}><span>${t('moderation.select_all')}</span></label>`
}

/** @param {List} list */
function order(list) {
  const sort = (/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => {
    view.sort[list] = /** @type {Sort} */ (currentTarget.value)
    changed()
  }
  return html`<select class="order" aria-label=${t('moderation.order')} .value=${live(sortOf(list))} @change=${sort}>${sorts().map(
    one => html`<option value=${one} ?selected=${one === sortOf(list)}>${t(`moderation.order.${one}`)}</option>`,
  )}</select>`
}

/** @param {List} list */
function empty(list) {
  if (narrowed()) {
    return html`<div class="empty"><p>${t('moderation.empty.narrowed')}</p>
      <button class="button" @click=${() => (showAll(), changed())}>${t('moderation.show_all')}</button></div>`
  }
  const off = list === 'review' && settings()?.state === 'off' && activities().length === 0
  return html`<div class="empty"><p>${t(off ? 'moderation.empty.off' : `moderation.empty.${list}`)}</p></div>`
}

/**
 * What is not shown, and how to see it.
 * @param {List} list
 * @param {number} shown
 * @param {number} total
 */
function rest(list, shown, total) {
  const query = clean(view.query)
  const held = about(list, query)
  const there = query ? (held?.total ?? shown) : total
  const filtered = view.label > 0 || view.starred || view.flagged
  // With a filter nobody knows how many there are: there may be more as long as the server has not said that this is all.
  const all = query || filtered ? held !== undefined && !held.next : shown >= there
  if (all || (total <= shown && !filtered) || (total === 0)) return nothing
  const ask = () => void more(list, query).catch(error => toast({ text: error.message }))
  return html`<footer><span>${t('moderation.shown', { n: shown, total: number(filtered ? total : there) })}</span>
    <button class="button" aria-busy=${held?.loading === true} @click=${ask}>${t('moderation.more')}</button></footer>`
}

function selectionBar() {
  const list = chosenList()
  if (!list) return nothing
  const ids = [...view.chosen]
  const can = ACTIONS.filter(action => !action.one && possible(action, ids, list))
  return html`<div class="selection" role="region" aria-label=${t('moderation.selection')}>
    <b role="status">${t('moderation.selected', { n: ids.length })}</b>
    <div class="acts">${can.map(action => html`<button class="button ${isOn(action, ids) ? 'on' : ''}" data-act=${action.name} @click=${() => void run(action, ids)}>${title(action, ids)}</button>`)}</div>
    <button class="button quiet" @click=${() => (view.chosen.clear(), changed())}>${t('moderation.select_none')}</button>
  </div>`
}

/** Where the focus was before a drawing; `section` finds its list. @type {{section: string, place: number, id: number} | undefined} */
let held

/** Finds a list: in the studio, those of an activity are beside those of the questions. @param {string} list @param {string} [of] the activity */
const sectionOf = (list, of) => `section.list[data-list="${list}"]${of ? `[data-place="${of}"]` : ':not([data-place])'}`

/** Before a drawing: takes note of the question that has the focus, or the list to which what has it belongs. */
export function noteFocus() {
  held = undefined
  const element = document.activeElement
  if (!element?.closest('.moderation, .questions .list, .questions .lit-now, .results .list')) return
  const question = element.closest('.question')
  const section = element.closest('section.list') ?? document.querySelector(sectionOf(view.list))
  if (!(section instanceof HTMLElement)) return
  const cards = [...section.querySelectorAll('.question')]
  // What is no question has the focus above or below them, or acts on those that are selected.
  const place = element.closest('footer') ? cards.length : cards.findIndex(one => one === question || (!question && one.matches('.chosen')))
  const id = question instanceof HTMLElement ? Number(question.dataset.post) : 0
  held = { section: sectionOf(section.dataset.list ?? '', section.dataset.place), place: Math.max(0, place), id }
}

/** After a drawing: where what had the focus is gone, the next question of its list gets it, so that it is never lost. */
export function keepFocus() {
  if (!held || (document.activeElement && document.activeElement !== document.body) || document.querySelector('dialog[open]')) return
  const section = document.querySelector(held.section)
  const same = section?.querySelector(`[data-post="${held.id}"]`)
  const cards = section?.querySelectorAll('.question') ?? []
  const next = same ?? cards[Math.min(held.place, cards.length - 1)] ?? section?.querySelector('h2, h3') ?? document.querySelector('.tabs [aria-current]')
  if (next instanceof HTMLElement) next.focus({ preventScroll: next === same })
}

/** @param {number | undefined} id @param {List} list */
export function focusOn(id, list) {
  const section = document.querySelector(`section.list[data-list="${list}"]`)
  const element = section?.querySelector(`[data-post="${id}"]`) ?? section?.querySelector('h2')
  if (!(element instanceof HTMLElement)) return
  element.focus({ preventScroll: true })
  element.scrollIntoView({ block: 'nearest' })
}

/** The question that has the focus, and its list. @returns {{id: number, list: List} | undefined} */
export function focused() {
  const element = document.activeElement?.closest('.question')
  const list = element?.closest('section.list')
  if (!(element instanceof HTMLElement) || !(list instanceof HTMLElement)) return undefined
  return { id: Number(element.dataset.post), list: /** @type {List} */ (list.dataset.list) }
}
