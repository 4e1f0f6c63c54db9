// Acts of a moderator: sent with the versions that were seen, told in words, undone.

import { focusWhenThere } from '../focus.js'
import { has, t } from '../studio/words.js'
import { toast } from '../studio/toasts.js'
import { changed, find, forum, open, send, watch } from './forum.js'
import { refreshSoon } from './more.js'
import { news, tellStale } from './stale.js'
import { aboutOf, doneText, undoneText } from './words.js'

/** @import { Act, PostRef } from "../wire.js" */
/**
 * @typedef {object} About what is said of an act, and what has the focus when its undoing was pressed in a message
 * @property {string} text what was done
 * @property {string} [undone] what is so again once it is undone, where there are words for it
 * @property {string} [back] a selector of what has come back then
 * @property {string} [next] a selector of what has the focus when it is done once more
 */
/** @typedef {{cids: string[]} & About} Done something that was done here and may be undone */

/** As many questions may be in one act. */
const PER_ACT = 200
/** How long the version that an act of one's own has made is awaited: on a slow network the next act would be refused without it. */
const OWN_NEWS_MS = 6_000

/** What was done here and can be undone, the last at the end. @type {Done[]} */
const done = []

/** What the key for undo would undo. */
export const lastDone = () => done[done.length - 1]

/** Questions with the versions in which they are seen here. @param {number[]} ids @returns {PostRef[]} */
export const seen = ids => ids.flatMap(post => ({ post, version: find(post)?.version ?? 0 }))

/**
 * Sends an act. Whether it was done; where it was not, why was said in words.
 * @param {Act} act
 * @param {{quiet?: boolean} & Partial<About>} [how] `quiet`: a refusal for being stale is left to whoever asked to tell
 * @returns {Promise<"done" | "stale" | "no">}
 */
export async function perform(act, how = {}) {
  if (!open()) return no(t('moderation.refusal.off'))
  const ids = aboutOf(act)
  const before = new Map(ids.map(id => [id, find(id)]))
  // What is seen now is what the sentence is about, not what it is like when the receipt comes.
  const about = { undone: undoneText(act), ...how, text: how.text ?? doneText(act) }
  for (const id of ids) forum.busy.add(id)
  changed()
  const receipt = await send(act).catch(() => undefined)
  const free = () => {
    for (const id of ids) forum.busy.delete(id)
    changed()
  }
  if (receipt?.status === 'stored') {
    // The next act on these questions has to name the version that this one has made.
    if (isVersioned(act)) void news(ids, before, OWN_NEWS_MS).then(free)
    else free()
    note({ ...about, cids: [receipt.cid] })
    return 'done'
  }
  free()
  if (!receipt) return no(t('moderation.refusal.off'))
  const code = receipt.status === 'refused' ? receipt.code : 'later'
  if (code === 'stale') {
    if (!how.quiet) void tellStale(ids, before)
    return 'stale'
  }
  // Of a word, nothing else can be wrong that this page offers.
  const own = `moderation.refusal.${'word' in act && code === 'invalid' ? 'words_full' : code}`
  return no(t(has(own) ? own : 'studio.toast.failed'))
}

/** Whether an act names the versions of its questions. @param {Act} act */
const isVersioned = act => 'posts' in act || ('post' in act && typeof act.post === 'object' && act.post !== null)

/** For each question the end of the last act that was asked for, when its outcome is known here. @type {Map<number, Promise<unknown>>} */
const turns = new Map()

/**
 * Waits until no act on these questions is on its way.
 * @param {number[]} ids
 */
export async function idle(ids) {
  for (let turn; (turn = ids.map(id => turns.get(id)).find(Boolean)); ) await turn
}

/**
 * Does something to questions when all that was to be done to them before is done.
 * @template T
 * @param {number[]} ids
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
function inTurn(ids, work) {
  const result = Promise.all(ids.map(id => turns.get(id))).then(work)
  const over = result.then(() => known(ids))
  for (const id of ids) turns.set(id, over)
  void over.then(() => {
    for (const id of ids) if (turns.get(id) === over) turns.delete(id)
  })
  return result
}

/** Waits until the outcome of the acts on these questions is known here. @param {number[]} ids @returns {Promise<void>} */
function known(ids) {
  const isKnown = () => !ids.some(id => forum.busy.has(id))
  if (isKnown()) return Promise.resolve()
  return new Promise(resolve => {
    const stop = watch(() => {
      if (!isKnown()) return
      stop()
      resolve()
    })
  })
}

