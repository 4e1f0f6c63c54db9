// A choice poll on a phone: takes over the elements that the server drew, or makes the same ones. It changes them in place and
// never takes away what a person is typing or has marked but not sent.

import { find, h, isOver, legible, list, mark, number, onceTypingIn, setText, share, t, typing } from '../../js/messages.js'

/** @import { Answer, Prompt } from "../../js/wire.js" */
/** @import { Draft, Moment, PhoneView, Place } from "../../js/phone/types.js" */

/** The longest own option. */
const OPTION_CHARS = 140

/** A poll on a phone. @implements {PhoneView} */
export class View {
  /** @param {Prompt} prompt */
  static isFinal(prompt) {
    return prompt.kind === 'choice' && !prompt.changeable
  }

  static isBlank() {
    return false
  }

  /** @param {Answer} answer @param {number} [version] @returns {Draft | undefined} */
  static draftOf(answer, version) {
    if (answer.kind !== 'choice') return undefined
    const marks = [...answer.options.map(String), ...(answer.other ? ['other'] : [])].map(id => ({ id, text: '' }))
    return { version, marks, text: answer.other }
  }

  #place
  #poll
  /** Whether the marks are the person's, not yet sent. */
  #touched = false
  /** The same while what counts is shown in their place: voting is closed. @type {Draft | undefined} */
  #aside
  /** Whether an arrow key is what was pressed last: it moves from option to option, and whoever only hears them has to. */
  #byArrow = false
  /** The option to which arrows have led, while it is not sent. @type {HTMLInputElement | undefined} */
  #reached
  /** @type {Moment | undefined} */
  #moment
  /** The own option that was sent, until the server has said what it counts as. @type {string | undefined} */
  #sentOther

