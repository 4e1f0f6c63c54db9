// One's own texts of a wall on a phone, each with what became of it and what can be done about it, and the texts of the wall.

import { find, h, legible, setText, t } from '../../js/messages.js'
import { refusal } from './phone.js'

/** @import { Own } from "./phone.js" */
/** @import { Reason, Texts } from "../../js/wire.js" */

const SIGNS = /** @type {Record<string, string>} */ ({ sending: '…', kept: '↻', stored: '✓', waiting: '◷', shown: '✓', accepted: '✓', declined: '×', hidden: '×', refused: '!' })

export class Lists {
  #items = h('ul')
  #none = h('p', { class: 'quiet' }, t('phone.open.none'))
  #rest = h('p', { class: 'quiet rest' })
  #list = h('ol')
  #pressed
  /** @type {Own[]} */
  #own = []
  #open = false

  /**
   * @param {HTMLElement} own where one's own go
   * @param {HTMLElement} wall where the others go
   * @param {(what: string, own: Own, text: string) => void} pressed
   */
  constructor(own, wall, pressed) {
    this.#pressed = pressed
    own.append(this.#list)
    wall.append(this.#items, this.#none, this.#rest)
    this.#list.addEventListener('click', event => this.#press(/** @type {HTMLElement} */ (event.target)))
  }

  /**
   * @param {Own[]} own
   * @param {boolean} open whether texts can be sent and reworded
   * @param {Texts} [tally] the texts of the wall, where results are visible
   */
  show(own, open, tally) {
    this.#own = own
    this.#open = open
    this.#showOwn()
    if (tally) this.#showWall(tally)
  }

  #showOwn() {
    const own = this.#own
    keyed(this.#list, own.map(({ key }) => key), ownElement)
    own.forEach((one, place) => this.#show(/** @type {HTMLElement} */ (this.#list.children[place]), one))
  }

  /** @param {HTMLElement} element @param {Own} own */
  #show(element, { fate, text, reason, edited, code }) {
    const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(name))
    part('.fate').className = `fate ${fate}`
    setText(part('.sign'), SIGNS[fate] ?? '')
    setText(part('.word'), [t(`phone.open.fate.${fate}`), ...(edited ? [t('phone.open.edited')] : [])].join(' · '))
    setText(part('.text'), text)
    const why = fate === 'declined' && reason ? reasonWords(reason) : code ? refusal(code) : ''
    setText(part('.reason'), why)
    part('.reason').hidden = why === ''
    const editing = element.classList.contains('editing') && this.#open && fate === 'waiting'
    element.classList.toggle('editing', editing)
    part('.text').hidden = editing
    part('.change').hidden = !editing
    part('[data-do=edit]').hidden = editing || !this.#open || fate !== 'waiting'
    part('[data-do=withdraw]').hidden = editing || fate !== 'waiting'
    part('[data-do=again]').hidden = fate !== 'refused' || !this.#open
    part('[data-do=discard]').hidden = fate !== 'refused'
  }

  /** @param {Texts} tally */
  #showWall(tally) {
    const texts = inOrder(tally)
    keyed(this.#items, texts.map(([id]) => id), () => h('li', {}, h('p', { dir: 'auto' }), h('small', {}, h('bdi'), h('span'))))
    texts.forEach(([, { text, name, people }], place) => {
      const item = this.#items.children[place]
      setText(item.querySelector('p'), text)
      setText(item.querySelector('bdi'), name ?? '')
      setText(item.querySelector('span'), people > 1 ? `${name ? ' · ' : ''}${t('phone.open.people', { n: people })}` : '')
    })
    this.#none.hidden = texts.length > 0
    const more = Math.max(0, tally.shown - texts.length)
    this.#rest.hidden = more === 0
    setText(this.#rest, more === 0 ? '' : t('phone.open.more', { n: more }))
  }

  /** @param {HTMLElement} target */
  #press(target) {
    const what = target.closest('button')?.dataset.do
    const element = target.closest('li')
    const own = element && this.#own.find(({ key }) => key === element.dataset.key)
    if (!what || !element || !own) return
    const field = /** @type {HTMLTextAreaElement} */ (find(element, 'textarea'))
    if (what === 'edit') field.value = own.text
    element.classList.toggle('editing', what === 'edit')
    this.#showOwn()
    this.#pressed(what, own, legible(field.value))
    const next = { edit: 'textarea', cancel: '[data-do=edit]', save: '.fate' }[what]
    if (next) /** @type {HTMLElement | null} */ (element.querySelector(next))?.focus()
  }
}

/** Why a text was declined. @param {Reason} reason */
const reasonWords = ({ code, text }) => {
  // Nothing answers a text.
  const reason = t(`phone.open.reason.${code === 'answered' ? 'other' : code}`)
  return text ? t('phone.open.reason_text', { reason, text }) : reason
}

function ownElement() {
  const button = (/** @type {string} */ what, look = '') => h('button', { type: 'button', class: `button ${look}`, 'data-do': what }, t(`phone.open.${what}`))
  return h('li', {},
    h('p', { class: 'fate', tabindex: -1 }, h('span', { class: 'sign', 'aria-hidden': 'true' }), h('span', { class: 'word' })),
    h('p', { class: 'text', dir: 'auto' }),
    h('p', { class: 'reason' }),
    h('div', { class: 'change', hidden: true }, h('textarea', { class: 'field', rows: 3, dir: 'auto', 'aria-label': t('phone.open.text') }),
      h('div', { class: 'row' }, button('cancel'), button('save', 'primary'))),
    h('div', { class: 'row' }, button('edit'), button('withdraw'), button('again'), button('discard')))
}

/**
 * The texts of a wall as they stand there: what is pinned, then the newest first.
 * @param {Texts} texts
 */
export const inOrder = ({ texts }) =>
  Object.entries(texts).sort(([a, one], [b, other]) => Number(other.pinned ?? false) - Number(one.pinned ?? false) || Number(b) - Number(a))

/**
 * Makes the children of a list those of the keys, in their order, keeping the elements of keys that stay.
 * @param {Element} list
 * @param {string[]} keys
 * @param {() => HTMLElement} make
 */
function keyed(list, keys, make) {
  const held = new Map(Array.from(list.children, child => [child.getAttribute('data-key'), child]))
  const wanted = keys.map(key => {
    const element = held.get(key) ?? make()
    element.setAttribute('data-key', key)
    return element
  })
  for (const child of Array.from(list.children)) if (!wanted.includes(child)) child.remove()
  wanted.forEach((element, place) => {
    if (list.children[place] !== element) list.insertBefore(element, list.children[place] ?? null)
  })
}
