// A rating on a phone: takes over the elements that the server drew, or makes the same ones. It changes them in place and never
// takes away what a person has marked but not sent. What counts say in one figure is here too: every page says it alike.

import { find, h, language, number, setText, share, t } from '../../js/messages.js'

/** @import { Answer, Prompt } from "../../js/wire.js" */
/** @import { Draft, Moment, PhoneView, Place } from "../../js/phone/types.js" */
/** @typedef {import('../../js/wire.js').Rating} Rating */
/** @typedef {import('../../js/wire.js').Scale} Scale */
/** @typedef {{id: number, text: string, element: HTMLElement, inputs: HTMLInputElement[]}} Statement */

const SVG = 'http://www.w3.org/2000/svg'
const decimals = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })

/** The values of a scale, from the lowest. @param {Scale} scale */
export const valuesOf = scale => (scale.style === 'nps' ? Array.from({ length: 11 }, (_, n) => n) : Array.from({ length: scale.points }, (_, n) => n + 1))

/** @param {number[]} counts */
export const total = counts => counts.reduce((sum, count) => sum + count, 0)

/**
 * The mean with one decimal, or the Net Promoter Score with its sign; a dash of nothing.
 * @param {Scale} scale
 * @param {number[]} counts from the lowest value
 */
export function figure(scale, counts) {
  const all = total(counts)
  if (all === 0) return '–'
  if (scale.style === 'nps') {
    const score = Math.round((100 * (total(counts.slice(9)) - total(counts.slice(0, 7)))) / all)
    return score > 0 ? `+${number(score)}` : number(score === 0 ? 0 : score)
  }
  const sum = counts.reduce((sum, count, place) => sum + count * (place + 1), 0)
  return decimals.format(Math.round((10 * sum) / all) / 10)
}

/** A rating on a phone. @implements {PhoneView} */
export class View {
  /** @param {Prompt} prompt */
  static isFinal(prompt) {
    return prompt.kind === 'rating' && !prompt.changeable
  }

  static isBlank() {
    return false
  }

  /** @param {Answer} answer @param {number} [version] @returns {Draft | undefined} */
  static draftOf(answer, version) {
    if (answer.kind !== 'rating') return undefined
    return { version, marks: Object.entries(answer.ratings).map(([id, value]) => ({ id: `${id}-${value}`, text: '' })) }
  }

  #place
  #rating
  /** @type {Statement[]} */
  #statements
  /** Whether the marks are the person's, not yet sent. */
  #touched = false
  /** The same while what counts is shown in their place: voting is closed. @type {Draft | undefined} */
  #aside
  /** Whether what marks is a finger or a mouse: arrow keys move from value to value. */
  #byPointer = false
  /** @type {Moment | undefined} */
  #moment

