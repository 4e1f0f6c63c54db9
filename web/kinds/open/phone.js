// A text wall on a phone: one field, one's own texts with what became of each, and the wall. What is being typed is never taken
// away; what was refused keeps its text on the device until it is sent anew or let go.

import { fetchModule, storageGet, storageSet } from '../../js/live.js'
import { announce, find, h, isOver, legible, onceTypingIn, setText, t, typing } from '../../js/messages.js'

/** @import { Draft, Moment, PhoneView, Place, Post, Receipt } from "../../js/phone/types.js" */
/** @import { OwnPost, PostCommand, Reason, TextWall } from "../../js/wire.js" */
/**
 * @typedef {object} Own what is told of one text
 * @property {string} key
 * @property {string} fate a key of `phone.open.fate`
 * @property {string} text
 * @property {number} at
 * @property {number} [post]
 * @property {Reason} [reason]
 * @property {boolean} [edited]
 * @property {string} [code] why it was refused
 */

const [TEXT_CHARS, NAME_CHARS] = [300, 40]
/** After this long without a receipt, what is sent is said to be kept. */
const RECEIPT_TIMEOUT_MS = 4000
/** As whom the person wrote last, on this device: the same as for questions. */
const ASKER = 'parterre.asker'

/** A text wall on a phone. @implements {PhoneView} */
export class View {
  static isFinal() {
    return false
  }

  static isBlank() {
    return false
  }

  static draftOf() {
    return undefined
  }

  #place
  #wall
  /** @type {Moment | undefined} */
  #moment
  /** What was refused. @type {{text: string, code: string}[]} */
  #refused = []
  /** What was stored before `me` told of it. @type {{text: string, at: number}[]} */
  #stored = []
  /** Own texts that were changed before `me` told of it. @type {Map<number, Partial<OwnPost>>} */
  #changed = new Map()
  /** @type {import('../../js/wire.js').Me | undefined} */
  #me
  #sentAt = 0
  #text = h('textarea', { class: 'field', id: 'text', rows: 3, dir: 'auto', enterkeyhint: 'send', placeholder: t('phone.open.write_here'), 'aria-describedby': 'text-length' })
  #length = h('p', { class: 'quiet length', id: 'text-length' })
  #named = h('input', { type: 'checkbox' })
  #namedWord = h('span')
  #check = h('label', { class: 'check' }, this.#named, this.#namedWord)
  #name = h('input', { class: 'field', id: 'name', dir: 'auto', autocomplete: 'name' })
  #asker = h('div', {}, h('label', { class: 'field-name', for: 'name' }, t('phone.open.name')), this.#name)
  #as = h('p', { class: 'quiet' })
  #send = h('button', { class: 'button primary' }, t('phone.open.send'))
  #left = h('span', { class: 'quiet' })
  #write
  #full = h('p', { class: 'full', role: 'status', hidden: true })
  #own = h('section', { class: 'own-texts', hidden: true }, h('h2', {}, t('phone.open.own')))
  /** What draws both. @type {import('./texts.js').Lists | undefined} */
  #lists
  #fetching = false
  #texts = h('section', { class: 'wall', 'aria-label': t('phone.results'), hidden: true }, h('h2', {}, t('phone.open.wall')))

