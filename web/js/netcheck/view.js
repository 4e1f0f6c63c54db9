// How steps and answers look: each Waiting, Running, then what was found, what it means and what to ask for.

import { byId, h, has, number, setText, t } from '../messages.js'
import { reason, title } from './request.js'

/**
 * @typedef {object} Finding
 * @property {string} step
 * @property {'success' | 'warning' | 'failed' | 'skipped'} verdict
 * @property {string} code
 * @property {string} [change]
 * @property {Record<string, string | number>} figures
 */
/** @typedef {{verdict: Finding['verdict'], so_far?: boolean, step?: string, code?: string}} Answer */
/**
 * @typedef {object} Summary
 * @property {Answer} take_part
 * @property {Answer} run
 * @property {{participants: number, needs: {down: number, up: number}, down?: number, up?: number, measured: boolean}} bandwidth
 */

/** What says that the test ran on the server's own machine. */
const OF_THIS_MACHINE = new Set(['address_this_machine', 'address_unreachable'])
/** The steps on the page, by their ids. @type {Map<string, HTMLLIElement>} */
const shown = new Map()

/**
 * Puts the steps on the page, all waiting.
 * @param {HTMLElement} list
 * @param {string[]} steps
 */
export function lay(list, steps) {
  const items = steps.map(step => {
    const item = h('li', { id: `step-${step}`, 'data-step': step })
    shown.set(step, item)
    fill(item, step, 'waiting')
    return item
  })
  list.replaceChildren(...items)
}

/**
 * @param {HTMLLIElement} item
 * @param {string} step
 * @param {string} state
 * @param {string} value
 * @param {(Node | string)[]} more
 */
function fill(item, step, state, value = '', more = []) {
  item.className = state
  const what = h('div', { class: 'what' }, h('b', {}, title(step)), ...more)
  const word = h('span', { class: 'word' }, h('span', {}, t(`netcheck.verdict.${state}`)))
  if (value) word.append(h('span', { class: 'value' }, value))
  item.replaceChildren(h('span', { class: 'sign', 'aria-hidden': 'true' }), what, word)
}

/** @param {string} step */
export function wait(step) {
  const item = shown.get(step)
  if (item) fill(item, step, 'waiting')
}

/**
 * A step runs; how far it is, where that is known.
 * @param {string} step
 * @param {number} [seconds]
 * @param {number} [of]
 */
export function run(step, seconds, of) {
  const item = shown.get(step)
  if (!item) return
  const words = of === undefined ? '' : t('netcheck.progress', { n: Math.min(seconds ?? 0, of), of })
  const bar = item.querySelector('progress')
  if (item.className === 'running' && bar && seconds !== undefined) {
    bar.value = seconds
    return setText(item.querySelector('.value'), words)
  }
  fill(item, step, 'running', words, of === undefined ? [] : [h('progress', { max: of, value: seconds ?? 0, 'aria-label': title(step) })])
}

/** @param {Finding} finding */
export function tell(finding) {
  const item = shown.get(finding.step)
  if (!item) return
  const mark = JSON.stringify(finding)
  // What is the same is left alone: somebody may be reading or copying it.
  if (item.dataset.mark === mark && item.className === finding.verdict) return
  item.dataset.mark = mark
  const { code, change, figures } = finding
  // What stands above all steps need not be said again.
  const said = OF_THIS_MACHINE.has(code) && document.querySelector('.head .notice')
  const more = said ? [] : [h('p', {}, t(`netcheck.found.${code}`, figures))]
  if (has(`netcheck.means.${code}`)) more.push(h('p', {}, t(`netcheck.means.${code}`, figures)))
  const asks = change ? [h('div', { class: 'change' }, h('p', {}, t(`netcheck.change.${change}`, figures)), h('code', { tabindex: '0' }, t(`netcheck.line.${change}`, figures)))] : []
  const value = has(`netcheck.value.${code}`) ? t(`netcheck.value.${code}`, figures) : ''
  fill(item, finding.step, finding.verdict, value, [...more, ...asks])
}

/**
 * The two questions.
 * @param {Pick<Summary, 'take_part' | 'run'>} summary
 * @param {Finding[]} findings
 */
export function answer(summary, findings) {
  const cards = /** @type {const} */ (['take_part', 'run']).map(question => {
    const { verdict, step, code = '' } = summary[question]
    const why = OF_THIS_MACHINE.has(code) ? undefined : findings.find(finding => finding.step === step)
    return h('div', { class: `answer ${verdict}`, 'data-question': question },
      h('span', { class: 'badge', 'aria-hidden': 'true' }),
      h('div', {}, h('h2', {}, t(`netcheck.${question}`)), h('p', {}, words(question, summary[question])),
        ...(why ? [h('p', { class: 'why' }, h('a', { href: `#step-${why.step}` }, reason(why)))] : [])))
  })
  const place = byId('answers')
  if (place.textContent !== cards.map(card => card.textContent).join('')) place.replaceChildren(...cards)
  place.hidden = false
}

/**
 * @param {'take_part' | 'run'} question
 * @param {Answer} answer
 */
function words(question, { verdict, so_far, code = '' }) {
  if (OF_THIS_MACHINE.has(code)) return t('netcheck.not_here')
  if (so_far) return t(verdict === 'warning' ? `netcheck.${question}.so_far_warning` : `netcheck.${question}.so_far`)
  return t(`netcheck.${question}.${verdict}`)
}

/**
 * How the test goes in one word: the worse of the two answers, once both are known.
 * @param {Pick<Summary, 'take_part' | 'run'>} [summary]
 * @param {boolean} [over] whether it has ended
 */
export function status(summary, over = false) {
  const answers = summary ? [summary.take_part, summary.run] : []
  const failed = answers.some(answer => answer.verdict === 'failed')
  const known = failed || answers.length > 0 && answers.every(answer => !answer.so_far && answer.verdict !== 'skipped')
  const worst = failed ? 'failed' : answers.some(answer => answer.verdict === 'warning') ? 'warning' : 'success'
  setText(byId('status'), t(`netcheck.verdict.${known ? worst : over ? 'skipped' : 'running'}`))
}

/** @param {Summary['bandwidth']} it */
export function room(it) {
  const mbit = (/** @type {number | undefined} */ bits) => {
    const value = (bits ?? 0) / 1e6
    return number(Math.round(value * (value < 10 ? 10 : 1)) / (value < 10 ? 10 : 1))
  }
  const needs = t('netcheck.needs', { participants: it.participants, down: mbit(it.needs.down), up: mbit(it.needs.up) })
  const seen = it.down === undefined || it.up === undefined ? '' : ` ${t('netcheck.seen', { down: mbit(it.down), up: mbit(it.up) })}`
  setText(byId('bandwidth'), `${needs}${seen} ${t(it.measured ? 'netcheck.need_measured' : 'netcheck.need_documented')}`)
  byId('one-device').hidden = false
  byId('room').hidden = false
}