  /** @param {Place} place */
  constructor(place) {
    this.#place = place
    this.#rating = /** @type {{kind: 'rating'} & Rating} */ (place.activity.prompt)
    const drawn = place.form.querySelector('.statements')
    if (!drawn) find(place.form, 'fieldset').append(this.#elements())
    this.#statements = this.#rating.statements.map(({ id, text }) => {
      const element = /** @type {HTMLElement} */ (find(place.form, `[data-statement="${id}"]`))
      return { id, text, element, inputs: Array.from(element.querySelectorAll('input')) }
    })
    for (const statement of this.#statements) this.#addClear(statement)
    if (drawn) this.#touched = this.#inputs().some(input => input.checked !== input.defaultChecked)
    if (place.draft) this.#goOn(place.draft)
    place.form.addEventListener('pointerdown', () => (this.#byPointer = true))
    place.form.addEventListener('keydown', () => (this.#byPointer = false))
    place.form.addEventListener('change', () => this.#marked())
    place.form.addEventListener('submit', event => {
      event.preventDefault()
      this.send()
    })
  }

  /** @param {Moment} moment */
  update(moment) {
    this.#moment = moment
    if (moment.final) {
      this.#touched = false
      this.#aside = undefined
    } else if (!moment.open && this.#touched && moment.answer) {
      this.#aside = this.draft()
      this.#touched = false
    } else if (moment.open && this.#aside) {
      this.#goOn(this.#aside)
      this.#aside = undefined
    }
    if (this.#touched && moment.answer && this.#says(moment.answer)) this.#touched = false
    find(this.#place.form, 'fieldset').toggleAttribute('disabled', !moment.open)
    this.#place.form.classList.toggle('unsent', this.#touched && !moment.open)
    if (!this.#touched) this.#mark(moment.answer?.kind === 'rating' ? moment.answer.ratings : {})
    const tally = moment.results?.tally?.kind === 'rating' ? moment.results.tally : undefined
    for (const statement of this.#statements) this.#showResult(statement, tally?.counts[statement.id])
    this.#offerClear()
  }

  unsent() {
    if (this.#aside) return { n: this.#aside.marks?.length ?? 0, whole: false, sentence: '' }
    if (!this.#touched) return undefined
    const n = Object.keys(this.#ratings()).length
    const left = this.#statements.length - n
    const sentence = n === 0 ? t('phone.rating.mark_one') : left > 0 ? t('phone.rating.may_leave_out', { n: left }) : ''
    return { n, marked: t('phone.rating.marked', { n }), whole: n > 0, sentence }
  }

  /** @returns {Draft | undefined} */
  draft() {
    if (this.#aside) return this.#aside
    if (!this.#touched) return undefined
    const marks = Object.entries(this.#ratings()).map(([id, value]) => ({ id: `${id}-${value}`, text: this.#text(Number(id)) }))
    return { version: this.#place.activity.version, marks }
  }

  /** What was marked stays so where it says the same. @param {Draft} draft */
  #goOn({ version, marks = [] }) {
    const same = marks.filter(mark => version === this.#place.activity.version || mark.text === this.#text(parseInt(mark.id, 10)))
    this.#mark(Object.fromEntries(same.map(mark => mark.id.split('-').map(Number))))
    this.#touched = this.#inputs().some(input => input.checked)
  }

  /** @param {Draft} draft */
  restore(draft) {
    if (!this.#touched && !this.#aside) this.#goOn(draft)
  }

  name() {
    return ''
  }

  /** The first value that is marked, where it can still be changed. */
  refuge() {
    return this.#inputs().find(input => input.checked && !input.matches(':disabled')) ?? null
  }

  hint() {
    const { scale, changeable } = this.#rating
    const values = valuesOf(scale)
    const how = scale.style === 'stars' ? t('phone.rating.how_stars', { n: scale.points })
      : t('phone.rating.how', { low: values[0] ?? 0, high: values[values.length - 1] ?? 0 })
    return `${how} ${t(changeable ? 'phone.changeable' : 'phone.unchangeable')}`
  }

  send() {
    if (!this.#moment?.open || !this.unsent()?.whole) return
    this.#touched = false
    this.#place.send({ kind: 'rating', ratings: this.#ratings() })
  }

  #inputs() {
    return this.#statements.flatMap(({ inputs }) => inputs)
  }

  /** What is marked, by statement. @returns {Record<string, number>} */
  #ratings() {
    const marked = this.#statements.flatMap(({ id, inputs }) => inputs.filter(input => input.checked).map(input => [id, Number(input.value)]))
    return Object.fromEntries(marked)
  }

  /** A statement as the room reads it. @param {number} id */
  #text(id) {
    return this.#statements.find(statement => statement.id === id)?.text
      || (this.#statements.length === 1 ? this.#rating.title : '')
  }

  /** @param {Answer} answer */
  #says(answer) {
    const ratings = this.#ratings()
    const stored = answer.kind === 'rating' ? answer.ratings : {}
    return Object.keys(stored).length === Object.keys(ratings).length && Object.entries(ratings).every(([id, value]) => stored[id] === value)
  }

  /** @param {Record<string, number>} ratings */
  #mark(ratings) {
    for (const { id, inputs } of this.#statements) {
      for (const input of inputs) input.checked = ratings[id] === Number(input.value)
    }
  }

  /** One tap is an answer where there is one statement, unless it could not be taken back. */
  #marked() {
    this.#touched = true
    this.#offerClear()
    if (this.#byPointer && this.#statements.length === 1 && this.#rating.changeable) return this.send()
    this.#place.changed()
  }

  /** A value that was marked by mistake can be taken away, where a statement may be left out. @param {Statement} statement */
  #addClear({ id, text, element, inputs }) {
    if (this.#statements.length === 1) return
    const clear = () => {
      for (const input of inputs) input.checked = false
      inputs[0]?.focus()
      this.#byPointer = false
      this.#marked()
    }
    element.append(h('button', { class: 'clear', type: 'button', 'data-clear': id, 'aria-label': t('phone.rating.clear_of', { statement: text }), onclick: clear, hidden: true }, t('phone.rating.clear')))
  }

  #offerClear() {
    for (const { element, inputs } of this.#statements) {
      const clear = element.querySelector('.clear')
      clear?.toggleAttribute('hidden', !this.#moment?.open || !inputs.some(input => input.checked))
    }
  }

  /**
   * @param {Statement} statement
   * @param {number[]} [counts] where they are visible
   */
  #showResult({ element, inputs }, counts) {
    const [told, histogram] = [find(element, '.figure'), find(element, '.histogram')]
    told.toggleAttribute('hidden', !counts)
    histogram.toggleAttribute('hidden', !counts)
    if (!counts) return
    const { scale } = this.#rating
    if (!told.querySelector('b')) told.replaceChildren(h('b'), ' ', h('small'))
    const all = total(counts)
    setText(told.querySelector('b'), all > 0 ? figure(scale, counts) : '')
    setText(told.querySelector('small'), t(`phone.rating.${all === 0 ? 'none' : scale.style === 'nps' ? 'nps_of' : 'mean_of'}`, { n: all }))
    const values = valuesOf(scale)
    histogram.setAttribute('aria-label', counts.map((count, place) => t('phone.rating.share', { value: values[place] ?? 0, share: share(count, all).text })).join(', '))
    renderBars(find(histogram, 'svg'), counts, inputs.findIndex(input => input.checked))
  }

  /** The statements as web/kinds/rating/phone.html has them. */
  #elements() {
    const { title, statements, scale } = this.#rating
    const values = valuesOf(scale)
    const ends = endsOf(scale, 'phone')
    const svg = () => {
      const element = document.createElementNS(SVG, 'svg')
      for (const [name, value] of Object.entries({ viewBox: `0 0 ${values.length * 10} 100`, preserveAspectRatio: 'none', 'aria-hidden': 'true' })) element.setAttribute(name, value)
      return element
    }
    return h('div', { class: `statements ${scale.style === 'stars' ? 'stars' : 'numbers'}` }, ...statements.map(({ id, text }) =>
      h('fieldset', { class: 'statement', 'data-statement': id },
        h('legend', { class: text ? false : 'visually-hidden', dir: 'auto' }, text || title),
        h('p', { class: 'figure', hidden: true }),
        h('div', { class: 'histogram', role: 'img', hidden: true }, svg()),
        h('div', { class: 'scale' }, ...values.map(value => h('label', {},
          h('input', { type: 'radio', name: `rating-${id}`, value, 'aria-label': nameOf(scale, value, ends) }),
          h('span', { 'aria-hidden': 'true' }, scale.style === 'stars' ? '★' : String(value))))),
        ...(ends ? [h('p', { class: 'ends', 'aria-hidden': 'true' }, ...ends.map(end => h('span', { dir: 'auto' }, end)))] : []))))
  }
}

/**
 * What the ends of a scale mean, where that is said.
 * @param {Scale} scale
 * @param {'phone' | 'screen'} page
 */
export function endsOf(scale, page) {
  if (scale.style === 'stars') return undefined
  if (scale.style === 'nps') return page === 'phone' ? [t('phone.rating.nps_low'), t('phone.rating.nps_high')] : [t('screen.rating.nps_low'), t('screen.rating.nps_high')]
  return scale.low || scale.high ? [scale.low, scale.high] : undefined
}

/**
 * A value as it is read aloud: the ends with what they mean.
 * @param {Scale} scale
 * @param {number} value
 * @param {string[]} [ends]
 */
function nameOf(scale, value, ends) {
  if (scale.style === 'stars') return t('phone.rating.stars', { n: value, of: scale.points })
  const values = valuesOf(scale)
  const meaning = value === values[0] ? ends?.[0] : value === values[values.length - 1] ? ends?.[1] : ''
  return meaning ? `${value}, ${meaning}` : String(value)
}

/**
 * @param {SVGElement} svg
 * @param {number[]} counts
 * @param {number} own which is the own one, from 0
 */
function renderBars(svg, counts, own) {
  const most = Math.max(1, ...counts)
  while (svg.childElementCount < counts.length) svg.append(document.createElementNS(SVG, 'rect'))
  counts.forEach((count, place) => {
    const height = Math.floor((100 * count) / most)
    const bar = /** @type {SVGElement} */ (svg.children[place])
    for (const [name, value] of Object.entries({ x: place * 10 + 1, y: 100 - height, width: 8, height })) bar.setAttribute(name, String(value))
    bar.classList.toggle('own', place === own)
  })
}
