// The list of an activity's parts in its editor, such as the options of a poll: each has an id and a text, can be moved,
// removed, added by Enter and pasted as lines.

import { html, nothing } from '../html.js'
import { pastedLines, withLines, withoutEmptyEnd } from '../lines.js'
import { clean, isEmpty, lookKey, tooLong } from '../text.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { problemLine } from './dialogs.js'
import { cross, down, plus, up } from './icons.js'
import { toast } from './toasts.js'
import { t } from './words.js'

/** @import { Problem } from "./api.js" */
/** @import { EditorContext } from "./types.js" */
/** @import { PollOption as Part } from "../wire.js" */
/** @typedef {{currentTarget: HTMLInputElement}} Typed */
/**
 * How the parts of a kind are written.
 * @typedef {object} PartsOf
 * @property {string} all the field that the list is, as problems name it
 * @property {string} one the field that a text of it is
 * @property {number} fewest
 * @property {number} most
 * @property {number} chars the longest text
 * @property {boolean} [onlyOneMayBeEmpty] whether the text of a part that is the only one may be left out
 * @property {(place: number) => {letter: string, colour: string}} mark
 * @property {Record<'legend' | 'add', string> & Record<'name' | 'up' | 'down' | 'remove', (letter: string) => string> & {cut: (n: number) => string}} words
 */

/** The highest id that the wire carries. */
const HIGHEST_ID = 65_535
/** Ids below are given in turn when an activity is first written; random ones begin here and so never meet them. */
const FIRST_RANDOM_ID = 1_000

/**
 * An id for a new part. An activity does not remember the ids of parts that were removed, and answers that hold one must
 * not count for another: one that was stored before gets random ids, among so many that none comes twice.
 * @param {Part[]} parts
 * @param {boolean} stored
 */
function newId(parts, stored) {
  const taken = parts.map(part => part.id)
  if (!stored) return Math.max(0, ...taken) + 1
  for (;;) {
    const id = FIRST_RANDOM_ID + Math.floor(Math.random() * (HIGHEST_ID - FIRST_RANDOM_ID))
    if (!taken.includes(id)) return id
  }
}

/**
 * The list in the editor.
 * @param {PartsOf} of
 * @param {EditorContext<unknown>} context
 * @param {Part[]} parts
 * @param {(parts: Part[]) => void} change
 */
export function partsList(of, context, parts, change) {
  const add = () => {
    const id = newId(parts, context.stored)
    change([...parts, { id, text: '' }])
    context.focus(`#option-${id}`)
  }
  const list = { of, context, parts, change, add }
  const trouble = context.problem(of.all)
  return html`<fieldset class="options" aria-describedby=${trouble ? `${of.all}-problem` : nothing}>
    <legend>${of.words.legend}</legend>
    <ol>${repeat(
      parts,
      part => part.id,
      (part, place) => row(list, part, place),
    )}</ol>
    ${problemLine(`${of.all}-problem`, trouble)}
    <button type="button" class="button quiet" ?disabled=${parts.length >= of.most} @click=${add}>${plus}${of.words.add}</button>
  </fieldset>`
}

/** @typedef {{of: PartsOf, context: EditorContext<unknown>, parts: Part[], change: (parts: Part[]) => void, add: () => void}} List */

/**
 * @param {List} list
 * @param {Part} part
 * @param {number} place
 */
