// The page's words in the reader's language, and elements made of them. The server writes the messages and the state
// that the page was drawn from into the page; nothing here is fetched. What is said aloud to those who hear the page instead
// of seeing it goes through `announce`.

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
/** The language that the page came in: a browser that translates it names another one there later. */
export const language = document.documentElement.lang || 'en'
const plural = new Intl.PluralRules(language)
const numbers = new Intl.NumberFormat(language)
const times = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const lists = 'ListFormat' in Intl ? new Intl.ListFormat(language) : undefined

/** A letter of a script that is written from the right. */
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u

/**
 * What somebody wrote, for a place within a sentence of ours: it keeps its own direction, and the sentence its own.
 * @param {string} text
 */
export const isolated = text => (FROM_THE_RIGHT.test(text) ? `\u2068${text}\u2069` : text)

/** The language of what people of the event write, where it is said. @type {string | undefined} */
let spoken
/** @type {MutationObserver | undefined} */
let drawn

/**
 * Marks what people of the event write as of this language, now and in all that is drawn from now on: voices read it so.
 * @param {string | undefined} language
 */
export function speakIn(language) {
  if (language === spoken) return
  spoken = language
  markWritten()
  drawn ??= new MutationObserver(markWritten)
  drawn.observe(document, { childList: true, subtree: true })
}

function markWritten() {
  for (const text of document.querySelectorAll('[dir=auto]')) {
    if (!spoken) text.removeAttribute('lang')
    else if (text.getAttribute('lang') !== spoken) text.setAttribute('lang', spoken)
  }
}

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
    return typeof value === 'number' ? numbers.format(value) : value === undefined ? whole : isolated(value)
  })
}

/** Takes over messages that did not come with the page. @param {Record<string, Message>} more */
export const addMessages = more => void Object.assign(messages, more)

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
 * Several things as people name them one after the other, such as “A, B and C”.
 * @param {string[]} things
 */
export const list = things => lists?.format(things) ?? things.join(', ')

/**
 * The nearest whole percent, all only of all, and the same as people write it.
 * @param {number} count
 * @param {number} of
 */
export function share(count, of) {
  const percent = of > 0 ? Math.min(count < of ? 99 : 100, Math.round((100 * count) / of)) : 0
  return { percent, text: t('common.percent', { n: percent }) }
}

/**
 * By what the option at this place is known everywhere: its letter, and the class that has its colour.
 * @param {number} place from 0
 */
export const mark = place => ({ letter: String.fromCharCode(65 + place), colour: `o${place + 1}` })

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

/** What was said last by elements whose words a translator may have put others in place of. @type {WeakMap<Element, string>} */
const said = new WeakMap()

/**
 * Sets an element's text, only where it changes, so that nothing is announced or drawn twice. A browser that translates puts
 * its words, in elements of its own, in place of ours: they stay until there is something else to say.
 * @param {Element | null} element
 * @param {string} text
 */
export function setText(element, text) {
  if (!element || element.textContent === text) return
  if (said.get(element) === text && element.querySelector('font')) return
  said.set(element, text)
  element.textContent = text
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

/** A sentence is left alone for about as long as it takes to begin with it: the next one would cut it off. */
const [SENTENCE_MS, LETTER_MS, LONGEST_MS] = [600, 35, 2500]
/** More than this nobody wants to hear at once: the oldest goes. */
const MAX_WAITING = 6
/** What waits to be said aloud. @type {{text: string, about: string}[]} */
const waiting = []
let aloud = { text: '', about: '' }
/** @type {ReturnType<typeof setTimeout> | undefined} */
let speaking

/**
 * Says something to those who hear the page instead of seeing it, after what was to be said before: no sentence takes
 * another's place before it was heard. Only where two are about the same thing does the newer one count alone.
 * @param {string} text
 * @param {string} [about] what it is about, such as the time left
 */
export function announce(text, about = '') {
  if (!text) return
  const former = waiting.find(one => about && one.about === about)
  if (former) former.text = text
  else waiting.push({ text, about })
  if (waiting.length > MAX_WAITING) waiting.shift()
  if (!speaking || (about && aloud.about === about && waiting.length === 1)) speak()
}

function speak() {
  clearTimeout(speaking)
  speaking = undefined
  const next = waiting.shift()
  if (!next) return
  aloud = next
  // Also where it was the last thing said: a fresh text is read again.
  byId('announcer').replaceChildren(next.text)
  speaking = setTimeout(speak, Math.min(LONGEST_MS, SENTENCE_MS + LETTER_MS * next.text.length))
}

/** The clock that a page reckons with may be behind by what a message takes. */
const CLOCK_MS = 1500

/**
 * What has happened on stage, in words for those who do not see it happen; the first is the most important.
 * @param {import('./wire.js').StagedActivity | undefined} was what was on stage before
 * @param {import('./wire.js').StagedActivity} is what is now
 * @param {number} [now] by the server's clock
 */
export function stageWords(was, is, now = 0) {
  const words = (/** @type {string} */ key) => t(`common.said.${key}`, { title: is.prompt.title })
  const same = was?.id === is.id && was.round === is.round
  const timeUp = was?.closes_at !== undefined && now >= was.closes_at - CLOCK_MS
  const changed = { draft: 'shown', open: was?.state === 'closed' ? 'reopened' : 'opened', closed: timeUp ? 'time_up' : 'closed' }[is.state]
  const told = []
  if (was?.id !== is.id) told.push(words(is.state === 'open' ? 'opened' : 'shown'))
  else if (!same) told.push(words('restarted'))
  else {
    if (JSON.stringify(was.prompt) !== JSON.stringify(is.prompt)) told.push(words('reworded'))
    if (was.state !== is.state) told.push(words(changed))
  }
  if (is.results !== (same && was.results)) told.push(words(is.results ? 'results' : 'results_hidden'))
  return told
}

/** The page's scripts run: the sentence that says that they do not is taken away before it is seen. */
export const alive = () => document.getElementById('unscripted')?.remove()

/** The rules of texts, once they were fetched. @type {typeof import('./field.js') | undefined} */
export let typing

/** Fetches them, where one types; till then the server alone judges. @param {(rules: typeof import('./field.js')) => void} then */
export const onceTyping = then => void import('./field.js').then(rules => then((typing = rules)), () => {})

/**
 * The same for a field of a page that is shown to all, of whom most never type in it.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {(rules: typeof import('./field.js')) => void} then
 */
export function onceTypingIn(field, then) {
  if (field.value || field === document.activeElement) onceTyping(then)
  else field.addEventListener('focus', () => onceTyping(then), { once: true })
}

/** What can be seen of a text. @param {string} text */
export const legible = text => (typing ? typing.clean(text) : text.trim())

/** Whether a field holds too much. @param {Element | null} field */
export const isOver = field => field?.getAttribute('aria-invalid') === 'true'

/**
 * What of an element is there in any case.
 * @template {Element} T
 * @param {Element} within
 * @param {string} selector
 */
export const find = (within, selector) => /** @type {T} */ (within.querySelector(selector))
