// The texts of a wall: in which order they stand, and the list of them on a phone.

import { h, setText, t } from '../../js/messages.js'

/** @import { Texts } from "../../js/wire.js" */

/**
 * The texts of a wall as they stand there: what is pinned, then the newest first.
 * @param {Texts} texts
 */
export const inOrder = ({ texts }) =>
  Object.entries(texts).sort(([a, one], [b, other]) => Number(other.pinned ?? false) - Number(one.pinned ?? false) || Number(b) - Number(a))

/** The list on a phone. */
export class Wall {
  #items = h('ul')
  #none = h('p', { class: 'quiet' }, t('phone.open.later.none'))
  #rest = h('p', { class: 'quiet rest' })
  element = h('section', { class: 'wall', 'aria-label': t('phone.results'), hidden: true },
    h('h2', {}, t('phone.open.later.wall')), this.#items, this.#none, this.#rest)

  /** @param {Texts} [tally] nothing where the texts are not visible */
  show(tally) {
    this.element.hidden = !tally
    const texts = tally ? inOrder(tally) : []
    keyed(this.#items, texts.map(([id]) => id), () => h('li', { dir: 'auto' }, h('p'), h('small', {}, h('bdi'), h('span'))))
    texts.forEach(([, { text, name, people }], place) => {
      const item = this.#items.children[place]
      setText(item.querySelector('p'), text)
      setText(item.querySelector('bdi'), name ?? '')
      setText(item.querySelector('span'), people > 1 ? `${name ? ' · ' : ''}${t('phone.open.later.people', { n: people })}` : '')
    })
    this.#items.hidden = texts.length === 0
    this.#none.hidden = texts.length > 0
    const more = Math.max(0, (tally?.shown ?? 0) - texts.length)
    this.#rest.hidden = more === 0
    setText(this.#rest, more === 0 ? '' : t('phone.open.later.more', { n: more }))
  }
}

/**
 * Makes the children of a list those of the keys, in their order, keeping the elements of keys that stay.
 * @param {Element} list
 * @param {string[]} keys
 * @param {() => HTMLElement} make
 */
export function keyed(list, keys, make) {
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
