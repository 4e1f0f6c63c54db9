// The choice poll in the studio: its form. What it looks like elsewhere is in `studio-results.js`.

import { html, nothing } from '../../js/html.js'
import { mark } from '../../js/messages.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { problemLine } from '../../js/studio/dialogs.js'
import { cross, down, plus, up } from '../../js/studio/icons.js'
import { t } from '../../js/studio/words.js'
import { toast } from '../../js/studio/toasts.js'
import { pastedLines, withLines, withoutEmptyEnd } from '../../js/lines.js'
import { clean, isEmpty, lookKey, tooLong } from '../../js/text.js'
import { phone, picture, results } from './studio-results.js'

/** @import { Desk, Kind } from "../../js/studio/types.js" */
/** @import { PollOption, Settings } from "../../js/wire.js" */
/** @typedef {Extract<Settings, {kind: "choice"}>} Poll */
/** @typedef {{currentTarget: HTMLInputElement}} Typed */

const [FEWEST, MOST] = [2, 20]
const OPTION_CHARS = 140
/** The highest id that the wire carries. */
const HIGHEST_ID = 65_535
/** Ids below are given in turn when a poll is first written; random ones begin here and so never meet them. */
const FIRST_RANDOM_ID = 1_000

/**
 * An id for a new option. A poll does not remember the ids of options that were removed, and answers that hold one must
 * not count for another option: a poll that was stored before gets random ids, among so many that none comes twice.
 * @param {Poll} poll
 * @param {boolean} stored
 */
function newId(poll, stored) {
  const taken = poll.options.map(option => option.id)
  if (!stored) return Math.max(0, ...taken) + 1
  for (;;) {
    const id = FIRST_RANDOM_ID + Math.floor(Math.random() * (HIGHEST_ID - FIRST_RANDOM_ID))
    if (!taken.includes(id)) return id
  }
}

/**
 * The change that keeps the numbers possible: as many as there are to pick from at most.
 * @param {Poll} poll
 * @param {Partial<Poll>} change
 * @returns {Partial<Poll>}
 */
function fitted(poll, change) {
  const next = { ...poll, ...change }
  const pickable = next.options.length + Number(next.other)
  const max = Math.max(1, Math.min(next.max, pickable))
  return { ...change, max, min: Math.max(1, Math.min(next.min, max)) }
}

/** @param {Desk<Poll>} desk */
function form(desk) {
  const { question: poll, problem } = desk
  const change = (/** @type {Partial<Poll>} */ part) => desk.change(fitted(poll, part))
  const check = (/** @type {"other" | "changeable"} */ name) => html`<label class="check">
    <input type="checkbox" .checked=${live(poll[name])} @change=${(/** @type {Typed} */ { currentTarget }) => change({ [name]: currentTarget.checked })}>
    <span>${t(`studio.choice.${name}`)}</span></label>`
  return html`<fieldset class="options" aria-describedby=${problem('options') ? 'options-problem' : nothing}>
      <legend>${t('studio.choice.options')}</legend>
      <ol>${repeat(
        poll.options,
        option => option.id,
        (option, place) => row(desk, change, option, place),
      )}</ol>
      ${problemLine('options-problem', problem('options'))}
      <button type="button" class="button quiet" ?disabled=${poll.options.length >= MOST} @click=${() => add(desk, change)}>${plus}${t('studio.choice.add')}</button>
    </fieldset>
    ${howMany(poll, change, problem('max') ?? problem('min'))}
    ${check('other')}${check('changeable')}`
}

/**
 * @param {Desk<Poll>} desk
 * @param {(part: Partial<Poll>) => void} change
 * @param {PollOption} option
 * @param {number} place
 */
