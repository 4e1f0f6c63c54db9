// A list on the big screen. No text of it is smaller than `--least` of the style: what does not fit at that size goes on pages,
// which turn automatically until somebody turns them.

import { h, setText, t } from './messages.js'

/** Sizes from the largest to the smallest. */
export const SIZES = [1, 0.93, 0.86, 0.8, 0.74, 0.69, 0.64, 0.59, 0.55, 0.51, 0.47, 0.43, 0.4, 0.37, 0.34]
/** How long a page stays: ten entries of two lines can be read meanwhile. */
const PAGE_MS = 9_000

export class Paged {
  #body
  #list
  #rows
  #position = h('p', { class: 'position', 'aria-hidden': 'true', hidden: true })
  #element
  /** Which page is on show, of how many, with how many rows each. */
  #page = { at: 0, of: 1, rows: 0 }
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #turning

  /**
   * @param {HTMLElement} body what it stands in
   * @param {HTMLElement} list
   * @param {HTMLElement[]} rows of the list
   */
  constructor(body, list, rows) {
    this.#body = body
    this.#list = list
    this.#rows = rows
    list.append(...rows)
    this.#element = h('div', { class: 'paged' }, list, this.#position)
    body.append(this.#element)
  }

  /**
   * Makes it fit, on as few pages as can be.
   * @param {(rows: number) => number[][]} tries columns and sizes for so many rows on a page, in the order in which they are tried
   */
  fit(tries) {
    const all = this.#rows.length
    const first = this.#page.at * this.#page.rows
    for (let of = 1; of <= all; of++) {
      const rows = Math.ceil(all / of)
      this.#position.hidden = of === 1
      this.#element.classList.toggle('many', of > 1)
      this.#page = { at: 0, of, rows }
      if (this.#fits(tries(rows))) break
    }
    // What stood first still does, as far as that goes.
    this.#show(Math.min(this.#page.of - 1, Math.floor(first / this.#page.rows)))
    this.#turnFromNowOn()
  }

  /** Shows the next page, or the one before; false where there is none. @param {number} by */
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
    this.#rows.forEach((row, place) => (row.hidden = Math.floor(place / rows) !== at))
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
    this.#turning = setInterval(() => (this.#element.isConnected ? this.#next(1) : clearInterval(this.#turning)), PAGE_MS)
  }
}
