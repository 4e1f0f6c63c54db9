// How a moderator looks at the lists: which is open, in which order, what is searched for, what is selected.

import { clean, fold, isEmpty } from '../text.js'
import { QUESTIONS, activities, forum, isPast, known, labelOf, listOf, placeOf, settings } from './forum.js'
import { found } from './more.js'

/** @import { ModeratedPost } from "../wire.js" */
/** @import { List } from "./forum.js" */
/** @typedef {"oldest" | "support" | "latest"} Sort */

/** The orders to choose from. @type {Sort[]} */
const SORTS = ['oldest', 'support', 'latest']

export const view = {
  /** The list that has the keys, and the only one on narrow pages. @type {List} */
  list: 'review',
  /** The order of each list; at first the one of its window. @type {Record<List, Sort>} */
  sort: { review: 'oldest', reviewed: 'support', published: 'support', bin: 'latest' },
  /** The posts of which place are looked at: of the questions, of the activity of this id; empty: all. */
  of: '',
  /** What is searched for. */
  query: '',
  /** Only those with this label; 0 is all. */
  label: 0,
  /** Only starred ones, only those that the word filter found. */
  starred: false,
  flagged: false,
  /** The selected questions, and the list in which they were selected. @type {Set<number>} */
  chosen: new Set(),
  /** @type {List} */
  chosenIn: 'review',
}

/** Whether something is left out of the lists. */
export const narrowed = () => !isEmpty(view.query) || view.label > 0 || view.starred || view.flagged

/** Shows everything again. */
export function showAll() {
  Object.assign(view, { query: '', label: 0, starred: false, flagged: false })
}

/**
 * Whether a question is what is searched for: every word of it is in its text or its name, or it is its number.
 * @param {number} id
 * @param {ModeratedPost} post
 * @param {string} query
 */
export function matches(id, post, query) {
  const text = fold(`${post.text} ${post.original ?? ''} ${post.name ?? ''}`)
  const words = fold(query).split(/\s+/).filter(Boolean)
  return words.every(word => text.includes(word)) || words.join('') === `#${id}` || words.join('') === String(id)
}

/** @type {Record<Sort, (a: [number, ModeratedPost], b: [number, ModeratedPost]) => number>} */
const ORDER = {
  oldest: ([a], [b]) => a - b,
  support: ([a, one], [b, other]) =>
    Number(other.pinned ?? false) - Number(one.pinned ?? false) || score(other) - score(one) || a - b,
  latest: ([a, one], [b, other]) => other.version - one.version || b - a,
}

/** @param {ModeratedPost} post */
const score = ({ votes, down = 0 }) => votes - down

/** Whether a post is of what is looked at; of a round that is over nothing is. @param {ModeratedPost} post */
function isHere(post) {
  return !isPast(post) && (view.of === '' || view.of === placeOf(post))
}

/** Looks at the posts of another place. @param {string} of */
export function lookAt(of) {
  view.of = of
  view.chosen.clear()
}

/** Whether questions are among what is looked at: an event with text walls that takes no questions, and has none, has only texts. */
export function areQuestionsHere() {
  if (view.of !== '') return view.of === QUESTIONS
  return activities().length === 0 || settings()?.state !== 'off' || Object.values(forum.topic?.counts ?? {}).some(n => n > 0)
}

/** The orders to choose from here: texts have no votes. */
export const sorts = () => (areQuestionsHere() ? SORTS : SORTS.filter(sort => sort !== 'support'))

/** The order of a list here: where there are no votes, what came last is what one looks for. @param {List} list */
export const sortOf = list => (sorts().includes(view.sort[list]) ? view.sort[list] : 'latest')

/** How many posts of what is looked at a list has. @param {List} list */
export function countOf(list) {
  /** @type {Record<string, import("../wire.js").QueueCounts | undefined>} */
  const counts = { [QUESTIONS]: forum.topic?.counts, ...Object.fromEntries(activities().map(([id, { counts }]) => [id, counts])) }
  const wanted = view.of === '' ? Object.values(counts) : [counts[view.of]]
  return wanted.reduce((sum, one) => sum + (one?.[list] ?? 0), 0)
}

/**
 * The questions of a list as they are looked at.
 * @param {List} list
 * @returns {[number, ModeratedPost][]}
 */
export function listed(list) {
  const { query, label, starred, flagged } = view
  const searched = clean(query)
  const foundHere = searched ? found(list, searched) : new Set()
  const wanted = (/** @type {[number, ModeratedPost]} */ [id, post]) =>
    post.merged_into === undefined &&
    isHere(post) &&
    listOf(post) === list &&
    (!searched || foundHere.has(id) || matches(id, post, searched)) &&
    (label === 0 || (post.labels?.includes(label) ?? false)) &&
    (!starred || post.starred === true) &&
    (!flagged || post.flagged === true)
  return [...known()].filter(wanted).sort(ORDER[sortOf(list)])
}

/**
 * Selects a question, or lets it go; a selection is always of one list.
 * @param {number} id
 * @param {List} list
 * @param {boolean} on
 */
export function choose(id, list, on) {
  if (view.chosenIn !== list) view.chosen.clear()
  view.chosenIn = list
  if (on) view.chosen.add(id)
  else view.chosen.delete(id)
}

/** The list of what is selected. @returns {List | undefined} */
export function chosenList() {
  tidy()
  return view.chosen.size > 0 ? view.chosenIn : undefined
}

/** Lets go of what is no longer where it was selected: it was moved, by this moderator or another. */
export function tidy() {
  if (view.label && !labelOf(view.label)) view.label = 0
  if (forum.topic && view.of !== '' && view.of !== QUESTIONS && !forum.topic.activities?.[view.of]) lookAt('')
  if (view.chosen.size === 0) return
  const all = known()
  for (const id of view.chosen) {
    const post = all.get(id)
    if (!post || post.merged_into !== undefined || listOf(post) !== view.chosenIn) view.chosen.delete(id)
  }
}
