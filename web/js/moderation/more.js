// Questions beyond the windows of the live topic, and what a search finds, asked for over HTTP when they are looked at.

import { request } from '../studio/api.js'
import { changed, find, forum, isLive, keepBeyond, onTopic } from './forum.js'
import { view } from './view.js'

/** @import { ModeratedPost } from "../wire.js" */
/** @import { List } from "./forum.js" */
/** @typedef {{posts: Record<string, ModeratedPost>, order: number[], total: number, next?: string}} Page the answer of the server */
/** @typedef {{query: string, of: string, pages: number, ids: number[], posts: Map<number, ModeratedPost>, total: number, next: string | undefined, loading: boolean}} Held */

/** What was asked for, by list, place and search. @type {Map<string, Held>} */
const held = new Map()
/** At most so many pages are asked for at once to find something new: the first ones repeat the live window. */
const PAGES_AT_ONCE = 10
/** How long nothing must have changed before what is beyond the windows is asked for again. */
const CALM_MS = 1_500

/**
 * @param {List} list
 * @param {string} query
 */
const key = (list, query) => `${list} ${view.of} ${query}`

/**
 * The numbers that a search found in a list, as far as they have come.
 * @param {List} list
 * @param {string} query
 */
export const found = (list, query) => new Set(held.get(key(list, query))?.ids)

/**
 * What is known of a list beyond its window.
 * @param {List} list
 * @param {string} query
 */
export const about = (list, query) => held.get(key(list, query))

/** @param {List} list @param {string} of @param {string} query @param {string | undefined} after @returns {Promise<Page>} */
function page(list, of, query, after) {
  const asked = new URLSearchParams({ list })
  if (of) asked.set('of', of)
  if (query) asked.set('q', query)
  if (after) asked.set('after', after)
  return request('GET', `/${forum.event}/moderation?${asked}`)
}

/**
 * Asks for more of a list, until something comes that was not known.
 * @param {List} list
 * @param {string} query
 */
export async function more(list, query) {
  const now = held.get(key(list, query)) ?? blank(query, view.of)
  if (now.loading) return
  now.loading = true
  held.set(key(list, query), now)
  changed()
  try {
    for (let asked = 0; asked < PAGES_AT_ONCE; asked += 1) {
      const answer = await page(list, now.of, query, now.next)
      const news = answer.order.some(id => !find(id))
      add(now, answer)
      if (news || !now.next) break
    }
  } finally {
    now.loading = false
    gather()
  }
}

/** @param {string} query @param {string} of @returns {Held} */
const blank = (query, of) => ({ query, of, pages: 0, ids: [], posts: new Map(), total: 0, next: undefined, loading: false })

/** @param {Held} now @param {Page} answer */
function add(now, answer) {
  now.pages += 1
  now.ids.push(...answer.order)
  for (const [id, post] of Object.entries(answer.posts)) now.posts.set(Number(id), post)
  now.next = answer.next
  now.total = answer.total
}

/** Lets go of former searches. @param {string} query */
export function forget(query) {
  for (const [name, { query: other }] of held) if (other && other !== query) held.delete(name)
  gather()
}

function gather() {
  keepBeyond(new Map([...held.values()].flatMap(({ posts }) => [...posts])))
  changed()
}

let timer = 0

/** What is beyond the windows is not live: it is asked for again once something has changed and it is calm. */
export function refreshSoon() {
  if (held.size === 0) return
  clearTimeout(timer)
  timer = window.setTimeout(() => void refresh(), CALM_MS)
}

async function refresh() {
  if (document.visibilityState === 'hidden') return refreshSoon()
  for (const [name, old] of [...held]) {
    const list = /** @type {List} */ (name.split(' ')[0])
    const fresh = blank(old.query, old.of)
    try {
      do add(fresh, await page(list, old.of, old.query, fresh.next))
      while (fresh.pages < old.pages && fresh.next)
    } catch {
      // What is held stays; whatever is done to it is judged by its version.
      return
    }
    if (held.get(name) === old && !old.loading) held.set(name, fresh)
  }
  gather()
}

onTopic((before, now) => {
  const moved = JSON.stringify([before?.counts, before?.activities]) !== JSON.stringify([now.counts, now.activities])
  const left = Object.keys(before?.posts ?? {}).some(id => !isLive(Number(id)))
  if (moved || left) refreshSoon()
})

/**
 * The question with this number, asked for by its text where it is not known here.
 * @param {number} id
 * @param {string} text
 */
export async function lookUp(id, text) {
  if (!find(id)) {
    const now = held.get(key('published', text)) ?? blank(text, view.of)
    add(now, await page('published', now.of, text, undefined))
    held.set(key('published', text), now)
    gather()
  }
  return find(id)
}
