// The live connection of a page: docs/protocol.md, sections 2, 3 and 7. It keeps the topics current and comes back by
// itself; what to draw, and which commands to keep until their receipt, is for others to say.

import { asksWhy, comesBack, deletedPause, pause } from './live/retry.js'
import { storageGet } from './live/storage.js'
import { HeldTopics } from './live/topics.js'
import { Socket } from './live/websocket.js'

export { pause } from './live/retry.js'
export { storageGet, storageSet } from './live/storage.js'
export { merge } from './live/topics.js'
export { uuid } from './live/uuid.js'

/** @typedef {import('./wire.js').ServerMessage} ServerMessage */
/** @typedef {import('./wire.js').ClientMessage} ClientMessage */
/** @typedef {import('./wire.js').Topic} Topic */
/** @typedef {import('./live/types.js').Options} Options */
/** @typedef {import('./live/types.js').Receipt} Receipt */
/** @typedef {import('./live/types.js').Status} Status */
/** @typedef {import('./live/types.js').TransportHandlers} TransportHandlers */
/** @typedef {Socket | InstanceType<typeof import('./transports.js').FALLBACKS[number]>} Transport */

const PING_MS = 25_000
/** How long anything sent may stay without any answer before the connection is taken for dead. */
const ANSWER_MS = 8_000
/** The same just after the page woke up or the network changed, when a dead connection is likely. */
const WAKE_ANSWER_MS = 3_000
/** The close code of an event that was deleted. */
const DELETED = 4500
/** The close code of a server that has too much to do. */
const TRY_LATER = 1013
/** From this score on, the next transport is tried. */
const MAX_FAILURE_SCORE = 2
/** A connection that is cut this soon is not worth much more than none. */
const SHORT_MS = 5_000
/** Where a device remembers that it had to use a fallback transport. */
export const TRANSPORT_KEY = 'parterre.transport'
/** The fallback transports, once they were needed. @type {typeof import('./transports.js') | undefined} */
let fallbacks
/** How often a module could not be had at first. */
let missed = 0

/**
 * Fetches a module that is needed only now. Where that fails once, as it does while the network is away, some browsers never
 * ask for the same address again, so it is asked for by another.
 * @param {string} path from here
 * @returns {Promise<any>}
 */
export const fetchModule = path => import(path).catch(() => import(`${path}?${(missed += 1)}`))

/** The address of a file beside this one's folder. @param {string} path such as `css/questions.css` */
export const assetUrl = path => new URL(`../${path}`, import.meta.url)

export class Live {
  #held = new HeldTopics()
  topics = this.#held.current
  /** @type {Status} */
  status = 'connecting'

  /** @type {Options} */
  #options
  /** @type {Transport | null} */
  #transport = null
  /** Which transport is used: 0 is the WebSocket, then the fallbacks in their order. */
  #transportIndex = storageGet(TRANSPORT_KEY) === null ? 0 : 1
  /** How often it has failed, weighted: see `#scoreFailure`. */
  #failureScore = 0
  #greeted = false
  /** When the transport was opened, or the server last said hello on it. */
  #since = 0
  #failures = 0
  /** @type {number | undefined} */
  #retryMs
  /** The moment to come that the server told, or 0. */
  #due = 0
  /** Whether the server told it because it could not take more just then. */
  #turnedAway = false
  /** What it gave to show at that moment. */
  #told = ''
  #pingMs = PING_MS
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pingTimer
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #answerTimer
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retryTimer
  /** How often in a row the event was not there. */
  #deletedRetries = 0
  /** How far the server's clock is ahead of this page's. @type {number | undefined} */
  #ahead

