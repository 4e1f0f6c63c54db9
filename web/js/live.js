// The live connection of a page: docs/protocol.md, sections 2, 3 and 7. It keeps the topics current and comes back by
// itself; what to draw, and which commands to keep until their receipt, is for others to say.

/** @typedef {import('./wire.js').ServerMessage} ServerMessage */
/** @typedef {import('./wire.js').ClientMessage} ClientMessage */
/** @typedef {import('./wire.js').Topic} Topic */
/** @typedef {Extract<ServerMessage, {t: 'receipt'}>} Receipt */
/**
 * The topics by name, each absent until it was first received.
 * @typedef {object} Topics
 * @property {import('./wire.js').Stage} [stage]
 * @property {import('./wire.js').Results} [results]
 * @property {import('./wire.js').Posts} [posts]
 * @property {import('./wire.js').Moderation} [moderation]
 * @property {import('./wire.js').Presence} [presence]
 * @property {import('./wire.js').Me} [me]
 */
/**
 * `connecting` until the first hello; `reconnecting` while coming back; `off` when it will not come back by itself.
 * @typedef {'connecting' | 'connected' | 'reconnecting' | 'off'} Status
 */
/**
 * @typedef {object} Options
 * @property {string} path the path of the connection with all but the revs, such as `/api/v1/live?event=…&as=phone`
 * @property {Partial<Record<Topic, {rev: number, data: any}>>} [topics] what the page holds already
 * @property {(topic: Topic) => void} [onTopic] a topic has changed
 * @property {(status: Status, code: number) => void} [onStatus] `code` is the close code that led to it, or 0
 * @property {(receipt: Receipt) => void} [onReceipt]
 * @property {() => Promise<boolean>} [onRefused] the server answers but does not take the connection, or cannot be
 *   reached: the page may find out which, and says whether to go on trying
 */

/**
 * @typedef {object} TransportHandlers
 * @property {(message: ServerMessage) => void} onMessage
 * @property {(code: number) => void} onClose with the close code, or 1006 where nobody said one
 */
/** @typedef {Socket | InstanceType<typeof import('./transports.js').FALLBACKS[number]>} Transport */

const PING_MS = 25_000
/** How long anything sent may stay without any answer before the connection is taken for dead. */
const ANSWER_MS = 8_000
/** The same just after the page woke up or the network changed, when a dead connection is likely. */
const WAKE_ANSWER_MS = 3_000
/** A room that has lost its server comes back over this time, not in one instant. */
const FIRST_WAIT_MS = 1_000
/** Short, because a server that has much to do says itself when to come. */
const MAX_WAIT_MS = 4_000
/** The close code of an event that was deleted. */
const DELETED = 4500
/** A deletion may be undone: an event that is gone is looked for again, at first this soon and then ever more rarely. */
const FIRST_DELETED_RETRY_MS = 4_000
const MAX_DELETED_RETRY_MS = 300_000
/** The close code of a server that has too much to do. */
const TRY_LATER = 1013
/** Of attempts that fail, the second and then every so many-th is followed by asking why: a busy server has enough to do. */
const ASK_EACH = 5
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
/** Close codes after which the connection comes back; a network failure has none and is 1006 here. */
const comesBack = (/** @type {number} */ code) =>
  [1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015].includes(code) || (code >= 4000 && code < 4500)

/**
 * Applies a JSON merge patch (RFC 7396) and returns the result; what it was made from is left as it is.
 * @param {any} target
 * @param {any} patch
 * @returns {any}
 */
export function merge(target, patch) {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch
  const isObject = target !== null && typeof target === 'object' && !Array.isArray(target)
  const merged = isObject ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = merge(merged[key], value)
  }
  return merged
}

/**
 * How long to wait after so many failures of which nobody said when to come: any time up to a bound that doubles.
 * @param {number} failures
 * @param {() => number} [random]
 */
export function pause(failures, random = Math.random) {
  return random() * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
}

