// The room's questions on the big screen: the list of the most wanted, and one full screen.

import { h, number, setText, t } from './messages.js'
import { popular } from './post-order.js'
import { TextTable } from './text-table.js'

/** @typedef {import('./wire.js').Posts} Posts */
/** @typedef {import('./wire.js').Qa} Qa */
/** @typedef {import('./wire.js').ShownPost} ShownPost */

/** At most so many are listed: more than this nobody takes in from the back row. */
const MAX_LISTED = 8
/** How often questions may change places, so that the room can follow. */
const PAUSE_MS = 1200
/** As `--calm` in the styles. */
const CALM = { duration: 420, easing: 'cubic-bezier(.2,.7,.2,1)' }
/** The sizes of the list, from the largest: a few questions are drawn larger than many, as long as all have room. */
const LIST_SIZES = [1.5, 1.25, 1]
/** The sizes of one question full screen, as parts of the window's height: the largest, the least, and the step down. */
const [LARGEST, LEAST, STEP] = [0.11, 0.036, 0.95]
/** And of its width, where the window is upright. */
const WIDEST = 0.085

const stillness = matchMedia('(prefers-reduced-motion: reduce)')

/** A number that grows calmly. */
class Count {
  #element
  #shown = 0
  #frame = 0

  /** @param {Element} element */
  constructor(element) {
    this.#element = element
  }

