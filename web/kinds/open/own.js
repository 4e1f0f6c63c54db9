// Below the field of a text wall on a phone: one's own texts, each with what became of it and what can be done about it, and
// the texts of the wall.

import { announce, find, h, isOver, legible, onceTyping, setText, t } from '../../js/messages.js'
import { Wall, keyed } from './wall.js'

/** @import { Post } from "../../js/phone/types.js" */
/** @import { OwnPost, Reason, Texts } from "../../js/wire.js" */
/** @import { Refused, Stored, View } from "./phone.js" */
/**
 * @typedef {object} Own what is told of one text
 * @property {string} key
 * @property {string} fate a key of `phone.open.later.fate`
 * @property {string} text
 * @property {number} at
 * @property {number} [post]
 * @property {Reason} [reason]
 * @property {boolean} [edited]
 * @property {Refused} [refused]
 */
/**
 * @typedef {object} Shown what there is to draw
 * @property {[number, OwnPost][]} posts own texts
 * @property {Post[]} sending what is under way
 * @property {Stored[]} stored what was stored before it was told among the posts
 * @property {Refused[]} refused
 * @property {boolean} late whether a receipt is overdue, or cannot come now
 * @property {boolean} open whether texts can be sent and reworded
 * @property {boolean} visible whether the room sees the wall
 * @property {Texts} [tally] the texts of the wall, where they are visible here
 */

const TEXT_CHARS = 300
const SIGNS = /** @type {Record<string, string>} */ ({
  sending: '…', kept: '↻', stored: '✓', waiting: '◷', shown: '✓', accepted: '✓', declined: '×', hidden: '×', refused: '!',
})

/** Both lists, in place of those that the server drew. */
export class Below {
  #view
  #list = h('ol')
  #own = h('section', { class: 'own-texts' }, h('h2', {}, t('phone.open.later.own')), this.#list)
  #wall = new Wall()
  #open = false
  /** @type {Own[]} */
  #texts = []

  /** @param {HTMLElement} section @param {View} view */
  constructor(section, view) {
    this.#view = view
    for (const drawn of section.querySelectorAll('.own-texts, .wall')) drawn.remove()
    for (const made of [this.#own, this.#wall.element]) section.insertBefore(made, section.querySelector('#answered'))
    this.#list.addEventListener('click', event => this.#press(/** @type {HTMLElement} */ (event.target)))
  }

  /** @param {Shown} shown */
  show(shown) {
    this.#open = shown.open
    this.#texts = ownTexts(shown)
    this.#own.hidden = this.#texts.length === 0
    this.#render()
    this.#wall.show(shown.tally)
  }

  /** Says aloud that something was refused. @param {string} code */
  tell(code) {
    announce(`${t('phone.open.later.fate.refused')}. ${refusal(code)}`, 'receipt')
  }

  #render() {
    keyed(this.#list, this.#texts.map(({ key }) => key), ownElement)
    this.#texts.forEach((own, place) => this.#drawOne(/** @type {HTMLElement} */ (this.#list.children[place]), own))
  }

  /** @param {HTMLElement} element @param {Own} own */
  #drawOne(element, { fate, text, reason, edited, refused }) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(name))
    part('.fate').className = `fate ${fate}`
    setText(part('.sign'), SIGNS[fate] ?? '')
    setText(part('.word'), [t(`phone.open.later.fate.${fate}`), ...(edited ? [t('phone.open.later.edited')] : [])].join(' · '))
    setText(part('.text'), text)
    const why = fate === 'declined' && reason ? reasonWords(reason) : refused ? refusal(refused.code) : ''
    setText(part('.reason'), why)
    part('.reason').hidden = why === ''
    const waits = fate === 'waiting'
    const editing = element.classList.contains('editing') && this.#open && waits
    element.classList.toggle('editing', editing)
    part('.text').hidden = editing
    part('.change').hidden = !editing
    part('[data-do=edit]').hidden = editing || !this.#open || !waits
    part('[data-do=withdraw]').hidden = editing || !waits
    part('[data-do=again]').hidden = !refused || !this.#open
    part('[data-do=discard]').hidden = !refused
  }

  /** @param {HTMLElement} target */
  #press(target) {
    const what = target.closest('button')?.dataset.do
    const element = target.closest('li')
    const own = element && this.#texts.find(({ key }) => key === element.dataset.key)
    if (!what || !element || !own) return
    const field = /** @type {HTMLTextAreaElement} */ (find(element, 'textarea'))
    if (what === 'edit') {
      field.value = own.text
      field.dispatchEvent(new Event('input', { bubbles: true }))
    }
    const text = legible(field.value)
    if (what === 'save' && isOver(field)) return
    element.classList.toggle('editing', what === 'edit')
    this.#render()
    const { post, refused } = own
    if (what === 'save' && post && text && text !== own.text) this.#view.post({ do: 'edit', post, text })
    if (what === 'withdraw' && post) this.#view.post({ do: 'withdraw', post })
    if (refused && (what === 'again' || what === 'discard')) this.#view.letGo(refused, what === 'again')
    if (what === 'withdraw') this.#view.refuge()?.focus()
    if (what === 'edit' && !field.name) {
      field.name = own.key
      const save = find(element, '[data-do=save]')
      onceTyping(({ limited }) => limited(field, TEXT_CHARS))
      // After what says that the text is too long, which hears of it first.
      element.addEventListener('input', () => save.toggleAttribute('disabled', isOver(field) || !legible(field.value)))
    }
    const next = { edit: 'textarea', cancel: '[data-do=edit]', save: '.fate' }[what]
    if (next) /** @type {HTMLElement | null} */ (element.querySelector(next))?.focus()
  }
}