/**
 * A random version 4 UUID. `crypto.randomUUID` is missing where the page came by plain HTTP, as on a local network.
 * @returns {string}
 */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** What the device keeps under a name, where it keeps anything. @param {string} name */
export function storageGet(name) {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

/**
 * Keeps a text on the device, where it keeps anything; nothing for an empty one.
 * @param {string} name
 * @param {string} value
 */
export function storageSet(name, value) {
  try {
    if (value) localStorage.setItem(name, value)
    else localStorage.removeItem(name)
  } catch {
    // A private window keeps nothing; all else works.
  }
}

/** The preferred transport: a WebSocket. */
class Socket {
  /** Whether it finds out by itself, by asking, that the other side is there. */
  asks = true
  /** Whether anything between here and the server accepted it. */
  opened = false

  #socket

  /** @param {(path: string) => URL} address @param {TransportHandlers} handlers */
  constructor(address, { onMessage, onClose }) {
    const url = address('')
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    this.#socket = new WebSocket(url)
    this.#socket.onopen = () => (this.opened = true)
    this.#socket.onmessage = event => onMessage(JSON.parse(event.data))
    this.#socket.onclose = event => onClose(event.code)
  }

  get open() {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** @param {ClientMessage} message */
  send(message) {
    this.#socket.send(JSON.stringify(message))
  }

  close() {
    this.#socket.close()
  }
}

export class Live {
  /** @type {Topics} */
  topics = {}
  /** @type {Status} */
  status = 'connecting'

  /** @type {Options} */
  #options
  /** @type {Partial<Record<Topic, number>>} */
  #revs = {}
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
    for (const [topic, held] of Object.entries(options.topics ?? {})) this.#hold(/** @type {Topic} */ (topic), held.rev, held.data)
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
    for (const [topic, rev] of Object.entries(this.#revs)) {
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

  /**
   * Lets go of a topic that is no longer this page's: the next connection brings it anew.
   * @param {Topic} topic
   */
  forget(topic) {
    delete this.#revs[topic]
    delete this.topics[topic]
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
        if (message.rev < (this.#revs[message.topic] ?? 0) && message.topic !== 'presence') return
        this.#hold(message.topic, message.rev, message.data)
        return this.#options.onTopic?.(message.topic)
      case 'delta': {
        const { topic, from, rev, patch } = message
        if (this.#revs[topic] !== from) return this.#begin([topic])
        this.#hold(topic, rev, merge(this.topics[topic], patch))
        return this.#options.onTopic?.(topic)
      }
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

  /**
   * @param {Topic} topic
   * @param {number} rev
   * @param {any} data
   */
  #hold(topic, rev, data) {
    this.#revs[topic] = rev
    this.topics[topic] = data
  }

  /**
   * Begins anew without what is held of these topics.
   * @param {Topic[]} topics
   */
  #begin(topics) {
    for (const topic of topics) delete this.#revs[topic]
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
    if (code === 4001) this.#revs = {}
    if (code === DELETED) this.#retryDeleted()
    if (!comesBack(code)) return this.#become('off', code)
    if (this.status === 'connected') this.#become('reconnecting', code)
    const wait = this.#retryMs ?? pause(this.#failures)
    this.#due = this.#retryMs === undefined ? 0 : Date.now() + wait
    this.#failures += 1
    const ask = refused && this.#due === 0 && this.#failures % ASK_EACH === 2
    this.#retryMs = undefined
    const again = () => (ask ? this.#askWhy() : this.connect())
    this.#retryTimer = setTimeout(() => (this.#failureScore < MAX_FAILURE_SCORE ? again() : this.#fallBack().then(again)), wait)
  }

  /** Nothing is said of it: who looks at the page knows that the event is gone, until it is there again. */
  #retryDeleted() {
    const wait = Math.min(MAX_DELETED_RETRY_MS, FIRST_DELETED_RETRY_MS * 2 ** this.#deletedRetries)
    this.#deletedRetries += 1
    this.#retryTimer = setTimeout(() => this.connect(), wait * (0.5 + Math.random() / 2))
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
