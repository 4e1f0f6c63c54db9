// What a browser can measure on a WebSocket: the upgrade, messages out and back, bursts, drops, silence.

import { InTheWay } from './probes.js'

/** @typedef {import('./probes.js').Plan} Plan */
/** How a trial ended. @typedef {{kind: 'done' | 'late'} | {kind: 'closed', code: number}} Ending */

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
  #code = 0
  /** The close code, once it is closed. @type {Promise<number>} */
  closed

  /** @param {WebSocket} socket */
  constructor(socket) {
    this.socket = socket
    socket.onmessage = event => this.hear(event.data)
    this.closed = new Promise(resolve => (socket.onclose = event => ((this.#code = event.code), resolve(event.code))))
  }

  /** How a trial on it ends that did not get all that it waited for. @returns {Ending} */
  get end() {
    return this.#code ? { kind: 'closed', code: this.#code } : { kind: 'late' }
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

/** How long one message may take to come back: on a slow line it is late, and not lost. */
const MESSAGE_MS = 20_000

/**
 * Text and binary, small and large, one size after the other: so it shows at which one somebody closes.
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
export async function messages(plan, signal) {
  const sizes = [16, 1_024, 16_384, plan.sizes.large_bytes]
  const all = { sent: 0, back: 0, changed: 0, in_order: true, largest: 0, binary: false, stopped_at: 0, slowest_ms: 0, end: /** @type {Ending} */ ({ kind: 'done' }) }
  for (const [make, isBinary] of /** @type {const} */ ([[text, false], [binary, true]])) {
    const channel = await open('', signal)
    // The small ones go together, to see that they keep their order.
    for (const group of [sizes.slice(0, 2), ...sizes.slice(2).map(size => [size])]) {
      const sent = group.map(make)
      /** @type {(string | ArrayBuffer)[]} */
      const back = []
      channel.hear = data => back.push(data)
      const began = performance.now()
      for (const message of sent) channel.send(message)
      await until(channel, MESSAGE_MS, () => back.length === sent.length)
      const known = sent.map(print)
      const whole = back.map(data => known.indexOf(print(data))).filter(at => at >= 0)
      all.sent += sent.length
      all.back += back.length
      all.changed += back.length - whole.length
      all.in_order &&= whole.every((at, place) => place === 0 || at > whole[place - 1])
      all.largest = Math.max(all.largest, ...whole.map(at => group[at]))
      all.binary ||= isBinary && whole.length > 0
      all.slowest_ms = Math.max(all.slowest_ms, performance.now() - began)
      if (back.length < sent.length) {
        // Where binary is refused from its beginning, it is that and no limit.
        if (isBinary && whole.length === 0 && group[0] === sizes[0]) break
        all.stopped_at = group[back.length]
        all.end = channel.end
        break
      }
    }
    channel.close()
    if (all.stopped_at) break
  }
  return all
}

/**
 * A text of so many bytes, not all of them ASCII.
 * @param {number} bytes
 * @returns {string | Uint8Array<ArrayBuffer>}
 */
function text(bytes) {
  return `é${'live '.repeat(bytes)}`.slice(0, bytes - 1)
}

/** @param {number} bytes @returns {string | Uint8Array<ArrayBuffer>} */
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
  const { end } = channel
  channel.close()
  if (signal.aborted) throw new InTheWay({ kind: 'stopped' })
  return { sent: count, ms: back(), end: back().length === count ? { kind: 'done' } : end }
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
  const { end } = channel
  channel.close()
  return { asked, came: came.size, ms: last - first, end: came.size === asked ? { kind: 'done' } : end }
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
  const { end } = second
  second.close()
  const each = new Set(came)
  return { asked: DROP.frames, came: each.size, twice: came.length - each.size, ms, end: each.size >= DROP.frames ? { kind: 'done' } : end }
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
  if (code) return { end: 'closed', ms, code }
  let back = false
  channel.hear = () => (back = true)
  channel.send('still there?')
  // Closed at the word, it was dead before.
  await until(channel, ECHO_MS, () => back)
  channel.close()
  return { end: back ? 'survived' : 'silent', ms }
}

/** So many connections show most limits of their number; for how long they are opened, how often each says something, and how often it is tried after a refusal. */
const CROWD = { phones: 30, ms: 6_000, say_ms: 500, refusals: 3, stay_ms: 500 }

/**
 * Many connections from here at the same time. A browser opens one after the other, and none is silent meanwhile: how long one may
 * be is another trial's question.
 * @param {AbortSignal} signal
 */
export async function phones(signal) {
  const until = performance.now() + CROWD.ms
  /** @type {{channel: Channel, ms: number}[]} */
  const opened = []
  let [asked, busy, late, refused] = [0, 0, 0, 0]
  const saying = setInterval(() => opened.forEach(({ channel }) => channel.send('there?')), CROWD.say_ms)
  signal.addEventListener('abort', () => clearInterval(saying), { once: true })
  while (asked < CROWD.phones && performance.now() < until && refused < CROWD.refusals && !signal.aborted) {
    asked += 1
    const began = performance.now()
    try {
      const channel = await open('?crowd=true', signal)
      opened.push({ channel, ms: performance.now() - began })
    } catch (error) {
      if (signal.aborted) throw error
      if (error instanceof InTheWay && error.trouble.kind === 'silent') late += 1
      else refused += 1
    }
  }
  await new Promise(resolve => setTimeout(resolve, CROWD.stay_ms))
  clearInterval(saying)
  const ends = opened.map(({ channel }) => channel.end)
  for (const { channel } of opened) channel.close()
  const closed = ends.flatMap(end => (end.kind === 'closed' ? [end.code] : []))
  busy += closed.filter(code => OWN_CODES.includes(code)).length
  return { asked, opened: opened.length - busy, busy, late, kept: opened.length - closed.length, ms: opened.map(({ ms }) => ms) }
}
