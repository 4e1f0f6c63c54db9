// The ways to the server, best first: docs/protocol.md, sections 2 and 8. Each opens at once, tells what it hears, and says
// once that it is lost; what to do then is for others to say.

import { keep, kept } from './kept.js'

/** @typedef {import('./wire.js').ServerMessage} ServerMessage */
/** @typedef {import('./wire.js').ClientMessage} ClientMessage */

/**
 * @typedef {object} Ears
 * @property {(message: ServerMessage) => void} hear
 * @property {(code: number) => void} lost with the close code, or 1006 where nobody said one
 */

/** For how long a device remembers the way that it took on a network. */
const REMEMBERED_MS = 3_600_000
const REMEMBERED = 'parterre.way'
/** No code at all: the network failed. */
const NO_CODE = 1006
/** The close code for who is not known, or not any more. */
const UNKNOWN = 4501
/** What plain HTTP says to those who may not come in. */
const KEPT_OUT = [401, 403, 410]

export class Socket {
  /** Whether it finds out by itself, by asking, that the other side is there. */
  asks = true
  /** Whether anything on the way took it. */
  opened = false

  #socket

  /** @param {(path: string) => URL} address @param {Ears} ears */
  constructor(address, { hear, lost }) {
    const url = address('')
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    this.#socket = new WebSocket(url)
    this.#socket.onopen = () => (this.opened = true)
    this.#socket.onmessage = event => hear(JSON.parse(event.data))
    this.#socket.onclose = event => lost(event.code)
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

/** What is the same for the ways that are answers to requests: commands are posted, one after the other. */
class Requests {
  asks = false
  opened = false
  open = true

  /** Ends what is under way. */
  ended = new AbortController()
  /** The last command's fate. @type {Promise<void>} */
  #last = Promise.resolve()
  /** The code that the server said goodbye with. */
  #code = NO_CODE

  /** @param {(path: string) => URL} address @param {Ears} ears */
  constructor(address, ears) {
    this.address = address
    this.ears = ears
  }

  /** @param {ServerMessage} message */
  hear(message) {
    if (message.t === 'bye') this.#code = message.code
    this.ears.hear(message)
  }

  /** @param {ClientMessage} message */
  send(message) {
    this.#last = this.#last.then(() => this.#post(message))
  }

  /** @param {ClientMessage} message */
  async #post(message) {
    if (!this.open) return
    const headers = { 'Content-Type': 'application/json' }
    try {
      const options = { method: 'POST', headers, body: JSON.stringify(message), signal: this.ended.signal }
      const answer = await fetch(this.address(''), options)
      if (answer.ok) return this.hear(await answer.json())
      const { retry_ms } = await answer.json()
      if (retry_ms && 'cid' in message) return this.hear({ t: 'receipt', cid: message.cid, status: 'later', retry_ms })
      this.lost(KEPT_OUT.includes(answer.status) ? UNKNOWN : NO_CODE)
    } catch {
      this.lost()
    }
  }

  lost(code = this.#code) {
    if (!this.open) return
    this.close()
    this.ears.lost(code)
  }

  close() {
    this.open = false
    this.ended.abort()
  }
}

/** A stream of server-sent events. */
export class Events extends Requests {
  #source

  /** @param {(path: string) => URL} address @param {Ears} ears */
  constructor(address, ears) {
    super(address, ears)
    this.#source = new EventSource(address('/events'))
    this.#source.onopen = () => (this.opened = true)
    this.#source.onmessage = event => this.hear(JSON.parse(event.data))
    // It would come back by itself, but with what was held long ago.
    this.#source.onerror = () => this.lost()
  }

  /** @override */
  close() {
    super.close()
    this.#source.close()
  }
}

/** One question after another, each answered when there is something new. */
export class Polls extends Requests {
  /** @param {(path: string) => URL} address @param {Ears} ears */
  constructor(address, ears) {
    super(address, ears)
    void this.#ask()
  }

  async #ask() {
    try {
      while (this.open) {
        const answer = await fetch(this.address('/poll'), { signal: this.ended.signal })
        if (!answer.ok) return this.lost(KEPT_OUT.includes(answer.status) ? UNKNOWN : NO_CODE)
        const messages = /** @type {ServerMessage[]} */ (await answer.json())
        for (const message of messages) if (this.open) this.hear(message)
        if (messages.at(-1)?.t === 'bye') return this.lost()
      }
    } catch {
      this.lost()
    }
  }
}

/** From the best to the one that gets through nearly everywhere. */
export const WAYS = [Socket, Events, Polls]

/** The network that the page came by, as far as the server can tell it from others. */
function network() {
  const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType?.('navigation') ?? [])
  return page?.serverTiming?.find(({ name }) => name === 'network')?.description ?? ''
}

/** Which way got through lately on this network. */
export function remembered() {
  const [where, rung, at] = (kept(REMEMBERED) ?? '').split(' ')
  const holds = where === network() && Date.now() - Number(at) < REMEMBERED_MS && Number(rung) < WAYS.length
  return holds ? Number(rung) : 0
}

/** @param {number} rung */
export function remember(rung) {
  keep(REMEMBERED, rung === 0 ? '' : `${network()} ${rung} ${Date.now()}`)
}
