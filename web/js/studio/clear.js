// Answers are deleted for good, after asking with what would be lost.

import { uuid } from '../live.js'
import { list } from '../messages.js'
import { request } from './api.js'
import { ask } from './dialogs.js'
import { t } from './words.js'

/** @typedef {{answers: number, questions: number, texts: number, participants: number}} Loss */

/**
 * Asks, and deletes the answers of an activity, or all of an event with its questions. Whether it was done.
 * @param {string} event
 * @param {string} name of the activity or the event
 * @param {string} [activity]
 */
export async function clearAnswers(event, name, activity) {
  const of = activity ? `?activity=${activity}` : ''
  /** @type {Loss} */
  const loss = await request('GET', `/${event}/answers${of}`)
  const text = [lost(loss), ...(activity ? [] : [t('studio.clear.again')]), t('studio.clear.for_good')]
  if (!(await ask({ title: t(activity ? 'studio.clear.one' : 'studio.clear.all', { name }), text, confirm: t('studio.clear.confirm') }))) return false
  await request('POST', `/${event}/clear`, { cid: uuid(), activity })
  return true
}

/** What would be lost, in words. @param {Loss} loss */
function lost({ answers, questions, texts, participants }) {
  const parts = Object.entries({ answers, questions, texts, participants }).filter(([, n]) => n > 0)
  if (parts.length === 0) return t('studio.clear.nothing')
  return t('studio.clear.lost', { what: list(parts.map(([what, n]) => t(`studio.clear.${what}`, { n }))) })
}
