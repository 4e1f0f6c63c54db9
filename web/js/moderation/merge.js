// Merging: which question do these ask once more? Similar ones are offered, others are found by search.

import { html, nothing } from '../html.js'
import { request } from '../studio/api.js'
import { t } from '../studio/words.js'
import { clean, fold } from '../text.js'
import { toast } from '../studio/toasts.js'
import { performOne, seen } from './acts.js'
import { buttons, openLive, submits } from './dialog.js'
import { LISTS, QUESTIONS, areTexts, changed, find, forum, known, listOf, placeOf } from './forum.js'
import { lookUp, more } from './more.js'
import { matches } from './view.js'
import { agreeing, excerpt, support } from './words.js'

/** @import { ModeratedPost } from "../wire.js" */

/** How many questions are offered. */
const OFFERED = 8
/** Shorter words say little about what a question is about. */
const TELLING = 3
/** From this share of common words on, a question is offered as similar. */
const SIMILAR = 0.2
/** How long typing must rest before the server is asked. */
const REST_MS = 250

/**
 * Asks for the question that stays, then merges.
 * @param {number[]} ids
 */
export async function merge(ids) {
  const first = find(ids[0])
  if (!first) return
  let into = ids.length > 1 ? mostSupported(ids) : 0
  let query = ''
  let timer = 0
  let pressed = false
  const answer = await openLive((close, rerender) => {
    const search = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
      query = currentTarget.value
      rerender()
      clearTimeout(timer)
      if (clean(query)) timer = window.setTimeout(() => void searchAll(clean(query)), REST_MS)
    }
    const pick = (/** @type {number} */ id) => {
      into = id
      rerender()
    }
    const offers = offered(ids, query)
    const chosen = find(into)
    const sum = [...new Set([...ids, into])].reduce((sum, id) => sum + (find(id)?.votes ?? 0), 0)
    return html`<form class="merge" @submit=${submits(() => {
      pressed = true
      return chosen ? close('merge') : rerender()
    })}>
      <h2 id="dialog-title">${t('moderation.merge.title', { n: ids.length })}</h2>
      ${ids.length === 1 ? html`<p class="about">${excerpt(first.text)} <span class="quiet">${support(first)}</span></p>` : nothing}
      <div class="entry"><label for="merge-search">${t('moderation.merge.search')}</label>
        <input class="field" dir="auto" id="merge-search" type="search" autocomplete="off" autofocus .value=${query} @input=${search}></div>
      <fieldset class="offers"><legend>${t(clean(query) ? 'moderation.merge.found' : ids.length > 1 ? 'moderation.merge.which' : 'moderation.merge.similar')}</legend>
        ${offers.map(([id, post]) => offer(id, post, id === into, pick))}
        ${offers.length === 0 ? html`<p class="quiet">${t(clean(query) ? 'moderation.merge.nothing' : 'moderation.merge.no_similar')}</p>` : nothing}
      </fieldset>
      ${pressed && !chosen ? html`<p class="problem" role="alert">${t('moderation.merge.choose')}</p>`
        : html`<p class="sum" role="status">${chosen ? t(`moderation.merge.sum${areTexts(ids) ? '_texts' : ''}`, { n: sum }) : t('moderation.merge.choose')}</p>`}
      ${buttons(close, t('moderation.merge.confirm'))}
    </form>`
  }, 'wide')
  if (!answer) return
  const parts = ids.filter(id => id !== into)
  const text = t('moderation.done.merge', { n: parts.length, text: excerpt(first.text), into: excerpt(find(into)?.text ?? '') })
  const act = () => /** @type {const} */ ({ do: 'merge', into: { post: into, version: find(into)?.version ?? 0 }, posts: seen(parts) })
  await performOne([...parts, into], act, { text })
}

/** The server's own suggestions among what is published may lie beyond what is known here. @param {string} text */
async function suggest(text) {
  /** @type {{posts: {post: number, text: string}[]}} */
  const { posts } = await request('GET', `/${forum.event}/questions/similar?${new URLSearchParams({ q: text })}`)
  for (const { post, text } of posts) await lookUp(post, text)
}

/** @param {string} query */
async function searchAll(query) {
  try {
    for (const list of LISTS) if (list !== 'bin') await more(list, query)
  } catch (error) {
    toast({ text: /** @type {Error} */ (error).message })
  }
}

/** @param {number[]} ids */
const mostSupported = ids =>
  [...ids].sort((a, b) => state(b) - state(a) || (find(b)?.votes ?? 0) - (find(a)?.votes ?? 0) || a - b)[0] ?? 0

/** What is nearer to the room comes first. @param {number} id */
const state = id => ['review', 'reviewed', 'published'].indexOf(find(id)?.state ?? '')

/** The words by which questions are compared. @param {string} text */
const telling = text => new Set(fold(text).match(/[\p{L}\p{N}]+/gu)?.filter(word => word.length > TELLING) ?? [])

/** How much two texts have in common, from 0 to 1. @param {string} one @param {string} other */
function alike(one, other) {
  const [a, b] = [telling(one), telling(other)]
  const common = [...a].filter(word => b.has(word)).length
  return common === 0 ? 0 : common / Math.min(a.size, b.size)
}

/** For which question the server was asked already. */
let suggestedFor = ''

/**
 * The questions that are offered: what is searched for, else the others that are selected, and similar ones.
 * @param {number[]} ids
 * @param {string} query
 * @returns {[number, ModeratedPost][]}
 */
function offered(ids, query) {
  const text = ids.map(id => find(id)?.text ?? '').join(' ')
  // Only what was sent to the same place can be merged.
  const place = placeOf(find(ids[0]))
  const free = [...known()].filter(([id, post]) => post.merged_into === undefined && listOf(post) !== 'bin' && placeOf(post) === place && (ids.length > 1 || !ids.includes(id)))
  if (clean(query)) return free.filter(([id, post]) => matches(id, post, query)).slice(0, OFFERED)
  if (ids.length > 1) return free.filter(([id]) => ids.includes(id))
  if (suggestedFor !== text && place === QUESTIONS) {
    suggestedFor = text
    // Without the server's suggestions there are still those from what is known here.
    suggest(text).then(changed, () => {})
  }
  const rated = free.map(([id, post]) => /** @type {const} */ ([id, post, alike(text, post.text)]))
  const near = rated.filter(([, , share]) => share >= SIMILAR).sort(([a, , one], [b, , other]) => other - one || a - b)
  return near.slice(0, OFFERED).map(([id, post]) => [id, post])
}

/**
 * @param {number} id
 * @param {ModeratedPost} post
 * @param {boolean} on
 * @param {(id: number) => void} pick
 */
const offer = (id, post, on, pick) => html`<label class="choice">
  <input type="radio" name="into" value=${id} .checked=${on} @change=${() => pick(id)}>
  <span class="text"><bdi>${post.text}</bdi><small>${support(post)} · ${t(agreeing(`moderation.list.${listOf(post)}`, areTexts([id])))} · #${id}</small></span>
</label>`
