// Changing how questions are taken, so that two who do it at once do not undo each other.

import { t } from '../studio/words.js'
import { perform } from './acts.js'
import { changed, onTopic, settings } from './forum.js'

/** @import { QaSettings } from "../wire.js" */

/** What can be changed, one thing at a time. @type {(keyof QaSettings)[]} */
const PARTS = ['state', 'review', 'names', 'downvotes', 'labels', 'filter', 'share']
/** How often a change is sent again that met another one. */
const TRIES = 3
/** How long newer settings are awaited. */
const NEWS_MS = 2_000

/** What was chosen here and is on its way. @type {Partial<QaSettings>} */
let pending = {}

/** The settings with what was just chosen here, so that a switch stays where it was put while the server stores it. */
export function chosen() {
  const now = settings()
  return now && { ...now, ...pending }
}

/** @param {unknown} one @param {unknown} other */
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other)

/**
 * The newest settings with what was changed of former ones.
 * @param {QaSettings} newest
 * @param {QaSettings} before
 * @param {QaSettings} draft
 * @returns {QaSettings}
 */
export function merged(newest, before, draft) {
  const changed = PARTS.filter(part => !same(draft[part], before[part]))
  return { ...newest, ...Object.fromEntries(changed.map(part => [part, draft[part]])) }
}

/**
 * Whether somebody else has changed the same part meanwhile.
 * @param {QaSettings} newest
 * @param {QaSettings} before
 * @param {QaSettings} draft
 */
export const clash = (newest, before, draft) =>
  PARTS.some(part => ![newest[part], draft[part]].some(one => same(one, before[part])) && !same(newest[part], draft[part]))

/**
 * Changes some settings and leaves the others as they are, whoever changes those meanwhile.
 * @param {Partial<QaSettings>} part
 * @param {string} [text] what was done, in words
 */
export async function configure(part, text = t('moderation.done.configure')) {
  const before = settings()
  if (!before) return 'no'
  pending = part
  changed()
  const result = await stored(before, { ...before, ...part }, text)
  if (result === 'done') await newer(before.version)
  if (pending === part) pending = {}
  changed()
  return result
}

/**
 * @param {QaSettings} before
 * @param {QaSettings} draft
 * @param {string} text
 */
async function stored(before, draft, text) {
  /** @type {"done" | "stale" | "no"} */
  let result = 'stale'
  for (let tries = 0; tries < TRIES && result === 'stale'; tries += 1) {
    const newest = settings() ?? before
    if (clash(newest, before, draft)) return 'stale'
    const { version } = newest
    result = await perform({ do: 'configure', version, settings: merged(newest, before, draft) }, { quiet: true, text })
    if (result === 'stale') await newer(version)
  }
  return result
}

/** Waits until settings newer than these are known. @param {number} version */
function newer(version) {
  return new Promise(resolve => {
    const end = () => {
      stop()
      clearTimeout(timer)
      resolve(undefined)
    }
    const timer = setTimeout(end, NEWS_MS)
    const stop = onTopic((_, { settings }) => settings.version !== version && end())
    if (settings()?.version !== version) end()
  })
}
