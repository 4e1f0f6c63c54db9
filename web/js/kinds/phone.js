// The kinds of activity on a phone: one class and one line of `phoneViews` each. A kind's screen view is beside this
// file in `screen-<kind>.js`, its editor in the studio's, its rules in server/src/domain/kinds/, and its elements
// without JavaScript in its folder of web/kinds/.
//
// A view takes over the elements that the server drew, or makes the same ones. It changes them in place and never takes
// away what a person is typing or has marked but not sent.

import { h, list, mark, number, setText, share, t } from '../messages.js'

/** @typedef {import('../wire.js').Answer} Answer */
/** @typedef {import('../wire.js').StagedActivity} StagedActivity */
/**
 * What a view shows.
 * @typedef {object} Moment
 * @property {StagedActivity} activity
 * @property {boolean} open whether an answer can be given now
 * @property {boolean} final whether the one that was given is the last: nothing else can be sent any more
 * @property {Answer} [answer] the own answer, stored or on its way
 * @property {boolean} stored whether any answer is stored
 * @property {import('../wire.js').Results} [results] where they are visible
 */
/**
 * What a person has marked or typed and not sent, taken from one view to the next.
 * @typedef {object} Draft
 * @property {number} [version] of the question for which it was marked
 * @property {{id: string, text: string}[]} [marks] options as they were read
 * @property {string} [text] of a field
 */
/**
 * The same as it is told.
 * @typedef {object} Waiting
 * @property {number} n how much is marked
 * @property {string} [word] what is typed, where that is all
 * @property {boolean} whole whether it can be sent as it is
 * @property {string} sentence what is missing, or may be added
 * @property {boolean} [typing] whether a text of it is being typed
 */
/**
 * @typedef {object} PhoneView
 * @property {(moment: Moment) => void} update
 * @property {() => Waiting | undefined} unsent what is marked or typed and not sent
 * @property {() => void} send sends it, where it is whole
 * @property {() => Draft | undefined} draft
 * @property {(draft: Draft) => void} restore puts back what was sent and not taken, where nothing else is marked or typed
 * @property {(answer: Answer) => string} name an answer in a few words; nothing where the page shows it anyway
 * @property {() => string} hint what to do
 * @property {() => HTMLElement | null} refuge what is next to whatever had the focus and no longer can; null: nothing is
 */
/**
 * What a view is made with.
 * @typedef {object} Place
 * @property {HTMLElement} section the activity's part of the page
 * @property {HTMLFormElement} form in it: empty, or as the server drew it
 * @property {StagedActivity} activity
 * @property {Draft} [draft] what goes on from the view before
 * @property {(answer: Answer) => void} send
 * @property {() => void} changed to be called when the person has changed what `unsent` says
 */

/** The longest own option and word. */
const [OPTION_CHARS, WORD_CHARS] = [140, 40]

/** The rules of texts, once they were fetched. @type {typeof import('../field.js') | undefined} */
export let typing

/** Fetches them, where one types; till then the server alone judges. @param {(rules: typeof import('../field.js')) => void} then */
export const onceTyping = then => void import('../field.js').then(rules => then((typing = rules)), () => {})

/** A draft of what an answer holds, to be gone on with where it was not taken. @param {Answer} answer @param {number} [version] @param {Answer} [stored] what counts @returns {Draft | undefined} */
export function draftOf(answer, version, stored) {
  if (answer.kind === 'words') {
    const former = stored?.kind === 'words' ? stored.words : []
    const text = answer.words.find(word => !former.includes(word))
    return text === undefined ? undefined : { text }
  }
  if (answer.kind !== 'choice') return undefined
  const marks = [...answer.options.map(String), ...(answer.other ? ['other'] : [])].map(id => ({ id, text: '' }))
  return { version, marks, text: answer.other }
}

/** What can be seen of a text. @param {string} text */
export const legible = text => (typing ? typing.clean(text) : text.trim())

/** Whether a field holds too much. @param {Element | null} field */
export const isOver = field => field?.getAttribute('aria-invalid') === 'true'

/**
 * The parts of a form that all kinds have: what is asked, and the bar that tells what is not sent and what became of what was.
 * @param {Place} place
 * @param {Node} body
 */
function frame({ form, activity }, body) {
  form.append(
    h('fieldset', { 'aria-describedby': 'hint' },
      h('legend', {}, h('h1', { dir: 'auto' }, activity.question.title)),
      h('p', { class: 'how', id: 'hint' }),
      body),
    h('div', { class: 'bar' },
      h('div', { class: 'receipt', id: 'receipt', hidden: true }),
      h('button', { class: 'button primary', name: 'send', hidden: true }, t('phone.send'))))
}

/**
 * @template {Element} T
 * @param {Element} within
 * @param {string} selector
 */
const find = (within, selector) => /** @type {T} */ (within.querySelector(selector))

class ChoiceView {
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
    this.#poll = /** @type {{kind: 'choice'} & import('../wire.js').ChoicePoll} */ (place.activity.question)
    if (!place.form.querySelector('fieldset')) frame(place, this.#options())
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
    if (own) onceTyping(({ limited }) => {
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
      showResult(option, count, moment.results?.answered ?? 0)
    }
  }

  unsent() {
    if (this.#aside) return { n: this.#aside.marks?.length ?? 0, whole: false, sentence: '' }
    if (!this.#touched) return undefined
    const { min, max, other, options } = this.#poll
    const n = this.#inputs().filter(input => input.checked).length
    const own = this.#inputs().some(input => input.checked && input.value === 'other')
    // An own option that is listed and marked as well counts once.
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

class WordsView {
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
    this.#max = /** @type {import('../wire.js').WordCloud} */ (place.activity.question).words_per_person
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
    if (drawn.length === 0 && !form.querySelector('fieldset')) frame(this.#place, body)
    else find(form, '.words').replaceWith(body)
    this.#field.value = typed?.value ?? this.#place.draft?.text ?? ''
    if (focused) this.#field.focus()
    onceTyping(({ limited }) => {
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
 * @param {import('../wire.js').Results | undefined} results
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

/** @type {Record<string, new (place: Place) => PhoneView>} */
export const phoneViews = { choice: ChoiceView, words: WordsView }
