// One's own questions, each with what became of it, for good. While one waits it can be reworded or taken back; what was
// refused keeps its text on the device until it is sent anew or let go.

import { h, isolated, legible, onceTyping, setText, t } from '../messages.js'
import { storageGet, storageSet } from '../live.js'
import { length, moment } from './post.js'

/** @import { OwnPost, PostCommand, RefusalCode } from "../wire.js" */
/** @typedef {{cid: string, text: string, name?: string, post?: number, code: RefusalCode, at: number}} Refused with `post`: a new wording of it */
/** @typedef {{phase: 'sending' | 'kept'} | {phase: 'stored', at: number, fate?: string} | {phase: 'refused', code: RefusalCode}} Fate */
/**
 * @typedef {object} Card what is told of one question
 * @property {string} key
 * @property {string} fate a key of `questions.fate`
 * @property {string} text
 * @property {number} at
 * @property {string} [name]
 * @property {OwnPost} [own]
 * @property {Refused} [refused]
 * @property {number} [post]
 */

/** After this long without a receipt, what is sent is said to be kept. */
const RECEIPT_TIMEOUT_MS = 4000
const SIGNS = /** @type {Record<string, string>} */ ({ sending: '…', kept: '↻', waiting: '◷', shown: '✓', answered: '✓', declined: '×', hidden: '×', withdrawn: '↩', refused: '!' })
/** Refusals after which the same may be sent again. */
const AGAIN = ['slow_down', 'invalid', 'stale', 'unknown', 'forbidden', 'round', 'answered']

export class Mine {
  #on
  #refusedKey
  #newsKey
  /** What was stored before `me` told of it. @type {Map<string, {text: string, name?: string, at: number}>} */
  #stored = new Map()
  /** Own questions that were changed before `me` told of it. @type {Map<number, Partial<OwnPost>>} */
  #changed = new Map()
  /** @type {import('../wire.js').Me | undefined} */
  #me
  /** Texts of questions that one's own became part of. @type {Map<number, string>} */
  #roots = new Map()
  #sentAt = 0
  #list = h('ol', { class: 'posts own' })

