// Acts and moments in words.

import { isolated } from '../messages.js'
import { has, number, t } from '../studio/words.js'
import { areTexts, awaits, find, forum, labelOf } from './forum.js'
import { countOf } from './view.js'

/** @import { Act, ModeratedPost, Reason } from "../wire.js" */

const language = document.documentElement.lang || 'en'
const ago = new Intl.RelativeTimeFormat(language, { style: 'short', numeric: 'auto' })
const days = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' })
const both = new Intl.ListFormat(language, { type: 'conjunction' })
const quote = language === 'fr' ? ['«\u00a0', '\u00a0»'] : ['“', '”']

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000]
/** How much of a question is repeated in a sentence about it. */
const EXCERPT = 60
/** How many numbers a sentence lists before it counts the rest. */
const NAMED = 5

/**
 * The key of a message about questions, or of the same about texts: there are languages in which adjectives agree with their noun.
 * @param {string} key
 * @param {boolean} texts whether it is about texts alone
 */
export const agreeing = (key, texts) => (texts && has(`${key}_texts`) ? `${key}_texts` : key)

/**
 * How long ago a moment was.
 * @param {number} at
 */
export function since(at) {
  const past = Math.max(0, Date.now() - at)
  if (past < MINUTE) return t('moderation.now')
  if (past < HOUR) return ago.format(-Math.floor(past / MINUTE), 'minute')
  if (past < DAY) return ago.format(-Math.floor(past / HOUR), 'hour')
  return ago.format(-Math.floor(past / DAY), 'day')
}

/** A moment as day and time. @param {number} at */
export const moment = at => days.format(at)

/** Part of a text, in quotation marks. @param {string} text */
export function excerpt(text) {
  const short = text.length > EXCERPT ? `${text.slice(0, EXCERPT).replace(/\s+\S*$/, '')} …` : text
  return quote[0] + isolated(short) + quote[1]
}

/** How many support a question, and how many are against it. @param {ModeratedPost} post */
export const support = ({ votes, down, to }) =>
  to ? t('moderation.card.sent_by', { n: votes }) : down ? t('moderation.card.for_against', { n: votes, down }) : t('moderation.card.support', { n: votes })

/** Why something was declined. @param {Reason} reason */
export const reasonText = reason =>
  reason.text ? `${t(`moderation.reason.${reason.code}`)}: ${isolated(reason.text)}` : t(`moderation.reason.${reason.code}`)

/** What an act is called in the catalogues. @param {Act} act */
export function nameOf(act) {
  if (act.do === 'move') return { review: 'review', reviewed: 'reviewed', published: 'publish' }[act.to]
  if (act.do === 'reply') return act.text ? 'reply' : 'reply_off'
  if (act.do === 'highlight') return act.post === null ? 'highlight_off' : 'highlight'
  if ('on' in act && !act.on) return `${act.do}_off`
  return act.do
}

/** The questions that an act is about. @param {Act} act @returns {number[]} */
export function aboutOf(act) {
  if ('posts' in act) return act.posts.map(({ post }) => post)
  if (!('post' in act) || act.post === null) return []
  return [typeof act.post === 'number' ? act.post : act.post.post]
}

/** What an act's sentences are given, besides its questions. @param {Act} act @returns {Record<string, string>} */
function details(act) {
  const into = act.do === 'merge' ? named([act.into.post]) : act.do === 'merge_word' ? excerpt(act.into) : ''
  const label = act.do === 'label' ? (labelOf(act.label)?.name ?? t('moderation.label.gone')) : ''
  return { into, label, word: 'word' in act ? excerpt(act.word) : '' }
}

/** What was just done here, for a message with undo. @param {Act} act */
export function doneText(act) {
  const later = act.do === 'highlight' && awaits(find(act.post))
  return sentence(later ? 'highlight_later' : nameOf(act), act)
}

/** The sentence of this name about an act. @param {string} name @param {Act} act */
function sentence(name, act) {
  const posts = aboutOf(act)
  const post = find(posts[0])
  return t(agreeing(`moderation.done.${name}`, posts.length > 0 && areTexts(posts)), { n: posts.length, text: post ? excerpt(post.text) : named(posts), ...details(act) })
}

/** What says that an act is undone: the words for having done its contrary. @type {Record<string, string>} */
const CONTRARY = {
  hide: 'restore',
  merge: 'unmerge',
  ...Object.fromEntries(['label', 'star', 'pin', 'answered', 'block'].flatMap(one => [[one, `${one}_off`], [`${one}_off`, one]])),
}

/** What is so again once an act is undone, where it has a contrary. @param {Act} act */
export function undoneText(act) {
  const contrary = CONTRARY[nameOf(act)]
  return contrary && sentence(contrary, act)
}

/** Questions by their numbers; of one the beginning of its text too. @param {number[]} posts */
export function named(posts) {
  const first = posts.slice(0, posts.length > NAMED ? NAMED - 1 : NAMED).map(id => `#${id}`)
  const rest = posts.length - first.length
  return both.format(rest > 0 ? [...first, t('moderation.ledger.others', { n: rest })] : first)
}

/**
 * What somebody did, as a sentence without its subject.
 * @param {Act} act
 * @param {(cid: string) => Act | undefined} [undone] the act that an undo is of
 * @returns {string}
 */
export function actText(act, undone) {
  if (act.do === 'undo') {
    const what = undone?.(act.cid)
    return what ? t('moderation.ledger.undo', { what: actText(what, undone) }) : t('moderation.ledger.undo_unknown')
  }
  const reason = act.do === 'decline' && act.reason ? ` (${reasonText(act.reason)})` : ''
  return t(`moderation.ledger.${nameOf(act)}`, { posts: named(aboutOf(act)), ...details(act) }) + reason
}

/** How many posts of what is looked at a list has. @param {import("./forum.js").List} list */
export const count = list => (forum.topic ? number(countOf(list)) : '')
