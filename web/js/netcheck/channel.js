// What a browser can measure on a WebSocket: the upgrade, messages out and back, bursts, drops, silence.

import { InTheWay } from './probes.js'

/** @typedef {import('./probes.js').Plan} Plan */

const PATH = '/api/v1/netcheck/channel'
const OPEN_MS = 10_000
/** How long messages may take to come back. */
const BACK_MS = 6_000
/** How long a connection that was silent may take to answer: as long as a live page waits. */
const ECHO_MS = 5_000
/** Close codes of our server: it stops, or has too many tests. */
const OWN_CODES = [1012, 1013]

/** A connection to try things with. */
class Channel {
  /** What to do with a message. @type {(data: string | ArrayBuffer) => void} */
  hear = () => {}
  /** The close code, once it is closed. @type {Promise<number>} */
  closed

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket
    socket.onmessage = event => this.hear(event.data)
    this.closed = new Promise(resolve => (socket.onclose = event => resolve(event.code)))
  }

  /** @param {string | Uint8Array<ArrayBuffer>} data */
  send(data) {
    this.socket.send(data)
  }

  close() {
    this.socket.close()
  }
}

/**
 * @param {string} query
 * @param {AbortSignal} signal
 * @returns {Promise<Channel>}
 */
function open(query, signal) {
  const url = new URL(PATH + query, location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    const fail = (/** @type {'no_answer' | 'silent' | 'stopped'} */ kind) => {
      clearTimeout(timer)
      reject(new InTheWay({ kind }))
    }
    const timer = setTimeout(() => (fail('silent'), socket.close()), OPEN_MS)
    const channel = new Channel(socket)
    socket.onopen = () => (clearTimeout(timer), resolve(channel))
    socket.onerror = () => fail('no_answer')
    signal.addEventListener('abort', () => (fail('stopped'), socket.close()), { once: true })
  })
}

/**
 * Waits until this holds, the connection is closed or the time is over.
 * @param {Channel} channel
 * @param {number} ms
 * @param {() => boolean} holds
 */
async function until(channel, ms, holds) {
  let timer
  const wait = new Promise(resolve => {
    const hear = channel.hear
    channel.hear = data => (hear(data), holds() && resolve(0))
    timer = setTimeout(() => resolve(0), ms)
    if (holds()) resolve(0)
  })
  const code = await Promise.race([wait, channel.closed])
  clearTimeout(timer)
  if (OWN_CODES.includes(Number(code))) throw new InTheWay({ kind: 'busy' })
}

/**
 * How long the upgrade takes; a message is sent back, so that an answer which only looks like one does not pass.
 * @param {Plan} _
 * @param {AbortSignal} signal
 */
export async function websocket(_, signal) {
  const began = performance.now()
  const channel = await open('', signal)
  const ms = performance.now() - began
  let back = false
  channel.hear = data => (back ||= data === 'there?')
  channel.send('there?')
  await until(channel, BACK_MS, () => back)
  channel.close()
  if (!back) throw new InTheWay({ kind: 'silent' })
  return { ms }
}

/**
 * Text and binary, small and large.
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
export async function messages(plan, signal) {
  const channel = await open('', signal)
  const large = plan.sizes.large_bytes
  /** @type {(string | Uint8Array<ArrayBuffer>)[]} */
  const sent = [16, 1_024, 16_384, large].flatMap(bytes => [text(bytes), binary(bytes)])
  /** @type {(string | ArrayBuffer)[]} */
  const back = []
  channel.hear = data => back.push(data)
  for (const message of sent) channel.send(message)
  await until(channel, BACK_MS, () => back.length === sent.length)
  channel.close()
  const known = sent.map(print)
  const came = back.map(data => known.indexOf(print(data)))
  const whole = came.filter(at => at >= 0)
  const size = (/** @type {number} */ at) => (typeof sent[at] === 'string' ? new Blob([sent[at]]).size : /** @type {Uint8Array} */ (sent[at]).length)
  return {
    sent: sent.length,
    back: back.length,
    changed: came.length - whole.length,
    in_order: whole.every((at, place) => place === 0 || at > whole[place - 1]),
    largest: Math.max(0, ...whole.map(size)),
    binary: whole.some(at => at % 2 === 1),
  }
}

