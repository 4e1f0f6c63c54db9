// Where one asks. What is typed stays on the device until it is sent, and questions that say the same are offered before.

import { announce, h, isOver, legible, onceTyping, setText, t, time } from '../messages.js'
import { storageGet, storageSet } from '../live.js'
import { LONGEST_NAME, length, postElement, showPost } from './post.js'

/** Letters typed within this long are one search for what is similar. */
const TYPING_MS = 600
/** Less says too little to find anything similar. */
const FEWEST = 8
/** How the person asked last, on this device: with a name or without, and with which. */
const ASKER = 'parterre.asker'

export class Compose {
  #on
  #draft
  /** The question that was sent last from here: what became of it is told. @type {string | undefined} */
  #sent
  /** What the receipt has said. */
  #told = ''
  /** What was typed before another question was supported instead. */
  #laidAside = ''
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #typing
  /** @type {AbortController | undefined} */
  #asking
  /** @type {Map<number, import('./api.js').Listed>} */
  #similar = new Map()
  #text = h('textarea', { class: 'field', id: 'ask-text', rows: 1, dir: 'auto', enterkeyhint: 'next', placeholder: t('questions.ask_here'), 'aria-describedby': 'ask-length' })
  #length = h('p', { class: 'quiet length', id: 'ask-length' })
  #names = h('fieldset', { class: 'names' }, h('legend', { class: 'visually-hidden' }, t('questions.as')))
  #anonymous = h('input', { type: 'radio', name: 'as', value: 'anonymous' })
  #named = h('input', { type: 'radio', name: 'as', value: 'named' })
  #namedWord = h('span')
  #name = h('input', { class: 'field', id: 'ask-name', dir: 'auto', autocomplete: 'name' })
  #nameLabel = h('label', { class: 'field-name', for: 'ask-name' }, t('questions.name'))
  /** The name's field, with what it says of its length. */
  #asker
  #how = h('p', { class: 'quiet' })
  #send = h('button', { class: 'button primary big' }, t('questions.send'))
  #rest
  #offer = h('div', { class: 'similar', role: 'region', 'aria-live': 'polite', 'aria-label': t('questions.similar'), hidden: true })
  #form
  #receipt = h('div', { class: 'receipt', tabindex: -1, hidden: true })
  #closed = h('p', { class: 'closed', hidden: true })

