// The fallback transports, for where no WebSocket gets through: docs/protocol.md, section 8. Each opens at once, tells what it
// hears, and says once that it is lost; what to do then is for others to say. Fetched by those alone who need them.

import { TRANSPORT_KEY, storageGet, storageSet } from './live.js'

/** @typedef {import('./wire.js').ServerMessage} ServerMessage */
/** @typedef {import('./wire.js').ClientMessage} ClientMessage */

/** @typedef {import('./live.js').TransportHandlers} TransportHandlers */

/** For how long a device remembers which transport it used on a network. */
const REMEMBERED_MS = 3_600_000
/** How long a page on a fallback waits before it tries the WebSocket again, at first and at most. */
const UPGRADE_MS = [60_000, 600_000]

/** No code at all: the network failed. */
const NO_CODE = 1006
/** The close code for who is not known, or not any more. */
const UNKNOWN = 4501
/** What plain HTTP says to those who may not come in. */
const KEPT_OUT = [401, 403, 410]

/** What the transports over HTTP share: commands are posted, one after the other. */
class HttpTransport {
  asks = false
  opened = false
  open = true

  /** Ends what is under way. */
  ended = new AbortController()
  /** The last command's fate. @type {Promise<void>} */
  #last = Promise.resolve()
  /** The code that the server said goodbye with. */
  #code = NO_CODE

  /** @param {(path: string) => URL} address @param {TransportHandlers} handlers */
  constructor(address, handlers) {
    this.address = address
    this.handlers = handlers
  }

  /** @param {ServerMessage} message */
  onMessage(message) {
    if (message.t === 'bye') this.#code = message.code
    this.handlers.onMessage(message)
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
      if (answer.ok) return this.onMessage(await answer.json())
      const { retry_ms } = await answer.json()
      if (retry_ms && 'cid' in message) return this.onMessage({ t: 'receipt', cid: message.cid, status: 'later', retry_ms })
      this.onClose(KEPT_OUT.includes(answer.status) ? UNKNOWN : NO_CODE)
    } catch {
      this.onClose()
    }
  }

  onClose(code = this.#code) {
    if (!this.open) return
    this.close()
    this.handlers.onClose(code)
  }

  close() {
    this.open = false
    this.ended.abort()
  }
}

/** Server-Sent Events. */
export class EventStream extends HttpTransport {
  #source

  /** @param {(path: string) => URL} address @param {TransportHandlers} handlers */
  constructor(address, handlers) {
    super(address, handlers)
    this.#source = new EventSource(address('/sse'))
    this.#source.onopen = () => (this.opened = true)
    this.#source.onmessage = event => this.onMessage(JSON.parse(event.data))
    // It would come back by itself, but with what was held long ago.
    this.#source.onerror = () => this.onClose()
  }

  /** @override */
  close() {
    super.close()
    this.#source.close()
  }
}

/** Long polling: each request is answered when there is something new. */
export class LongPolling extends HttpTransport {
  /** @param {(path: string) => URL} address @param {TransportHandlers} handlers */
  constructor(address, handlers) {
    super(address, handlers)
    void this.#poll()
  }

  async #poll() {
    try {
      while (this.open) {
        const answer = await fetch(this.address('/poll'), { signal: this.ended.signal })
        if (!answer.ok) return this.onClose(KEPT_OUT.includes(answer.status) ? UNKNOWN : NO_CODE)
        const messages = /** @type {ServerMessage[]} */ (await answer.json())
        for (const message of messages) if (this.open) this.onMessage(message)
        if (messages.at(-1)?.t === 'bye') return this.onClose()
      }
    } catch {
      this.onClose()
    }
  }
}

/** The better one first; the last gets through nearly everywhere. */
export const FALLBACKS = [EventStream, LongPolling]

/** Whether the server answers at all. Proxies answer too, with pages of their own. */
export const isServerUp = () =>
  fetch('/healthz', { cache: 'no-store' }).then(async answer => (await answer.text()) === 'ok\n').catch(() => false)

let upgradeMs = UPGRADE_MS[0]
/** @type {ReturnType<typeof setTimeout> | undefined} */
let upgradeTimer

/** Has the WebSocket tried again after a while; not by all of a room at once. @param {() => void} upgrade */
export function scheduleUpgrade(upgrade) {
  clearTimeout(upgradeTimer)
  upgradeTimer = setTimeout(upgrade, upgradeMs * (1 + Math.random()))
  upgradeMs = Math.min(upgradeMs * 2, UPGRADE_MS[1])
}

/** The network that the page came by, as far as the server can tell it from others. */
function network() {
  const [page] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType?.('navigation') ?? [])
  return page?.serverTiming?.find(({ name }) => name === 'network')?.description ?? ''
}

/** Which transport got through lately on this network. */
export function rememberedIndex() {
  const [where, index, at] = (storageGet(TRANSPORT_KEY) ?? '').split(' ')
  const holds = where === network() && Date.now() - Number(at) < REMEMBERED_MS && Number(index) <= FALLBACKS.length
  return holds ? Number(index) : 0
}

/** @param {number} index */
export function remember(index) {
  storageSet(TRANSPORT_KEY, index === 0 ? '' : `${network()} ${index} ${Date.now()}`)
}
