// The network test: measures step by step, asks the server what the figures mean, and says it. Silent connections run beside
// everything else, each on its own.

import { limited } from './field.js'
import { alive, byId, embedded, h, setText, t } from './messages.js'
import * as channel from './netcheck/channel.js'
import './netcheck/copy.js'
import * as probes from './netcheck/probes.js'
import { requestText } from './netcheck/request.js'
import * as view from './netcheck/view.js'

/** @typedef {import('./netcheck/probes.js').Got} Got */
/** @typedef {import('./netcheck/probes.js').Plan} Plan */

/** @type {{quick: string[], silence_s: number[], host: string, port: number}} */
const state = embedded('state')
const [start, stop] = [byId('start'), byId('stop')].map(it => /** @type {HTMLButtonElement} */ (it))
const participants = /** @type {HTMLInputElement} */ (byId('participants'))

/** How long the name of a place may be. */
const PLACE_CHARS = 120
/** How long to wait before the server is asked again what figures mean, and how often once all was measured. */
const AGAIN_MS = 1_500
const TRIES = 8
/** How often transfers are tried again for which a room had the line. */
const ROOM_MS = 20_000
/** Why the server could not be asked, as a finding of this page's own. */
const ALONE = { foreign: ['portal_found', 'sign_in'], limited: ['limited', 'rate_limit'], no_answer: ['no_answer', 'allow_host'], silent: ['silent', 'answer_time'], busy: ['busy'], room_live: ['room_live'], switched_off: ['switched_off'], refused: ['refused'], stopped: ['stopped'], crowded: ['limited', 'rate_limit'] }

/** What a run of the test knows. */
class Run {
  #stopping = new AbortController()
  /** @type {Record<string, any>} */
  measures = { idle: [] }
  /** @type {view.Finding[]} */
  findings = []
  /** Steps that are measured just now. @type {Set<string>} */
  #running = new Set()
  /** Whether the quick part is not over yet. */
  #quickly = true
  /** What the server said of it last. @type {view.Summary | undefined} */
  summary
  /** Whether the server has said what to try. */
  planned = false
  #changes = 0
  #judged = 0
  /** @type {Promise<void> | undefined} */
  #judging

  #began = performance.now()
  #ended = 0

  /** For how many seconds it has gone on. */
  get seconds() {
    return Math.round(((this.#ended || performance.now()) - this.#began) / 1000)
  }

  get signal() {
    return this.#stopping.signal
  }

  stop() {
    this.#stopping.abort()
  }

  async go() {
    /** @type {Plan} */
    let plan
    view.run('portal')
    try {
      plan = await probes.json('plan', this.signal)
    } catch (error) {
      return this.#alone(error)
    }
    this.planned = true
    view.wait('portal')
    const silences = plan.silence_s.map(seconds => this.#hold(seconds))
    await this.#quick(plan)
    this.#quickly = false
    let silent = true
    const over = Promise.all(silences).finally(() => (silent = false))
    await Promise.race([over, this.#transfersLater(plan, () => silent)])
    await over
    this.#ended = performance.now()
    await this.#judging
    await this.#judge(TRIES)
  }

  /** @param {Plan} plan */
  async #quick(plan) {
    const { signal } = this
    await this.#measure(['page'], 'page', probes.page)
    await this.#measure(['name'], 'name', probes.name)
    await this.#measure(['document'], 'document', () => probes.unchanged(signal))
    await this.#measure(['cookies'], 'cookies', () => probes.cookies(signal))
    await this.#measure(['portal', 'protocol', 'certificate', 'address', 'clock'], 'seen', () => probes.seen(signal))
    // One look tells two things.
    const { seen } = this.measures
    this.measures.clock = seen.figures ? { figures: seen.figures.clock } : seen
    if (seen.figures) this.measures.seen = { figures: seen.figures.seen }
    this.#changed()
    for (const step of /** @type {const} */ (['websocket', 'messages', 'delay', 'burst', 'resume'])) {
      const blocked = step !== 'websocket' && this.measures.websocket?.trouble
      await this.#measure([step], step, () => {
        if (blocked) throw new probes.InTheWay(blocked)
        return channel[step](plan, signal)
      })
    }
    for (const step of /** @type {const} */ (['sse', 'poll', 'download', 'upload', 'storage'])) {
      await this.#measure([step], step, () => probes[step](plan, signal))
    }
    // The last: whoever limits connections may refuse others for a while.
    const blocked = this.measures.websocket?.trouble
    await this.#measure(['phones'], 'phones', () => {
      if (blocked) throw new probes.InTheWay(blocked)
      return channel.phones(signal)
    })
  }

  /**
   * Transfers for which a room had the line, again and again while silences go on.
   * @param {Plan} plan
   * @param {() => boolean} goesOn
   */
  async #transfersLater(plan, goesOn) {
    const waiting = () => /** @type {const} */ (['download', 'upload']).filter(step => this.measures[step]?.trouble?.kind === 'room_live')
    while (waiting().length > 0) {
      await new Promise(resolve => setTimeout(resolve, ROOM_MS))
      if (!goesOn() || this.signal.aborted) return
      for (const step of waiting()) await this.#measure([step], step, () => probes[step](plan, this.signal))
    }
  }