  /**
   * @param {import('./page.js').Context} on
   * @param {string} typed into the form that the server drew
   */
  constructor(on, typed) {
    this.#on = on
    this.#draft = `parterre.draft.${on.event}`
    this.#text.value = typed || storageGet(this.#draft) || ''
    const { named, name } = JSON.parse(storageGet(ASKER) ?? '{}')
    this.#named.checked = named === true
    this.#anonymous.checked = named !== true
    this.#name.value = name ?? ''
    this.#names.append(
      h('label', {}, this.#anonymous, h('span', {}, t('questions.anonymously'))),
      h('label', {}, this.#named, this.#namedWord))
    this.#asker = h('div', {}, this.#nameLabel, this.#name)
    this.#rest = h('div', { class: 'rest' }, this.#length, this.#names, this.#asker, this.#how, this.#send, this.#offer)
    this.#form = h('form', { class: 'ask', novalidate: true }, h('label', { class: 'field-name', for: 'ask-text' }, t('questions.ask')), this.#text, this.#rest)
    this.element = h('div', { class: 'compose' }, this.#closed, this.#form, this.#receipt)
    this.#form.addEventListener('input', event => this.#typed(event))
    this.#form.addEventListener('focusin', () => this.#show())
    this.#form.addEventListener('focusin', () => onceTyping(({ limited }) => {
      limited(this.#name, LONGEST_NAME)
      this.#show()
    }), { once: true })
    this.#form.addEventListener('submit', event => {
      event.preventDefault()
      this.#ask()
    })
    // A question is one line: the key leads on to sending, where a second one sends.
    this.#text.addEventListener('keydown', event => {
      if (event.key !== 'Enter' || event.isComposing) return
      event.preventDefault()
      if (event.ctrlKey || event.metaKey) this.#ask()
      else this.#send.focus()
    })
    this.#offer.addEventListener('click', event => this.#offered(/** @type {HTMLElement} */ (event.target)))
  }

  render() {
    const { stage, me } = this.#on.live.topics
    if (!stage) return
    const why = this.#on.over() ? '' : stage.qa.state !== 'open' ? 'questions.closed' : me?.blocked ? 'questions.blocked' : ''
    this.#form.hidden = !this.#on.open() || me?.blocked === true
    this.#closed.hidden = why === ''
    if (why) setText(this.#closed, t(why))
    this.#show()
    this.#showReceipt()
  }

  /** Puts a text here, to be asked anew; says whether there was room. @param {string} text */
  take(text) {
    if (legible(this.#text.value) || this.#form.hidden) return false
    this.#text.value = text
    this.#typed()
    this.#text.focus()
    return true
  }

  /** Whether a name goes with the question. */
  #withName() {
    const names = this.#on.live.topics.stage?.qa.names
    return names === 'named' || (names === 'either' && this.#named.checked)
  }

  #show() {
    const { stage, me } = this.#on.live.topics
    if (!stage) return
    const { names, review } = stage.qa
    const text = legible(this.#text.value)
    const { tooLong, sentence } = length(text)
    this.#rest.hidden = text === '' && !this.#form.contains(document.activeElement)
    setText(this.#length, sentence)
    this.#length.classList.toggle('over', tooLong)
    this.#text.setAttribute('aria-invalid', String(tooLong))
    this.#names.hidden = names !== 'either'
    setText(this.#namedWord, me?.name ? t('questions.as_name', { name: me.name }) : t('questions.with_name'))
    this.#asker.hidden = !this.#withName() || me?.name !== undefined
    const as = names === 'anonymous' ? t('questions.all_anonymous') : names === 'named' && me?.name ? t('questions.all_named', { name: me.name }) : names === 'named' ? t('questions.name_needed') : ''
    setText(this.#how, [as, t(review ? 'questions.review_first' : 'questions.at_once')].filter(Boolean).join(' '))
    const name = legible(this.#name.value)
    this.#send.disabled = text === '' || tooLong || (this.#withName() && !me?.name && (name === '' || isOver(this.#name)))
    for (const [post, found] of this.#similar) {
      const element = this.#offer.querySelector(`[data-post="${post}"]`)
      if (element) showPost(element, this.#on.told(post, found, 0))
    }
  }

  /** @param {Event} [event] */
  #typed(event) {
    this.#sent = undefined
    this.#laidAside = ''
    if (event?.target instanceof HTMLInputElement) storageSet(ASKER, JSON.stringify({ named: this.#named.checked, name: legible(this.#name.value) }))
    else {
      storageSet(this.#draft, this.#text.value)
      clearTimeout(this.#typing)
      this.#typing = setTimeout(() => this.#compare(), TYPING_MS)
    }
    this.render()
  }

  /** Looks for questions that say about the same. */
  async #compare() {
    this.#asking?.abort()
    const asking = (this.#asking = new AbortController())
    const text = legible(this.#text.value)
    const found = text.length < FEWEST || length(text).tooLong ? [] : await this.#on.api.similar(text, asking.signal).catch(() => [])
    if (asking.signal.aborted || text !== legible(this.#text.value)) return
    this.#similar = new Map(found.map(post => [post.post, post]))
    this.#offer.hidden = found.length === 0
    this.#offer.replaceChildren(...(found.length > 0 ? [
      h('h2', {}, t('questions.similar_already', { n: found[0].votes })),
      h('ul', { class: 'posts' }, ...found.map(({ post }) => postElement(post, 'similar'))),
    ] : []))
    this.#show()
  }

  /** @param {HTMLElement} target */
  #offered(target) {
    const side = target.closest('button')?.dataset.vote
    const post = Number(target.closest('li')?.dataset.post)
    if (!side || !post) return
    this.#on.vote(post, /** @type {'up' | 'down'} */ (side))
    if (side !== 'up' || this.#on.votes.of(post).vote !== 'up') return
    const aside = this.#text.value
    this.#clear()
    this.#laidAside = aside
    this.render()
  }

  /** Nothing is being written any more: the offer to ask is all that is left. */
  #clear() {
    clearTimeout(this.#typing)
    this.#asking?.abort()
    this.#text.value = ''
    storageSet(this.#draft, '')
    this.#similar.clear()
    this.#offer.hidden = true
    this.#offer.replaceChildren()
  }

  #ask() {
    const text = legible(this.#text.value)
    if (this.#send.disabled || !text) return
    const name = this.#on.live.topics.me?.name ?? legible(this.#name.value)
    this.#clear()
    this.#laidAside = ''
    this.#sent = this.#on.ask(text, this.#withName() ? name : undefined)
    const inForm = this.#form.contains(document.activeElement)
    this.render()
    // The keyboard of the phone goes away, the sentence of the receipt can be seen, and whoever goes on by keys does so from it.
    if (inForm) this.#receipt.focus({ preventScroll: true })
    this.#receipt.scrollIntoView({ block: 'nearest' })
  }

  /** What became of the question just sent, in a sentence that stays. */
  #showReceipt() {
    const fate = this.#sent ? this.#on.mine.fateOf(this.#sent) : undefined
    // Its receipt has come, and what it says has not been taken note of: for that moment all stays as it is.
    if (this.#sent && !fate && this.#receipt.matches('.busy, .warn')) return
    this.#receipt.hidden = !fate && !this.#laidAside
    if (this.#receipt.hidden) this.#told = ''
    if (this.#laidAside) {
      const back = () => {
        const text = this.#laidAside
        this.#laidAside = ''
        this.take(text)
      }
      if (this.#receipt.dataset.of !== 'aside') {
        this.#fill('good', '✓', t('questions.supported_instead'), t('questions.not_sent_text'))
        this.#receipt.lastElementChild?.append(h('button', { class: 'button', type: 'button', onclick: back }, t('questions.put_back')))
        this.#receipt.dataset.of = 'aside'
      }
    } else if (fate) {
      this.#receipt.dataset.of = 'sent'
      if (fate.phase === 'refused') this.#fill('bad', '!', t('questions.not_taken'), `${t(`questions.refused.${fate.code}`)} ${t('questions.text_kept')}`)
      else if (fate.phase === 'stored') this.#fill('good', '✓', t('questions.stored'), t('questions.stored_at', { time: time(fate.at), fate: fate.fate === 'shown' || fate.fate === 'waiting' ? t(`questions.stored_${fate.fate === 'shown' ? 'shown' : 'waits'}`) : '' }))
      else this.#fill(fate.phase === 'kept' ? 'warn' : 'busy', fate.phase === 'kept' ? '↻' : '…', t(fate.phase === 'kept' ? 'phone.kept' : 'phone.sending'), fate.phase === 'kept' ? t('phone.kept_how') : '')
    }
  }

  /**
   * @param {string} tone
   * @param {string} sign
   * @param {string} heading
   * @param {string} sentence
   */
  #fill(tone, sign, heading, sentence) {
    const box = this.#receipt
    // By the page's own region, which is there before it speaks. That something is on its way is over before it is heard.
    const told = [heading, sentence].filter(Boolean).join('. ')
    if (told !== this.#told && tone !== 'busy') announce(told, 'receipt')
    this.#told = told
    box.className = `receipt ${tone}`
    if (box.childElementCount === 0 || box.querySelector('button')) box.replaceChildren(h('span', { class: 'tick', 'aria-hidden': 'true' }), h('div', {}, h('b'), h('p')))
    setText(box.querySelector('.tick'), sign)
    setText(box.querySelector('b'), heading)
    setText(box.querySelector('p'), sentence)
  }
}