  /** @param {Place} place */
  constructor(place) {
    this.#place = place
    this.#wall = /** @type {{kind: 'open'} & TextWall} */ (place.activity.prompt)
    this.#write = h('div', { class: 'write' }, h('label', { class: 'field-name', for: 'text' }, t('phone.open.text')), this.#text, this.#length,
      this.#check, this.#asker, this.#as, h('div', { class: 'row' }, this.#left, this.#send))
    this.#takeOver()
    const { form, section } = place
    for (const drawn of section.querySelectorAll('.own-texts, .wall')) drawn.remove()
    for (const made of [this.#own, this.#texts]) section.insertBefore(made, section.querySelector('#answered'))
    form.addEventListener('input', () => this.#typed())
    form.addEventListener('submit', event => {
      event.preventDefault()
      this.send()
    })
    // A text is one line.
    this.#text.addEventListener('keydown', event => {
      if (event.key !== 'Enter' || event.isComposing) return
      event.preventDefault()
      this.send()
    })
  }

  /** The field in place of the one that the server drew, with what was typed into that. */
  #takeOver() {
    const { form, draft } = this.#place
    const drawn = /** @type {HTMLTextAreaElement | null} */ (form.querySelector('textarea'))
    const focused = drawn !== null && drawn === document.activeElement
    const body = find(form, 'fieldset')
    for (const old of form.querySelectorAll('.write, .full')) old.remove()
    body.append(this.#write, this.#full)
    this.#text.value = drawn?.value || draft?.text || ''
    this.#refused = (draft?.marks ?? []).map(({ id, text }) => ({ code: id, text }))
    const { named, name } = JSON.parse(storageGet(ASKER) ?? '{}')
    this.#named.checked = named === true
    this.#name.value = name ?? ''
    if (focused) this.#text.focus()
    onceTypingIn(this.#text, ({ limited }) => {
      limited(this.#text, TEXT_CHARS)
      limited(this.#name, NAME_CHARS)
      this.#offer()
    })
  }

  /** @param {Moment} moment */
  update(moment) {
    this.#moment = moment
    const { me } = this.#place.page.live.topics
    if (me !== this.#me) {
      this.#me = me
      this.#changed.clear()
      const told = new Set(Object.values(me?.posts ?? {}).map(({ at }) => at))
      this.#stored = this.#stored.filter(({ at }) => !told.has(at))
    }
    find(this.#place.form, 'fieldset').toggleAttribute('disabled', !moment.open)
    this.#offer()
    this.#show()
  }

  /** It is sent by its own button, and never by itself: a text that is half typed would stand on the screen. */
  unsent() {
    const text = legible(this.#text.value)
    return text ? { n: 1, word: text, whole: false, sentence: '' } : undefined
  }

  /** @returns {Draft | undefined} */
  draft() {
    const text = this.#text.value
    const marks = this.#refused.map(({ code, text }) => ({ id: code, text }))
    return legible(text) || marks.length > 0 ? { text, marks } : undefined
  }

  restore() {}

  name() {
    return ''
  }

  hasSent() {
    return this.#ownPosts().length > 0
  }

  refuge() {
    return this.#text.getClientRects().length > 0 && this.#moment?.open ? this.#text : null
  }

  hint() {
    const { texts_per_person: most, review, names } = this.#wall
    return [most === undefined ? t('phone.open.any_number') : t('phone.open.up_to', { n: most }), t(review ? 'phone.open.review_first' : 'phone.open.at_once'),
      names === 'anonymous' ? t('phone.open.anonymous') : ''].filter(Boolean).join(' ')
  }

  send() {
    if (!this.#moment?.open || this.#write.hidden || this.#send.disabled) return
    const text = legible(this.#text.value)
    const name = this.#withName() ? (this.#me?.name ?? legible(this.#name.value)) : ''
    this.#text.value = ''
    this.#text.focus()
    const { id: activity, round } = this.#place.activity
    this.#post({ do: 'send', to: { activity, round }, text, ...(name && { name }) })
  }

  /** @param {PostCommand} post */
  #post(post) {
    const { outbox, render } = this.#place.page
    this.#sentAt = Date.now()
    outbox.add({ t: 'post', post })
    this.#place.changed()
    setTimeout(render, RECEIPT_TIMEOUT_MS + 50)
  }

  /** Whether a command is about posts of this activity. @param {PostCommand} post */
  #isHere(post) {
    const { id, round } = this.#place.activity
    const to = post.do === 'send' ? post.to : post.do === 'ask' ? undefined : this.#me?.posts?.[post.post]?.to
    return to?.activity === id && to.round === round
  }

  /** What is under way, the oldest first. @returns {Post[]} */
  #sending() {
    return this.#place.page.outbox.entries().flatMap(({ command }) => (command.t === 'post' && this.#isHere(command.post) ? [command] : []))
  }

  /**
   * What was done with posts has its receipt.
   * @param {Post} command
   * @param {Receipt} receipt
   */
  settled({ post }, receipt) {
    if (!this.#isHere(post)) return false
    if (receipt.status === 'stored') {
      if (post.do === 'send') this.#stored.push({ text: post.text, at: receipt.at })
      if (post.do === 'edit') this.#changed.set(post.post, { text: post.text })
      if (post.do === 'withdraw') this.#changed.set(post.post, { fate: 'withdrawn' })
      if (post.do === 'send') announce(t('phone.open.stored'), 'receipt')
      if (this.#moment) this.update(this.#moment)
      return true
    }
    if (post.do === 'send' || post.do === 'edit') this.#refused.push({ text: post.text, code: receipt.code })
    announce(`${t('phone.open.fate.refused')}. ${refusal(receipt.code)}`, 'receipt')
    this.#place.changed()
    if (this.#moment) this.update(this.#moment)
    return true
  }

  /** Whether a name goes with the text. */
  #withName() {
    const { names } = this.#wall
    return names === 'named' || (names === 'either' && this.#named.checked)
  }

  #typed() {
    storageSet(ASKER, JSON.stringify({ named: this.#named.checked, name: legible(this.#name.value) }))
    this.#offer()
    this.#place.changed()
  }

  /** Own texts that count: those on their way too. */
  #count() {
    const told = this.#ownPosts().filter(([, { fate }]) => fate !== 'withdrawn').length
    return told + this.#stored.length + this.#sends().length
  }

  #ownPosts() {
    const { activity } = this.#place
    const posts = Object.entries(this.#me?.posts ?? {}).filter(([, { to }]) => to?.activity === activity.id && to.round === activity.round)
    return posts.map(([id, post]) => /** @type {[number, OwnPost]} */ ([Number(id), { ...post, ...this.#changed.get(Number(id)) }]))
  }

  /** The texts on their way. */
  #sends() {
    return this.#sending().flatMap(({ cid, post }) => (post.do === 'send' ? [{ cid, text: post.text }] : []))
  }

  #offer() {
    const { texts_per_person: most, names } = this.#wall
    const name = this.#me?.name
    const left = most === undefined ? undefined : most - this.#count()
    const blocked = this.#me?.blocked === true
    const full = blocked || (left !== undefined && left <= 0)
    const text = legible(this.#text.value)
    // What is being typed stays where it is: another tab may have sent the last one meanwhile.
    this.#write.hidden = blocked || (full && text === '')
    this.#full.hidden = !full || !this.#moment?.open
    if (full) setText(this.#full, blocked ? t('phone.open.blocked') : t('phone.open.full', { n: most ?? 0 }))
    const n = typing ? typing.characters(text) : [...text].length
    setText(this.#length, n > TEXT_CHARS ? '' : t('phone.open.length', { n, max: TEXT_CHARS }))
    this.#check.hidden = names !== 'either'
    setText(this.#namedWord, name ? t('phone.open.as_name', { name }) : t('phone.open.with_name'))
    this.#asker.hidden = !this.#withName() || name !== undefined
    this.#as.hidden = names !== 'named' || name === undefined
    setText(this.#as, name ? t('phone.open.named', { name }) : '')
    setText(this.#left, left === undefined || most === 1 ? '' : t('phone.open.left', { n: Math.max(0, left) }))
    const nameless = this.#withName() && !name && (legible(this.#name.value) === '' || isOver(this.#name))
    this.#send.disabled = text === '' || full || nameless || isOver(this.#text)
  }

  /** All of them, the newest first. @returns {Own[]} */
  #allOwn() {
    const late = !this.#place.page.live.ready || Date.now() - this.#sentAt > RECEIPT_TIMEOUT_MS ? 'kept' : 'sending'
    const pending = new Map(this.#sending().flatMap(({ post }) => (post.do === 'edit' || post.do === 'withdraw' ? [[post.post, post]] : [])))
    /** @type {Own[]} */
    const own = this.#ownPosts().filter(([, { fate }]) => fate !== 'withdrawn').map(([id, { fate, text, at, reason, edited }]) => {
      const change = pending.get(id)
      const shown = fate === 'shown' || fate === 'answered' ? (this.#moment?.activity.results ? 'shown' : 'accepted') : fate
      return { key: `post-${id}`, post: id, fate: change ? late : shown, text: change?.do === 'edit' ? change.text : text, at, reason, edited }
    })
    own.push(...this.#stored.map(({ text, at }) => ({ key: `at-${at}`, fate: 'stored', text, at })))
    own.push(...this.#sends().map(({ cid, text }) => ({ key: cid, fate: late, text, at: Infinity })))
    own.push(...this.#refused.map(({ text, code }, place) => ({ key: `refused-${place}`, fate: 'refused', text, code, at: Infinity })))
    return own.sort((a, b) => (a.at === b.at ? 0 : b.at - a.at))
  }

  /** Own texts and the wall: what draws them comes when there is something to draw, and a first visit does without. */
  #show() {
    const own = this.#allOwn()
    const { results, open } = this.#moment ?? {}
    const tally = results?.tally?.kind === 'open' ? results.tally : undefined
    this.#own.hidden = own.length === 0
    this.#texts.hidden = !tally
    if (this.#lists) return this.#lists.show(own, open === true, tally)
    if ((own.length === 0 && !tally) || this.#fetching) return
    this.#fetching = true
    fetchModule('../kinds/open/texts.js').then(({ Lists }) => {
      this.#lists = new Lists(this.#own, this.#texts, (/** @type {string} */ what, /** @type {Own} */ own, /** @type {string} */ text) => this.#pressed(what, own, text))
      this.#show()
    }, () => (this.#fetching = false))
  }

  /**
   * Something was pressed in the list.
   * @param {string} what
   * @param {Own} own
   * @param {string} text as it is to be
   */
  #pressed(what, own, text) {
    if (what === 'save' && own.post !== undefined && text && text !== own.text) this.#post({ do: 'edit', post: own.post, text })
    if (what === 'withdraw' && own.post !== undefined) this.#post({ do: 'withdraw', post: own.post })
    if (what === 'again' || what === 'discard') {
      this.#refused = this.#refused.filter(({ text, code }) => text !== own.text || code !== own.code)
      if (what === 'again') this.#text.value = own.text
      this.#place.changed()
    }
    if (this.#moment) this.update(this.#moment)
    if (what === 'again' || what === 'withdraw') this.refuge()?.focus()
  }
}

/** Why a text was not taken. @param {string} code */
export const refusal = code => t(code === 'blocked' ? 'phone.open.blocked' : `phone.open.refused.${['answered', 'closed', 'slow_down'].includes(code) ? code : 'other'}`)