  /**
   * @param {string[]} steps what it says something of
   * @param {string} name
   * @param {() => Promise<any>} probe
   */
  async #measure(steps, name, probe) {
    if (this.signal.aborted) return
    for (const step of steps) this.#begin(step)
    const got = await probes.got(async () => probe(), this.signal)
    for (const step of steps) this.#running.delete(step)
    this.measures[name] = got
    if (name !== 'seen') this.#changed()
  }

  /** @param {string} step */
  #begin(step) {
    this.#running.add(step)
    view.run(step)
  }

  /** @param {number} seconds */
  async #hold(seconds) {
    const step = `idle_${seconds}`
    this.#running.add(step)
    const began = performance.now()
    const tick = () => view.run(step, Math.floor((performance.now() - began) / 1000), seconds)
    tick()
    const ticking = setInterval(tick, 1000)
    const hold = await probes.got(() => channel.hold(seconds, this.signal), this.signal)
    clearInterval(ticking)
    this.#running.delete(step)
    this.measures.idle.push({ seconds, hold })
    this.#changed()
  }

  #changed() {
    this.#changes += 1
    this.#judging ??= this.#judge(1).finally(() => (this.#judging = undefined))
  }

  /**
   * Asks what the figures mean, until that is known of all of them.
   * @param {number} tries
   */
  async #judge(tries) {
    for (let left = tries; this.#judged < this.#changes && left > 0; ) {
      const asked = this.#changes
      try {
        await this.judge()
        this.#judged = asked
        if (!this.signal.aborted) setText(byId('state-words'), t(this.#quickly ? 'netcheck.running' : 'netcheck.so_far'))
      } catch (error) {
        left -= 1
        this.#alone(error)
        if (left > 0) await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
      }
    }
  }

  /** What the figures mean. */
  async judge() {
    const { clock, seen, ...rest } = this.measures
    // Between the look and its parts there is nothing to say.
    const measures = seen && !clock ? rest : this.measures
    const signal = new AbortController().signal
    const { findings, summary } = await probes.json('judge', signal, { participants: people(), measures })
    this.findings = findings
    for (const finding of findings) if (!this.#running.has(finding.step)) view.tell(finding)
    view.answer(summary, findings)
    this.summary = summary
    if (!this.signal.aborted && current === this) view.status(summary)
    view.room(summary.bandwidth)
    const open = this.#running.size > 0 || summary.run.verdict === 'skipped'
    setText(byId('request'), requestText(findings, state, open))
    // What is known can be passed on at once.
    byId('result').hidden = false
  }

  /**
   * Where the server cannot be asked, the page says itself what it met.
   * @param {unknown} error
   */
  #alone(error) {
    const trouble = error instanceof probes.InTheWay ? error.trouble : { kind: /** @type {const} */ ('no_answer') }
    if (this.signal.aborted || trouble.kind === 'stopped') return view.wait('portal')
    const status = 'status' in trouble ? trouble.status : 0
    const kind = trouble.kind === 'foreign' && [429, 503].includes(status) ? 'limited' : trouble.kind
    const [code, change] = ALONE[kind]
    const verdict = change ? 'failed' : 'skipped'
    const finding = /** @type {view.Finding} */ ({ step: 'portal', verdict, code, change, figures: { status, host: state.host, port: String(state.port) } })
    view.tell(finding)
    const all = [finding, ...this.findings.filter(it => it.step !== 'portal')]
    view.answer({ take_part: { verdict, step: 'portal' }, run: { verdict, step: 'portal' } }, all)
    setText(byId('request'), requestText(all, state, true))
    byId('result').hidden = false
    view.status({ take_part: { verdict }, run: { verdict } })
    setText(byId('state-words'), t('netcheck.judge_failed'))
  }
}

/** For how many. */
const people = () => (participants.validity.valid && participants.value ? participants.valueAsNumber : 500)

/** @type {Run | undefined} */
let current

async function begin() {
  const run = new Run()
  current = run
  lay()
  start.hidden = true
  stop.hidden = false
  stop.focus()
  byId('result').hidden = true
  setText(byId('saved'), '')
  setText(byId('copied'), '')
  view.status()
  setText(byId('state-words'), t('netcheck.running'))
  await run.go()
  setText(byId('state-words'), t(run.signal.aborted ? 'netcheck.stopped' : run.planned ? 'netcheck.done' : 'netcheck.ended'))
  if (run.planned) view.status(run.summary, true)
  for (const step of document.querySelectorAll('li.running')) view.wait(/** @type {HTMLElement} */ (step).dataset.step ?? '')
  const focused = document.activeElement === stop
  stop.hidden = true
  start.hidden = false
  start.textContent = t('netcheck.again')
  if (focused) start.focus()
  byId('result').hidden = byId('request').textContent === ''
}

function lay() {
  view.lay(byId('quick'), state.quick)
  view.lay(byId('idle'), state.silence_s.map(seconds => `idle_${seconds}`))
}

start.addEventListener('click', begin)
stop.addEventListener('click', () => current?.stop())
// The rules are the server's, also for another number of people.
participants.addEventListener('change', () => current?.judge().catch(() => {}))
const placeTooLong = limited(/** @type {HTMLInputElement} */ (byId('place')), PLACE_CHARS)
byId('save').addEventListener('submit', async event => {
  event.preventDefault()
  if (placeTooLong()) return
  const saved = byId('saved')
  try {
    const place = /** @type {HTMLInputElement} */ (byId('place')).value
    const { timeZone: zone = '' } = Intl.DateTimeFormat().resolvedOptions()
    const about = { browser: navigator.userAgent.slice(0, 400), tested_s: current?.seconds ?? 0, zone, zone_minutes: -new Date().getTimezoneOffset() }
    const { clock, seen, ...rest } = current?.measures ?? {}
    // Between the look and its parts there is nothing to keep.
    const measures = seen && !clock ? rest : (current?.measures ?? {})
    const body = { participants: people(), place, about, measures }
    const { page } = await probes.json('reports', new AbortController().signal, body)
    const address = new URL(page, location.href).href
    saved.replaceChildren(`${t('netcheck.saved')} `, h('a', { href: page }, address))
  } catch {
    setText(saved, t('netcheck.save_failed'))
  }
})
lay()
start.disabled = false
alive()
