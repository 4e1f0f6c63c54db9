// The room's questions on a phone: asking, one's own, everybody's. Loaded when they are first looked at.

import { announce, h, number, setText, t } from '../messages.js'
import { Api } from './api.js'
import { Compose } from './compose.js'
import { List } from './list.js'
import { Mine } from './mine.js'
import { Votes } from './votes.js'

/** @typedef {import('../wire.js').PostCommand} PostCommand */
/**
 * What the parts of the page share.
 * @typedef {object} Context
 * @property {string} event
 * @property {import('../live.js').Live} live
 * @property {import('../phone/outbox.js').Outbox} outbox
 * @property {() => void} rerender
 * @property {Api} api
 * @property {Votes} votes
 * @property {Mine} mine
 * @property {() => boolean} open whether questions are taken
 * @property {() => boolean} over whether the event is
 * @property {(post: number) => import('../wire.js').ShownPost | undefined} find
 * @property {(command: PostCommand) => string} send
 * @property {(text: string, name?: string) => string} ask
 * @property {(post: number, side: 'up' | 'down') => void} vote
 * @property {(post: number, shown: import('../wire.js').ShownPost | undefined, received: number) => import('./post.js').Told} told
 */

const STYLE = new URL('../../css/questions.css', import.meta.url).href

export class Questions {
  #on
  #compose
  #mine
  #list
  /** Whether one's own are on show, in place of everybody's. */
  #own = false
  #section
  #styled = false
  #all = h('button', { type: 'button', onclick: () => this.#turn(false) })
  #my = h('button', { type: 'button', onclick: () => this.#turn(true) }, h('span'))
  #news = h('span', { class: 'dot', hidden: true }, h('span', { class: 'visually-hidden' }, t('phone.tab.changed')))
  #switch = h('div', { class: 'switch', role: 'group', 'aria-label': t('questions.which'), hidden: true }, this.#all, this.#my)
  #summary = h('section', { class: 'summary', hidden: true })

  /** @param {{section: HTMLElement, event: string, live: import('../live.js').Live, outbox: import('../phone/outbox.js').Outbox, rerender: () => void}} place */
  constructor({ section, event, live, outbox, rerender }) {
    const send = (/** @type {PostCommand} */ post) => {
      this.#mine.sent()
      return outbox.add({ t: 'post', post })
    }
    this.#on = /** @type {Context} */ ({
      event, live, outbox, rerender, send,
      api: new Api(event),
      votes: new Votes(live, outbox, rerender),
      open: () => live.topics.stage?.qa.state === 'open' && live.topics.stage.event.state !== 'ended',
      over: () => live.topics.stage?.event.state === 'ended',
      find: post => this.#list.find(post),
      ask: (text, name) => send({ do: 'ask', text, ...(name ? { name } : {}) }),
      vote: (post, side) => this.#vote(post, side),
      told: (post, shown, received) => this.#told(post, shown, received),
    })
    const field = /** @type {HTMLTextAreaElement | null} */ (section.querySelector('.ask textarea'))
    const typed = field && field.value !== field.defaultValue ? field.value : ''
    const focused = field !== null && field === document.activeElement
    this.#mine = this.#on.mine = new Mine(this.#on)
    this.#compose = new Compose(this.#on, typed)
    this.#list = new List(this.#on)
    this.#section = section
    this.#my.append(this.#news)
    this.#style().then(() => {
      this.#styled = true
      section.replaceChildren(h('h1', { class: 'visually-hidden' }, t('questions.title')), this.#compose.element, this.#summary, this.#switch, this.#mine.element, this.#list.element)
      if (focused) section.querySelector('textarea')?.focus()
      rerender()
    })
  }

  /** The styles, unless the page came with them. @returns {Promise<unknown>} */
  #style() {
    if (Array.from(document.styleSheets).some(sheet => sheet.href === STYLE)) return Promise.resolve()
    const link = h('link', { rel: 'stylesheet', href: STYLE })
    document.head.append(link)
    return new Promise(done => ['load', 'error'].forEach(end => link.addEventListener(end, done)))
  }

  render() {
    if (!this.#styled || this.#section.hidden) return
    const { count, news } = this.#mine.render(this.#own)
    if (count === 0) this.#own = false
    this.#switch.hidden = count === 0
    setText(this.#all, t('questions.all_of_room'))
    setText(this.#my.firstElementChild, t('questions.mine_n', { n: count }))
    this.#news.hidden = !news || this.#own
    this.#all.setAttribute('aria-pressed', String(!this.#own))
    this.#my.setAttribute('aria-pressed', String(this.#own))
    this.#mine.element.hidden = !this.#own
    this.#list.element.hidden = this.#own
    this.#compose.render()
    this.#sum()
    if (!this.#own) this.#list.render()
  }

  /**
   * A command's receipt came.
   * @param {import('../phone/outbox.js').Post} command
   * @param {import('../live.js').Receipt & ({status: 'stored'} | {status: 'refused'})} receipt
   */
  settled(command, receipt) {
    const stored = receipt.status === 'stored'
    if (command.post.do === 'vote') this.#on.votes.settled(command.post.post, command.post.vote, stored)
    this.#mine.settled(command, receipt)
    if (!stored && command.post.do === 'vote') announce(`${t('questions.vote.refused')} ${t(`questions.refused.${receipt.code}`)}`)
    this.#on.rerender()
  }

  /** @param {boolean} own */
  #turn(own) {
    this.#own = own
    this.#on.rerender()
  }

  /**
   * @param {number} post
   * @param {'up' | 'down'} side
   */
  #vote(post, side) {
    const { votes } = this.#on
    votes.give(post, votes.of(post).vote === side ? 'none' : side)
    this.#on.rerender()
  }

  /**
   * @param {number} post
   * @param {import('../wire.js').ShownPost | undefined} shown
   * @param {number} received
   */
  #told(post, shown, received) {
    const { stage, posts, me } = this.#on.live.topics
    const qa = /** @type {import('../wire.js').Stage} */ (stage).qa
    const own = me?.posts?.[post] !== undefined || Object.values(me?.posts ?? {}).some(one => one.merged_into === post)
    return {
      shown, own, qa,
      mine: this.#on.votes.of(post),
      count: shown ? this.#on.votes.count(post, shown, received) : { up: 0, down: 0 },
      highlighted: posts?.highlight === post,
      over: !this.#on.open(),
    }
  }

  /** What became of all questions, once it is over and where the event tells. */
  #sum() {
    const summary = this.#on.live.topics.posts?.summary
    this.#summary.hidden = !summary
    if (!summary || this.#summary.dataset.of === JSON.stringify(summary)) return
    this.#summary.dataset.of = JSON.stringify(summary)
    const declined = Object.entries(summary.declined).filter(([, n]) => n > 0)
    const row = (/** @type {string} */ name, /** @type {number} */ n, look = '') => h('div', { class: look }, h('dt', {}, name), h('dd', {}, number(n)))
    this.#summary.replaceChildren(h('h2', {}, t('questions.summary')), h('dl', {},
      ...(/** @type {const} */ (['asked', 'shown', 'answered_posts'])).map(what => row(t(`questions.summary.${what}`), summary[what])),
      row(t('questions.summary.declined'), declined.reduce((sum, [, n]) => sum + n, 0)),
      ...declined.map(([reason, n]) => row(t(`questions.reason.${reason}`), n, 'reason'))))
  }
}
