// A word cloud on a phone: one field and the list of one's own words, in place of the field for each that the server drew. It
// never takes away what a person is typing.

import { find, h, isOver, legible, number, onceTypingIn, setText, t, typing } from '../../js/messages.js'

/** @import { Answer } from "../../js/wire.js" */
/** @import { Draft, Moment, PhoneView, Place } from "../../js/phone/types.js" */

/** The longest word. */
const WORD_CHARS = 40

/** A word cloud on a phone. @implements {PhoneView} */
export class View {
  static isFinal() {
    return false
  }

  /** @param {Answer} answer */
  static isBlank(answer) {
    return answer.kind === 'words' && answer.words.length === 0
  }

  /** @param {Answer} answer @param {number} [_] @param {Answer} [stored] @returns {Draft | undefined} */
  static draftOf(answer, _, stored) {
    const former = stored?.kind === 'words' ? stored.words : []
    const text = answer.kind === 'words' ? answer.words.find(word => !former.includes(word)) : undefined
    return text === undefined ? undefined : { text }
  }

  #place
  #max
  /** @type {string[]} */
  #words = []
  #open = false
  #field = h('input', { class: 'field', id: 'word', dir: 'auto', autocomplete: 'off', enterkeyhint: 'send' })
  #name = h('label', { class: 'field-name', for: 'word' }, t('phone.word'))
  #add = h('button', { class: 'button primary' }, t('phone.add'))
  #left = h('p', { class: 'quiet count', role: 'status' })
  #chips = h('ul', { class: 'chips', 'aria-label': t('phone.your_words') })
  #cloud

