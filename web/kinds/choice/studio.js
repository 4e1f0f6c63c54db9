// The choice poll in the studio: its form. What it looks like elsewhere is in `studio-results.js`.

import { html, nothing } from '../../js/html.js'
import { mark } from '../../js/messages.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { problemLine } from '../../js/studio/dialogs.js'
import { partsList, problemsOfParts, withoutEmptyParts } from '../../js/studio/parts.js'
import { t } from '../../js/studio/words.js'
import { clean } from '../../js/text.js'
import { phone, picture, results } from './studio-results.js'

/** @import { EditorContext, Kind } from "../../js/studio/types.js" */
/** @import { PollOption, Settings } from "../../js/wire.js" */
/** @typedef {Extract<Settings, {kind: "choice"}>} Poll */
/** @typedef {{currentTarget: HTMLInputElement}} Typed */

const OPTION_CHARS = 140

/** @type {import("../../js/studio/parts.js").PartsOf} */
const OPTIONS = {
  all: 'options',
  one: 'option',
  fewest: 2,
  most: 20,
  chars: OPTION_CHARS,
  mark,
  words: {
    legend: t('studio.choice.options'),
    add: t('studio.choice.add'),
    name: letter => t('studio.choice.option', { letter }),
    up: letter => t('studio.choice.up', { letter }),
    down: letter => t('studio.choice.down', { letter }),
    remove: letter => t('studio.choice.remove', { letter }),
    cut: n => t('studio.choice.cut', { n, max: 20 }),
  },
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

/** @param {EditorContext<Poll>} context */
function form(context) {
  const { question: poll, problem } = context
  const change = (/** @type {Partial<Poll>} */ part) => context.change(fitted(poll, part))
  const check = (/** @type {"other" | "changeable"} */ name) => html`<label class="check">
    <input type="checkbox" .checked=${live(poll[name])} @change=${(/** @type {Typed} */ { currentTarget }) => change({ [name]: currentTarget.checked })}>
    <span>${t(`studio.choice.${name}`)}</span></label>`
  return html`${partsList(OPTIONS, context, poll.options, options => change({ options }))}
    ${howMany(poll, change, problem('max') ?? problem('min'))}
    ${check('other')}${check('changeable')}`
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

/** Without the empty options at the end. @param {Poll} poll */
const tidy = poll => ({ ...poll, ...fitted(poll, { options: withoutEmptyParts(OPTIONS, poll.options) }) })

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
  problems: poll => problemsOfParts(OPTIONS, poll.options),
  touches,
  phone,
  results,
  picture,
}
