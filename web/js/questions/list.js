// The room's questions in a list: the window that everybody has at once, more by HTTP as one scrolls. What is read stays
// where it is: counts change in place, while new questions and another order wait for a tap.

import { announce, byId, h, isOver, onceTyping, setText, t } from '../messages.js'
import { postElement, showPost } from './post.js'

/** @typedef {import('./api.js').Listed} Listed */
/** @typedef {import('../wire.js').ShownPost} ShownPost */

/** What was read longer ago is asked for again when it is looked at. */
const STALE_MS = 10_000
/** Phones that look at the same do not ask at the same moment. */
const SPREAD_MS = 3000
/** A finger that rests has stopped scrolling. */
const REST_MS = 400
/** Letters typed within this long are one search. */
const TYPING_MS = 350
/** The most that one request may ask for again. */
const MAX_RECHECKED = 50
/** So many are one part of the list, which costs nothing while it is out of sight; each part costs a little by itself. */
const PART = 20
/** Fewer questions can be looked through. */
const WORTH_SEARCHING = 15
/** The longest search. */
const SEARCH_CHARS = 100
/** This far below what is seen the next questions are fetched. */
const AHEAD = '800px'

/** The window's order: pinned first, then most votes, least against, the older. */
const order = (/** @type {[number, ShownPost]} */ [a, one], /** @type {[number, ShownPost]} */ [b, other]) =>
  Number(other.pinned ?? false) - Number(one.pinned ?? false) || other.votes - one.votes || (one.down ?? 0) - (other.down ?? 0) || a - b

/**
 * The questions of which one's own part is another now.
 * @param {import('../wire.js').Me} [former]
 * @param {import('../wire.js').Me} [now]
 */
function changed(former, now) {
  const voted = Object.keys({ ...former?.votes, ...now?.votes }).filter(post => former?.votes?.[post] !== now?.votes?.[post])
  const own = Object.entries({ ...former?.posts, ...now?.posts }).flatMap(([post, { merged_into }]) => [post, merged_into ?? post])
  return [...voted, ...own].map(Number)
}

export class List {
  #on
  /** @type {import('./api.js').Wanted} */
  #wanted = { sort: 'popular', label: 0, q: '' }
  /** What is listed, in order. @type {Map<number, {element: HTMLElement, shown?: ShownPost, received: number}>} */
  #listed = new Map()
  /** Where the next page begins: empty at the first, none after the last. @type {string | undefined} */
  #next = ''
  /** @type {AbortController | undefined} */
  #asking
  #phase = /** @type {'ready' | 'loading' | 'failed'} */ ('ready')
  #total = 0
  /** How many of others were published, and how many answered, when the list was made. */
  #known = { published: 0, answered: 0 }
  /** What was drawn last, to draw only what is another. */
  #drawn = /** @type {{posts?: import('../wire.js').Posts, qa?: import('../wire.js').Qa, me?: import('../wire.js').Me, touched: number[]}} */ ({ touched: [] })
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #againTimer
  #sort
  #label = h('select', { class: 'field', 'aria-label': t('questions.label'), onchange: () => this.#want({ label: Number(this.#label.value) }) })
  #search
  #tools
  #fresh = h('button', { class: 'button fresh', type: 'button', hidden: true, onclick: () => this.#renew() })
  #list = h('div', { class: 'parts' })
  #more = h('button', { class: 'button more', type: 'button', hidden: true, onclick: () => this.#fetch() })
  #ahead = new IntersectionObserver(seen => seen.some(one => one.isIntersecting) && this.#phase === 'ready' && this.#fetch(), { rootMargin: AHEAD })
  #said = h('p', { class: 'quiet said', role: 'status' })
  #heading = h('h2', { tabindex: -1, class: 'visually-hidden' }, t('questions.room'))