/** @param {string} text @returns {"no"} */
function no(text) {
  toast({ text })
  return 'no'
}

/**
 * Sends an act on any number of questions, as many at a time as one act may have.
 * @param {number[]} ids
 * @param {(posts: PostRef[]) => Act} make
 */
export const performAll = (ids, make) =>
  inTurn(ids, async () => {
    const before = done.length
    let result = /** @type {"done" | "stale" | "no"} */ ('done')
    for (let at = 0; at < ids.length && result === 'done'; at += PER_ACT) result = await perform(make(seen(ids.slice(at, at + PER_ACT))))
    // Several acts that were one press are undone as one.
    const parts = done.splice(before)
    const last = parts[parts.length - 1]
    if (last) done.push({ ...last, cids: parts.flatMap(({ cids }) => cids) })
    return result
  })

/**
 * Sends an act about one question and others, once all acts on them before are done.
 * @param {number[]} ids
 * @param {() => Act | undefined} make nothing where it makes no sense any more
 * @param {{quiet?: boolean} & Partial<About>} [how]
 */
export const performOne = (ids, make, how) =>
  inTurn(ids, async () => {
    const act = make()
    return act ? perform(act, how) : 'stale'
  })

/** @param {Done} what */
function note(what) {
  done.push(what)
  toast({ text: what.text, action: { label: t('moderation.undo'), run: () => void leading(() => undo(what), what.back) } })
}

/**
 * Undoes or does again what was pressed in a message, which is gone then: the focus goes on to what the press was about, unless
 * somebody has gone elsewhere meanwhile.
 * @param {() => Promise<boolean>} work
 * @param {string | undefined} selector
 */
async function leading(work, selector) {
  const from = document.activeElement ?? document.body
  if ((await work()) && selector && [from, document.body].includes(document.activeElement ?? from)) focusWhenThere(selector, from)
}

/** Undoes the last act of this page that is not undone yet. */
export function undoLast() {
  const what = lastDone()
  if (what) void undo(what)
  else toast({ text: t('moderation.undo_nothing') })
}

/**
 * Undoes something that was done, here or, from the ledger, elsewhere.
 * @param {Done} what
 */
export async function undo(what) {
  const place = done.indexOf(what)
  if (place >= 0) done.splice(place, 1)
  changed()
  /** @type {string[]} */
  const undone = []
  for (const cid of [...what.cids].reverse()) {
    const receipt = open() ? await send({ do: 'undo', cid }).catch(() => undefined) : undefined
    if (receipt?.status !== 'stored') {
      const code = receipt?.status === 'refused' ? receipt.code : 'off'
      const key = { stale: 'undo_stale', forbidden: 'undo_forbidden', unknown: 'undo_unknown', off: 'off' }[String(code)] ?? 'undo_stale'
      toast({ text: t(`moderation.refusal.${key}`) })
      return false
    }
    undone.push(receipt.cid)
  }
  refreshSoon()
  const text = what.undone ?? t('moderation.done.undo', { text: what.text })
  toast({ text, action: { label: t('moderation.redo'), run: () => void leading(() => redo(undone, what), what.next) } })
  return true
}

/** @param {string[]} undone @param {Done} what */
async function redo(undone, what) {
  /** @type {string[]} */
  const cids = []
  for (const cid of [...undone].reverse()) {
    const receipt = await send({ do: 'undo', cid }).catch(() => undefined)
    if (receipt?.status !== 'stored') {
      toast({ text: t('moderation.refusal.undo_stale') })
      return false
    }
    cids.push(receipt.cid)
  }
  // All is as it was after the act, but what would be undone now is the undoing of its undoing.
  note({ ...what, cids })
  return true
}
