// A rating in the studio: its form, its counts, and what a phone will show.

import { html, nothing } from '../../js/html.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { problemLine } from '../../js/studio/dialogs.js'
import { partsList, problemsOfParts, withoutEmptyParts } from '../../js/studio/parts.js'
import { styleVars } from '../../js/studio/style-vars.js'
import { number, share, t } from '../../js/studio/words.js'
import { tooLong } from '../../js/text.js'
import { figure, total, valuesOf } from './phone.js'
import { median } from './summary.js'

/** @import { EditorContext, Kind } from "../../js/studio/types.js" */
/** @import { Results, Scale, Settings } from "../../js/wire.js" */
/** @typedef {Extract<Settings, {kind: "rating"}>} Rating */
/** @typedef {Extract<Scale, {style: "labels"}>} Labels */
/** @typedef {{currentTarget: HTMLInputElement}} Typed */

const [MIN_POINTS, MAX_POINTS] = [2, 10]
const LABEL_CHARS = 40
/** What most scales are. */
const USUAL_POINTS = 5

/** @type {import("../../js/studio/parts.js").PartsOf} */
const STATEMENTS = {
  all: 'statements',
  one: 'statement',
  fewest: 1,
  most: 10,
  chars: 140,
  onlyOneMayBeEmpty: true,
  mark: place => ({ letter: String(place + 1), colour: 'o1' }),
  words: {
    legend: t('studio.rating.statements'),
    add: t('studio.rating.add'),
    name: letter => t('studio.rating.statement', { letter }),
    up: letter => t('studio.rating.up', { letter }),
    down: letter => t('studio.rating.down', { letter }),
    remove: letter => t('studio.rating.remove', { letter }),
    cut: n => t('studio.rating.cut', { n, max: 10 }),
  },
}

const picture = html`<svg class="kind" viewBox="0 0 48 32" aria-hidden="true">
  <rect class="c1" x="4" y="5" width="40" height="6" rx="3" opacity=".35" /><rect class="c1" x="18" y="5" width="26" height="6" rx="3" />
  <rect class="c1" x="4" y="14" width="40" height="6" rx="3" opacity=".35" /><rect class="c1" x="30" y="14" width="14" height="6" rx="3" />
  <rect class="c1" x="4" y="23" width="40" height="6" rx="3" opacity=".35" /><rect class="c1" x="11" y="23" width="33" height="6" rx="3" />
</svg>`

/**
 * A scale of this style, with what it can keep of the one before.
 * @param {Scale["style"]} style
 * @param {Scale} before
 * @returns {Scale}
 */
function restyled(style, before) {
  const points = before.style === 'nps' ? USUAL_POINTS : before.points
  if (style === 'nps') return { style }
  return style === 'stars' ? { style, points } : { style, points, low: '', high: '' }
}

/** @param {EditorContext<Rating>} context */
function form(context) {
  const { question: rating, change } = context
  return html`${partsList(STATEMENTS, context, rating.statements, statements => change({ statements }))}
    ${rating.statements.length === 1 ? html`<p class="hint">${t('studio.rating.only_one')}</p>` : nothing}
    ${scaleForm(context)}
    <label class="check"><input type="checkbox" .checked=${live(rating.changeable)} @change=${(/** @type {Typed} */ { currentTarget }) => change({ changeable: currentTarget.checked })}>
      <span>${t('studio.rating.changeable')}</span></label>`
}

/** @param {EditorContext<Rating>} context */
function scaleForm({ question: { scale }, change, problem }) {
  const radio = (/** @type {Scale["style"]} */ style) => html`<label>
    <input type="radio" name="scale" .checked=${live(scale.style === style)} @change=${() => change({ scale: restyled(style, scale) })}>
    <span>${t(`studio.rating.scale_${style}`)}</span></label>`
  return html`<fieldset class="scale-form">
    <legend>${t('studio.rating.scale')}</legend>
    <div class="segments">${radio('stars')}${radio('labels')}${radio('nps')}</div>
    ${scale.style === 'nps' ? html`<p class="hint">${t('studio.rating.nps_hint')}</p>` : points(scale, next => change({ scale: next }), problem('points'))}
    ${scale.style === 'labels' ? html`${end(scale, 'low', change, problem('low'))}${end(scale, 'high', change, problem('high'))}` : nothing}
  </fieldset>`
}

/**
 * @param {Exclude<Scale, {style: "nps"}>} scale
 * @param {(scale: Scale) => void} change
 * @param {string | undefined} trouble
 */
function points(scale, change, trouble) {
  const set = (/** @type {number} */ n) => change({ ...scale, points: Math.min(MAX_POINTS, Math.max(MIN_POINTS, n || USUAL_POINTS)) })
  return html`<label class="count">${t('studio.rating.points')}
    <input class="field" id="points" type="number" inputmode="numeric" min=${MIN_POINTS} max=${MAX_POINTS} .value=${live(String(scale.points))}
      aria-invalid=${trouble ? 'true' : nothing} @change=${(/** @type {Typed} */ { currentTarget }) => set(currentTarget.valueAsNumber)}></label>
    ${problemLine('points-problem', trouble)}`
}

/**
 * What an end of the scale means.
 * @param {Labels} scale
 * @param {"low" | "high"} name
 * @param {(part: Partial<Rating>) => void} change
 * @param {string | undefined} trouble
 */
