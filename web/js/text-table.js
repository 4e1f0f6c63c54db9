// A chart as text, for those who hear the screen: a table beside it that is not seen. It changes at most every few
// seconds, so that it can be read in peace.

import { h } from './messages.js'

const PAUSE_MS = 3000

export class TextTable {
  #body = h('tbody')
  #written = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  /** @type {string[][]} */
  #rows = []

  /** @param {string[]} headings */
  constructor(headings) {
    const head = h('tr', {}, ...headings.map(heading => h('th', { scope: 'col' }, heading)))
    // In a box, since a table is as wide as its texts, seen or not.
    this.element = h('div', { class: 'visually-hidden' }, h('table', {}, h('thead', {}, head), this.#body))
  }

  /** @param {string[][]} rows the first cell of each names it */
  show(rows) {
    this.#rows = rows
    this.#timer ??= setTimeout(() => this.#write(), Math.max(0, this.#written + PAUSE_MS - Date.now()))
  }

  #write() {
    this.#timer = undefined
    this.#written = Date.now()
    this.#body.replaceChildren(...this.#rows.map(([name, ...cells]) =>
      h('tr', {}, h('th', { scope: 'row', dir: 'auto' }, name), ...cells.map(cell => h('td', { dir: 'auto' }, cell)))))
  }
}
