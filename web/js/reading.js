// A phone in a room test: joins, tries the network step by step from where it is, sends what it measured, and says what the
// server makes of it. It can be done again from another place.

import { limited } from './field.js'
import { Live, uuid } from './live.js'
import { alive, byId, embedded, h, has, setText, t, time } from './messages.js'
import * as channel from './netcheck/channel.js'
import * as probes from './netcheck/probes.js'
import { join, NotTaken, pause, Sender } from './reading/send.js'

/** @typedef {import('./reading/send.js').Stored} Stored */
/** @typedef {import('./wire.js').Reading} Reading */

/** @type {{event: string, code: string, live: string, joined: boolean, topics: any, plan: probes.Plan}} */
const state = embedded('state')
/** How long the name of a place may be. */
const PLACE_CHARS = 60
const form = /** @type {HTMLFormElement} */ (byId('form'))
const place = /** @type {HTMLInputElement} */ (byId('place'))
const placeTooLong = limited(place, PLACE_CHARS)
const start = /** @type {HTMLButtonElement} */ (byId('start'))
const bar = /** @type {HTMLProgressElement} */ (byId('bar'))

/** How often a step is tried again while the server tests others. */
const TRIES = 20
/** What is tried, in order: the step whose name is shown, the name of its figures, and how. @type {[string, string, (signal: AbortSignal) => Promise<any>][]} */
const STEPS = [
  ['page', 'page', probes.page],
  ['name', 'name', probes.name],
  ['protocol', 'seen', probes.seen],
  .../** @type {const} */ (['websocket', 'messages', 'delay', 'burst', 'resume']).map(step => live(step)),
  .../** @type {const} */ (['sse', 'poll', 'download', 'upload']).map(step => plain(step)),
  ['storage', 'storage', probes.storage],
]

/** @param {'websocket' | 'messages' | 'delay' | 'burst' | 'resume'} step @returns {[string, string, (signal: AbortSignal) => Promise<any>]} */
function live(step) {
  return [step, step, signal => channel[step](state.plan, signal)]
}

/** @param {'sse' | 'poll' | 'download' | 'upload'} step @returns {[string, string, (signal: AbortSignal) => Promise<any>]} */
function plain(step) {
  return [step, step, signal => probes[step](state.plan, signal)]
}

const connection = new Live({
  path: state.live,
  topics: state.topics,
  onTopic: render,
  onStatus: render,
})
const sender = new Sender(state.event)
/** Nothing ends a test but leaving the page. */
const { signal } = new AbortController()
let running = false

/** What there is beside a test: whether it is over, the connection, what this phone has read. */
function render() {
  const over = connection.topics.stage?.event.state === 'ended'
  byId('over').hidden = !over
  form.hidden = over || running
  const words = { connecting: '', connected: '', reconnecting: t('reading.status.reconnecting'), off: t('reading.status.off') }[connection.status]
  const pill = byId('pill')
  setText(pill, words)
  pill.hidden = !words
  const answers = Object.values(connection.topics.me?.responses ?? {})
  const own = answers.flatMap(({ answer }) => (answer.kind === 'readings' ? Object.values(answer.readings) : []))
  byId('own').hidden = own.length === 0
  byId('readings').replaceChildren(...own.sort((a, b) => b.at - a.at).map(row))
}

/** @param {Reading} reading */
function row({ place, verdict, at }) {
  return h('li', { class: verdict }, h('span', { class: 'sign', 'aria-hidden': 'true' }),
    h('span', { class: 'where', dir: 'auto' }, place || t('reading.no_place')), h('span', { class: 'how' }, t(`reading.answer.${verdict}`)), h('span', { class: 'at' }, time(at)))
}

form.addEventListener('submit', event => {
  event.preventDefault()
  if (!running && !placeTooLong()) test()
})

async function test() {
  running = true
  byId('answer').hidden = true
  setText(byId('kept'), '')
  byId('progress').hidden = false
  render()
  try {
    doing('reading.join', 0)
    await join(state.code, () => doing('reading.queue', 0))
    connection.connect()
    const measures = await measure()
    await send({ cid: uuid(), place: place.value, link: link(), measures })
  } catch {
    setText(byId('kept'), t('reading.join_failed'))
  }
  over()
}

