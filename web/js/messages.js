// The page's words in the reader's language, and elements made of them. The server writes the messages and the state
// that the page was drawn from into the page; nothing here is fetched.

/** @typedef {string | Record<string, string>} Message A text, or its plural forms by CLDR category. */

/**
 * JSON that the server wrote into the page.
 * @param {string} id
 */
export function embedded(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? '{}')
}

/** @type {Record<string, Message>} */
const messages = embedded('messages')
const language = document.documentElement.lang || 'en'
const plural = new Intl.PluralRules(language)
const numbers = new Intl.NumberFormat(language)
const times = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

/**
 * The message with `{name}` replaced by its argument. The argument `n` decides the plural form; numbers are written as
 * people of this language do.
 * @param {string} key
 * @param {Record<string, string | number>} [args]
 */
export function t(key, args = {}) {
  const message = messages[key] ?? key
  const text = typeof message === 'string' ? message : (message[plural.select(Number(args.n))] ?? message.other ?? '')
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = args[name]
    return typeof value === 'number' ? numbers.format(value) : (value ?? whole)
  })
}

/**
 * Whether there is a message with this key.
 * @param {string} key
 */
export const has = key => key in messages

/**
 * A number as people write it.
 * @param {number} n
 */
export const number = n => numbers.format(n)

/**
 * The nearest whole percent, and the same as people write it.
 * @param {number} count
 * @param {number} of
 */
export function share(count, of) {
  const percent = of > 0 ? Math.min(100, Math.round((100 * count) / of)) : 0
  return { percent, text: t('common.percent', { n: percent }) }
}

/**
 * A moment as the time of day, here.
 * @param {number} millis
 */
export const time = millis => times.format(millis)

/**
 * An element with attributes (`onclick` and the like are listeners, `true` is an empty attribute, `false` none) and
 * content. Texts are only ever texts.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, unknown>} [attributes]
 * @param {...(Node | string)} content
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, attributes = {}, ...content) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.slice(2), /** @type {EventListener} */ (value))
    else if (value === true) element.setAttribute(name, '')
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value))
  }
  element.append(...content)
  return element
}

/**
 * Sets an element's text, only where it changes, so that nothing is announced or drawn twice.
 * @param {Element | null} element
 * @param {string} text
 */
export function say(element, text) {
  if (element && element.textContent !== text) element.textContent = text
}

/**
 * The element with this id, which the page has.
 * @param {string} id
 */
export function byId(id) {
  const element = document.getElementById(id)
  if (!element) throw new Error(`the page has no #${id}`)
  return element
}
