// A rating on the big screen: for each statement one bar of the shares, from the lowest value to the highest, and the mean.
// One hue in steps shows agreement and disagreement alike. Where results are hidden, only the statements stand there.

import { h, number, setText, share, t } from '../../js/messages.js'
import { Paged, SIZES } from '../../js/paged.js'
import { TextTable } from '../../js/text-table.js'
import { endsOf, figure, total, valuesOf } from './phone.js'
import { median } from './summary.js'

/** @import { ScreenView } from "../../js/screen-view.js" */
/** @typedef {import('../../js/wire.js').Rating} Rating */

/** A share smaller than this has no room for its number. */
const WRITTEN_PERCENT = 6
/** Groups of the values that the Net Promoter Score tells apart. */
const PROMOTER_GROUPS = [['0–6', 0, 7], ['7–8', 7, 9], ['9–10', 9, 11]]

/** The columns and sizes that are tried. */
const TRIES = SIZES.map(size => [1, size])

/** @implements {ScreenView} */
export class View {
  #rating
  #groups
  #list = h('ol', { class: 'ratings', 'aria-hidden': 'true' })
  #rows
  #paged
  #table

  /**
   * @param {HTMLElement} body
   * @param {import('../../js/wire.js').StagedActivity} activity
   */
  constructor(body, activity) {
    this.#rating = /** @type {{kind: 'rating'} & Rating} */ (activity.prompt)
    const { scale, statements, title } = this.#rating
    this.#groups = groupsOf(scale)
    const what = t(scale.style === 'nps' ? 'screen.rating.nps' : 'screen.rating.mean')
    this.#table = new TextTable([t('screen.rating.statement'), what, t('screen.rating.median'), t('screen.rating.ratings'), t('screen.rating.shares')])
    this.#rows = statements.map(({ id, text }) => ({ id, name: text || title, row: row(text, this.#groups.length) }))
    const box = h('div', { class: 'rating' })
    body.append(h('div', { class: 'rated' }, key(scale, this.#groups), box))
    this.#paged = new Paged(box, this.#list, this.#rows.map(({ row }) => row))
    body.append(this.#table.element)
  }

  /** @param {import('../../js/screen-view.js').Moment} moment */
  update({ results }) {
    const tally = results?.tally?.kind === 'rating' ? results.tally : undefined
    const { scale } = this.#rating
    this.#list.classList.toggle('hidden-results', !tally)
    for (const { id, row } of this.#rows) {
      const counts = tally?.counts[id] ?? valuesOf(scale).map(() => 0)
      const all = total(counts)
      const parts = Array.from(row.querySelectorAll('.mix i'))
      this.#groups.forEach(({ from, to }, place) => {
        const count = total(counts.slice(from, to))
        const part = /** @type {HTMLElement} */ (parts[place])
        const { percent, text } = share(count, all)
        part.style.flexGrow = String(count)
        part.hidden = count === 0
        setText(part, percent >= WRITTEN_PERCENT ? text : '')
      })
      row.classList.toggle('nobody', all === 0)
      setText(row.querySelector('.figure'), tally ? figure(scale, counts) : '')
      setText(row.querySelector('.measure'), tally && all > 0 ? t(scale.style === 'nps' ? 'screen.rating.nps' : 'screen.rating.mean_of') : '')
      setText(row.querySelector('.count'), tally ? (all > 0 ? t('screen.rating.count', { n: all }) : t('screen.rating.none')) : '')
    }
    this.#table.show(this.#rows.map(({ id, name }) => {
      const counts = tally?.counts[id]
      if (!counts) return [name]
      const all = total(counts)
      const shares = this.#groups.map(({ name, from, to }) => `${name}: ${share(total(counts.slice(from, to)), all).text}`)
      return [name, figure(scale, counts), median(scale, counts), number(all), shares.join(', ')]
    }))
  }

  fit() {
    this.#paged.fit(() => TRIES)
  }

  /** @param {number} by */
  turn(by) {
    return this.#paged.turn(by)
  }
}

/**
 * What a bar tells apart: each value, or what the Net Promoter Score does.
 * @param {import('../../js/wire.js').Scale} scale
 */
function groupsOf(scale) {
  if (scale.style === 'nps') return PROMOTER_GROUPS.map(([name, from, to]) => ({ name: String(name), from: Number(from), to: Number(to) }))
  const name = (/** @type {number} */ value) => (scale.style === 'stars' ? `${value} ★` : String(value))
  return valuesOf(scale).map((value, place) => ({ name: name(value), from: place, to: place + 1 }))
}

/** The parts of a bar, each in its step of the hue. @param {number} n */
const mix = n => h('div', { class: 'mix' }, ...Array.from({ length: n }, (_, place) => {
  const step = place / (n - 1)
  // Which text is read best on it depends in the middle on whether the page is dark.
  const part = h('i', { class: step >= 0.85 ? 'full' : step >= 0.55 && 'strong' })
  part.style.setProperty('--p', String(step))
  return part
}))

/**
 * What the parts of the bars mean.
 * @param {import('../../js/wire.js').Scale} scale
 * @param {{name: string}[]} groups
 */
function key(scale, groups) {
  const bar = mix(groups.length)
  groups.forEach(({ name }, place) => setText(bar.children[place] ?? null, name))
  const [low = '', high = ''] = endsOf(scale, 'screen') ?? []
  return h('div', { class: 'key', 'aria-hidden': 'true' }, h('span', { dir: 'auto' }, low), bar, h('span', { dir: 'auto' }, high))
}

/**
 * @param {string} text
 * @param {number} groups
 */
function row(text, groups) {
  return h('li', { class: 'rated-statement' },
    h('div', { class: 'what' }, ...(text ? [h('p', { class: 'name', dir: 'auto' }, text)] : []), mix(groups)),
    h('p', { class: 'num' }, h('b', { class: 'figure', translate: 'no' }), h('small', { class: 'measure' }), h('small', { class: 'count' })))
}