/** @param {string} key @param {number} n @param {string} [step] */
function doing(key, n, step = '') {
  bar.max = STEPS.length + 1
  bar.value = n
  setText(byId('doing'), t(key, { n, of: STEPS.length, step }))
}

/** All figures, step by step. */
async function measure() {
  /** @type {Record<string, any>} */
  const measures = {}
  for (const [at, [step, name, probe]] of STEPS.entries()) {
    const title = t(`netcheck.step.${step}`)
    doing('reading.step', at + 1, title)
    const blocked = name in { messages: 0, delay: 0, burst: 0, resume: 0 } && measures.websocket?.trouble
    measures[name] = blocked ? { trouble: blocked } : await patiently(() => probe(signal), () => doing('reading.busy', at + 1, title))
  }
  // One look tells two things.
  const { seen } = measures
  return { ...measures, seen: seen.figures ? { figures: seen.figures.seen } : seen, clock: seen.figures ? { figures: seen.figures.clock } : seen }
}

/**
 * Figures, or what was in the way; waits where that is only the other phones of the room.
 * @param {() => Promise<any>} probe
 * @param {() => void} onWait
 */
async function patiently(probe, onWait) {
  for (let left = TRIES; ; left -= 1) {
    const got = await probes.got(async () => probe(), signal)
    if (left === 0 || !('trouble' in got) || got.trouble.kind !== 'busy') return got
    onWait()
    await pause(0)
  }
}

/** How this phone reaches its network, where the browser tells. */
function link() {
  const { type = '' } = /** @type {{connection?: {type?: string}}} */ (navigator).connection ?? {}
  const known = new Map([['wifi', 'wifi'], ['cellular', 'mobile'], ['ethernet', 'cable']])
  return known.get(type) ?? 'unknown'
}

/** @param {import('./reading/send.js').Unsent} reading */
async function send(reading) {
  byId('progress').hidden = false
  doing('reading.sending', STEPS.length + 1)
  try {
    const stored = await sender.send(reading, () => setText(byId('kept'), t('reading.kept')))
    setText(byId('kept'), '')
    tell(stored)
  } catch (error) {
    if (!(error instanceof NotTaken)) throw error
    setText(byId('kept'), t('reading.refused'))
  }
}

/** What came of it. @param {Stored} stored */
function tell({ receipt, reading, judgement }) {
  const { verdict, place } = reading
  const why = judgement.findings.find(finding => finding.step === judgement.summary.take_part.step && verdict !== 'success')
  const parts = [h('h2', {}, t(`reading.answer.${verdict}`)), h('p', { class: 'where', dir: 'auto' }, place || t('reading.no_place'))]
  if (why) parts.push(...sentences(why))
  parts.push(h('p', { class: 'tell' }, t(`reading.tell.${verdict}`)), h('p', { class: 'stored' }, t('reading.stored', { time: time(receipt.at) })))
  const answer = byId('answer')
  answer.className = verdict
  answer.replaceChildren(h('span', { class: 'badge', 'aria-hidden': 'true' }), h('div', {}, ...parts))
  answer.hidden = false
}

/** @param {import('./reading/send.js').Finding} finding */
function sentences({ step, code, change, figures }) {
  const said = [h('p', { class: 'why' }, `${t(`netcheck.step.${step}`)}: ${t(`netcheck.found.${code}`, figures)}`)]
  if (has(`netcheck.means.${code}`)) said.push(h('p', {}, t(`netcheck.means.${code}`, figures)))
  if (change) said.push(h('p', {}, `${t('reading.ask')} ${t(`netcheck.change.${change}`, figures)}`))
  return said
}

/** The test has ended, and the next one can begin. */
function over() {
  running = false
  byId('progress').hidden = true
  start.textContent = t('reading.again')
  render()
  const answer = byId('answer')
  if (answer.hidden) place.focus()
  else answer.focus()
}

if (state.joined) connection.connect()
render()
const { left } = sender
if (left) {
  running = true
  render()
  send(left).finally(over)
}
alive()
