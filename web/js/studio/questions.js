// The room's questions beside the rundown: whether they are taken, the first that wait, what the screen shows of them, and
// the ways to all the rest.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { ACTIONS, isOn, possible, run, titleKey } from '../moderation/actions.js'
import { chosen, configure } from '../moderation/configure.js'
import { QUESTIONS, find, forum, listOf, placeOf } from '../moderation/forum.js'
import { onScreen } from '../moderation/head.js'
import { toggleList } from '../moderation/keys.js'
import { chips } from '../moderation/label.js'
import { openLedger } from '../moderation/ledger.js'
import { openLinks } from '../moderation/links.js'
import { openQuestionSettings } from '../moderation/settings.js'
import { excerpt, since, support } from '../moderation/words.js'
import { gear, outward } from './icons.js'
import { number, t } from './words.js'

/** @import { ModeratedPost, QaState } from "../wire.js" */
/** @import { Action } from "../moderation/actions.js" */
/** @import { List } from "../moderation/forum.js" */

/** How many of each list are shown here. */
const SHOWN = 3
/** The same of the texts of an activity, which are what is on stage. */
const TEXTS_SHOWN = 6
/** What can be done here; all else on the moderators' page. */
const HERE = ['publish', 'merge', 'decline', 'highlight', 'answered']

/** The questions' card. */
export function questionsCard() {
  const how = chosen()
  if (!how) return nothing
  return html`<section class="questions" aria-labelledby="questions-title">
    <div class="title"><h2 id="questions-title">${t('moderation.questions')}</h2>
      <button class="small" aria-label=${t('moderation.settings.title')} title=${t('moderation.settings.title')} @click=${() => void openQuestionSettings()}>${gear}</button>
      <a class="button quiet" href="/moderate/${forum.event}" target="_blank" rel="noopener">${t('moderation.open')}${outward}</a></div>
    ${taking(how.state)}
    ${how.state === 'off' && empty() ? html`<p class="quiet">${t('moderation.settings.state.off_hint')}</p>` : lists()}
    <p class="ways"><button class="button quiet" @click=${() => void openLinks()}>${t('moderation.links.title')}</button>
      <button class="button quiet" @click=${() => void openLedger()}>${t('moderation.ledger.title')}</button></p>
  </section>`
}

/** Whether there is no question at all. */
function empty() {
  const counts = forum.topic?.counts
  return counts !== undefined && Object.values(counts).every(n => n === 0)
}

/** The switch that decides whether questions are taken. @param {QaState} now */
function taking(now) {
  const set = (/** @type {QaState} */ state) => void configure({ state }, t(`moderation.done.state_${state}`))
  return html`<fieldset class="pick-one taking"><legend class="visually-hidden">${t('moderation.settings.state')}</legend>
    <div class="segments">${/** @type {QaState[]} */ (['off', 'open', 'closed']).map(
      one => html`<label><input type="radio" name="questions-state" value=${one} .checked=${live(one === now)} @change=${() => set(one)}><span>${t(`moderation.settings.state.${one}`)}</span></label>`,
    )}</div></fieldset>`
}

function lists() {
  const on = forum.stage?.qa.on_screen === true
  return html`<button class="switch" role="switch" aria-checked=${String(on)} @click=${toggleList}><i></i><span>${t('moderation.on_screen')}</span></button>
    ${placeOf(find(forum.topic?.highlight)) === forum.stage?.activity?.id ? nothing : onScreen()}${list('review', 'oldest')}${list('published', 'support')}`
}

/**
 * The first texts of an activity in a list: those that wait longest, or the newest.
 * @param {{to: string, list: List, total: number, title: string, acts: string[]}} of
 */
export function firstPosts({ to, list, total, title, acts }) {
  const all = Object.entries(forum.topic?.posts ?? {})
    .map(([id, post]) => /** @type {[number, ModeratedPost]} */ ([Number(id), post]))
    .filter(([, post]) => placeOf(post) === to && post.merged_into === undefined && listOf(post) === list)
    .sort(([a, one], [b, other]) => (list === 'review' ? a - b : Number(other.pinned ?? false) - Number(one.pinned ?? false) || b - a))
  if (total === 0 || all.length === 0) return nothing
  const shown = all.slice(0, TEXTS_SHOWN)
  return html`<section class="list" data-list=${list} data-place=${to} aria-label=${title}>
    <header><h3 tabindex="-1">${title}</h3><span class="n">${t('moderation.first.of', { n: shown.length, total: number(total) })}</span></header>
    <ol>${repeat(shown, ([id]) => id, ([id, post]) => small(id, post, ACTIONS.filter(({ name }) => acts.includes(name)), list))}</ol></section>`
}

/**
 * The first questions of a list.
 * @param {List} name
 * @param {"oldest" | "support"} order
 */
function list(name, order) {
  const score = (/** @type {ModeratedPost} */ { votes, down = 0 }) => votes - down
  const all = Object.entries(forum.topic?.posts ?? {})
    .map(([id, post]) => /** @type {[number, ModeratedPost]} */ ([Number(id), post]))
    .filter(([, post]) => placeOf(post) === QUESTIONS && post.merged_into === undefined && listOf(post) === name && !(name === 'published' && post.answered))
    .sort(([a, one], [b, other]) => (order === 'support' ? score(other) - score(one) : 0) || a - b)
  const total = forum.topic?.counts[name] ?? 0
  if (total === 0 || all.length === 0) return name === 'review' ? html`<p class="quiet">${t('moderation.empty.review')}</p>` : nothing
  const shown = all.slice(0, SHOWN)
  const here = name === 'review' ? HERE : ['highlight', 'answered']
  return html`<section class="list" data-list=${name} aria-labelledby="questions-${name}">
    <header><h3 id="questions-${name}" tabindex="-1">${t(`moderation.first.${name}`)}</h3><span class="n">${t('moderation.first.of', { n: shown.length, total: number(total) })}</span></header>
    <ol>${repeat(shown, ([id]) => id, ([id, post]) => small(id, post, ACTIONS.filter(({ name }) => here.includes(name)), name))}</ol></section>`
}

/** @param {number} id @param {ModeratedPost} post @param {Action[]} acts @param {List} list */
function small(id, post, acts, list) {
  const wanted = acts.filter(action => action.lists.includes(list) && possible(action, [id], list))
  return html`<li class="question compact ${forum.topic?.highlight === id ? 'lit' : ''}" data-post=${id} tabindex="-1" aria-busy=${forum.busy.has(id)} aria-labelledby="small-${id}">
    <p class="text" id="small-${id}" dir="auto">${post.text}</p>
    <p class="meta"><span class="support">${support(post)}</span><bdi>${post.name ?? t('moderation.card.anonymous')}</bdi><time>${since(post.at)}</time></p>
    ${post.flagged || post.labels?.length ? html`<p class="marks">${post.flagged ? html`<span class="pill warn">${t('moderation.mark.flagged')}</span>` : nothing}${chips(post.labels)}</p>` : nothing}
    <div class="acts">${wanted.map(
      (action, place) => html`<button class="button ${place === 0 ? 'yes' : ''} ${isOn(action, [id]) ? 'on' : ''}" data-act=${action.name}
        aria-label=${t('moderation.act.about', { act: t(titleKey(action, [id])), text: excerpt(post.text) })} @click=${() => void run(action, [id])}>${t(titleKey(action, [id]))}</button>`,
    )}</div>
  </li>`
}
