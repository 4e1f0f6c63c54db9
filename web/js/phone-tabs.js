// The two tabs of a phone, fetched where the event takes questions: what happens now, and the questions, which are loaded when they
// are first needed.

import { fetchModule, storageGet, storageSet } from './live.js'
import { byId, setText, t } from './messages.js'

/** @typedef {import('./phone.js').Page} Page */

/** Whether this page is the questions' by its address. */
const onQuestions = () => /^\/e\/[^/]+\/questions$/.test(location.pathname)

/** How many of the published questions are one's own. @param {import('./wire.js').Me} [me] */
const ownShown = me => Object.values(me?.posts ?? {}).filter(({ fate, merged_into, to }) => !to && (fate === 'shown' || fate === 'answered') && merged_into === undefined).length

export class Tabs {
  #page
  /** Where the device keeps how many questions of others there were when they were last looked at. */
  #seenKey
  #seen
  /** What was on stage when it was last looked at, or at first. */
  #watched = ''
  /** How far each tab was scrolled. */
  #scrolled = [0, 0]
  /** The room's questions, from when they are first needed. @type {Promise<import('./questions/page.js').Questions> | undefined} */
  #questions
  /** Runs a change of the page without losing the focus. */
  #keepFocus
  /** Called when another tab is on show. */
  #onNavigate
  /** Says something above everything else. @type {(sentence: string) => void} */
  #notice
  /** Says that a part of the page did not come. @type {() => void} */
  #missing

  /**
   * @param {Page} page
   * @param {{keepFocus: (change: () => void) => void, onNavigate: () => void, notice: (sentence: string) => void, missing: () => void}} tools
   */
  constructor(page, { keepFocus, onNavigate, notice, missing }) {
    this.#page = page
    this.#notice = notice
    this.#missing = missing
    this.#keepFocus = keepFocus
    this.#onNavigate = onNavigate
    this.#seenKey = `parterre.seen.${page.state.event}`
    this.#seen = Number(storageGet(this.#seenKey) ?? 0)
    byId('tabs').addEventListener('click', event => this.#pressed(event))
    addEventListener('popstate', () => this.#navigate())
  }

  /**
   * Where there are questions they have a tab. Says whether it is the one on show: then what happens on stage waits.
   * @param {import('./wire.js').Stage} stage
   * @param {string} key of what is on stage
   */
  render(stage, key) {
    const { live, joined } = this.#page
    const published = live.topics.posts?.published ?? 0
    // One's own is no news to oneself.
    const others = Math.max(0, published - ownShown(live.topics.me))
    const nav = byId('tabs')
    nav.hidden = !joined || (stage.qa.state === 'off' && published === 0)
    const open = !nav.hidden && onQuestions()
    if (nav.hidden) this.#watched = ''
    else if (!open || !this.#watched) this.#watched = key
    if (open) {
      document.title = `${t('phone.tab.questions')} · ${stage.event.name}`
      this.#seen = others
      storageSet(this.#seenKey, String(this.#seen))
      this.#use(questions => this.#keepFocus(() => questions.render()))
    }
    byId('view').hidden = open
    byId('questions').hidden = !open
    const fresh = [nav.hidden || key === this.#watched ? '' : t('phone.tab.changed'), others > this.#seen ? t('phone.tab.new', { n: others - this.#seen }) : '']
    Array.from(nav.children, (link, place) => {
      link.setAttribute('aria-current', open === (place === 1) ? 'page' : 'false')
      setText(link.querySelector('b'), fresh[place])
    })
    return open
  }

  /**
   * A command about questions has its receipt.
   * @param {import('./phone/outbox.js').Post} command
   * @param {import('./live.js').Receipt & ({status: 'stored'} | {status: 'refused'})} receipt
   */
  settled(command, receipt) {
    if (receipt.status === 'refused' && byId('questions').hidden) this.#notice(t('phone.tab.refused'))
    this.#use(questions => questions.settled(command, receipt))
  }

  /** @param {(questions: import('./questions/page.js').Questions) => void} use */
  #use(use) {
    const { state, live, outbox, render, fetchWords } = this.#page
    this.#questions ??= Promise.all([fetchModule('./questions/page.js'), fetchWords('questions')]).then(([{ Questions }]) =>
      new Questions({ section: byId('questions'), event: state.event, live, outbox, rerender: render }))
    this.#questions.then(use, () => {
      this.#questions = undefined
      this.#missing()
    })
  }

  /** Another tab, without loading a page. @param {MouseEvent} event */
  #pressed(event) {
    const link = /** @type {HTMLElement} */ (event.target).closest('a')
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    const from = onQuestions()
    if (from === link.pathname.endsWith('/questions')) return window.scrollTo({ top: 0 })
    this.#scrolled[Number(from)] = scrollY
    history.scrollRestoration = 'manual'
    history.pushState(null, '', link.href)
    this.#navigate()
  }

  #navigate() {
    this.#onNavigate()
    window.scrollTo({ top: this.#scrolled[Number(onQuestions())] })
  }
}