  /** @param {Place} place */
  constructor(place) {
    this.#place = place
    this.#max = /** @type {import('../../js/wire.js').WordCloud} */ (place.activity.prompt).words_per_person
    this.#takeOver()
    this.#cloud = place.section.querySelector('#cloud') ?? place.section.insertBefore(
      h('section', { class: 'cloud', id: 'cloud', 'aria-label': t('phone.results'), hidden: true },
        h('h2', {}, t('phone.results')), h('ul')),
      place.section.querySelector('#answered'))
    place.form.addEventListener('input', () => {
      this.#offer()
      place.changed()
    })
    place.form.addEventListener('submit', event => {
      event.preventDefault()
      this.send()
    })
  }

  /** One field and the list of own words, in place of a field for each, with what was typed into these. */
  #takeOver() {
    const { form } = this.#place
    const drawn = /** @type {HTMLInputElement[]} */ (Array.from(form.querySelectorAll('input[name=word]')))
    const typed = drawn.find(field => legible(field.value) && field.value !== field.defaultValue)
    const focused = drawn.some(field => field === document.activeElement)
    const body = h('div', { class: 'words' }, this.#chips, h('div', { class: 'add' }, this.#name, this.#field, this.#add), this.#left)
    const words = form.querySelector('.words')
    if (words) words.replaceWith(body)
    else find(form, 'fieldset').append(body)
    this.#field.value = typed?.value ?? this.#place.draft?.text ?? ''
    if (focused) this.#field.focus()
    onceTypingIn(this.#field, ({ limited }) => {
      limited(this.#field, WORD_CHARS)
      this.#offer()
    })
  }

  /** @param {Moment} moment */
  update(moment) {
    this.#open = moment.open
    this.#words = moment.answer?.kind === 'words' ? moment.answer.words : []
    find(this.#place.form, 'fieldset').toggleAttribute('disabled', !moment.open)
    this.#place.form.classList.toggle('closed', !moment.open)
    this.#showChips()
    this.#offer()
    showCloud(this.#cloud, moment.results, this.#words)
  }

  /** It is sent by the button beside the field, and never by itself: a word that is half typed would stand on the screen. */
  unsent() {
    const word = legible(this.#field.value)
    return word ? { n: 1, word, whole: false, sentence: '' } : undefined
  }

  draft() {
    return this.unsent() ? { text: this.#field.value } : undefined
  }

  /** @param {Draft} draft */
  restore({ text = '' }) {
    if (!this.unsent()) this.#field.value = text
  }

  name() {
    return ''
  }

  /** The field where there still is one, else the last word that can be removed. */
  refuge() {
    const button = /** @type {HTMLElement | null} */ (this.#chips.querySelector('li:last-child button'))
    return this.#field.getClientRects().length > 0 && this.#open ? this.#field : button
  }

  hint() {
    return t('phone.words_hint', { n: this.#max })
  }

  #showChips() {
    keyed(this.#chips, this.#words, word => h('li', { translate: 'no' }, h('span', { dir: 'auto' }, word),
      h('button', { type: 'button', 'aria-label': t('phone.remove', { word }), onclick: () => this.#remove(word) }, '×')))
    for (const button of this.#chips.querySelectorAll('button')) button.hidden = !this.#open
    this.#chips.hidden = this.#words.length === 0
  }

  #offer() {
    const left = this.#max - this.#words.length
    const full = left <= 0
    const typed = this.unsent() !== undefined
    // What is being typed stays where it is: another tab may have sent the last word meanwhile.
    this.#field.parentElement?.toggleAttribute('hidden', full && !typed)
    const twice = this.#has(this.#field.value)
    this.#add.disabled = !typed || full || twice || isOver(this.#field)
    this.#left.hidden = !this.#open || (this.#max === 1 && !full)
    setText(this.#left, twice ? t('phone.word_twice') : full ? t('phone.words_all') : t('phone.words_left', { n: left }))
  }

  /** @param {string} word */
  #has(word) {
    return this.#words.some(own => key(own) === key(word))
  }

  send() {
    const word = legible(this.#field.value)
    if (!word || this.#has(word) || isOver(this.#field) || this.#words.length >= this.#max) return
    this.#field.value = ''
    this.#field.focus()
    this.#place.send({ kind: 'words', words: [...this.#words, word] })
  }

  /** @param {string} word */
  #remove(word) {
    this.#place.send({ kind: 'words', words: this.#words.filter(own => own !== word) })
  }
}

/** What two spellings of a word have in common. @param {string} word */
const key = word => (typing ? typing.wordKey(word) : word.trim())

/** A word of at least so many letters in a row is drawn no larger, so that it stays in one line on a narrow phone. @type {[letters: number, size: number][]} */
const LONG = [[26, 1], [21, 2], [17, 3], [13, 4]]
/** A word of more may need two lines all the same. */
const LETTERS_IN_A_LINE = 30

/** The letters of the longest part of a word that is not broken. @param {string} word */
const longest = word => Math.max(...word.split(/[\s-]/u).map(part => Array.from(part).length))

/** A word, which is broken in its middle where it must be, and not before its last letter. @param {string} word */
function unbroken(word) {
  if (longest(word) <= LETTERS_IN_A_LINE || word.length !== Array.from(word).length) return h('bdi', {}, word)
  const middle = Math.ceil(word.length / 2)
  return h('bdi', {}, word.slice(0, middle), h('wbr'), word.slice(middle))
}

/**
 * @param {Element} cloud
 * @param {import('../../js/wire.js').Results | undefined} results
 * @param {string[]} own
 */
function showCloud(cloud, results, own) {
  const tally = results?.tally?.kind === 'words' ? results.tally : undefined
  cloud.toggleAttribute('hidden', !tally)
  if (!tally) return
  const words = Object.entries(tally.words).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
  const most = words[0]?.[1] ?? 1
  const items = find(cloud, 'ul')
  keyed(items, words.map(([word]) => word), word => h('li', { translate: 'no' }, unbroken(word), ' ', h('small')))
  words.forEach(([word, count], place) => {
    const wanted = most < 2 ? 2 : 1 + Math.floor((5 * count - 1) / most)
    const size = Math.min(wanted, LONG.find(([letters]) => longest(word) >= letters)?.[1] ?? 5)
    const item = items.children[place]
    item.className = `w${size}${own.some(mine => key(mine) === key(word)) ? ' own' : ''}`
    setText(item.querySelector('small'), number(count))
  })
  const more = Math.max(0, tally.distinct - words.length)
  const rest = cloud.querySelector('.rest') ?? cloud.appendChild(h('p', { class: 'quiet rest' }))
  rest.toggleAttribute('hidden', more === 0)
  setText(rest, more === 0 ? '' : t('phone.words_more', { n: more }))
}

/**
 * Makes the children of a list those of the keys, in their order, keeping the elements of keys that stay.
 * @param {Element} list
 * @param {string[]} keys
 * @param {(key: string) => HTMLElement} make
 */
function keyed(list, keys, make) {
  const held = new Map(Array.from(list.children, child => [child.getAttribute('data-key'), child]))
  const wanted = keys.map(key => {
    const element = held.get(key) ?? make(key)
    element.setAttribute('data-key', key)
    return element
  })
  for (const child of Array.from(list.children)) if (!wanted.includes(child)) child.remove()
  wanted.forEach((element, place) => {
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null)
  })
}