  /** @param {import('./page.js').Context} on */
  constructor(on) {
    this.#on = on
    const sorts = /** @type {const} */ (['popular', 'recent', 'oldest', 'answered'])
    this.#sort = h('select', { class: 'field', 'aria-label': t('questions.order'), onchange: () => this.#want({ sort: sorts[this.#sort.selectedIndex] }) },
      ...sorts.map(sort => h('option', { value: sort }, t(`questions.sort.${sort}`))))
    let typing = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)
    const typed = () => {
      clearTimeout(typing)
      typing = setTimeout(() => !isOver(this.#search) && this.#want({ q: this.#search.value.trim() }), TYPING_MS)
    }
    this.#search = h('input', { class: 'field', type: 'search', name: 'q', enterkeyhint: 'search', autocomplete: 'off', dir: 'auto', 'aria-label': t('questions.search'), placeholder: t('questions.search'), oninput: typed })
    this.#search.addEventListener('focus', () => onceTyping(({ limited }) => limited(this.#search, SEARCH_CHARS)), { once: true })
    this.#tools = h('div', { class: 'tools' }, this.#search, this.#sort, this.#label)
    this.element = h('section', { class: 'room' }, this.#heading, this.#tools, h('div', { class: 'above' }, this.#fresh), this.#said, this.#list, this.#more)
    this.#list.addEventListener('click', event => this.#voted(/** @type {HTMLElement} */ (event.target)))
    this.#ahead.observe(this.#more)
    let resting = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)
    addEventListener('scroll', () => {
      clearTimeout(resting)
      resting = setTimeout(() => this.#lookAgain(Math.random() * SPREAD_MS), REST_MS)
    }, { passive: true })
    document.addEventListener('visibilitychange', () => this.#lookAgain(Math.random() * SPREAD_MS))
  }

  /** Whether the list begins with the window that everybody has. */
  get #windowed() {
    const { sort, label, q } = this.#wanted
    return sort === 'popular' && !label && !q
  }

  /** What is known of a question. @param {number} post @returns {ShownPost | undefined} */
  find(post) {
    return this.#on.live.topics.posts?.posts[post] ?? this.#listed.get(post)?.shown
  }

  render() {
    const { posts, stage, me } = this.#on.live.topics
    if (!posts || !stage) return
    const first = this.#drawn.posts === undefined
    if (first || (this.#windowed && this.#listed.size === 0 && this.#phase === 'ready')) this.#renew(false)
    const touched = this.#on.votes.touched()
    const all = this.#drawn.qa !== stage.qa
    const some = [...this.#drawn.touched, ...touched, ...(this.#drawn.me === me ? [] : changed(this.#drawn.me, me))]
    if (this.#drawn.posts !== posts) some.push(...this.#follow(posts))
    this.#drawn = { posts, qa: stage.qa, me, touched }
    for (const post of all ? this.#listed.keys() : new Set(some)) this.#show(post)
    this.#addOwn(posts)
    this.#showTools()
    this.#showFresh(posts)
    this.#showState()
  }

  /** Takes over what the window says anew; returns which questions that may have changed. @param {import('../wire.js').Posts} posts */
  #follow(posts) {
    const former = this.#drawn.posts
    const now = Date.now()
    for (const [post, shown] of Object.entries(posts.posts)) {
      const held = this.#listed.get(Number(post))
      if (held) Object.assign(held, { shown, received: now })
    }
    const left = Object.keys(former?.posts ?? {}).filter(post => !(post in posts.posts)).map(Number)
    // One that left with the number of all was taken down: whoever looks at it should know soon.
    if (left.length > 0 && former && posts.published < former.published) {
      for (const post of left) Object.assign(this.#listed.get(post) ?? {}, { received: 0 })
      this.#lookAgain(Math.random() * SPREAD_MS)
    } else if (left.length > 0) this.#lookAgain(STALE_MS + Math.random() * SPREAD_MS)
    return [...Object.keys(posts.posts).map(Number), ...left, ...[former?.highlight, posts.highlight].filter(post => post !== undefined)]
  }

  /** How many of the published questions others have asked. @param {import('../wire.js').Posts} [posts] */
  #others(posts) {
    return Math.max(0, (posts?.published ?? 0) - this.#own().length)
  }

  /** One's own that everybody can see. */
  #own() {
    const { me } = this.#on.live.topics
    return Object.entries(me?.posts ?? {}).filter(([, { fate, merged_into }]) => (fate === 'shown' || fate === 'answered') && merged_into === undefined).map(([post]) => Number(post))
  }

  /** What one has just asked comes at the end by itself: it is no news to who asked it, and moves nothing. @param {import('../wire.js').Posts} posts */
  #addOwn(posts) {
    if (!this.#windowed || this.#next !== undefined) return
    const now = Date.now()
    for (const post of this.#own()) if (posts.posts[post] && !this.#listed.has(post)) this.#add(post, posts.posts[post], now)
  }

  /** @param {number} post */
  #show(post) {
    const held = this.#listed.get(post)
    if (held) showPost(held.element, this.#on.told(post, held.shown, held.received))
  }

  /** @param {HTMLElement} target */
  #voted(target) {
    const button = target.closest('button')
    const post = Number(target.closest('li')?.dataset.post)
    if (button?.dataset.vote && post) this.#on.vote(post, /** @type {'up' | 'down'} */ (button.dataset.vote))
  }

  /** @param {Partial<import('./api.js').Wanted>} change */
  #want(change) {
    this.#wanted = { ...this.#wanted, ...change }
    this.#renew(false)
    this.render()
  }

  /** The list from its beginning, with all that is new. @param {boolean} [asked] by the button, which is gone after that */
  #renew(asked = true) {
    const { posts } = this.#on.live.topics
    this.#asking?.abort()
    this.#listed.clear()
    this.#list.replaceChildren()
    this.#next = ''
    this.#phase = 'ready'
    this.#known = { published: this.#others(posts), answered: posts?.answered_posts ?? 0 }
    if (this.#windowed && posts) {
      const now = Date.now()
      for (const [post, shown] of Object.entries(posts.posts).map(([post, shown]) => /** @type {[number, ShownPost]} */ ([Number(post), shown])).sort(order)) this.#add(post, shown, now)
      if (this.#listed.size >= posts.published) this.#next = undefined
    } else this.#fetch()
    if (!asked) return
    this.#fresh.hidden = true
    this.#heading.focus({ preventScroll: true })
    byId('questions').scrollIntoView({ block: 'start' })
    announce(t('questions.renewed'))
    this.render()
  }

  /**
   * @param {number} post
   * @param {ShownPost} shown
   * @param {number} received
   */
  #add(post, shown, received) {
    const element = postElement(post)
    if (this.#listed.size % PART === 0) this.#list.append(h('ol', { class: 'posts' }))
    this.#listed.set(post, { element, shown, received })
    this.#show(post)
    this.#list.lastElementChild?.append(element)
  }

  async #fetch() {
    if (this.#phase === 'loading' || this.#next === undefined) return
    this.#phase = 'loading'
    this.#showState()
    const asking = (this.#asking = new AbortController())
    try {
      const { posts, total, next } = await this.#on.api.page(this.#wanted, this.#next || undefined, asking.signal)
      if (asking.signal.aborted) return
      const now = Date.now()
      for (const { post, ...shown } of posts) if (!this.#listed.has(post)) this.#add(post, shown, now)
      this.#next = next
      this.#total = total
      this.#phase = 'ready'
    } catch {
      if (asking.signal.aborted) return
      this.#phase = 'failed'
    }
    this.#showState()
    // Where the button is still near once what came is laid out, nothing else would tell.
    this.#ahead.unobserve(this.#more)
    this.#ahead.observe(this.#more)
  }

  /** Asks again for what is seen and was told some time ago; soon, at some moment. @param {number} wait */
  #lookAgain(wait) {
    clearTimeout(this.#againTimer)
    this.#againTimer = setTimeout(async () => {
      const { posts } = this.#on.live.topics
      if (document.visibilityState !== 'visible' || this.element.offsetParent === null) return
      const old = this.#seen().filter(post => !(post in (posts?.posts ?? {})) && (this.#listed.get(post)?.received ?? 0) < Date.now() - STALE_MS)
      if (old.length === 0) return
      const found = new Map((await this.#on.api.some(old).catch(() => [])).map(({ post, ...shown }) => [post, shown]))
      const now = Date.now()
      for (const post of found.size > 0 || navigator.onLine ? old : []) {
        const held = this.#listed.get(post)
        if (held) Object.assign(held, { shown: found.get(post), received: now })
        this.#show(post)
      }
    }, wait)
  }

  /** The questions on the display now: found by halving, since there may be thousands. */
  #seen() {
    const items = Array.from(this.#listed.values(), held => held.element)
    let [low, high] = [0, items.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (items[middle].getBoundingClientRect().bottom < 0) low = middle + 1
      else high = middle
    }
    const seen = []
    for (let place = low; place < items.length && seen.length < MAX_RECHECKED; place += 1) {
      if (items[place].getBoundingClientRect().top > innerHeight) break
      seen.push(Number(items[place].dataset.post))
    }
    return seen
  }

  #showTools() {
    const { posts, stage } = this.#on.live.topics
    const labels = stage?.qa.labels ?? []
    const options = [{ id: 0, name: t('questions.all_labels') }, ...labels]
    const key = JSON.stringify(options.map(({ id, name }) => [id, name]))
    if (this.#label.dataset.options !== key) {
      this.#label.dataset.options = key
      this.#label.replaceChildren(...options.map(({ id, name }) => h('option', { value: id, dir: 'auto' }, name)))
      this.#label.value = String(this.#wanted.label)
    }
    this.#label.hidden = labels.length === 0
    const published = posts?.published ?? 0
    this.#search.hidden = published < WORTH_SEARCHING && !this.#wanted.q && this.#search !== document.activeElement
    this.#tools.hidden = published < 2 && this.#windowed
  }

  /** @param {import('../wire.js').Posts} posts */
  #showFresh(posts) {
    const { sort, label, q } = this.#wanted
    const n = sort === 'answered' ? posts.answered_posts - this.#known.answered : this.#others(posts) - this.#known.published
    const now = Object.entries(posts.posts).map(([post, shown]) => /** @type {[number, ShownPost]} */ ([Number(post), shown])).sort(order)
    const there = now.map(([post]) => post).filter(post => this.#listed.has(post))
    const ranked = new Set(there)
    const drawn = this.#windowed ? [...this.#listed.keys()].filter(post => ranked.has(post)) : there
    const moved = this.#windowed && (drawn.join() !== there.join() || now.length > there.length)
    const text = label || q ? '' : n > 0 ? t(sort === 'answered' ? 'questions.fresh_answered' : 'questions.fresh', { n }) : moved ? t('questions.moved') : ''
    this.#fresh.hidden = text === ''
    if (text) setText(this.#fresh, text)
  }

  /** Nothing there, on its way, not to be had, and how many were found. */
  #showState() {
    const { sort, label, q } = this.#wanted
    const empty = this.#listed.size === 0
    const loading = this.#phase === 'loading'
    this.#list.classList.toggle('loading', loading)
    this.#list.setAttribute('aria-busy', String(loading))
    this.#more.hidden = this.#next === undefined
    setText(this.#more, t(this.#phase === 'failed' ? 'questions.again' : loading ? 'questions.loading' : 'questions.more'))
    const nothing = !empty ? '' : q || label ? 'questions.none_found' : sort === 'answered' ? 'questions.none_answered' : this.#on.mine.cards().length > 0 ? 'questions.none_but_mine' : this.#on.open() ? 'questions.none' : 'questions.none_closed'
    const text = this.#phase === 'failed' ? t('questions.failed') : loading ? '' : empty && this.#next === undefined ? t(nothing) : (q || label) && !empty ? t('questions.found', { n: this.#total }) : ''
    // There before it speaks, since a region that appears with its words is not read out.
    setText(this.#said, text)
    this.#said.classList.toggle('empty', empty)
  }
}
