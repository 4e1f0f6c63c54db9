// What others did to a question while somebody was about to act on it: awaited, and told in words.

import { RequestError, request } from '../studio/api.js'
import { t } from '../studio/words.js'
import { toast } from '../studio/toasts.js'
import { find, forum, onTopic } from './forum.js'
import { refreshSoon } from './more.js'
import { aboutOf, actText, excerpt } from './words.js'

/** @import { Act, ModeratedPost } from "../wire.js" */
/** @typedef {{cid: string, actor: string, at: number, rev: number, act: Act}} Entry a line of the ledger */

/** How long the newest version is awaited after a refusal that says there is one. */
const NEWS_MS = 2_000

/**
 * Says what had happened to questions that were changed since they were seen.
 * @param {number[]} ids
 * @param {Map<number, ModeratedPost | undefined>} before
 */
export async function tellStale(ids, before) {
  await news(ids, before)
  const id = ids.find(id => find(id)?.version !== before.get(id)?.version) ?? ids[0]
  const seen = before.get(id ?? 0)
  toast({ text: `${await whatHappened(id, seen)} ${t('moderation.stale.nothing_done')}` })
}

/**
 * Waits until the page knows a newer version of one of these questions.
 * @param {number[]} ids
 * @param {Map<number, ModeratedPost | undefined>} before
 * @param {number} [most] how long, in milliseconds
 */
export function news(ids, before, most = NEWS_MS) {
  const come = () => ids.some(id => find(id)?.version !== before.get(id)?.version)
  return new Promise(resolve => {
    const end = () => {
      stop()
      clearTimeout(timer)
      resolve(undefined)
    }
    const timer = setTimeout(end, most)
    const stop = onTopic(() => come() && end())
    if (come()) end()
    else refreshSoon()
  })
}

/**
 * What became of a question since it was seen, in words: by whom, where the ledger knows.
 * @param {number | undefined} id
 * @param {ModeratedPost | undefined} seen
 */
export async function whatHappened(id, seen) {
  const post = find(id)
  const text = excerpt((post ?? seen)?.text ?? `#${id}`)
  const entry = await request('GET', `/${forum.event}/ledger`).then(
    (/** @type {{acts: Entry[]}} */ { acts }) =>
      acts.find(({ act, rev }) => rev > (seen?.version ?? 0) && (id === undefined ? false : aboutOf(act).includes(id) || intoOf(act) === id)),
    error => {
      if (error instanceof RequestError) return undefined
      throw error
    },
  )
  if (entry) return t('moderation.stale.by', { text, actor: entry.actor, what: actText(entry.act) })
  if (!post) return t('moderation.stale.gone', { text })
  if (seen && post.text !== seen.text) return t('moderation.stale.reworded', { text })
  return t('moderation.stale.changed', { text })
}

/** @param {Act} act */
const intoOf = act => (act.do === 'merge' ? act.into.post : undefined)