/** One's own texts, the newest first. @param {Shown} shown @returns {Own[]} */
function ownTexts({ posts, sending, stored, refused, late, visible }) {
  const way = late ? 'kept' : 'sending'
  /** @type {Own[]} */
  const own = posts.map(([id, { fate, text, at, reason, edited }]) => {
    const change = sending.map(({ post }) => post).find(post => 'post' in post && post.post === id)
    const seen = fate === 'shown' || fate === 'answered' ? (visible ? 'shown' : 'accepted') : fate
    return { key: `post-${id}`, post: id, fate: change ? way : seen, text: change?.do === 'edit' ? change.text : text, at, reason, edited }
  })
  own.push(...stored.map(({ text, at }) => ({ key: `at-${at}`, fate: 'stored', text, at })))
  own.push(...sending.flatMap(({ cid, post }) => (post.do === 'send' ? [{ key: cid, fate: way, text: post.text, at: Infinity }] : [])))
  own.push(...refused.map((one, place) => ({ key: `refused-${place}`, fate: 'refused', text: one.text, refused: one, at: Infinity })))
  return own.sort((a, b) => (a.at === b.at ? 0 : b.at - a.at))
}

/** Why a text was not taken. @param {string} code */
const refusal = code =>
  code === 'blocked' ? t('phone.open.blocked') : t(`phone.open.later.refused.${['answered', 'closed', 'round', 'slow_down'].includes(code) ? code : 'other'}`)

/** Why a text was declined. @param {Reason} reason */
const reasonWords = ({ code, text }) => {
  // Nothing answers a text.
  const reason = t(`phone.open.later.reason.${code === 'answered' ? 'other' : code}`)
  return text ? t('phone.open.later.reason_text', { reason, text }) : reason
}

function ownElement() {
  const button = (/** @type {string} */ what, look = '') =>
    h('button', { type: 'button', class: `button ${look}`, 'data-do': what }, t(`phone.open.later.${what}`))
  return h('li', {},
    h('p', { class: 'fate', tabindex: -1 }, h('span', { class: 'sign', 'aria-hidden': 'true' }), h('span', { class: 'word' })),
    h('p', { class: 'text', dir: 'auto' }),
    h('p', { class: 'reason' }),
    h('div', { class: 'change', hidden: true },
      h('textarea', { class: 'field', rows: 3, dir: 'auto', 'aria-label': t('phone.open.text') }),
      h('div', { class: 'row' }, button('cancel'), button('save', 'primary'))),
    h('div', { class: 'row' }, button('edit'), button('withdraw'), button('again'), button('discard')))
}
