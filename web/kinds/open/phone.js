// A text wall on a phone: the field, and what has been sent from it. What is being typed is never taken away; what was refused
// keeps its text on the device until it is sent anew or let go. Own texts and the wall are drawn by `own.js`, which a first
// visit does without.

import { fetchModule, storageGet, storageSet } from '../../js/live.js'
import { announce, find, h, isOver, legible, onceTypingIn, setText, t, typing } from '../../js/messages.js'

/** @import { Draft, Moment, PhoneView, Place, Post, Receipt } from "../../js/phone/types.js" */
/** @import { Me, OwnPost, PostCommand, TextWall } from "../../js/wire.js" */
/** @typedef {{text: string, code: string}} Refused a text that was not taken, and why */
/** @typedef {{text: string, at: number}} Stored a text that has its receipt */

const [TEXT_CHARS, NAME_CHARS] = [300, 40]
/** How much of a text stands in a sentence about it. */
const EXCERPT_CHARS = 40
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
  /** @type {Refused[]} */
  #refused = []
  /** What was stored before `me` told of it. @type {Stored[]} */
  #stored = []
  /** Own texts that were changed before `me` told of it. @type {Map<number, Partial<OwnPost>>} */
  #changed = new Map()
  /** @type {Me | undefined} */
  #me
  #sentAt = 0
  #text = h('textarea', { class: 'field', id: 'text', rows: 3, dir: 'auto', enterkeyhint: 'send', placeholder: t('phone.open.write_here'), 'aria-describedby': 'text-length' })
  #length = h('p', { class: 'quiet length', id: 'text-length' })
  #named = h('input', { type: 'checkbox' })
  #namedWord = h('span')
  #check = h('label', { class: 'check' }, this.#named, this.#namedWord)
  #name = h('input', { class: 'field', id: 'name', dir: 'auto', autocomplete: 'name' })
  #needed = h('p', { class: 'quiet length', role: 'status' })
  #asker = h('div', {}, h('label', { class: 'field-name', for: 'name' }, t('phone.open.name')), this.#name, this.#needed)
  #as = h('p', { class: 'quiet' })
  #send = h('button', { class: 'button primary' }, t('phone.open.send'))
  #left = h('span', { class: 'quiet' })
  #write
  #full = h('p', { class: 'full', role: 'status', hidden: true })
  /** What draws own texts and the wall, once it was needed. @type {import('./own.js').Below | undefined} */
  #below
  /** @type {Promise<import('./own.js').Below> | undefined} */
  #fetching

  /** @param {Place} place */
  constructor(place) {
    this.#place = place
    this.#wall = /** @type {{kind: 'open'} & TextWall} */ (place.activity.prompt)
    this.#write = h('div', { class: 'write' },
      h('label', { class: 'field-name', for: 'text' }, t('phone.open.text')), this.#text, this.#length,
      this.#check, this.#asker, this.#as, h('div', { class: 'row' }, this.#left, this.#send))
    this.#takeOver()
    const { form } = place
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
    for (const old of form.querySelectorAll('.write, .full')) old.remove()
    find(form, 'fieldset').append(this.#write, this.#full)
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
    // Who writes will send, perhaps without network.
    this.#text.addEventListener('focus', () => this.#fetch(), { once: true })
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
    const text = [...legible(this.#text.value)]
    const word = text.length > EXCERPT_CHARS ? `${text.slice(0, EXCERPT_CHARS).join('')}…` : text.join('')
    return word ? { n: 1, word, whole: false, sentence: '' } : undefined
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
    return this.#posts().length > 0
  }

  refuge() {
    return this.#text.getClientRects().length > 0 && this.#moment?.open ? this.#text : null
  }

  hint() {
    const { texts_per_person: most, review, names } = this.#wall
    const many = most === undefined ? t('phone.open.any_number') : t('phone.open.up_to', { n: most })
    const anonymous = names === 'anonymous' ? ` ${t('phone.open.anonymous')}` : ''
    return `${many} ${t(review ? 'phone.open.review_first' : 'phone.open.at_once')}${anonymous}`
  }

  send() {
    if (!this.#moment?.open || this.#write.hidden || this.#send.disabled) return
    const text = legible(this.#text.value)
    const name = this.#withName() ? (this.#me?.name ?? legible(this.#name.value)) : ''
    this.#text.value = ''
    this.#text.focus()
    const { id: activity, round } = this.#place.activity
    this.post({ do: 'send', to: { activity, round }, text, ...(name && { name }) })
  }

  /** Has the outbox send this. @param {PostCommand} post */
  post(post) {
    const { outbox, render } = this.#place.page
    this.#sentAt = Date.now()
    outbox.add({ t: 'post', post })
    this.#place.changed()
    setTimeout(render, RECEIPT_TIMEOUT_MS + 50)
  }

  /**
   * Lets go of a text that was refused, and puts it into the field where it is to be sent again.
   * @param {Refused} refused
   * @param {boolean} again
   */
  letGo(refused, again) {
    this.#refused = this.#refused.filter(({ text, code }) => text !== refused.text || code !== refused.code)
    if (again) this.#text.value = refused.text
    this.#changedHere()
    if (again) this.refuge()?.focus()
  }

  /** @param {Post} command @param {Receipt} receipt */
  settled({ post }, receipt) {
    if (receipt.status === 'refused') {
      if ('text' in post) this.#refused.push({ text: post.text, code: receipt.code })
      this.#fetch().then(below => below.tell(receipt.code), () => {})
    } else if (post.do === 'send') {
      this.#stored.push({ text: post.text, at: receipt.at })
      announce(t('phone.open.stored'), 'receipt')
    } else if (post.do === 'edit') this.#changed.set(post.post, { text: post.text })
    else if (post.do === 'withdraw') this.#changed.set(post.post, { fate: 'withdrawn' })
    this.#changedHere()
  }

  #changedHere() {
    this.#place.changed()
    if (this.#moment) this.update(this.#moment)
  }

  /** What is under way to this activity, the oldest first. @returns {Post[]} */
  #sending() {
    const { id, round } = this.#place.activity
    return this.#place.page.outbox.entries().flatMap(({ command }) => {
      const to = command.t === 'post' && (command.post.do === 'send' ? command.post.to : 'post' in command.post && this.#me?.posts?.[command.post.post]?.to)
      return to && to.activity === id && to.round === round ? [/** @type {Post} */ (command)] : []
    })
  }

  /** Own texts that are told of here, but the withdrawn ones. */
  #posts() {
    const { id: activity, round } = this.#place.activity
    return Object.entries(this.#me?.posts ?? {}).flatMap(([id, told]) => {
      const post = { ...told, ...this.#changed.get(Number(id)) }
      const isHere = post.to?.activity === activity && post.to.round === round && post.fate !== 'withdrawn'
      return isHere ? [/** @type {[number, OwnPost]} */ ([Number(id), post])] : []
    })
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

  #offer() {
    const { texts_per_person: most = Infinity, names } = this.#wall
    const name = this.#me?.name
    // Those on their way count too.
    const left = most - this.#posts().length - this.#stored.length - this.#sending().filter(({ post }) => post.do === 'send').length
    const blocked = this.#me?.blocked === true
    const full = blocked || left <= 0
    const text = legible(this.#text.value)
    // What is being typed stays where it is: another tab may have sent the last one meanwhile.
    this.#write.hidden = blocked || (full && text === '')
    this.#full.hidden = !full || !this.#moment?.open
    if (full) setText(this.#full, blocked ? t('phone.open.blocked') : t('phone.open.full', { n: most }))
    const n = typing ? typing.characters(text) : [...text].length
    setText(this.#length, n > TEXT_CHARS ? '' : t('phone.open.length', { n, max: TEXT_CHARS }))
    this.#check.hidden = names !== 'either'
    setText(this.#namedWord, name ? t('phone.open.as_name', { name }) : t('phone.open.with_name'))
    this.#asker.hidden = !this.#withName() || name !== undefined
    this.#as.hidden = names !== 'named' || name === undefined
    setText(this.#as, name ? t('phone.open.named', { name }) : '')
    setText(this.#left, most > 1 && most < Infinity ? t('phone.open.left', { n: Math.max(0, left) }) : '')
    const nameless = this.#withName() && !name && (legible(this.#name.value) === '' || isOver(this.#name))
    setText(this.#needed, nameless && text !== '' && !isOver(this.#name) ? t('phone.open.name_needed') : '')
    this.#send.disabled = text === '' || full || nameless || isOver(this.#text)
  }

  /** Own texts and the wall, where there are any. */
  #show() {
    const { open = false, activity, results } = this.#moment ?? {}
    const tally = results?.tally?.kind === 'open' ? results.tally : undefined
    const late = !this.#place.page.live.ready || Date.now() - this.#sentAt > RECEIPT_TIMEOUT_MS
    const [posts, sending, stored, refused] = [this.#posts(), this.#sending(), this.#stored, this.#refused]
    if (this.#below) this.#below.show({ posts, sending, stored, refused, late, open, visible: activity?.results === true, tally })
    else if (tally || [posts, sending, stored, refused].some(({ length }) => length > 0)) this.#fetch().catch(() => {})
  }

  /** Fetches what draws them, and its words. */
  #fetch() {
    const { page, section } = this.#place
    const coming = this.#fetching ?? Promise.all([fetchModule('../kinds/open/own.js'), page.fetchWords('open-later')]).then(([{ Below }]) => {
      const below = (this.#below = new Below(section, this))
      this.#show()
      return below
    })
    this.#fetching = coming
    coming.catch(() => (this.#fetching = undefined))
    return coming
  }
}
