// A text wall on the big screen: the newest first, in columns in which each text keeps its place, so that nothing jumps while the
// room reads. One text may be in the spotlight. What has no room is counted. Where results are hidden, the house fills.

import { h, setText, t } from '../../js/messages.js'
import { SeatMap } from '../../js/seat-map.js'
import { TextTable } from '../../js/text-table.js'
import { inOrder } from './wall.js'

/** @import { ScreenView } from "../../js/screen-view.js" */
/** @import { ShownText } from "../../js/wire.js" */
/** @typedef {{element: HTMLElement, column: number}} Card */

/** The sizes that are tried, from the largest: a few texts are drawn larger than many, as long as all have room. */
const SIZES = [1.7, 1.35, 1.1, 0.95, 0.82]
/** How wide a column is at size 1, as a part of the window's height: about thirty letters. */
const COLUMN = 0.46
/** How often texts may come and go, so that the room can follow. */
const PAUSE_MS = 900
/** As `--calm` in the styles. */
const CALM = { duration: 420, easing: 'cubic-bezier(.2,.7,.2,1)' }
/** The sizes of the text in the spotlight, as parts of the window's height: the largest, the least, and the step down. */
const [LARGEST, LEAST, STEP] = [0.085, 0.017, 0.94]

const stillness = matchMedia('(prefers-reduced-motion: reduce)')

/** @implements {ScreenView} */
export class View {
  #columns = h('div', { class: 'columns', 'aria-hidden': 'true' })
  #more = h('p', { class: 'more', 'aria-hidden': 'true' })
  #empty = h('p', { class: 'empty' })
  #spotlight = h('article', { class: 'spotlight', dir: 'auto', 'aria-live': 'polite', hidden: true }, h('p', { class: 'said' }), h('p', { class: 'by' }))
  #table = new TextTable([t('screen.open.text'), t('screen.open.name'), t('screen.open.sent_by')])
  #svg
  #seatMap
  #wall
  /** @type {Map<string, Card>} */
  #cards = new Map()
  /** What there is, in order. @type {[string, ShownText][]} */
  #texts = []
  #shown = 0
  #lit = ''
  /** How it is laid out: how many columns at which size, and what is pinned. */
  #layout = ''
  #size = SIZES[0]
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer
  #arranged = 0