  /** @param {number} to @param {boolean} still at once */
  set(to, still) {
    cancelAnimationFrame(this.#frame)
    const [from, began] = [this.#shown, performance.now()]
    const grow = (/** @type {number} */ now) => {
      const part = still ? 1 : Math.min(1, Math.max(0, now - began) / CALM.duration)
      this.#shown = Math.round(from + (to - from) * part)
      setText(this.#element, number(this.#shown))
      if (this.#shown !== to) this.#frame = requestAnimationFrame(grow)
    }
    grow(began)
  }
}

/**
 * The labels of a question that the screen knows.
 * @param {ShownPost} post
 * @param {Qa} qa
 */
const tags = (post, qa) =>
  qa.labels.filter(({ id }) => post.labels?.includes(id)).map(({ name, colour }) => h('span', { class: `label c${colour}`, dir: 'auto' }, name))

const pin = () => h('span', { class: 'pinned' }, h('i', { 'aria-hidden': 'true' }), t('screen.pinned'))

/**
 * Who asks and what it is about, beneath a question.
 * @param {ShownPost} post
 * @param {Qa} qa
 */
const about = (post, qa) =>
  [...(post.name ? [h('span', { class: 'name', dir: 'auto' }, post.name)] : []), ...(post.pinned ? [pin()] : []), ...tags(post, qa)]

class Row {
  #text = h('p', { class: 'text' })
  #about = h('p', { class: 'about' })
  #votes = h('b')
  #down = h('small')
  #count = new Count(this.#votes)
  #drawn = ''
  element = h('li', { class: 'post' }, h('div', { dir: 'auto' }, this.#text, this.#about), h('p', { class: 'num' }, this.#votes, this.#down))

  /** @param {ShownPost} post @param {Qa} qa @param {boolean} still */
  update(post, qa, still) {
    setText(this.#text, post.text)
    this.#count.set(post.votes, still)
    setText(this.#down, post.down ? t('screen.against', { n: post.down }) : '')
    const drawn = JSON.stringify([post.name, post.pinned, post.labels, qa.labels])
    if (drawn === this.#drawn) return
    this.#drawn = drawn
    this.#about.replaceChildren(...about(post, qa))
  }
}

/** The most wanted questions, as many as are legible. They change places calmly and not often. */
export class QuestionList {
  #box
  #list = h('ol', { class: 'posts', 'aria-hidden': 'true' })
  #empty = h('p', { class: 'empty' })
  #table = new TextTable([t('screen.question'), t('screen.votes'), t('screen.from')])
  /** @type {Map<string, Row>} */
  #rows = new Map()
  /** @type {Posts | undefined} */
  #posts
  /** @type {Qa | undefined} */
  #qa
  /** Whether anybody sees it; where nobody does, nothing has to be calm. */
  #seen = false
  #size = 1
  #arranged = 0
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box
    box.append(this.#list, this.#empty, this.#table.element)
  }

  /**
   * @param {Posts} posts
   * @param {Qa} qa
   * @param {boolean} seen
   */
  update(posts, qa, seen) {
    const appears = seen && !this.#seen
    this.#posts = posts
    this.#qa = qa
    for (const [id, row] of this.#rows) if (id in posts.posts) row.update(posts.posts[id], qa, this.#still)
    const wanted = popular(posts.posts)
    this.#empty.hidden = wanted.length > 0
    if (wanted.length === 0) setText(this.#empty, emptyWords(posts, qa))
    this.#table.show(wanted.slice(0, MAX_LISTED).map(id => [posts.posts[id].text, number(posts.posts[id].votes), posts.posts[id].name ?? '']))
    // What is no longer for all to see leaves at once.
    const gone = [...this.#rows.keys()].some(id => !wanted.includes(id))
    this.#seen = seen
    if (appears || gone || !seen) this.#arrange(appears)
    else this.#timer ??= setTimeout(() => this.#arrange(false), Math.max(0, this.#arranged + PAUSE_MS - performance.now()))
  }

  fit() {
    this.#arrange(true)
  }

  get #still() {
    return !this.#seen || stillness.matches || document.hidden
  }

  /**
   * Puts the questions where they belong, each moving there from where it is seen now.
   * @param {boolean} atOnce without motion
   */
  #arrange(atOnce) {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#arranged = performance.now()
    if (!this.#posts || !this.#qa) return
    const still = atOnce || this.#still
    const top = this.#list.getBoundingClientRect().top
    const before = new Map([...this.#rows].map(([id, { element }]) => [id, element.getBoundingClientRect().top - top]))
    for (const { element } of this.#rows.values()) for (const animation of element.getAnimations()) animation.cancel()
    const size = this.#size
    const placed = this.#place(popular(this.#posts.posts).slice(0, MAX_LISTED))
    for (const [id, row] of this.#rows) {
      if (!placed.includes(id)) this.#takeAway(id, row, before.get(id), still)
    }
    if (still) return
    // At another size there is no way from where a question was to where it is.
    if (size !== this.#size) return void this.#list.animate([{ opacity: 0 }, { opacity: 1 }], CALM)
    for (const id of placed) {
      const element = this.#rows.get(id)?.element
      const was = before.get(id)
      if (!element) continue
      const way = (was ?? 0) - element.offsetTop
      // Who rises passes in front.
      element.classList.toggle('rises', was !== undefined && way > 0)
      if (was === undefined) element.animate([{ opacity: 0 }, { opacity: 1 }], CALM)
      else if (Math.abs(way) > 0.5) element.animate([{ transform: `translateY(${way}px)` }, { transform: 'none' }], CALM)
    }
  }

  /**
   * Draws these questions in this order; gives those for which there is room.
   * @param {string[]} wanted
   */
  #place(wanted) {
    const { posts } = /** @type {Posts} */ (this.#posts)
    for (const [id, { element }] of this.#rows) element.classList.toggle('leaving', !wanted.includes(id))
    const rows = wanted.map(id => {
      const row = this.#rows.get(id) ?? new Row()
      if (!this.#rows.has(id)) row.update(posts[id], /** @type {Qa} */ (this.#qa), true)
      this.#rows.set(id, row)
      return row.element
    })
    this.#list.append(...rows)
    const room = this.#box.clientHeight
    const fits = () => rows.filter(({ offsetTop, offsetHeight }) => offsetTop + offsetHeight <= room + 1).length
    for (const size of LIST_SIZES) {
      this.#size = size
      this.#list.style.setProperty('--k', String(size))
      if (fits() === rows.length) return wanted
    }
    return wanted.slice(0, Math.max(1, fits()))
  }

  /**
   * @param {string} id
   * @param {Row} row
   * @param {number | undefined} from where it is seen, if it is
   * @param {boolean} still
   */
  #takeAway(id, { element }, from, still) {
    this.#rows.delete(id)
    if (still || from === undefined) return element.remove()
    element.classList.add('leaving')
    element.style.setProperty('--from', `${from}px`)
    element.animate([{ opacity: 1 }, { opacity: 0 }], CALM).finished.then(() => element.remove(), () => element.remove())
  }
}

/**
 * @param {Posts} posts
 * @param {Qa} qa
 */
function emptyWords({ published }, { state }) {
  if (published > 0) return t('screen.all_answered')
  return t(state === 'open' ? 'screen.no_questions' : 'screen.no_questions_closed')
}

/** One question, as large as it can be. Another takes its place by a crossfade. */
export class Highlight {
  #box
  /** @type {Card | undefined} */
  #card

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box
  }

  /**
   * @param {string} id
   * @param {ShownPost} post
   * @param {Qa} qa
   */
  show(id, post, qa) {
    if (this.#card?.id !== id) {
      this.clear()
      this.#card = new Card(id)
      this.#box.append(this.#card.element)
      this.#card.update(post, qa)
      if (!stillness.matches) this.#card.element.animate([{ opacity: 0 }, { opacity: 1 }], CALM)
    } else {
      this.#card.update(post, qa)
    }
  }

  clear() {
    const old = this.#card?.element
    this.#card = undefined
    if (!old) return
    old.setAttribute('aria-hidden', 'true')
    if (stillness.matches) return old.remove()
    old.animate([{ opacity: 1 }, { opacity: 0 }], { ...CALM, fill: 'forwards' }).finished.then(() => old.remove())
  }

  fit() {
    this.#card?.fit()
  }
}

class Card {
  #text = h('h1', { class: 'text' })
  #about = h('p', { class: 'about' })
  #votes = h('b')
  #words = h('span')
  #count = new Count(this.#votes)
  #drawn = ''
  element

  /** @param {string} id */
  constructor(id) {
    this.id = id
    const votes = h('p', { class: 'votes' }, this.#votes, ' ', this.#words)
    this.element = h('article', { class: 'card', dir: 'auto' }, this.#text, h('div', { class: 'foot' }, this.#about, votes))
  }

  /** @param {ShownPost} post @param {Qa} qa */
  update(post, qa) {
    this.#count.set(post.votes, this.#drawn === '' || stillness.matches || document.hidden)
    const against = post.down ? ` · ${t('screen.against', { n: post.down })}` : ''
    setText(this.#words, t('screen.votes_for', { n: post.votes }) + against)
    const drawn = JSON.stringify([post.text, post.name, post.labels, qa.labels])
    if (drawn === this.#drawn) return
    this.#drawn = drawn
    setText(this.#text, post.text)
    // That it is pinned matters in the list alone.
    this.#about.replaceChildren(...about({ ...post, pinned: false }, qa))
    this.fit()
  }

  /** As large as it can be with all words whole; where that would be too small for the back row, words are broken. */
  fit() {
    const { element } = this
    const most = Math.min(innerHeight * LARGEST, innerWidth * WIDEST)
    for (const broken of [false, true]) {
      element.classList.toggle('broken', broken)
      for (let size = most; size >= innerHeight * LEAST; size *= STEP) {
        element.style.setProperty('--size', `${size.toFixed(1)}px`)
        if (element.scrollHeight <= element.clientHeight && this.#text.scrollWidth <= this.#text.clientWidth) return
      }
    }
  }
}
