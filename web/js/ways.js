// The ways to the server where no WebSocket gets through: docs/protocol.md, section 8. Each opens at once, tells what it
// hears, and says once that it is lost; what to do then is for others to say. Fetched by those alone who need them.

import { keep, kept, REMEMBERED } from './live.js'

/** @typedef {import('./wire.js').ServerMessage} ServerMessage */
/** @typedef {import('./wire.js').ClientMessage} ClientMessage */

/** @typedef {import('./live.js').Ears} Ears */

/** For how long a device remembers the way that it took on a network. */
const REMEMBERED_MS = 3_600_000
/** How long a page on a lesser way waits before it tries the best one again, at first and at most. */
const CLIMB_MS = [60_000, 600_000]

/** No code at all: the network failed. */
const NO_CODE = 1006
/** The close code for who is not known, or not any more. */
const UNKNOWN = 4501
/** What plain HTTP says to those who may not come in. */
const KEPT_OUT = [401, 403, 410]

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

/** Server-Sent Events. */
export class Events extends Requests {
  #source

  /** @param {(path: string) => URL} address @param {Ears} ears */
  constructor(address, ears) {
    super(address, ears)
    this.#source = new EventSource(address('/sse'))
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

/** Long polling: one request after another, each answered when there is something new. */
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

/** The better one first; the last gets through nearly everywhere. */
export const LESSER = [Events, Polls]

/** Whether the server answers at all. Others on the way answer too, with pages of their own. */
export const isThere = () =>
  fetch('/healthz', { cache: 'no-store' }).then(async answer => (await answer.text()) === 'ok\n').catch(() => false)

let climbMs = CLIMB_MS[0]
/** @type {ReturnType<typeof setTimeout> | undefined} */
let climbTimer

/** Has the best way tried again after a while; not by all of a room at once. @param {() => void} climb */
export function later(climb) {
  clearTimeout(climbTimer)
  climbTimer = setTimeout(climb, climbMs * (1 + Math.random()))
  climbMs = Math.min(climbMs * 2, CLIMB_MS[1])
}

/** The network that the page came by, as far as the server can tell it from others. */
function network() {
  const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType?.('navigation') ?? [])
  return page?.serverTiming?.find(({ name }) => name === 'network')?.description ?? ''
}

/** Which way got through lately on this network. */
export function remembered() {
  const [where, rung, at] = (kept(REMEMBERED) ?? '').split(' ')
  const holds = where === network() && Date.now() - Number(at) < REMEMBERED_MS && Number(rung) <= LESSER.length
  return holds ? Number(rung) : 0
}

/** @param {number} rung */
export function remember(rung) {
  keep(REMEMBERED, rung === 0 ? '' : `${network()} ${rung} ${Date.now()}`)
}
