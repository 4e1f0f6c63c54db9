// A word cloud on the big screen. Words keep their place as long as they can: a word moves only when a larger one needs
// the room. Nothing is left to chance, so every screen of an event shows the same cloud.

import { House } from '../house.js'
import { h, number, say, t } from '../messages.js'
import { TextTable } from '../text-table.js'

/** Words are drawn at this size and scaled from it, so that growing costs no layout. */
const DRAWN_PX = 100
/** A word's box, in parts of its size: its height, and the air around it. */
const LINE = 1.14
const AIR = 0.16
/** The smallest word in parts of the largest. */
const SMALLEST = 0.26
/** How much of the room words may take; more does not pack. */
const PACKED = 0.56
/** How often words may move. */
const PAUSE_MS = 700
const SPIRAL_STEPS = 1500

/** @typedef {{word: string, count: number}} Word */
/** @typedef {{x: number, y: number, size: number, width: number, height: number}} Place from the middle of the cloud */

/**
 * Places words, the most frequent first, each where it was or as near to it as there is room.
 * @param {Word[]} words in order
 * @param {{width: number, height: number}} room
 * @param {(word: string) => number} measure a word's width at size 1
 * @param {Map<string, Place>} former
 * @returns {Map<string, Place>} without those that find no room
 */
export function layout(words, room, measure, former) {
  /** @type {Map<string, Place>} */
  const placed = new Map()
  const boxes = words.map(({ word, count }) => {
    const size = SMALLEST + (1 - SMALLEST) * Math.sqrt((count - 1) / Math.max(1, words[0].count - 1))
    return { word, size: words[0].count === 1 ? 0.5 : size, width: measure(word) }
  })
  const area = boxes.reduce((sum, { size, width }) => sum + size * size * (width + AIR) * (LINE + AIR), 0)
  const widest = Math.max(...boxes.map(({ size, width }) => size * (width + AIR)))
  const largest = Math.min(Math.sqrt((PACKED * room.width * room.height) / area), (0.86 * room.width) / widest, room.height / 3.2)
  // In steps, so that the whole cloud does not breathe with every word.
  const unit = Math.exp(Math.floor(Math.log(largest) / 0.09) * 0.09)
  for (const { word, size, width } of boxes) {
    const px = unit * size
    const box = { size: px, width: px * (width + AIR), height: px * (LINE + AIR) }
    const from = former.get(word) ?? { x: 0, y: 0 }
    const spot = nearest(box, from, room, [...placed.values()])
    if (spot) placed.set(word, { ...box, ...spot })
  }
  return placed
}

/**
 * The free spot nearest to a point, looked for along a spiral as wide as the room.
 * @param {{width: number, height: number}} box
 * @param {{x: number, y: number}} from
 * @param {{width: number, height: number}} room
 * @param {Place[]} others
 */
function nearest(box, from, room, others) {
  const halfX = (room.width - box.width) / 2
  const halfY = (room.height - box.height) / 2
  if (halfX < 0 || halfY < 0) return undefined
  const aspect = room.width / room.height
  for (let step = 0; step < SPIRAL_STEPS; step++) {
    const angle = Math.sqrt(step) * 2.4
    const radius = (room.height / 1.4) * (step / SPIRAL_STEPS) ** 0.62
    const x = Math.max(-halfX, Math.min(halfX, from.x + radius * aspect * Math.cos(angle)))
    const y = Math.max(-halfY, Math.min(halfY, from.y + radius * Math.sin(angle)))
    const free = others.every(other =>
      Math.abs(other.x - x) * 2 >= other.width + box.width || Math.abs(other.y - y) * 2 >= other.height + box.height)
    if (free) return { x, y }
  }
  return undefined
}

/** One of the eight colours, the same for a word on every screen. @param {string} word */
function colour(word) {
  let sum = 7
  for (const char of word) sum = (sum * 31 + (char.codePointAt(0) ?? 0)) % 9973
  return `o${(sum % 8) + 1}`
}

export class ScreenWords {
  #cloud = h('div', { class: 'cloud', 'aria-hidden': 'true' })
  #empty = h('p', { class: 'empty' })
  #table = new TextTable([t('screen.word'), t('screen.count')])
  /** @type {Map<string, Place>} */
  #places = new Map()
  /** @type {Map<string, HTMLElement>} */
  #elements = new Map()
  /** @type {Word[]} */
  #words = []
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #laidOut = 0
  #house
  #svg
  #measure

  /** @param {HTMLElement} body */
  constructor(body) {
    this.#svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    this.#svg.setAttribute('viewBox', '0 90 1000 700')
    this.#svg.setAttribute('class', 'house')
    this.#svg.setAttribute('aria-hidden', 'true')
    this.#house = new House(this.#svg)
    body.append(this.#svg, this.#cloud, this.#empty, this.#table.element)
    const canvas = h('canvas').getContext('2d')
    const font = `650 ${DRAWN_PX}px ${getComputedStyle(body).fontFamily}`
    this.#measure = (/** @type {string} */ word) => {
      if (!canvas) return 0.6 * word.length
      canvas.font = font
      return canvas.measureText(word).width / DRAWN_PX
    }
  }

  /** @param {import('./screen.js').Moment} moment */
  update({ activity, results, answered, here }) {
    const tally = results?.tally?.kind === 'words' ? results.tally : undefined
    this.#svg.toggleAttribute('hidden', tally !== undefined)
    if (!tally) this.#house.fill(answered, here)
    this.#words = Object.entries(tally?.words ?? {})
      .map(([word, count]) => ({ word, count }))
      .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
    const waiting = tally !== undefined && this.#words.length === 0
    this.#empty.hidden = !waiting
    say(this.#empty, activity.state === 'open' ? t('screen.no_words') : '')
    this.#table.show(this.#words.map(({ word, count }) => [word, number(count)]))
    this.#timer ??= setTimeout(() => this.#arrange(), Math.max(0, this.#laidOut + PAUSE_MS - performance.now()))
  }

  fit() {
    this.#places.clear()
    this.#arrange()
  }

  #arrange() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#laidOut = performance.now()
    const room = { width: this.#cloud.clientWidth, height: this.#cloud.clientHeight }
    const words = room.width > 0 ? this.#words : []
    this.#places = words.length > 0 ? layout(words, room, this.#measure, this.#places) : new Map()
    for (const [word, element] of this.#elements) {
      if (!this.#places.has(word)) this.#takeAway(word, element)
    }
    for (const [word, place] of this.#places) this.#put(word, place)
  }

  /**
   * @param {string} word
   * @param {Place} place
   */
  #put(word, { x, y, size }) {
    let element = this.#elements.get(word)
    const at = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px) translate(-50%, -50%)`
    if (!element) {
      element = h('span', { class: `word ${colour(word)}` }, word)
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
