// A choice poll on the big screen: a bar per option, in the poll's order for good. Where results are hidden, the options
// stand where they will be when they are shown. No text is smaller than `--least` of the style: what does not fit at that size
// goes on pages, which turn automatically until somebody turns them.

import { h, mark, number, setText, share, t } from '../../js/messages.js'
import { TextTable } from '../../js/text-table.js'

/** @import { ScreenView } from "../../js/screen-view.js" */

/** More options than this stand in two columns at once. */
const ONE_COLUMN = 6
/** Sizes from the largest to the smallest; one column is not made smaller than this one of them. */
const SIZES = [1, 0.93, 0.86, 0.8, 0.74, 0.69, 0.64, 0.59, 0.55, 0.51, 0.47, 0.43, 0.4, 0.37, 0.34]
const ONE_COLUMN_LEAST = 0.74
/** Columns and sizes, tried in this order until everything fits. */
const TWO = SIZES.map(size => [2, size])
/** How long a page stays: ten options of two lines can be read meanwhile. */
const PAGE_MS = 9_000
const FIRST_ONE = [...SIZES.filter(size => size >= ONE_COLUMN_LEAST).map(size => [1, size]), ...TWO]

/** @implements {ScreenView} */
export class View {
  #body
  #list = h('ol', { class: 'bars', 'aria-hidden': 'true' })
  #position = h('p', { class: 'position', 'aria-hidden': 'true', hidden: true })
  #paged = h('div', { class: 'paged' }, this.#list, this.#position)
  #table = new TextTable([t('screen.option'), t('screen.share'), t('screen.count')])
  /** @type {{id: string, name: string, row: HTMLElement}[]} */
  #rows
  /** Which page is on show, of how many, with how many rows each. */
  #page = { at: 0, of: 1, rows: 0 }
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #turning

  /**
   * @param {HTMLElement} body
   * @param {import('../../js/wire.js').StagedActivity} activity
   */
  constructor(body, activity) {
    const poll = /** @type {import('../../js/wire.js').ChoicePoll} */ (activity.question)
    this.#body = body
    this.#rows = poll.options.map((option, place) =>
      bar(String(option.id), option.text, mark(place)))
    if (poll.other) this.#rows.push(bar('other', t('screen.own'), { letter: '+', colour: 'o-own' }))
    this.#list.append(...this.#rows.map(({ row }) => row))
    body.append(this.#paged, this.#table.element)
  }

  /** @param {import('../../js/screen-view.js').Moment} moment */
  update({ activity, results, answered }) {
    const tally = results?.tally?.kind === 'choice' ? results.tally : undefined
    this.#list.classList.toggle('hidden-results', !tally)
    const count = (/** @type {string} */ id) => (id === 'other' ? tally?.other : tally?.counts[id]) ?? 0
    const most = Math.max(1, ...this.#rows.map(({ id }) => count(id)))
    for (const { id, row } of this.#rows) {
      const { percent, text } = share(count(id), answered)
      row.style.setProperty('--part', `${percent}%`)
      // Who leads is said when it is decided, not while people vote.
      row.classList.toggle('lead', activity.state === 'closed' && tally !== undefined && count(id) === most)
      setText(row.querySelector('.share'), tally ? text : '')
      setText(row.querySelector('.count'), tally ? number(count(id)) : '')
    }
    this.#table.show(this.#rows.map(({ id, name }) => (tally ? [name, share(count(id), answered).text, number(count(id))] : [name])))
  }

  fit() {
    const all = this.#rows.length
    const first = this.#page.at * this.#page.rows
    for (let of = 1; of <= all; of++) {
      const rows = Math.ceil(all / of)
      this.#position.hidden = of === 1
      this.#paged.classList.toggle('many', of > 1)
      this.#page = { at: 0, of, rows }
      if (this.#fits(rows > ONE_COLUMN ? TWO : FIRST_ONE)) break
    }
    // What stood first still does, as far as that goes.
    this.#show(Math.min(this.#page.of - 1, Math.floor(first / this.#page.rows)))
    this.#turnFromNowOn()
  }

  /** @param {number} by */
  turn(by) {
    if (this.#page.of === 1) return false
    // Somebody reads at a pace of their own.
    clearInterval(this.#turning)
    this.#next(by)
    return true
  }

  /** Takes the largest size at which every page fits; false where none does. @param {number[][]} tries */
  #fits(tries) {
    const pages = Array.from({ length: this.#page.of }, (_, page) => page)
    const fits = (/** @type {number[]} */ [columns, size]) => {
      this.#list.style.setProperty('--k', String(size))
      this.#list.style.setProperty('--rows', String(Math.ceil(this.#page.rows / columns)))
      this.#list.classList.toggle('two', columns === 2)
      return pages.every(page => {
        this.#show(page)
        return this.#list.scrollHeight + this.#position.offsetHeight <= this.#body.clientHeight
      })
    }
    return fits(tries[tries.length - 1]) && tries.some(fits)
  }

  /** @param {number} at */
  #show(at) {
    const { rows, of } = this.#page
    this.#page.at = at
    this.#rows.forEach(({ row }, place) => (row.hidden = Math.floor(place / rows) !== at))
    setText(this.#position, of > 1 ? t('screen.page', { page: at + 1, of }) : '')
  }

  /** @param {number} by */
  #next(by) {
    const { at, of } = this.#page
    this.#show((at + by + of) % of)
  }

  #turnFromNowOn() {
    clearInterval(this.#turning)
    if (this.#page.of === 1) return
    this.#turning = setInterval(() => (this.#paged.isConnected ? this.#next(1) : clearInterval(this.#turning)), PAGE_MS)
  }
}

/**
 * @param {string} id
 * @param {string} name
 * @param {{letter: string, colour: string}} mark
 */
function bar(id, name, { letter, colour }) {
  const row = h('li', { class: `bar ${colour}` },
    h('span', { class: 'letter', translate: 'no' }, letter),
    h('div', { class: 'what' }, h('p', { class: 'name', dir: 'auto' }, name), h('div', { class: 'track' }, h('div', { class: 'fill' }))),
    h('p', { class: 'num', translate: 'no' }, h('b', { class: 'share' }), h('small', { class: 'count' })))
  return { id, name, row }
}