  /** @param {import('./page.js').Context} on */
  constructor(on) {
    this.#on = on
    this.#refusedKey = `parterre.refused.${on.event}`
    this.#newsKey = `parterre.fates.${on.event}`
    this.element = h('section', { class: 'mine' }, h('h2', { class: 'visually-hidden' }, t('questions.mine')), this.#list)
    this.#list.addEventListener('click', event => this.#pressed(/** @type {HTMLElement} */ (event.target)))
  }

  /** @returns {Refused[]} */
  #refused() {
    return JSON.parse(storageGet(this.#refusedKey) ?? '[]')
  }

  /** @param {Refused[]} refused */
  #keepRefused(refused) {
    storageSet(this.#refusedKey, refused.length > 0 ? JSON.stringify(refused) : '')
  }

  /** What has no receipt yet. @returns {(import('../phone/outbox.js').Post)[]} */
  #pending() {
    const isOurs = (/** @type {PostCommand} */ post) => post.do === 'ask' || (post.do !== 'send' && !this.#on.live.topics.me?.posts?.[post.post]?.to)
    return this.#on.outbox.entries().flatMap(({ command }) => (command.t === 'post' && isOurs(command.post) ? [command] : []))
  }

  /** Whether what is sent may take longer. */
  get #late() {
    return !this.#on.live.ready || Date.now() - this.#sentAt > RECEIPT_TIMEOUT_MS
  }

  /**
   * What became of a question that was sent from here.
   * @param {string} cid
   * @returns {Fate | undefined}
   */
  fateOf(cid) {
    if (this.#pending().some(command => command.cid === cid)) return { phase: this.#late ? 'kept' : 'sending' }
    const stored = this.#stored.get(cid)
    if (stored) {
      const told = Object.values(this.#on.live.topics.me?.posts ?? {}).find(({ at }) => at === stored.at)
      return { phase: 'stored', at: stored.at, fate: told?.fate }
    }
    const refused = this.#refused().find(one => one.cid === cid)
    return refused && { phase: 'refused', code: refused.code }
  }

  /** A command was given just now. */
  sent() {
    this.#sentAt = Date.now()
    setTimeout(this.#on.rerender, RECEIPT_TIMEOUT_MS + 50)
  }

  /**
   * @param {import('../phone/outbox.js').Post} command
   * @param {import('../live.js').Receipt & ({status: 'stored'} | {status: 'refused'})} receipt
   */
  settled({ cid, post }, receipt) {
    if (post.do === 'vote' || post.do === 'send') return
    if (receipt.status === 'stored') {
      if (post.do === 'ask') this.#stored.set(cid, { text: post.text, name: post.name, at: receipt.at })
      if (post.do === 'edit') this.#changed.set(post.post, { text: post.text })
      if (post.do === 'withdraw') this.#changed.set(post.post, { fate: 'withdrawn' })
    } else {
      const text = post.do === 'withdraw' ? '' : post.text
      const one = { cid, text, name: post.do === 'ask' ? post.name : undefined, post: post.do === 'ask' ? undefined : post.post, code: receipt.code, at: Date.now() }
      this.#keepRefused([...this.#refused(), one])
    }
  }

  /** All of them, the newest first. @returns {Card[]} */
  cards() {
    const { me } = this.#on.live.topics
    if (me !== this.#me) {
      this.#me = me
      this.#changed.clear()
    }
    const refused = this.#refused()
    const pending = this.#pending()
    const told = new Set(Object.values(me?.posts ?? {}).map(({ at }) => at))
    /** @type {Card[]} */
    const cards = Object.entries(me?.posts ?? {}).filter(([, { to }]) => !to).map(([number, post]) => {
      const own = { ...post, ...this.#changed.get(Number(number)) }
      const change = pending.map(command => command.post).filter(change => change.do !== 'ask' && change.do !== 'send' && change.do !== 'vote' && change.post === Number(number)).pop()
      const text = change?.do === 'edit' ? change.text : own.text
      const fate = change ? (this.#late ? 'kept' : 'sending') : own.fate
      return { key: `post-${number}`, fate, text, at: own.at, name: own.name, own, post: Number(number), refused: refused.find(one => one.post === Number(number)) }
    })
    for (const [cid, one] of this.#stored) if (!told.has(one.at)) cards.push({ key: cid, fate: 'stored', ...one })
    for (const { cid, post } of pending) if (post.do === 'ask') cards.push({ key: cid, fate: this.#late ? 'kept' : 'sending', text: post.text, name: post.name, at: Infinity })
    for (const one of refused) if (one.post === undefined) cards.push({ key: one.cid, fate: 'refused', text: one.text, name: one.name, at: one.at, refused: one })
    return cards.sort((a, b) => b.at - a.at)
  }

  /**
   * Draws them, and says how many there are and whether anything became of one that was not seen yet.
   * @param {boolean} seen whether the person looks at them
   */
  render(seen) {
    const cards = this.cards()
    const fates = cards.map(({ key, fate, own }) => (own ? `${key} ${fate} ${own.edited ?? ''} ${own.reply ?? ''} ${own.merged_into ?? ''}` : ''))
    const news = fates.filter(Boolean).sort().join('\n')
    const first = cards.every(({ fate }) => ['waiting', 'sending', 'kept', 'stored', 'withdrawn'].includes(fate))
    if (seen || (first && storageGet(this.#newsKey) === null)) storageSet(this.#newsKey, news)
    if (seen) this.#render(cards)
    const refused = cards.some(card => card.refused)
    return { count: cards.length, news: refused || (!first && news !== (storageGet(this.#newsKey) ?? '')) }
  }

  /** @param {Card[]} cards */
  #render(cards) {
    const held = new Map(Array.from(this.#list.children, child => [/** @type {HTMLElement} */ (child).dataset.key, child]))
    const wanted = cards.map(card => {
      const element = held.get(card.key) ?? cardElement(card.key)
      this.#show(element, card)
      return element
    })
    for (const child of Array.from(this.#list.children)) if (!wanted.includes(child)) child.remove()
    wanted.forEach((element, place) => {
      if (this.#list.children[place] !== element) this.#list.insertBefore(element, this.#list.children[place] ?? null)
    })
  }

  /**
   * @param {Element} element
   * @param {Card} card
   */
  #show(element, { fate, text, at, name, own, refused }) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(name))
    const put = (/** @type {string} */ name, /** @type {string} */ text) => {
      part(name).hidden = text === ''
      setText(part(name), text)
    }
    part('.fate').className = `fate ${fate}`
    setText(part('.fate .sign'), SIGNS[fate] ?? '✓')
    setText(part('.fate .word'), t(`questions.fate.${fate}`))
    setText(part('.text'), text)
    const by = [name ? isolated(name) : t('questions.anonymous'), ...(at === Infinity ? [] : [moment(at)]), ...(own?.edited ? [t('questions.edited')] : [])]
    setText(part('.by'), by.join(' · '))
    const reason = fate === 'declined' && own?.reason
    put('.reason', reason ? reason.text ? t('questions.reason_text', { reason: t(`questions.reason.${reason.code}`), text: reason.text }) : t(`questions.reason.${reason.code}`) : '')
    put('.part', own?.merged_into === undefined ? '' : t('questions.part_of', { text: this.#root(own.merged_into) }))
    part('.reply').hidden = !own?.reply
    setText(part('.reply p'), own?.reply ?? '')
    put('.why', refused ? [own ? t('questions.change_refused') : '', t(`questions.refused.${refused.code}`), own && refused.text ? t('questions.quoted', { text: refused.text }) : ''].filter(Boolean).join(' ') : '')
    const busy = element.classList.contains('editing') || element.classList.contains('asking')
    const waiting = own !== undefined && fate === 'waiting'
    const open = this.#on.open()
    part('[data-do=edit]').hidden = busy || !open || !(waiting || (refused && !own && AGAIN.includes(refused.code)))
    setText(part('[data-do=edit]'), t(refused && !own ? 'questions.edit_again' : 'questions.edit'))
    part('[data-do=withdraw]').hidden = busy || !waiting || this.#on.over()
    part('[data-do=discard]').hidden = busy || !refused
    // What can no longer be changed closes the question whether to; a text that is being written stays.
    if (!waiting) element.classList.remove('asking')
    part('.sure').hidden = !element.classList.contains('asking')
    part('.change').hidden = !element.classList.contains('editing')
    part('.text').hidden = element.classList.contains('editing')
  }

  /** The text of a question, once it is known. @param {number} post */
  #root(post) {
    const known = this.#on.find(post)?.text ?? this.#roots.get(post)
    if (known === undefined) {
      this.#roots.set(post, '…')
      this.#on.api.some([post]).then(([root]) => {
        if (root) this.#roots.set(post, root.text)
        this.#on.rerender()
      }, () => this.#roots.delete(post))
    }
    return known ?? '…'
  }

  /** @param {HTMLElement} target */
  #pressed(target) {
    const what = target.closest('button')?.dataset.do
    const element = target.closest('li')
    const card = element && this.cards().find(card => card.key === element.dataset.key)
    if (!what || !card) return
    const field = /** @type {HTMLTextAreaElement} */ (element.querySelector('textarea'))
    if (what === 'edit') {
      element.classList.add('editing')
      field.value = card.text
      field.dispatchEvent(new Event('input'))
      onceTyping(() => field.dispatchEvent(new Event('input')))
    } else if (what === 'withdraw') element.classList.add('asking')
    else element.classList.remove('editing', 'asking')
    if (what === 'sure') this.#on.send({ do: 'withdraw', post: /** @type {number} */ (card.post) })
    if (what === 'discard') this.#keepRefused(this.#refused().filter(one => one !== card.refused && one.cid !== card.refused?.cid))
    if (what === 'save') this.#save(card, legible(field.value))
    this.#on.rerender()
    const next = { edit: 'textarea', withdraw: '[data-do=sure]', keep: '[data-do=withdraw]', cancel: '[data-do=edit]', save: '.fate', sure: '.fate' }[what]
    if (next) /** @type {HTMLElement | null} */ (element.querySelector(next))?.focus()
  }

  /**
   * @param {Card} card
   * @param {string} text
   */
  #save(card, text) {
    this.#keepRefused(this.#refused().filter(one => one.cid !== card.refused?.cid))
    if (card.post === undefined) this.#on.ask(text, card.name)
    else if (text !== card.own?.text) this.#on.send({ do: 'edit', post: card.post, text })
  }
}

/** @param {string} key */
function cardElement(key) {
  const button = (/** @type {string} */ what, look = '') =>
    h('button', { type: 'button', class: `button ${look}`, 'data-do': what }, t(`questions.${what}`))
  const save = button('save', 'primary')
  const left = h('p', { class: 'quiet length' })
  const field = h('textarea', { class: 'field', rows: 2, dir: 'auto', 'aria-label': t('questions.ask'), oninput: () => {
    const { tooLong, sentence } = length(legible(field.value))
    setText(left, sentence)
    left.classList.toggle('over', tooLong)
    field.setAttribute('aria-invalid', String(tooLong))
    save.disabled = tooLong || legible(field.value) === ''
  } })
  return h('li', { class: 'post', 'data-key': key },
    h('p', { class: 'fate', tabindex: -1 }, h('span', { class: 'sign', 'aria-hidden': 'true' }), h('span', { class: 'word' })),
    h('p', { class: 'text', dir: 'auto' }),
    h('p', { class: 'by' }),
    h('p', { class: 'reason' }),
    h('p', { class: 'part' }),
    h('div', { class: 'reply', hidden: true }, h('b', {}, t('questions.reply')), h('p', { dir: 'auto' })),
    h('p', { class: 'why' }),
    h('div', { class: 'change', hidden: true }, field, left, h('div', { class: 'row' }, button('cancel'), save)),
    h('div', { class: 'sure', hidden: true }, h('p', {}, t('questions.withdraw_sure')), h('div', { class: 'row' }, button('keep'), button('sure', 'primary'))),
    h('div', { class: 'row' }, button('edit'), button('withdraw'), button('discard')))
}
