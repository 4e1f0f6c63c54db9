// The templates of the pages that lit-html draws, made to go on living where a browser translates the page. It takes our text
// nodes out of the page and puts its own words, in elements of its own, where they were; lit-html would go on writing into
// nodes that nobody sees, or fail where such a node was the mark at which a part ends.

import { html as plain, noChange } from '../vendor/lit-html/lit-html.js'
import { Directive, directive } from '../vendor/lit-html/directive.js'

export { nothing, render, svg } from '../vendor/lit-html/lit-html.js'

/** @typedef {import('../vendor/lit-html/lit-html.js').TemplateResult} TemplateResult */

/** A text of a template. What is another text takes the place of all that is there, a translation too. */
class Words extends Directive {
  /** @type {Text | undefined} */
  #node
  /** @type {string | undefined} */
  #text

  /** @param {string} text @returns {unknown} */
  render(text) {
    return text
  }

  /**
   * @param {import('../vendor/lit-html/directive.js').ChildPart} part
   * @param {[string]} values
   */
  update(part, [text]) {
    if (this.#text === text) return noChange
    this.#text = text
    if (this.#node && part.startNode?.nextSibling === this.#node) {
      this.#node.data = text
      return noChange
    }
    this.#node = document.createTextNode(text)
    return this.#node
  }
}

const words = directive(Words)

/** What follows a part within an element: no translator touches it. */
const END = '<!---->'

/** Templates as lit-html is given them, and which of their parts are content and not attributes. @type {WeakMap<TemplateStringsArray, {strings: TemplateStringsArray, content: boolean[]}>} */
const known = new WeakMap()

/** @param {TemplateStringsArray} template */
function prepared(template) {
  let inTag = false
  let quote = ''
  const content = template.slice(0, -1).map(text => {
    for (let place = 0; place < text.length; place += 1) {
      const sign = text[place]
      if (quote) quote = sign === quote ? '' : quote
      else if (!inTag) inTag = sign === '<' && /[a-z/!]/i.test(text[place + 1] ?? '')
      else if (sign === '>') inTag = false
      else if (sign === '"' || sign === "'") quote = sign
    }
    return !inTag
  })
  const parts = template.map((text, place) => (content[place - 1] ? END + text : text))
  const strings = /** @type {any} */ (Object.assign(parts, { raw: parts }))
  return { strings: /** @type {TemplateStringsArray} */ (strings), content }
}

/** @param {unknown} value @returns {unknown} */
function shown(value) {
  if (typeof value === 'number' || (typeof value === 'string' && value !== '')) return words(String(value))
  return Array.isArray(value) ? value.map(shown) : value
}

/**
 * In place of lit-html's own.
 * @param {TemplateStringsArray} template
 * @param {...unknown} values
 * @returns {TemplateResult}
 */
export function html(template, ...values) {
  let made = known.get(template)
  if (!made) known.set(template, (made = prepared(template)))
  const { strings, content } = made
  return plain(strings, ...values.map((value, place) => (content[place] ? shown(value) : value)))
}