  /** @param {Options} options */
  constructor(options) {
    this.#options = options
    for (const [topic, held] of Object.entries(options.topics ?? {})) this.#held.hold(/** @type {Topic} */ (topic), held.rev, held.data)
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.#wake())
    window.addEventListener('pageshow', event => event.persisted && this.#wake())
    window.addEventListener('online', () => {
      // Perhaps another network.
      if (this.#greeted) this.#upgrade()
      else this.#choose(0)
      this.#wake()
    })
    window.addEventListener('offline', () => this.#wake())
  }

  /** Connects, also after it was switched off. */
  connect() {
    clearTimeout(this.#retryTimer)
    if (this.#transport) return
    if (this.#transportIndex > 0 && !fallbacks) return void this.#fetchFallbacks()
    if (this.status === 'off' && !this.#deletedRetries) this.#become('reconnecting', 0)
    this.#transport = this.#open(this.#transportIndex)
    this.#greeted = false
    this.#since = Date.now()
    this.#expectAnswer(ANSWER_MS)
  }

  async #fetchFallbacks() {
    try {
      fallbacks = await fetchModule('./transports.js')
      this.#transportIndex = fallbacks?.rememberedIndex() ?? 0
    } catch {
      this.#transportIndex = 0
    }
    this.connect()
  }

  /** @param {number} index */
  #open(index) {
    /** @type {Transport} */
    const transport = new (fallbacks?.FALLBACKS[index - 1] ?? Socket)(path => this.#address(path, index), {
      onMessage: message => {
        // A better transport that was tried beside the current one.
        if (transport !== this.#transport && message.t === 'hello' && index < this.#transportIndex) {
          this.#transport?.close()
          this.#transport = transport
          this.#greeted = false
          this.#choose(index)
        }
        if (transport === this.#transport) this.#receive(message)
      },
      onClose: code => {
        if (transport === this.#transport) this.#closed(code)
      },
    })
    return transport
  }

  /**
   * The address of a transport, with the revs that are held by now.
   * @param {string} path
   * @param {number} index
   */
  #address(path, index) {
    const url = new URL(this.#options.path, location.href)
    url.pathname += path
    const again = path === '/poll' && this.#greeted
    for (const [topic, rev] of Object.entries(this.#held.revs)) {
      // A connection begins with it; who asks again and again has it already.
      if (topic !== 'presence' || again) url.searchParams.set(topic, String(rev))
    }
    if (again) url.searchParams.set('again', '1')
    if (this.#told) url.searchParams.set('retry', this.#told)
    return url
  }

  /** @param {number} index */
  #choose(index) {
    this.#transportIndex = index
    this.#failureScore = 0
    fallbacks?.remember(index)
  }

  /** Tries the WebSocket beside the fallback that is used. */
  #upgrade() {
    if (this.#transportIndex === 0) return
    const transport = this.#greeted && !document.hidden ? this.#open(0) : undefined
    setTimeout(() => {
      if (transport === this.#transport) return
      transport?.close()
      fallbacks?.scheduleUpgrade(() => this.#upgrade())
    }, ANSWER_MS)
  }

  /** Lets go of a topic that is no longer this page's: the next connection brings it anew. @param {Topic} topic */
  forget(topic) {
    this.#held.forget(topic)
  }

  /** The time by the server's clock, once it is known: a device's own may be wrong. */
  get now() {
    return this.#ahead === undefined ? undefined : performance.now() + this.#ahead
  }

  /** Whether a message can be sent now. */
  get ready() {
    return this.#greeted && this.#transport?.open === true
  }

  /**
   * Sends a message if there is a connection, and says whether it did.
   * @param {ClientMessage} message
   */
  send(message) {
    if (!this.ready) return false
    this.#transport?.send(message)
    this.#expectAnswer(ANSWER_MS)
    return true
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    clearTimeout(this.#answerTimer)
    this.#answerTimer = undefined
    clearTimeout(this.#pingTimer)
    this.#pingTimer = setTimeout(() => this.#ping(ANSWER_MS), this.#pingMs)
    switch (message.t) {
      case 'hello':
        this.#pingMs = message.ping_ms
        this.#ahead = message.now - performance.now()
        if (this.#greeted) return
        this.#failures = 0
        this.#turnedAway = false
        this.#told = ''
        this.#greeted = true
        this.#since = Date.now()
        if (this.#transportIndex > 0) fallbacks?.scheduleUpgrade(() => this.#upgrade())
        this.#deletedRetries = 0
        return this.#become('connected', 0)
      case 'full':
        if (this.#held.takeFull(message)) this.#options.onTopic?.(message.topic)
        return
      case 'delta':
        if (!this.#held.takeDelta(message)) return this.#begin(message.topic)
        return this.#options.onTopic?.(message.topic)
      case 'pong':
        return
      case 'receipt':
        return this.#options.onReceipt?.(message)
      case 'bye':
        this.#retryMs = message.retry_ms
        this.#turnedAway = message.code === TRY_LATER
        this.#told = message.retry ?? ''
    }
  }

  /** Begins anew without what is held of a topic. @param {Topic} topic */
  #begin(topic) {
    delete this.#held.revs[topic]
    this.#retryMs = 0
    this.#drop()
  }

  /** Finds out whether the server is still there. @param {number} ms how long it may take to answer */
  #ping(ms) {
    // Over HTTP the server speaks within the time, or the connection is lost.
    if (!this.#transport?.asks) this.#expectAnswer(ms)
    else this.send({ t: 'ping' })
  }

  /** Ends the connection without waiting for the other side, which may be gone. */
  #drop() {
    const transport = this.#transport
    this.#closed(1006)
    transport?.close()
  }

  /** @param {number} code */
  #closed(code) {
    const refused = !this.#greeted
    if (code === 1006 && !this.#turnedAway) this.#scoreFailure()
    this.#transport = null
    this.#greeted = false
    clearTimeout(this.#pingTimer)
    clearTimeout(this.#answerTimer)
    this.#answerTimer = undefined
    if (code === 4001) this.#held.revs = {}
    if (code === DELETED) this.#retryDeleted()
    if (!comesBack(code)) return this.#become('off', code)
    if (this.status === 'connected') this.#become('reconnecting', code)
    const wait = this.#retryMs ?? pause(this.#failures)
    this.#due = this.#retryMs === undefined ? 0 : Date.now() + wait
    this.#failures += 1
    const ask = refused && this.#due === 0 && asksWhy(this.#failures)
    this.#retryMs = undefined
    const again = () => (ask ? this.#askWhy() : this.connect())
    this.#retryTimer = setTimeout(() => (this.#failureScore < MAX_FAILURE_SCORE ? again() : this.#fallBack().then(again)), wait)
  }

  /** Nothing is said of it: who looks at the page knows that the event is gone, until it is there again. */
  #retryDeleted() {
    this.#retryTimer = setTimeout(() => this.connect(), deletedPause(this.#deletedRetries))
    this.#deletedRetries += 1
  }

  /** Scores how the transport that was lost just now has failed. */
  #scoreFailure() {
    const lived = Date.now() - this.#since
    // What is taken and then swallowed says more than what is refused: that may be a server that is not there.
    if (!this.#greeted) this.#failureScore += this.#transport?.opened || lived >= ANSWER_MS ? MAX_FAILURE_SCORE : 1
    else this.#failureScore = lived < SHORT_MS ? this.#failureScore + 1 : 0
  }

  /** Goes on with the next transport where the server is up, but not on this one; after the last comes the first again. */
  async #fallBack() {
    fallbacks ??= await fetchModule('./transports.js').catch(() => undefined)
    if (fallbacks && (await fallbacks.isServerUp()) && !this.#transport) this.#choose((this.#transportIndex + 1) % (fallbacks.FALLBACKS.length + 1))
  }

  /** A browser does not tell why a connection was not taken, so the page asks in its own way. */
  async #askWhy() {
    if ((await this.#options.onRefused?.()) === false) this.#become('off', 0)
    else this.connect()
  }

  /** The page is looked at again, or the network changed: find out at once whether the connection still lives. */
  #wake() {
    if (this.status === 'off') return
    if (!this.#transport) {
      if (this.status === 'connecting' && this.#failures === 0) return
      // Not before the moment that the server told; the timer may have slept with the page.
      const left = this.#due - Date.now()
      if (left <= 0) return this.connect()
      clearTimeout(this.#retryTimer)
      this.#retryTimer = setTimeout(() => this.connect(), left)
    } else if (!this.#transport.asks) {
      this.#retryMs = 0
      this.#drop()
    } else if (this.send({ t: 'ping' })) {
      clearTimeout(this.#answerTimer)
      this.#answerTimer = undefined
      this.#expectAnswer(WAKE_ANSWER_MS)
    }
  }

  /** @param {number} ms */
  #expectAnswer(ms) {
    this.#answerTimer ??= setTimeout(() => this.#drop(), ms)
  }

  /**
   * @param {Status} status
   * @param {number} code
   */
  #become(status, code) {
    this.status = status
    this.#options.onStatus?.(status, code)
  }
}
