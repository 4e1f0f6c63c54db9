// The bar at the lower edge of a phone: what is marked and not sent, else what became of what was.

import { announce, h, has, setText, t, time } from '../messages.js'
import { isFinal, views } from './kind-views.js'

/** @typedef {import('../wire.js').Answer} Answer */
/** @typedef {import('./types.js').Waiting} Waiting */

const TICKS = { good: '✓', warn: '↻', busy: '…', bad: '!', info: '↻', marked: '', left: '!' }
/** @typedef {keyof typeof TICKS} Tone */
/** @typedef {[tone: Tone, heading: string, sentence: string]} BarWords how the bar looks, a heading and a sentence */

/**
 * What the bar's words depend on.
 * @typedef {object} BarState
 * @property {import('../wire.js').StagedActivity} activity
 * @property {import('./types.js').PhoneView | null} view
 * @property {boolean} open whether an answer can be given now
 * @property {Waiting} [unsent] what is marked and not sent
 * @property {boolean} offers whether that can be sent by the bar's button
 * @property {boolean} goesAtEnd whether it is sent by itself when the time is up
 * @property {Answer} [pending] an answer on its way
 * @property {boolean} late whether its receipt is overdue, or cannot come now
 * @property {import('../wire.js').Response} [stored]
 * @property {string} [refused] why the last answer was refused
 * @property {boolean} again whether the activity is asked anew
 */

/** @param {BarState} on @returns {BarWords | undefined} */
export function barWords({ activity, view, open, unsent, offers, goesAtEnd, pending, late, stored, refused, again }) {
  const named = (/** @type {string} */ what, /** @type {Answer} */ answer) => {
    const name = view?.name(answer)
    return name ? t('phone.with_answer', { what: t(what), answer: name }) : t(what)
  }
  // Why comes with words that are fetched for it.
  const why = `phone.refused.${refused}`
  if (refused && !pending) return ['bad', t('phone.not_counted'), has(why) ? t(why) : '']
  if (unsent && offers) {
    const typing = unsent.typing && activity.closes_at !== undefined
    const sentence = goesAtEnd ? t('phone.sent_at_end') : typing ? t('phone.typing_at_end') : unsent.whole && stored ? t('phone.earlier_counts') : unsent.sentence
    return ['marked', unsent.marked ?? t('phone.marked', { n: unsent.n }), sentence]
  }
  if (pending) return late ? ['warn', named('phone.kept', pending), t('phone.kept_how')] : ['busy', t('phone.sending'), '']
  const left = open ? undefined : unsent
  if (stored) {
    const takenBack = views.get(stored.answer.kind)?.isBlank(stored.answer) ?? false
    const mayChange = open && !isFinal(activity)
    const sentence = left ? 'phone.left_since' : mayChange ? 'phone.stored_open' : 'phone.stored_at'
    return ['good', takenBack ? t('phone.taken_back') : named('phone.stored', stored.answer), takenBack && !left ? '' : t(sentence, { time: time(stored.at) })]
  }
  if (left && activity.state !== 'draft') return ['left', left.word ? t('phone.left_word', { word: left.word }) : t('phone.left', { n: left.n }), t('phone.left_how')]
  return again ? ['info', t('phone.again'), ''] : undefined
}

export class ReceiptBar {
  /** What it said last of what is on stage; nothing where that has only come on. @type {string | undefined} */
  #told

  /** Something else is on stage. */
  forget() {
    this.#told = undefined
  }

  /** @param {BarWords | undefined} words */
  show(words) {
    const box = document.getElementById('receipt')
    if (!box) return
    box.hidden = !words
    const [tone, heading, sentence] = words ?? ['info', '', '']
    // Said aloud where it changes under the person's hands. That something is on its way is over before it is heard.
    const told = [heading, sentence].filter(Boolean).join('. ')
    if (words && this.#told !== undefined && this.#told !== told && tone !== 'busy' && tone !== 'marked') announce(told, 'receipt')
    this.#told = told
    if (!words) return
    box.className = `receipt ${tone}`
    if (!box.querySelector('.tick')) {
      box.replaceChildren(h('span', { class: 'tick', 'aria-hidden': 'true' }), h('div', {}, h('b'), h('p')))
    }
    setText(box.querySelector('.tick'), TICKS[tone])
    setText(box.querySelector('b'), heading)
    setText(box.querySelector('p'), sentence)
  }
}
