// A choice poll on the big screen: a bar per option, in the poll's order for good. Where results are hidden, the options
// stand where they will be when they are shown.

import { h, mark, number, setText, share, t } from '../../js/messages.js'
import { Paged, SIZES } from '../../js/paged.js'
import { TextTable } from '../../js/text-table.js'

/** @import { ScreenView } from "../../js/screen-view.js" */

/** More options than this stand in two columns at once. */
const ONE_COLUMN = 6
/** One column is not made smaller than this one of the sizes. */
const ONE_COLUMN_LEAST = 0.74
/** Columns and sizes, tried in this order until everything fits. */
const TWO = SIZES.map(size => [2, size])
const FIRST_ONE = [...SIZES.filter(size => size >= ONE_COLUMN_LEAST).map(size => [1, size]), ...TWO]

/** @implements {ScreenView} */
export class View {
  #list = h('ol', { class: 'bars', 'aria-hidden': 'true' })
  #table = new TextTable([t('screen.option'), t('screen.share'), t('screen.count')])
  /** @type {{id: string, name: string, row: HTMLElement}[]} */
  #rows
  #paged

  /**
   * @param {HTMLElement} body
   * @param {import('../../js/wire.js').StagedActivity} activity
   */
  constructor(body, activity) {
    const poll = /** @type {import('../../js/wire.js').ChoicePoll} */ (activity.prompt)
    this.#rows = poll.options.map((option, place) =>
      bar(String(option.id), option.text, mark(place)))
    if (poll.other) this.#rows.push(bar('other', t('screen.own'), { letter: '+', colour: 'o-own' }))
    this.#paged = new Paged(body, this.#list, this.#rows.map(({ row }) => row))
    body.append(this.#table.element)
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
    this.#paged.fit(rows => (rows > ONE_COLUMN ? TWO : FIRST_ONE))
  }

  /** @param {number} by */
  turn(by) {
    return this.#paged.turn(by)
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