function row(desk, change, option, place) {
  const { options } = desk.question
  const long = tooLong(option.text, OPTION_CHARS)
  const trouble = long ? t(...long) : isEmpty(option.text) ? desk.problem('option') : undefined
  const twice = desk.trouble('options')?.args
  const isTwice = twice !== undefined && [twice.first, twice.value].includes(clean(option.text))
  const name = mark(place).letter
  const type = (/** @type {Typed} */ { currentTarget }) =>
    change({ options: options.map(other => (other.id === option.id ? { ...other, text: currentTarget.value } : other)) })
  const move = (/** @type {number} */ by) => {
    change({ options: moved(options, place, place + by) })
    desk.focus(`#option-${option.id}`)
  }
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey && event.key === 'ArrowUp' && place > 0) move(-1)
    else if (event.altKey && event.key === 'ArrowDown' && place < options.length - 1) move(1)
    else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) next(desk, change, place)
    else return
    event.preventDefault()
  }
  const paste = (/** @type {ClipboardEvent} */ event) => {
    const lines = pastedLines(event)
    if (lines) fill(desk, change, place, lines)
  }
  return html`<li class=${mark(place).colour}>
    <span class="letter" aria-hidden="true" translate="no">${name}</span>
    <input class="field" dir="auto" id="option-${option.id}" aria-label=${t('studio.choice.option', { letter: name })}
      .value=${live(option.text)} @input=${type} @keydown=${keys} @paste=${paste} autocomplete="off"
      aria-invalid=${trouble || isTwice ? 'true' : nothing} aria-describedby=${trouble ? `option-${option.id}-problem` : isTwice ? 'options-problem' : nothing}>
    <button type="button" class="small" ?disabled=${place === 0} aria-label=${t('studio.choice.up', { letter: name })} @click=${() => move(-1)}>${up}</button>
    <button type="button" class="small" ?disabled=${place === options.length - 1} aria-label=${t('studio.choice.down', { letter: name })} @click=${() => move(1)}>${down}</button>
    <button type="button" class="small" ?disabled=${options.length <= FEWEST} aria-label=${t('studio.choice.remove', { letter: name })} @click=${() => remove(desk, change, place)}>${cross}</button>
    ${trouble ? problemLine(`option-${option.id}-problem`, trouble) : nothing}
  </li>`
}

/**
 * Enter in an option goes on to the next one, from the last to a new one.
 * @param {Desk<Poll>} desk
 * @param {(part: Partial<Poll>) => void} change
 * @param {number} place
 */
function next(desk, change, place) {
  const following = desk.question.options[place + 1]
  if (following) desk.focus(`#option-${following.id}`)
  else if (desk.question.options.length < MOST) add(desk, change)
}

/**
 * Each line of a list that is pasted is an option.
 * @param {Desk<Poll>} desk
 * @param {(part: Partial<Poll>) => void} change
 * @param {number} place
 * @param {string[]} lines
 */
function fill(desk, change, place, lines) {
  const { question, stored } = desk
  const { entries, last, left } = withLines(question.options, place, lines, {
    most: MOST,
    isEmpty: option => isEmpty(option.text),
    filled: (option, text) => ({ ...option, text }),
    added: (text, options) => ({ id: newId({ ...question, options }, stored), text }),
  })
  change({ options: entries })
  desk.focus(`#option-${last?.id}`)
  if (left > 0) toast({ text: t('studio.choice.cut', { n: left, max: MOST }), lasting: true })
}

/**
 * @param {Desk<Poll>} desk
 * @param {(part: Partial<Poll>) => void} change
 */
function add(desk, change) {
  const id = newId(desk.question, desk.stored)
  change({ options: [...desk.question.options, { id, text: '' }] })
  desk.focus(`#option-${id}`)
}

/**
 * @param {Desk<Poll>} desk
 * @param {(part: Partial<Poll>) => void} change
 * @param {number} place
 */
function remove(desk, change, place) {
  const options = desk.question.options.filter((_, other) => other !== place)
  change({ options })
  desk.focus(`#option-${options[Math.min(place, options.length - 1)]?.id}`)
}

/**
 * @param {PollOption[]} options
 * @param {number} from
 * @param {number} to
 */
function moved(options, from, to) {
  const next = options.filter((_, place) => place !== from)
  next.splice(to, 0, ...options.slice(from, from + 1))
  return next
}

