// One question of the room: its text as people see and write it, and its element as web/pages/phone/question.html draws it.

import { h, isolated, number, setText, t, typing } from '../messages.js'

/** @typedef {import('../wire.js').ShownPost} ShownPost */
/** @typedef {import('../wire.js').Vote} Vote */
/**
 * What is said of a question.
 * @typedef {object} Told
 * @property {ShownPost} [shown] absent: it is no longer there
 * @property {{vote: Vote, waits: boolean, kept: boolean, refused: boolean}} mine
 * @property {{up: number, down: number}} count
 * @property {boolean} own whether one asked it, or what became part of it
 * @property {boolean} highlighted
 * @property {import('../wire.js').Qa} qa
 * @property {boolean} over whether no votes are taken any more
 */

/** The longest question. */
export const LONGEST = 300
/** The longest name. */
export const LONGEST_NAME = 40

const language = document.documentElement.lang || 'en'
const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const calendar = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' })

/**
 * A moment as the time of day, with the day where it is not today.
 * @param {number} millis
 */
export function moment(millis) {
  const day = calendar.format(millis)
  return day === calendar.format(Date.now()) ? clock.format(millis) : `${day}, ${clock.format(millis)}`
}

/**
 * What a field says of the length of its text.
 * @param {string} text
 */
export function length(text) {
  const n = typing ? typing.characters(text) : [...text].length
  const trouble = typing?.tooLong(text, LONGEST)
  const sentence = n > LONGEST ? t('questions.too_long', { n: n - LONGEST }) : trouble ? t(...trouble) : t('questions.length', { n, max: LONGEST })
  return { tooLong: trouble !== undefined, sentence }
}

/**
 * @param {number} post
 * @param {string} [where] apart from the list, whose elements have the ids
 */
export function postElement(post, where = 'post') {
  const vote = (/** @type {string} */ side) =>
    h('button', { type: 'button', class: `vote ${side}`, 'data-vote': side, 'aria-pressed': 'false', 'aria-describedby': `${where}-${post}` },
      h('span', { class: 'sign', 'aria-hidden': 'true' }), h('b'), ' ', h('span', { class: 'word' }))
  return h('li', { class: 'post', 'data-post': post },
    h('div', { class: 'what' },
      h('p', { class: 'marks' }),
      h('p', { class: 'text', dir: 'auto', id: `${where}-${post}` }),
      h('p', { class: 'by' })),
    h('div', { class: 'votes' }, vote('up'), vote('down')),
    h('p', { class: 'labels' }),
    h('div', { class: 'reply', hidden: true }, h('b', {}, t('questions.reply')), h('p', { dir: 'auto' })))
}

/**
 * Shows what is told, changing only what differs.
 * @param {Element} element
 * @param {Told} told
 */
export function showPost(element, { shown, mine, count, own, highlighted, qa, over }) {
  const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (element.querySelector(name))
  element.classList.toggle('gone', !shown)
  part('.votes').hidden = !shown
  if (!shown) {
    setText(part('.text'), t('questions.gone'))
    for (const name of ['.marks', '.by', '.labels', '.reply']) part(name).hidden = true
    return
  }
  element.classList.toggle('highlighted', highlighted)
  const marks = [highlighted && 'highlighted', shown.answered && 'answered', shown.pinned && 'pinned'].filter(Boolean)
  tags(part('.marks'), marks.map(mark => ({ name: t(`questions.mark.${mark}`), look: `mark ${mark}` })))
  setText(part('.text'), shown.text)
  const labels = qa.labels.filter(label => shown.labels?.includes(label.id))
  const by = [shown.name ? isolated(shown.name) : t('questions.anonymous'), moment(shown.at), ...(shown.edited ? [t('questions.edited')] : [])]
  part('.by').hidden = false
  setText(part('.by'), by.join(' · '))
  tags(part('.labels'), labels.map(label => ({ name: label.name, look: `label o${label.colour}` })))
  part('.reply').hidden = !shown.reply
  setText(part('.reply p'), shown.reply ?? '')
  showVote(part('.up'), 'up', mine, count.up, own, over)
  part('.down').hidden = !qa.downvotes || own
  showVote(part('.down'), 'down', mine, count.down, false, over)
}

/**
 * @param {HTMLElement} button
 * @param {'up' | 'down'} side
 * @param {Told['mine']} mine
 * @param {number} count
 * @param {boolean} own
 * @param {boolean} over
 */
function showVote(button, side, mine, count, own, over) {
  const pressed = own || mine.vote === side
  const waits = !own && mine.waits && (pressed || mine.vote === 'none')
  button.setAttribute('aria-pressed', String(pressed))
  button.toggleAttribute('disabled', own || over)
  button.classList.toggle('waits', waits)
  const state = own ? 'own' : waits && mine.kept ? 'kept' : pressed ? `${side}_given` : mine.refused && side === 'up' ? 'refused' : side
  setText(button.querySelector('.word'), t(`questions.vote.${state}`))
  setText(button.querySelector('b'), number(count))
}

/**
 * @param {HTMLElement} box
 * @param {{name: string, look: string}[]} wanted
 */
function tags(box, wanted) {
  const key = wanted.map(({ name, look }) => `${look}:${name}`).join('\n')
  box.hidden = wanted.length === 0
  if (box.dataset.tags === key) return
  box.dataset.tags = key
  box.replaceChildren(...wanted.flatMap(({ name, look }) => [h('span', { class: look, dir: 'auto' }, name), ' ']))
}
