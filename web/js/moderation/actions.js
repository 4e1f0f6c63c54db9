// What can be done with questions: one table, from which cards, menus, the bar of a selection, keys and their help are made.

import { idle, perform, performAll } from './acts.js'
import { decline } from './decline.js'
import { QUESTIONS, areTexts, find, forum, listOf, partsOf, placeOf } from './forum.js'
import { label } from './label.js'
import { merge } from './merge.js'
import { agreeing } from './words.js'
import { edit, reply } from './write.js'

/** @import { ModeratedPost, Queue } from "../wire.js" */
/** @import { List } from "./forum.js" */
/**
 * @typedef {object} Action
 * @property {string} name by which the catalogues have its words
 * @property {string} key
 * @property {List[]} lists where it makes sense
 * @property {List[]} [ahead] where it has a button on the card; elsewhere it is in the menu
 * @property {boolean} [one] only for one question at a time
 * @property {boolean} [full] only for who may do more than review
 * @property {boolean} [questions] only for questions, not for texts of activities
 * @property {(post: ModeratedPost, id: number) => boolean} [on] for what can be given and taken: whether it is given
 * @property {(post: ModeratedPost, id: number) => boolean} [fits] whether there is something to do
 * @property {(ids: number[], on: boolean) => unknown} run
 */

/** @type {List[]} */
const ALL = ['review', 'reviewed', 'published', 'bin']
/** @type {List[]} */
const LIVE = ['review', 'reviewed', 'published']

/** @param {Queue} to @returns {(ids: number[]) => unknown} */
const move = to => ids => performAll(ids, posts => ({ do: 'move', posts, to }))

/** @param {"star" | "pin" | "answered"} mark @returns {Action["run"]} */
const give = mark => (ids, on) => performAll(ids, posts => ({ do: mark, posts, on }))

/** The parts of these questions. @param {number[]} ids */
const parts = ids => ids.flatMap(id => partsOf(id).map(([part]) => part))

/** @param {number[]} ids */
const first = ids => ids[0] ?? 0

/** @type {Action[]} */
export const ACTIONS = [
  { name: 'publish', key: 'p', lists: ['review', 'reviewed'], ahead: ['review', 'reviewed'], run: move('published') },
  { name: 'reviewed', key: 'v', lists: ['review', 'published'], ahead: ['review'], run: move('reviewed') },
  {
    name: 'highlight',
    key: 'o',
    lists: ['published'],
    ahead: ['published'],
    one: true,
    on: (_, id) => forum.topic?.highlight === id,
    run: (ids, on) => perform({ do: 'highlight', post: on ? first(ids) : null }),
  },
  { name: 'answered', key: 'a', lists: ['published'], ahead: ['published'], questions: true, on: post => post.answered === true, run: give('answered') },
  { name: 'restore', key: 't', lists: ['bin'], ahead: ['bin'], run: ids => performAll(ids, posts => ({ do: 'restore', posts })) },
  { name: 'merge', key: 'm', lists: LIVE, ahead: ['reviewed'], run: merge },
  { name: 'decline', key: 'd', lists: LIVE, ahead: ['review', 'reviewed'], run: decline },
  { name: 'hide', key: 'h', lists: ['published'], ahead: ['published'], run: ids => performAll(ids, posts => ({ do: 'hide', posts })) },
  { name: 'review', key: 'w', lists: ['reviewed', 'published'], run: move('review') },
  { name: 'edit', key: 'e', lists: ALL, one: true, full: true, run: ids => edit(first(ids)) },
  { name: 'reply', key: 'r', lists: ALL, one: true, full: true, questions: true, run: ids => reply(first(ids)) },
  { name: 'label', key: 'l', lists: ALL, questions: true, run: label },
  { name: 'star', key: 's', lists: ALL, on: post => post.starred === true, run: give('star') },
  { name: 'pin', key: 'i', lists: LIVE, on: post => post.pinned === true, run: give('pin') },
  {
    name: 'unmerge',
    key: 'u',
    lists: ALL,
    fits: (_, id) => partsOf(id).length > 0,
    run: ids => performAll(parts(ids), posts => ({ do: 'unmerge', posts })),
  },
  {
    name: 'block',
    key: 'b',
    lists: ALL,
    one: true,
    on: post => post.blocked === true,
    run: (ids, on) => perform({ do: 'block', post: first(ids), on }),
  },
]

/** Whether it is for whoever looks at this page. @param {Action} action */
export const allowed = action => forum.full || !action.full

/**
 * Whether something can be done with these questions of a list.
 * @param {Action} action
 * @param {number[]} ids
 * @param {List} list
 */
export function possible(action, ids, list) {
  if (!allowed(action) || !action.lists.includes(list) || ids.length === 0 || (action.one && ids.length > 1)) return false
  const places = ids.map(id => placeOf(find(id)))
  if (action.questions && places.some(place => place !== QUESTIONS)) return false
  // Only what was sent to the same place can say the same.
  if (action.name === 'merge' && places.some(place => place !== places[0])) return false
  return ids.some(id => {
    const post = find(id)
    return post !== undefined && (action.fits?.(post, id) ?? true)
  })
}

/**
 * Whether all of these questions have what the action gives: then it takes.
 * @param {Action} action
 * @param {number[]} ids
 */
export const isOn = (action, ids) => {
  const { on } = action
  return on !== undefined && ids.every(id => {
    const post = find(id)
    return post !== undefined && on(post, id)
  })
}

/**
 * Does it, once the acts before it are done: it is their outcome that it acts on.
 * @param {Action} action
 * @param {number[]} ids
 */
export async function run(action, ids) {
  await idle(ids)
  const post = find(ids[0])
  if (post && possible(action, ids, listOf(post))) await action.run(ids, !isOn(action, ids))
}

/** The message that names the action as it would act now. @param {Action} action @param {number[]} ids */
export const titleKey = (action, ids) => agreeing(`moderation.act.${action.name}${isOn(action, ids) ? '_off' : ''}`, areTexts(ids))