  /** @param {Place} place */
  constructor(place) {
    this.#place = place
    this.#poll = /** @type {{kind: 'choice'} & import('../../js/wire.js').ChoicePoll} */ (place.activity.prompt)
    if (!place.form.querySelector('.options')) find(place.form, 'fieldset').append(this.#options())
    else this.#touched = this.#inputs().some(input => input.checked !== input.defaultChecked)
    if (place.draft) this.#goOn(place.draft)
    place.form.addEventListener('keydown', event => this.#pressed(event))
    place.form.addEventListener('pointerdown', () => (this.#byArrow = false))
    place.form.addEventListener('click', event => this.#confirmed(event.target))
    place.form.addEventListener('change', event => this.#marked(/** @type {HTMLInputElement} */ (event.target)))
    place.form.addEventListener('input', event => this.#typed(/** @type {HTMLInputElement} */ (event.target)))
    place.form.addEventListener('submit', event => {
      event.preventDefault()
      this.send()
    })
    const own = this.#ownText()
    if (own) onceTypingIn(own, ({ limited }) => {
      limited(own, OPTION_CHARS)
      this.#offer()
    })
    // Whether it is still being typed.
    for (const moved of ['focus', 'blur']) own?.addEventListener(moved, () => this.#touched && place.changed())
  }

  /** @param {Moment} moment */
  update(moment) {
    this.#moment = moment
    if (moment.final) {
      this.#touched = false
      this.#aside = undefined
    } else if (!moment.open && this.#touched && moment.answer) {
      this.#aside = this.draft()
      this.#touched = false
    } else if (moment.open && this.#aside) {
      this.#goOn(this.#aside)
      this.#aside = undefined
    }
    if (this.#touched && moment.answer && this.#says(moment.answer)) this.#touched = false
    find(this.#place.form, 'fieldset').toggleAttribute('disabled', !moment.open)
    this.#place.form.classList.toggle('unsent', this.#touched && !moment.open)
    if (!this.#touched) this.#mark(moment.answer)
    this.#offer()
    const tally = moment.results?.tally?.kind === 'choice' ? moment.results.tally : undefined
    for (const option of this.#place.form.querySelectorAll('[data-option]')) {
      const id = option.getAttribute('data-option') ?? ''
      const count = id === 'other' ? tally?.other : tally && (tally.counts[id] ?? 0)
      showResult(option, count, moment.results?.respondents ?? 0)
    }
  }

  unsent() {
    if (this.#aside) return { n: this.#aside.marks?.length ?? 0, whole: false, sentence: '' }
    if (!this.#touched) return undefined
    const { min, max, other, options } = this.#poll
    const n = this.#inputs().filter(input => input.checked).length
    const own = this.#inputs().some(input => input.checked && input.value === 'other')
    // A write-in that is listed and marked as well counts once.
    const counted = this.#answer()
    const picked = counted.options.length + (counted.other ? 1 : 0)
    const lacks = own && !legible(this.#ownText()?.value ?? '') ? t('phone.own_missing')
      : own && isOver(this.#ownText()) ? t('phone.own_too_long')
      : picked < min ? t('phone.mark_more', { n: min - picked })
      : n > max ? t('phone.mark_fewer', { n: n - max })
      : ''
    const limited = max > 1 && max < options.length + (other ? 1 : 0)
    const may = !limited || min === max ? '' : n < max ? t('phone.may_mark', { n: max - n }) : t('phone.marked_all')
    return { n, whole: lacks === '', sentence: lacks || may, typing: own && this.#ownText() === document.activeElement }
  }

  draft() {
    if (this.#aside) return this.#aside
    if (!this.#touched) return undefined
    // As the person saw it; a browser that translates the page has words of its own there.
    const text = (/** @type {HTMLInputElement} */ input) => {
      const drawn = input.closest('.option')?.querySelector('.text')
      const own = drawn?.querySelector('font') ? this.#poll.options.find(option => String(option.id) === input.value)?.text : drawn?.textContent
      return own ?? ''
    }
    const marks = this.#inputs().filter(input => input.checked).map(input => ({ id: input.value, text: text(input) }))
    return { version: this.#place.activity.version, marks, text: this.#ownText()?.value }
  }

  /** What was marked stays so where it says the same. @param {Draft} draft */
  #goOn({ version, marks = [], text = '' }) {
    const says = (/** @type {{id: string, text: string}} */ mark) => mark.text === this.#poll.options.find(option => String(option.id) === mark.id)?.text
    const same = new Set(marks.filter(mark => mark.id === 'other' || version === this.#place.activity.version || says(mark)).map(mark => mark.id))
    for (const input of this.#inputs()) input.checked = same.has(input.value)
    const own = this.#ownText()
    if (own) own.value = text
    this.#touched = this.#inputs().some(input => input.checked) || legible(own?.value ?? '') !== ''
  }

  /** @param {Draft} draft */
  restore(draft) {
    if (!this.#touched && !this.#aside) this.#goOn(draft)
  }

  /** @param {Answer} answer */
  name(answer) {
    if (answer.kind !== 'choice') return ''
    const letters = this.#poll.options.flatMap(({ id }, place) => (answer.options.includes(id) ? [mark(place).letter] : []))
    return list([...letters, ...(answer.other ? [t('common.other')] : [])])
  }

  /** Whether an answer holds what is marked now. @param {Answer} answer */
  #says(answer) {
    const { options, other } = this.#answer()
    const same = answer.kind === 'choice' && answer.options.length === options.length && options.every(id => answer.options.includes(id))
    const typed = legible(this.#ownText()?.value ?? '')
    return same && answer.other === other && (other !== undefined || !typed)
  }

  /** The option that was marked, where it can still be changed. */
  refuge() {
    return this.#inputs().find(input => input.checked && !input.matches(':disabled')) ?? null
  }

  hint() {
    const { min, max, other, options, changeable } = this.#poll
    const pickable = options.length + (other ? 1 : 0)
    const howMany = max === 1 ? t('phone.choose_one')
      : min === max ? t('phone.choose_exactly', { n: max })
      : min > 1 ? t('phone.choose_between', { min, n: max })
      : max === pickable ? t('phone.choose_any')
      : t('phone.choose_up_to', { n: max })
    return `${howMany} ${t(changeable ? 'phone.changeable' : 'phone.unchangeable')}`
  }

  /** The options as web/kinds/choice/phone.html has them. */
  #options() {
    const { options, max, other } = this.#poll
    const type = max > 1 ? 'checkbox' : 'radio'
    const result = () => h('span', { class: 'result', hidden: true }, h('b'), ' ', h('small'))
    const bar = () => h('progress', { max: 100, value: 0, 'aria-hidden': 'true', hidden: true })
    const all = h('div', { class: 'options' }, ...options.map((option, place) =>
      h('label', { class: `option ${mark(place).colour}`, 'data-option': option.id },
        h('span', { class: 'letter', translate: 'no' }, mark(place).letter),
        h('span', { class: 'text', dir: 'auto' }, option.text),
        result(),
        h('input', { type, name: 'option', value: option.id }),
        bar())))
    if (other) all.append(h('div', { class: 'option o-own own', 'data-option': 'other' },
      h('label', { class: 'row', for: 'own' },
        h('span', { class: 'letter', 'aria-hidden': 'true' }, '+'),
        h('span', { class: 'text' }, t('common.other')),
        result(),
        h('input', { type, name: 'option', value: 'other', id: 'own' })),
      h('label', { class: 'field-name', for: 'own-text' }, t('phone.own_option')),
      h('input', { class: 'field', id: 'own-text', name: 'other', dir: 'auto', autocomplete: 'off', enterkeyhint: 'send', placeholder: ' ' }),
      bar()))
    return all
  }

  /** @returns {HTMLInputElement[]} */
  #inputs() {
    return Array.from(this.#place.form.querySelectorAll('input[name=option]'))
  }

  /** @returns {HTMLInputElement | null} */
  #ownText() {
    return this.#place.form.querySelector('input[name=other]')
  }

  /** @returns {Answer & {kind: 'choice'}} */
  #answer() {
    const picked = this.#inputs().filter(input => input.checked).map(input => input.value)
    const other = picked.includes('other') ? legible(this.#ownText()?.value ?? '') : ''
    const options = picked.filter(value => value !== 'other').map(Number)
    const listed = this.#listed(other)
    if (listed !== undefined && !options.includes(listed)) options.push(listed)
    // As the server stores them.
    options.sort((a, b) => a - b)
    if (listed !== undefined) return { kind: 'choice', options }
    return { kind: 'choice', options, ...(other ? { other } : {}) }
  }

  /** The option that says the same as an own one, which counts as that: as the server has it. @param {string} text */
  #listed(text) {
    return text ? typing?.listed(this.#poll.options, text)?.id : undefined
  }

  /** @param {Answer | undefined} answer */
  #mark(answer) {
    const choice = answer?.kind === 'choice' ? answer : undefined
    for (const input of this.#inputs()) {
      input.checked = input.value === 'other' ? choice?.other !== undefined : !!choice?.options.includes(Number(input.value))
    }
    const own = this.#ownText()
    if (!own || !choice) return
    if (choice.other !== undefined) {
      if (own !== document.activeElement) own.value = choice.other
    } else if (this.#sentOther !== undefined) {
      // The server took it for an option that is listed, which the page did not know when it sent it.
      if (legible(own.value) === this.#sentOther) own.value = ''
      this.#sentOther = undefined
    }
  }

  /** @param {HTMLInputElement} input */
  #marked(input) {
    if (input.name !== 'option') return
    this.#touched = true
    this.#reached = this.#byArrow ? input : undefined
    if (this.#sendsAtOnce(input) && !this.#byArrow) return this.#send()
    this.#offer()
    this.#place.changed()
  }

  /** One tap is an answer, unless it could not be taken back, or a text goes with it. @param {HTMLInputElement} input */
  #sendsAtOnce(input) {
    return input.value !== 'other' && this.#poll.max === 1 && this.#poll.changeable
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    this.#byArrow = event.key.startsWith('Arrow')
    // On what is marked already the space bar does nothing by itself.
    if (event.key !== ' ' || event.target !== this.#reached) return
    event.preventDefault()
    this.#confirmed(event.target)
  }

  /** A tap or a key on what arrows have marked changes nothing, and is meant all the same. @param {EventTarget | null} target */
  #confirmed(target) {
    if (this.#byArrow || !(target instanceof HTMLInputElement) || target !== this.#reached || !this.#sendsAtOnce(target)) return
    this.#send()
  }

  /** @param {HTMLInputElement} input */
  #typed(input) {
    if (input.name !== 'other') return
    const own = /** @type {HTMLInputElement} */ (this.#place.form.querySelector('#own'))
    if (legible(input.value) && !own.disabled) own.checked = true
    this.#touched = true
    this.#offer()
    this.#place.changed()
  }

  /** At the most, no more can be picked. */
  #offer() {
    const { max } = this.#poll
    if (max === 1) return
    const picked = this.#inputs().filter(input => input.checked).length
    for (const input of this.#inputs()) input.disabled = !input.checked && picked >= max
  }

  send() {
    if (this.#moment?.open && this.unsent()?.whole) this.#send()
  }

  #send() {
    this.#touched = false
    this.#reached = undefined
    const answer = this.#answer()
    const own = this.#ownText()
    if (own && answer.other === undefined && this.#listed(legible(own.value)) !== undefined) own.value = ''
    this.#sentOther = answer.other
    this.#place.send(answer)
  }
}

/**
 * @param {Element} option
 * @param {number | undefined} count
 * @param {number} answered
 */
function showResult(option, count, answered) {
  const result = find(option, '.result')
  const bar = /** @type {HTMLProgressElement} */ (option.querySelector('progress'))
  result.toggleAttribute('hidden', count === undefined)
  bar.hidden = count === undefined
  if (count === undefined) return
  const { percent, text } = share(count, answered)
  if (!result.querySelector('b')) result.replaceChildren(h('b'), ' ', h('small'))
  setText(result.querySelector('b'), text)
  setText(result.querySelector('small'), number(count))
  bar.value = percent
}
