// Changing the rundown and the event: requests to the API, with undo where something goes away.
//
// What changed comes back over the live connection; nothing here is drawn before the server has it, except an order that
// was just dragged.

import { focusWhenThere } from '../focus.js'
import { announce } from '../messages.js'
import { RequestError, request } from './api.js'
import { clearAnswers } from './clear.js'
import { t } from './words.js'
import { event, find, joinLink, rerender, rundown, studio } from './state.js'
import { toast } from './toasts.js'

/** @import { Activity } from "./types.js" */
/** @import { Event, Settings } from "../wire.js" */

/** @param {string} rest */
const path = rest => `/${event().id}${rest}`

/**
 * Does something; says in words why not, with a way to try again where that may help.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T | undefined>}
 */
export async function attempt(work) {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const { code, sentence } = error.trouble
    const again = ['network', 'busy', 'internal'].includes(code)
    const action = again ? { label: t('studio.toast.retry'), run: () => void attempt(work) } : undefined
    toast({ text: sentence, ...(action && { action }), lasting: again })
    return undefined
  }
}

/**
 * Stores what was written: a new activity, or a changed one. What is wrong with it comes as a `RequestError`.
 * @param {string | undefined} id
 * @param {Settings} question
 * @returns {Promise<Activity>}
 */
export function store(id, question) {
  if (id) return request('PUT', path(`/activities/${id}`), { settings: question })
  return request('POST', path('/activities'), { settings: question })
}

/**
 * Puts a copy just after the activity.
 * @param {Activity} item
 */
export async function duplicate(item) {
  const copy = await attempt(() => request('POST', path(`/activities/${item.id}/duplicate`)))
  if (!copy) return
  studio.selected = copy.id
  rerender()
  toast({ text: t('studio.toast.duplicated', { name: item.settings.title }) })
}

/**
 * Puts copies of another event's activities at the end.
 * @param {string} from
 * @param {string[]} activities
 */
export const copyActivities = (from, activities) => attempt(() => request('POST', path('/activities/copy'), { from, activities }))

/**
 * Deletes the activity, with undo.
 * @param {Activity} item
 */
export async function remove(item) {
  const gone = await attempt(() => request('DELETE', path(`/activities/${item.id}`)).then(() => true))
  if (!gone) return
  if (studio.selected === item.id) studio.selected = undefined
  rerender()
  const name = item.settings.title
  toast({
    text: t('studio.toast.deleted', { name }),
    action: { label: t('studio.toast.undo'), run: () => void restore(item) },
    focus: true,
  })
}

/** @param {Activity} item */
async function restore(item) {
  const back = await attempt(() => request('POST', path(`/activities/${item.id}/restore`)).then(() => true))
  if (!back) return
  studio.selected = item.id
  rerender()
  focusWhenThere(`[data-id="${item.id}"] .pick`)
  toast({ text: t('studio.toast.restored', { name: item.settings.title }) })
}

/**
 * Deletes the answers to the activity, of all its rounds, after asking.
 * @param {Activity} item
 */
export async function clear(item) {
  const name = item.settings.title
  if (await attempt(() => clearAnswers(event().id, name, item.id))) toast({ text: t('studio.clear.done', { name }) })
}

/** The orders on their way. Each waits for the one before: on two connections the older could be stored last. */
let ordering = Promise.resolve()

/**
 * Moves the activity to a place, from 0; shown at once, taken back if the server refuses.
 * @param {string} id
 * @param {number} place
 */
export async function move(id, place) {
  const before = rundown()
  const item = find(id)
  const to = Math.max(0, Math.min(place, before.length - 1))
  if (!item || before[to]?.id === id) return
  const after = before.filter(other => other !== item)
  after.splice(to, 0, item)
  studio.stage = { ...studio.stage, rundown: after }
  rerender()
  announce(t('studio.rundown.moved', { name: item.settings.title, place: to + 1, of: after.length }), 'moved')
  const activities = after.map(other => other.id)
  const stored = ordering.then(() => attempt(() => request('PUT', path('/order'), { activities }).then(() => true)))
  ordering = stored.then(
    () => {},
    () => {},
  )
  const kept = await stored
  if (kept || studio.stage.rundown !== after) return
  studio.stage = { ...studio.stage, rundown: before }
  rerender()
}

/**
 * Changes the event. What is wrong with it comes as a `RequestError`.
 * @param {Partial<Pick<Event, "name" | "code" | "names" | "language">>} settings
 */
export const changeEvent = settings => request('PATCH', path(''), settings)

/** Copies the join link. */
export async function copyLink() {
  const link = joinLink()
  const copied = await navigator.clipboard?.writeText(link).then(
    () => true,
    () => false,
  )
  toast({ text: copied ? t('studio.toast.copied') : t('studio.toast.not_copied', { link }), lasting: !copied })
}