/** A text of so many bytes, not all of them ASCII. */
const text = (/** @type {number} */ bytes) => `é${'live '.repeat(bytes)}`.slice(0, bytes - 1)

/** @param {number} bytes */
function binary(bytes) {
  const all = new Uint8Array(bytes)
  for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(all.subarray(at, at + 65_536))
  return all
}

/**
 * What tells one message from another.
 * @param {string | ArrayBuffer | Uint8Array} data
 */
function print(data) {
  if (typeof data === 'string') return data
  return new Uint8Array(data).reduce((line, byte) => line + String.fromCharCode(byte), 'binary ')
}

/**
 * How long messages take out and back.
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
export async function delay(plan, signal) {
  const { messages: count, message_every_ms } = plan.sizes
  const channel = await open('', signal)
  const sent = /** @type {number[]} */ ([])
  const ms = /** @type {number[]} */ ([])
  channel.hear = data => {
    const at = Number(String(data).split(' ')[0])
    ms[at] ??= performance.now() - sent[at]
  }
  for (let at = 0; at < count && channel.socket.readyState === WebSocket.OPEN && !signal.aborted; at += 1) {
    sent[at] = performance.now()
    channel.send(`${at} ${'.'.repeat(100)}`)
    await new Promise(resolve => setTimeout(resolve, message_every_ms))
  }
  const back = () => ms.filter(it => it !== undefined)
  await until(channel, BACK_MS, () => back().length === count)
  channel.close()
  if (signal.aborted) throw new InTheWay({ kind: 'stopped' })
  return { sent: count, ms: back() }
}

/**
 * Many messages at once.
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
export async function burst(plan, signal) {
  const { burst_frames: asked, burst_bytes } = plan.sizes
  const channel = await open(`?frames=${asked}&bytes=${burst_bytes}`, signal)
  const came = new Set()
  let [first, last] = [0, 0]
  channel.hear = data => {
    first ||= performance.now()
    last = performance.now()
    came.add(Number(data))
  }
  await until(channel, 2 * BACK_MS, () => came.size === asked)
  channel.close()
  return { asked, came: came.size, ms: last - first }
}

const DROP = { frames: 40, bytes: 200, every_ms: 20 }

/**
 * A connection that is dropped half-way and taken up again.
 * @param {Plan} _
 * @param {AbortSignal} signal
 */
export async function resume(_, signal) {
  const query = `?frames=${DROP.frames}&bytes=${DROP.bytes}&every_ms=${DROP.every_ms}`
  /** @type {number[]} */
  const came = []
  const first = await open(query, signal)
  let dropped = false
  first.hear = data => !dropped && came.push(Number(data))
  await until(first, BACK_MS, () => came.length >= DROP.frames / 2)
  dropped = true
  first.close()
  const began = performance.now()
  let ms = 0
  const second = await open(`${query}&from=${(came.at(-1) ?? -1) + 1}`, signal)
  second.hear = data => {
    ms ||= performance.now() - began
    came.push(Number(data))
  }
  await until(second, BACK_MS, () => came.length >= DROP.frames)
  second.close()
  const each = new Set(came)
  return { asked: DROP.frames, came: each.size, twice: came.length - each.size, ms }
}

/**
 * A connection on which nothing is said for so many seconds, and then a word.
 * @param {number} seconds
 * @param {AbortSignal} signal
 */
export async function hold(seconds, signal) {
  const channel = await open('', signal)
  const began = performance.now()
  let timer
  const over = new Promise(resolve => (timer = setTimeout(() => resolve(0), seconds * 1000)))
  const stop = new Promise(resolve => signal.addEventListener('abort', () => resolve(0), { once: true }))
  const code = Number(await Promise.race([over, channel.closed, stop]))
  clearTimeout(timer)
  const ms = performance.now() - began
  if (signal.aborted) {
    channel.close()
    throw new InTheWay({ kind: 'stopped' })
  }
  if (OWN_CODES.includes(code)) throw new InTheWay({ kind: 'busy' })
  if (code) return { end: 'closed', ms }
  let back = false
  channel.hear = () => (back = true)
  channel.send('still there?')
  // Closed at the word, it was dead before.
  await until(channel, ECHO_MS, () => back)
  channel.close()
  return { end: back ? 'survived' : 'silent', ms }
}
