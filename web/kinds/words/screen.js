// A word cloud on the big screen. Words keep their place as long as they can: a word moves only when a larger one needs
// the room. Nothing is left to chance, so every screen of an event shows the same cloud.

import { layout } from '../../js/cloud-layout.js'
import { SeatMap } from '../../js/seat-map.js'
import { h, mark, number, setText, t } from '../../js/messages.js'
import { TextTable } from '../../js/text-table.js'

/** @import { ScreenView } from "../../js/screen-view.js" */

/** Words are drawn at this size and scaled from it, so that growing costs no layout. */
const DRAWN_PX = 100
/** How often words may move. */
const PAUSE_MS = 700

/** The places whose colours words have: those that read best on the screen. */
const COLOURS = 8

/** A word's colour, the same on every screen. @param {string} word */
function colour(word) {
  let sum = 7
  for (const char of word) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973
  return mark(sum % COLOURS).colour
}

/** @implements {ScreenView} */
export class View {
  #cloud = h('div', { class: 'cloud', 'aria-hidden': 'true' })
  #empty = h('p', { class: 'empty' })
  /** How many words there was no room for, or which are not told to screens. */
  #more = h('p', { class: 'more', 'aria-hidden': 'true' })
  #distinct = 0
  #table = new TextTable([t('screen.word'), t('screen.count')])
  /** @type {import('../../js/cloud-layout.js').Cloud} */
  #laid = { unit: 1, places: new Map() }
  /** @type {Map<string, HTMLElement>} */
  #elements = new Map()
  /** @type {import('../../js/cloud-layout.js').Word[]} */
  #words = []
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #laidOut = 0
  #seatMap
  #svg
  #measure

  /** @param {HTMLElement} body */
  constructor(body) {
    this.#svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    this.#svg.setAttribute('viewBox', '0 90 1000 700')
    this.#svg.setAttribute('class', 'seat-map')
    this.#svg.setAttribute('aria-hidden', 'true')
    this.#seatMap = new SeatMap(this.#svg)
    body.append(this.#svg, this.#cloud, this.#more, this.#empty, this.#table.element)
    const canvas = h('canvas').getContext('2d')
    const font = `650 ${DRAWN_PX}px ${getComputedStyle(body).fontFamily}`
    this.#measure = (/** @type {string} */ word) => {
      if (!canvas) return 0.6 * word.length
      canvas.font = font
      return canvas.measureText(word).width / DRAWN_PX
    }
  }

  /** @param {import('../../js/screen-view.js').Moment} moment */
  update({ activity, results, answered, answeredHere, here }) {
    const tally = results?.tally?.kind === 'words' ? results.tally : undefined
    this.#svg.toggleAttribute('hidden', tally !== undefined)
    if (!tally) this.#seatMap.fill(answeredHere ?? Math.min(answered, here), here)
    this.#words = Object.entries(tally?.words ?? {})
      .map(([word, count]) => ({ word, count }))
      .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
    this.#distinct = tally?.distinct ?? 0
    const waiting = tally !== undefined && this.#words.length === 0
    this.#empty.hidden = !waiting
    setText(this.#empty, activity.state === 'open' ? t('screen.no_words') : '')
    this.#table.show(this.#words.map(({ word, count }) => [word, number(count)]))
    this.#timer ??= setTimeout(() => this.#arrange(), Math.max(0, this.#laidOut + PAUSE_MS - performance.now()))
  }

  fit() {
    this.#laid = { unit: 1, places: new Map() }
    this.#arrange()
  }

  #arrange() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#laidOut = performance.now()
    const former = this.#laid
    this.#lay(former)
    // To say that some are left out takes room too.
    if (this.#sayHowMany()) {
      this.#lay(former)
      this.#sayHowMany()
    }
    const { places } = this.#laid
    for (const [word, element] of this.#elements) {
      if (!places.has(word)) this.#takeAway(word, element)
    }
    for (const [word, place] of places) this.#put(word, place)
  }

  /** @param {import('../../js/cloud-layout.js').Cloud} former */
  #lay(former) {
    const room = { width: this.#cloud.clientWidth, height: this.#cloud.clientHeight }
    this.#laid = layout(room.width > 0 ? this.#words : [], room, this.#measure, former, this.#least())
  }

  /** Says how many words are not to be seen; whether there were none before. */
  #sayHowMany() {
    const left = this.#cloud.clientWidth > 0 ? Math.max(0, this.#distinct - this.#laid.places.size) : 0
    const before = this.#more.textContent
    setText(this.#more, left > 0 ? t('screen.more_words', { n: left }) : '')
    return before === '' && left > 0
  }

  /** No word is smaller than other small text of the screen, which is in the style. */
  #least() {
    return parseFloat(getComputedStyle(this.#more).fontSize)
  }

  /**
   * @param {string} word
   * @param {import('../../js/cloud-layout.js').Place} place
   */
  #put(word, { x, y, size }) {
    let element = this.#elements.get(word)
    const at = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -50%)`
    if (!element) {
      element = h('span', { class: `word ${colour(word)}`, dir: 'auto', translate: 'no' }, word)
      this.#elements.set(word, element)
      // It grows where it will stand.
      element.style.setProperty('transform', `${at} scale(${(size / DRAWN_PX / 3).toFixed(4)})`)
      this.#cloud.append(element)
      element.getBoundingClientRect()
    }
    element.classList.add('there')
    element.style.setProperty('transform', `${at} scale(${(size / DRAWN_PX).toFixed(4)})`)
  }

  /**
   * @param {string} word
   * @param {HTMLElement} element
   */
  #takeAway(word, element) {
    this.#elements.delete(word)
    element.classList.remove('there')
    setTimeout(() => element.remove(), PAUSE_MS)
  }
}