function end(scale, name, change, trouble) {
  const long = tooLong(scale[name], LABEL_CHARS)
  const problem = long ? t(...long) : trouble
  return html`<div class="entry"><label for="scale-${name}">${t(`studio.rating.${name}`, { n: scale.points })}</label>
    <input class="field" id="scale-${name}" dir="auto" autocomplete="off" placeholder=${t(`studio.rating.${name}_example`)} .value=${live(scale[name])}
      aria-invalid=${problem ? 'true' : nothing} aria-describedby=${problem ? `${name}-problem` : nothing}
      @input=${(/** @type {Typed} */ { currentTarget }) => change({ scale: { ...scale, [name]: currentTarget.value } })}>
    ${problemLine(`${name}-problem`, problem)}</div>`
}

/** What cannot be stored, all of it; the server judges again. @param {Rating} rating */
function problems({ statements, scale }) {
  const found = problemsOfParts(STATEMENTS, statements)
  if (scale.style === 'labels') {
    for (const field of /** @type {const} */ (['low', 'high'])) {
      const long = tooLong(scale[field], LABEL_CHARS)
      if (long) found.push({ code: long[0], args: { field, ...long[1] } })
    }
  }
  return found
}

/**
 * What a change does to what was rated, in sentences.
 * @param {Rating} before
 * @param {Rating} after
 * @param {import("../../js/wire.js").Tally | undefined} tally where it is known
 */
function touches(before, after, tally) {
  const rated = (/** @type {number} */ id) => (tally?.kind === 'rating' ? total(tally.counts[id] ?? []) : undefined)
  const all = before.statements.map(({ id }) => rated(id))
  if (all.every(n => n === 0)) return []
  if (before.scale.style !== after.scale.style || valuesOf(before.scale).length !== valuesOf(after.scale).length) return [t('studio.rating.scale_changed')]
  const sentences = before.statements.flatMap((statement, place) => {
    const now = after.statements.find(other => other.id === statement.id)
    const n = all[place]
    if (n === 0 || now?.text === statement.text) return []
    const what = now ? 'reworded' : 'removed'
    const args = { before: statement.text || before.title, after: now?.text || after.title }
    return n === undefined ? t(`studio.edit.${what}`, args) : t(`studio.edit.${what}_votes`, { ...args, n })
  })
  if (JSON.stringify(before.scale) !== JSON.stringify(after.scale)) sentences.push(t('studio.rating.ends_changed'))
  return sentences
}

/** What a phone will show. @param {Rating} rating */
function phone({ statements, scale }) {
  const values = valuesOf(scale)
  return html`<p class="how">${t('studio.rating.how', { low: values[0] ?? 0, high: values[values.length - 1] ?? 0 })}</p>
    ${repeat(
      statements,
      statement => statement.id,
      statement => html`<div class="rate">
        ${statement.text ? html`<p dir="auto">${statement.text}</p>` : nothing}
        <div class="values ${scale.style}">${values.map(value => html`<span>${scale.style === 'stars' ? '★' : value}</span>`)}</div>
        ${scale.style === 'labels' && (scale.low || scale.high) ? html`<small><span dir="auto">${scale.low}</span><span dir="auto">${scale.high}</span></small>` : nothing}</div>`,
    )}`
}

/**
 * The counts: for each statement its figures, and a bar for each value.
 * @param {Rating} rating
 * @param {Results} results
 */
function results({ title, statements, scale }, { tally }) {
  if (tally?.kind !== 'rating') return html``
  const values = valuesOf(scale)
  const card = (/** @type {import("../../js/wire.js").PollOption} */ statement) => {
    const counts = tally.counts[statement.id] ?? []
    const all = total(counts)
    const most = Math.max(1, ...counts)
    const figures = scale.style === 'nps'
      ? [t('studio.rating.nps', { score: figure(scale, counts) })]
      : [t('studio.rating.mean', { mean: figure(scale, counts) })]
    return html`<li><p class="text" dir="auto">${statement.text || title}</p>
      <p class="quiet" translate="no">${all === 0 ? t('studio.rating.nobody') : [...figures, t('studio.rating.median', { median: median(scale, counts) }), t('studio.rating.ratings', { n: all })].join(' · ')}</p>
      <ol class="columns" aria-hidden="true">${counts.map((count, place) => html`<li ${styleVars({ '--share': `${(100 * count) / most}%` })}><i></i><b>${scale.style === 'stars' ? `${values[place]}★` : values[place]}</b></li>`)}</ol>
      <p class="visually-hidden">${counts.map((count, place) => `${values[place]}: ${number(count)}, ${share(count, all).text}`).join('; ')}</p></li>`
  }
  return html`<ol class="rated">${repeat(statements, statement => statement.id, card)}</ol>`
}

/** @type {Kind<Rating>} */
export const kind = {
  blank: () => ({
    kind: 'rating',
    title: '',
    statements: [{ id: 1, text: '' }],
    scale: { style: 'stars', points: USUAL_POINTS },
    changeable: true,
  }),
  form,
  tidy: rating => ({ ...rating, statements: withoutEmptyParts(STATEMENTS, rating.statements) }),
  problems,
  touches,
  phone,
  results,
  picture,
}
