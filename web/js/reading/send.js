// Sends readings: each is kept on the device until the server has it, also through a reload, and is sent as often as it takes.

import { storageGet, storageSet } from '../live.js'

/** @typedef {{cid: string, place: string, link: string, measures: Record<string, unknown>}} Unsent */
/** @typedef {{step: string, code: string, change?: string, figures: Record<string, string | number>}} Finding */
/** @typedef {{receipt: {at: number}, reading: import('../wire.js').Reading, judgement: {findings: Finding[], summary: {take_part: {step?: string}}}}} Stored */

/** How long a request may take. */
const REQUEST_TIMEOUT_MS = 10_000
/** How long to wait where the server does not say, at least and at most. */
const AGAIN_MS = [1_000, 4_000]

/** The server will never take it. */
export class NotTaken extends Error {}

export class Sender {
  #event
  #name

  /** @param {string} event */
  constructor(event) {
    this.#event = event
    this.#name = `parterre.reading.${event}`
  }

  /** What a former visit of this page has left, if anything. @returns {Unsent | undefined} */
  get left() {
    try {
      return JSON.parse(storageGet(this.#name) ?? '') ?? undefined
    } catch {
      return undefined
    }
  }

  /**
   * Sends until the server has it.
   * @param {Unsent} reading
   * @param {() => void} onWait it could not be sent just now
   * @returns {Promise<Stored>}
   */
  async send(reading, onWait) {
    storageSet(this.#name, JSON.stringify(reading))
    for (;;) {
      const answer = await this.#try(reading)
      if (answer?.status === 201) {
        const stored = await answer.json().catch(() => undefined)
        if (stored) return this.#done(stored)
      } else if (answer && answer.status >= 400 && answer.status < 500 && (await isOurs(answer))) {
        this.#done(undefined)
        throw new NotTaken(String(answer.status))
      }
      onWait()
      await pause(Number(answer?.headers.get('Retry-After') ?? 0) * 1000)
    }
  }

  /** @param {Unsent} reading */
  #try(reading) {
    const options = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(reading) }
    return fetch(`/api/v1/events/${this.#event}/readings`, { ...options, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }).catch(() => undefined)
  }

  /** @template T @param {T} stored */
  #done(stored) {
    storageSet(this.#name, '')
    return stored
  }
}

/** Whether an answer is the server's own, and not that of somebody in between. @param {Response} answer */
async function isOurs(answer) {
  const body = await answer.json().catch(() => undefined)
  return typeof body?.code === 'string' && typeof body?.message === 'string'
}

/**
 * A while, never the same for all.
 * @param {number} least
 */
export function pause(least) {
  const [from, to] = AGAIN_MS
  return new Promise(resolve => setTimeout(resolve, Math.max(least, from) + Math.random() * (to - from)))
}

/**
 * Joins the event; waits where many come at once. Throws where the server does not take the device, or cannot be reached.
 * @param {string} code
 * @param {() => void} onWait
 */
export async function join(code, onWait) {
  for (let told = ''; ; ) {
    const options = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ code }) }
    const answer = await fetch(`/api/v1/join${told}`, { ...options, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) })
    if (answer.ok) return
    if (answer.status !== 503) throw new NotTaken(String(answer.status))
    onWait()
    const shown = await answer.json().then(refusal => refusal.retry, () => undefined)
    told = shown ? `?retry=${shown}` : ''
    await pause(Number(answer.headers.get('Retry-After') ?? 0) * 1000)
  }
}