  /** @param {HTMLElement} body */
  constructor(body) {
    this.#svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
    for (const [name, value] of Object.entries({ viewBox: '0 90 1000 700', class: 'seat-map', 'aria-hidden': 'true' })) this.#svg.setAttribute(name, value)
    this.#seatMap = new SeatMap(this.#svg)
    this.#wall = h('div', { class: 'text-wall' }, this.#spotlight, this.#columns, this.#more)
    body.append(this.#svg, this.#wall, this.#empty, this.#table.element)
  }

  /** @param {import('../../js/screen-view.js').Moment} moment */
  update({ activity, results, answered, answeredHere, here }) {
    const tally = results?.tally?.kind === 'open' ? results.tally : undefined
    this.#svg.toggleAttribute('hidden', tally !== undefined)
    if (!tally) this.#seatMap.fill(answeredHere ?? Math.min(answered, here), here)
    this.#texts = tally ? inOrder(tally) : []
    this.#shown = tally?.shown ?? 0
    const waiting = tally !== undefined && this.#texts.length === 0
    this.#empty.hidden = !waiting
    setText(this.#empty, waiting ? t(activity.state === 'closed' ? 'screen.open.none' : 'screen.open.waiting') : '')
    this.#table.show(this.#texts.map(([, { text, name, people }]) => [text, name ?? '', t('screen.open.people', { n: people })]))
    const lit = tally?.highlight === undefined ? '' : String(tally.highlight)
    const gone = [...this.#cards.keys()].some(id => !this.#texts.some(([shown]) => shown === id))
    // What the facilitator does is seen at once; what the room sends may wait for its turn.
    if (lit !== this.#lit || gone || this.#cards.size === 0) this.#arrange(lit)
    else this.#timer ??= setTimeout(() => this.#arrange(), Math.max(0, this.#arranged + PAUSE_MS - performance.now()))
  }

  fit() {
    this.#layout = ''
    this.#size = SIZES[0]
    this.#arrange()
  }

  /** @param {string} lit the number of the text in the spotlight */
  #arrange(lit = this.#lit) {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#arranged = performance.now()
    const still = stillness.matches || document.hidden
    const before = new Map([...this.#cards].map(([id, { element }]) => [id, element.getBoundingClientRect()]))
    this.#light(lit, still)
    const wall = this.#besideSpotlight()
    for (const [id, { element }] of this.#cards) {
      if (wall.some(([shown]) => shown === id)) continue
      this.#cards.delete(id)
      element.remove()
    }
    // Smaller where they have no room, larger again only when all is laid out anew.
    for (const size of SIZES.filter(size => size <= this.#size)) {
      this.#lay(size)
      if (size === SIZES[SIZES.length - 1] || (this.#clip() === 0 && !this.#wall.querySelector('.shortened'))) break
    }
    const tell = () => {
      const [seen, all] = [wall.length - this.#clip(), this.#shown - Number(this.#lit !== '')]
      setText(this.#more, all > seen && seen > 0 ? t('screen.open.more', { n: all - seen }) : '')
    }
    tell()
    // That line takes room from the columns: what it cuts off counts too.
    tell()
    this.#fitSpotlight()
    if (!still) this.#move(before)
  }

  /** What stands on the wall: the text in the spotlight is not there twice. */
  #besideSpotlight() {
    return this.#texts.filter(([id]) => id !== this.#lit)
  }

  /** Puts what is not there yet into the columns; anew where there are others than before. @param {number} size */
  #lay(size) {
    this.#size = size
    const texts = this.#besideSpotlight()
    this.#wall.style.setProperty('--k', String(size))
    const n = Math.max(1, Math.round(this.#columns.clientWidth / (COLUMN * size * innerHeight)))
    const pinned = texts.filter(([, { pinned }]) => pinned).map(([id]) => id)
    const layout = JSON.stringify([n, size, pinned])
    if (layout !== this.#layout) {
      this.#layout = layout
      this.#columns.replaceChildren(...Array.from({ length: n }, () => h('div', { class: 'column' })))
      for (const [id, text] of texts) this.#put(id, text, false)
    } else {
      // The oldest of the new ones first, so that the newest stands on top.
      for (const [id, text] of [...texts].reverse()) if (!this.#cards.has(id)) this.#put(id, text, true)
    }
    for (const [id, text] of texts) this.#show(id, text)
  }

  /**
   * @param {string} id
   * @param {ShownText} text
   * @param {boolean} first whether it goes above what is there
   */
  #put(id, text, first) {
    const element = this.#cards.get(id)?.element ?? h('p', { class: 'card-text', dir: 'auto' }, h('span', { class: 'words' }), h('small', { class: 'by' }))
    this.#cards.set(id, { element, column: 0 })
    this.#show(id, text)
    const columns = Array.from(this.#columns.children)
    const height = (/** @type {Element} */ column) => (column.lastElementChild ? column.lastElementChild.getBoundingClientRect().bottom : 0)
    const shortest = columns.reduce((best, column) => (height(column) < height(best) ? column : best))
    if (first) shortest.prepend(element)
    else shortest.append(element)
  }

  /** @param {string} id @param {ShownText} text */
  #show(id, { text, name, people, pinned }) {
    const element = this.#cards.get(id)?.element
    if (!element) return
    element.classList.toggle('pinned-text', pinned === true)
    setText(element.querySelector('.words'), text)
    setText(element.querySelector('.by'), by(name, people))
  }

  /**
   * Hides what is not whole, and says how many of those that are told to the screen are not to be seen. What has a column to
   * itself and is longer is shortened, its name kept.
   */
  #clip() {
    const bottom = this.#columns.getBoundingClientRect().bottom + 1
    let clipped = 0
    for (const { element } of this.#cards.values()) {
      element.classList.remove('shortened')
      const over = element.offsetParent === null ? 0 : element.getBoundingClientRect().bottom - bottom
      const cut = over > 0 && element.previousElementSibling !== null
      element.classList.toggle('cut', cut)
      clipped += Number(cut)
      if (over > 0 && !cut) shorten(element, over)
    }
    return clipped
  }

  /** @param {string} lit @param {boolean} still */
  #light(lit, still) {
    const text = this.#texts.find(([id]) => id === lit)?.[1]
    const other = lit !== this.#lit
    this.#lit = text ? lit : ''
    this.#spotlight.hidden = !text
    this.#wall.classList.toggle('has-spotlight', text !== undefined)
    if (!text) return
    setText(this.#spotlight.querySelector('.said'), text.text)
    setText(this.#spotlight.querySelector('.by'), by(text.name, text.people))
    if (other && !still) this.#spotlight.animate([{ opacity: 0 }, { opacity: 1 }], CALM)
  }

  /** As large as text and name fit with all words whole; where nothing does, words are broken. */
  #fitSpotlight() {
    const box = this.#spotlight
    if (box.hidden) return
    for (const broken of [false, true]) {
      box.classList.toggle('broken', broken)
      for (let size = innerHeight * LARGEST; size >= innerHeight * LEAST; size *= STEP) {
        box.style.setProperty('--size', `${size.toFixed(1)}px`)
        if (box.scrollHeight <= box.clientHeight && box.scrollWidth <= box.clientWidth) return
      }
    }
  }

  /** Lets each card glide from where it was; what is new appears. @param {Map<string, DOMRect>} before */
  #move(before) {
    for (const [id, { element }] of this.#cards) {
      const [from, to] = [before.get(id), element.getBoundingClientRect()]
      if (!from || from.height === 0) element.animate([{ opacity: 0, transform: 'translateY(-1rem)' }, { opacity: 1, transform: 'none' }], CALM)
      else if (from.left !== to.left || from.top !== to.top) {
        element.animate([{ transform: `translate(${from.left - to.left}px, ${from.top - to.top}px)` }, { transform: 'none' }], CALM)
      }
    }
  }
}

/**
 * Takes so many lines from a text that its card becomes shorter by this.
 * @param {HTMLElement} card
 * @param {number} over
 */
function shorten(card, over) {
  const words = /** @type {HTMLElement} */ (card.querySelector('.words'))
  const line = parseFloat(getComputedStyle(words).lineHeight)
  const lines = Math.max(1, Math.floor((words.offsetHeight - over) / line))
  card.style.setProperty('--lines', String(lines))
  card.classList.add('shortened')
}

/**
 * Who sent it, and that others did too.
 * @param {string | undefined} name
 * @param {number} people
 */
const by = (name, people) => [...(name ? [`\u2068${name}\u2069`] : []), ...(people > 1 ? [t('screen.open.people', { n: people })] : [])].join(' · ')
