// How steps and answers look: each Waiting, Running, then what was found, what it means and what to ask for.

import { byId, h, has, number, say, t } from '../messages.js'

/**
 * @typedef {object} Finding
 * @property {string} step
 * @property {'success' | 'warning' | 'failed' | 'skipped'} verdict
 * @property {string} code
 * @property {string} [change]
 * @property {Record<string, string | number>} figures
 */
/** @typedef {{verdict: Finding['verdict'], step?: string, code?: string}} Answer */
/**
 * @typedef {object} Summary
 * @property {Answer} take_part
 * @property {Answer} run
 * @property {{participants: number, needs: {down: number, up: number}, down?: number, up?: number, measured: boolean}} bandwidth
 */

/** The steps on the page, by their ids. @type {Map<string, HTMLLIElement>} */
const shown = new Map()

/**
 * The title of a step.
 * @param {string} step
 */
function title(step) {
  const [kind, seconds] = step.split('_')
  return t(`netcheck.step.${kind}`, { seconds: Number(seconds) })
}

/**
 * Puts the steps on the page, all waiting.
 * @param {HTMLElement} list
 * @param {string[]} steps
 */
export function lay(list, steps) {
  const items = steps.map(step => {
    const item = h('li', { 'data-step': step })
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
    return say(item.querySelector('.value'), words)
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
  const more = [h('p', {}, t(`netcheck.found.${code}`, figures))]
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
    const { verdict, step } = summary[question]
    const why = findings.find(finding => finding.step === step)
    return h('div', { class: `answer ${verdict}`, 'data-question': question },
      h('span', { class: 'badge', 'aria-hidden': 'true' }),
      h('div', {}, h('h2', {}, t(`netcheck.${question}`)), h('p', {}, t(`netcheck.${question}.${verdict}`)),
        ...(why ? [h('p', { class: 'why' }, t(`netcheck.found.${why.code}`, why.figures))] : [])))
  })
  const place = byId('answers')
  if (place.textContent !== cards.map(card => card.textContent).join('')) place.replaceChildren(...cards)
  place.hidden = false
}

/** @param {Summary['bandwidth']} it */
export function room(it) {
  const mbit = (/** @type {number | undefined} */ bits) => {
    const value = (bits ?? 0) / 1e6
    return number(Math.round(value * (value < 10 ? 10 : 1)) / (value < 10 ? 10 : 1))
  }
  const needs = t('netcheck.needs', { participants: it.participants, down: mbit(it.needs.down), up: mbit(it.needs.up) })
  const seen = it.down === undefined || it.up === undefined ? '' : ` ${t('netcheck.seen', { down: mbit(it.down), up: mbit(it.up) })}`
  say(byId('bandwidth'), `${needs}${seen} ${t(it.measured ? 'netcheck.need_measured' : 'netcheck.need_documented')}`)
  byId('room').hidden = false
}