/**
 * @param {Poll} poll
 * @param {(part: Partial<Poll>) => void} change
 * @param {string | undefined} trouble
 */
function howMany(poll, change, trouble) {
  const pickable = poll.options.length + Number(poll.other)
  const several = poll.max > 1
  const radio = (/** @type {boolean} */ value, /** @type {string} */ label) => html`<label>
    <input type="radio" name="several" .checked=${live(several === value)} @change=${() => change({ min: 1, max: value ? pickable : 1 })}><span>${label}</span></label>`
  const count = (
    /** @type {"min" | "max"} */ name,
    /** @type {number} */ most,
  ) => html`<label class="count">${t(`studio.choice.${name}`)}
    <input class="field" type="number" inputmode="numeric" min="1" max=${most} .value=${live(String(poll[name]))} aria-invalid=${trouble ? 'true' : nothing}
      @change=${(/** @type {Typed} */ { currentTarget }) => change({ [name]: currentTarget.valueAsNumber || 1 })}></label>`
  return html`<fieldset class="how-many">
    <legend>${t('studio.choice.pick')}</legend>
    <div class="segments">${radio(false, t('studio.choice.one'))}${radio(true, t('studio.choice.several'))}</div>
    ${several ? html`${count('min', poll.max)}${count('max', pickable)}` : nothing}
    ${problemLine('pick-problem', trouble)}
  </fieldset>`
}

/**
 * What a change does to answers that there are, in sentences.
 * @param {Poll} before
 * @param {Poll} after
 * @param {import("../../js/wire.js").Tally | undefined} tally where it is known
 */
function touches(before, after, tally) {
  const votes = (/** @type {PollOption} */ option) => (tally?.kind === 'choice' ? (tally.counts[option.id] ?? 0) : undefined)
  const sentences = before.options.flatMap(option => {
    const now = after.options.find(other => other.id === option.id)
    const n = votes(option)
    if (n === 0 || clean(now?.text ?? '') === option.text) return []
    const what = now ? 'reworded' : 'removed'
    const args = { before: option.text, after: clean(now?.text ?? '') }
    return n === undefined ? t(`studio.edit.${what}`, args) : t(`studio.edit.${what}_votes`, { ...args, n })
  })
  if (before.other && !after.other) sentences.push(t('studio.edit.other_removed'))
  if (before.min !== after.min || before.max !== after.max) sentences.push(t('studio.edit.fewer'))
  return sentences
}

/** Without the empty options that Enter leaves at the end. @param {Poll} poll */
function tidy(poll) {
  const options = withoutEmptyEnd(poll.options, option => isEmpty(option.text), FEWEST)
  return { ...poll, ...fitted(poll, { options }) }
}

/** What cannot be stored of the options, all of it; the server judges again. @param {Poll} poll */
function problems({ options }) {
  /** @type {import("../../js/studio/api.js").Problem[]} */
  const found = []
  if (options.some(option => isEmpty(option.text))) found.push({ code: 'problem.empty', args: { field: 'option' } })
  const long = options.map(option => tooLong(option.text, OPTION_CHARS)).find(Boolean)
  if (long) found.push({ code: long[0], args: { field: 'option', ...long[1] } })
  /** @type {Map<string, string>} */
  const known = new Map()
  for (const value of options.map(option => clean(option.text)).filter(Boolean)) {
    const first = known.get(lookKey(value))
    if (first !== undefined) {
      found.push(first === value ? { code: 'problem.duplicate', args: { field: 'options', value } } : { code: 'problem.alike', args: { field: 'options', first, value } })
      break
    }
    known.set(lookKey(value), value)
  }
  return found
}

/** @type {Kind<Poll>} */
export const kind = {
  blank: () => ({
    kind: 'choice',
    title: '',
    options: [
      { id: 1, text: '' },
      { id: 2, text: '' },
    ],
    min: 1,
    max: 1,
    other: false,
    changeable: true,
  }),
  form,
  tidy,
  problems,
  touches,
  phone,
  results,
  picture,
}