function row(list, part, place) {
  const { of, context, parts, change } = list
  const { letter, colour } = of.mark(place)
  const last = parts.length - 1
  const long = tooLong(part.text, of.chars)
  const trouble = long ? t(...long) : isEmpty(part.text) && !mayBeEmpty(of, parts) ? context.problem(of.one) : undefined
  const twice = context.trouble(of.all)?.args
  const isTwice = twice !== undefined && [twice.first, twice.value].includes(clean(part.text))
  const describedBy = trouble ? `option-${part.id}-problem` : isTwice ? `${of.all}-problem` : nothing
  const type = (/** @type {Typed} */ { currentTarget }) =>
    change(parts.map(other => (other.id === part.id ? { ...other, text: currentTarget.value } : other)))
  const move = (/** @type {number} */ by) => {
    change(moved(parts, place, place + by))
    context.focus(`#option-${part.id}`)
  }
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey && event.key === 'ArrowUp' && place > 0) move(-1)
    else if (event.altKey && event.key === 'ArrowDown' && place < last) move(1)
    else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) next(list, place)
    else return
    event.preventDefault()
  }
  const paste = (/** @type {ClipboardEvent} */ event) => {
    const lines = pastedLines(event)
    if (lines) fill(list, place, lines)
  }
  return html`<li class=${colour}>
    <span class="letter" aria-hidden="true" translate="no">${letter}</span>
    <input class="field" dir="auto" id="option-${part.id}" aria-label=${of.words.name(letter)}
      .value=${live(part.text)} @input=${type} @keydown=${keys} @paste=${paste} autocomplete="off"
      aria-invalid=${trouble || isTwice ? 'true' : nothing} aria-describedby=${describedBy}>
    <button type="button" class="small" ?disabled=${place === 0} aria-label=${of.words.up(letter)} @click=${() => move(-1)}>${up}</button>
    <button type="button" class="small" ?disabled=${place === last} aria-label=${of.words.down(letter)} @click=${() => move(1)}>${down}</button>
    <button type="button" class="small" ?disabled=${parts.length <= of.fewest} aria-label=${of.words.remove(letter)} @click=${() => remove(list, place)}>${cross}</button>
    ${trouble ? problemLine(`option-${part.id}-problem`, trouble) : nothing}
  </li>`
}

/**
 * Enter in a part goes on to the next one, from the last to a new one.
 * @param {List} list
 * @param {number} place
 */
function next({ of, context, parts, add }, place) {
  const following = parts[place + 1]
  if (following) context.focus(`#option-${following.id}`)
  else if (parts.length < of.most) add()
}

/**
 * Each line of a list that is pasted is a part.
 * @param {List} list
 * @param {number} place
 * @param {string[]} lines
 */
function fill({ of, context, parts, change }, place, lines) {
  const { entries, last, left } = withLines(parts, place, lines, {
    most: of.most,
    isEmpty: part => isEmpty(part.text),
    filled: (part, text) => ({ ...part, text }),
    added: (text, parts) => ({ id: newId(parts, context.stored), text }),
  })
  change(entries)
  context.focus(`#option-${last?.id}`)
  if (left > 0) toast({ text: of.words.cut(left), lasting: true })
}

/**
 * @param {List} list
 * @param {number} place
 */
function remove({ context, parts, change }, place) {
  const left = parts.filter((_, other) => other !== place)
  change(left)
  context.focus(`#option-${left[Math.min(place, left.length - 1)]?.id}`)
}

/**
 * @param {Part[]} parts
 * @param {number} from
 * @param {number} to
 */
function moved(parts, from, to) {
  const next = parts.filter((_, place) => place !== from)
  next.splice(to, 0, ...parts.slice(from, from + 1))
  return next
}

/** Whether a part may be without text. @param {PartsOf} of @param {Part[]} parts */
const mayBeEmpty = (of, parts) => of.onlyOneMayBeEmpty === true && parts.length === 1

/**
 * Without the empty ones that Enter leaves at the end.
 * @param {PartsOf} of
 * @param {Part[]} parts
 */
export const withoutEmptyParts = (of, parts) => withoutEmptyEnd(parts, part => isEmpty(part.text), of.fewest)

/**
 * What cannot be stored of the parts, all of it; the server judges again.
 * @param {PartsOf} of
 * @param {Part[]} parts
 */
export function problemsOfParts(of, parts) {
  /** @type {Problem[]} */
  const found = []
  if (!mayBeEmpty(of, parts) && parts.some(part => isEmpty(part.text))) found.push({ code: 'problem.empty', args: { field: of.one } })
  const long = parts.map(part => tooLong(part.text, of.chars)).find(Boolean)
  if (long) found.push({ code: long[0], args: { field: of.one, ...long[1] } })
  /** @type {Map<string, string>} */
  const known = new Map()
  for (const value of parts.map(part => clean(part.text)).filter(Boolean)) {
    const first = known.get(lookKey(value))
    if (first !== undefined) {
      const same = first === value
      found.push(same ? { code: 'problem.duplicate', args: { field: of.all, value } } : { code: 'problem.alike', args: { field: of.all, first, value } })
      break
    }
    known.set(lookKey(value), value)
  }
  return found
}
