// What a browser can measure by plain requests: the page, its name, the clock, who stands between, streams, waits, rates.

/**
 * @typedef {{kind: 'no_answer' | 'silent' | 'busy' | 'room_live' | 'switched_off' | 'stopped'} | {kind: 'crowded', after: number} | {kind: 'foreign' | 'limited' | 'refused', status: number}} Trouble
 */
/**
 * What came of a try.
 * @typedef {{figures: any} | {trouble: Trouble}} Got
 */
/**
 * @typedef {object} Plan
 * @property {string} host
 * @property {number} port
 * @property {number[]} silence_s
 * @property {Record<string, number>} sizes
 * @property {{measured: boolean}} participant
 */

const API = '/api/v1/netcheck/'
/** How long an answer may take beside what was asked for. */
const REQUEST_TIMEOUT_MS = 10_000
/** Rates are known after this time. */
const TRANSFER_MS = 12_000
/** By this header our answers are told from those of somebody else. */
const OURS = 'parterre-netcheck'
/** How often the clocks are compared; the quickest answer says the most. */
const LOOKS = 5

/** Something was in the way. */
export class InTheWay extends Error {
  /** @param {Trouble} trouble */
  constructor(trouble) {
    super(trouble.kind)
    this.trouble = trouble
  }
}

/**
 * Figures, or what was in the way of them.
 * @param {() => Promise<any>} probe
 * @param {AbortSignal} signal
 * @returns {Promise<Got>}
 */
export async function got(probe, signal) {
  try {
    return { figures: await probe() }
  } catch (error) {
    if (signal.aborted) return { trouble: { kind: 'stopped' } }
    if (error instanceof InTheWay) return { trouble: error.trouble }
    return { trouble: { kind: 'no_answer' } }
  }
}

/**
 * Asks the server; the answer is its own.
 * @param {string} path
 * @param {AbortSignal} signal
 * @param {RequestInit & {ms?: number}} [options]
 */
export async function ask(path, signal, { ms = REQUEST_TIMEOUT_MS, ...options } = {}) {
  const late = AbortSignal.timeout(ms)
  const stop = new AbortController()
  const cut = () => stop.abort()
  for (const one of [late, signal]) one.aborted ? cut() : one.addEventListener('abort', cut, { once: true })
  /** @type {Response} */
  let answer
  try {
    // Whoever sends us elsewhere is not the server.
    answer = await fetch(API + path, { cache: 'no-store', redirect: 'manual', ...options, signal: stop.signal })
  } catch {
    throw new InTheWay(late.aborted ? { kind: 'silent' } : { kind: 'no_answer' })
  }
  if (answer.ok && answer.headers.has(OURS)) return answer
  throw new InTheWay(await whose(answer))
}

/**
 * Who answered, if not the server with what was asked for.
 * @param {Response} answer
 * @returns {Promise<Trouble>}
 */
async function whose(answer) {
  if (answer.type === 'opaqueredirect') return { kind: 'foreign', status: 302 }
  const body = await answer.json().catch(() => undefined)
  const ours = typeof body?.code === 'string' && typeof body?.message === 'string'
  if (ours && (body.code === 'room_live' || body.code === 'switched_off')) return { kind: body.code }
  if (ours && answer.status === 503) return { kind: 'busy' }
  if (ours && answer.status === 429) return { kind: 'limited', status: 429 }
  return { kind: ours ? 'refused' : 'foreign', status: answer.status }
}

/**
 * @param {string} path
 * @param {AbortSignal} signal
 * @param {any} [body]
 */
export async function json(path, signal, body) {
  const options = body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await ask(path, signal, options)
  return answer.json()
}

/** The page as the browser remembers it. */
const loaded = () => /** @type {PerformanceNavigationTiming | undefined} */ (performance.getEntriesByType('navigation')[0])

/**
 * How long something took that the browser fetched, without the look-up of its name, which is measured apart.
 * @param {PerformanceResourceTiming} it
 */
const took = it => (it.requestStart > 0 ? it.responseEnd - it.requestStart + (it.connectEnd - it.connectStart) : it.duration)

/** How the page and its parts came. */
export async function page() {
  const parts = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('resource')).filter(it => it.name.includes('/assets/'))
  const secure = location.protocol === 'https:'
  const it = loaded()
  return {
    secure,
    port: Number(location.port || (secure ? 443 : 80)),
    ms: it ? Math.max(0, took(it)) : 0,
    slowest_ms: Math.max(0, ...parts.map(took)),
    missing: parts.filter(part => part.responseStatus >= 400).length,
  }
}

/** How long the name took. */
export async function name() {
  const it = loaded()
  return { ms: it ? Math.max(0, it.domainLookupEnd - it.domainLookupStart) : 0 }
}

/**
 * What the server sees, and how far the clock is ahead.
 * @param {AbortSignal} signal
 */
export async function seen(signal) {
  const looks = []
  let last
  for (let look = 0; look < LOOKS; look += 1) {
    const [began, wall] = [performance.now(), Date.now()]
    last = await json('seen', signal)
    const took = performance.now() - began
    looks.push({ ahead_ms: wall + took / 2 - last.now, round_trip_ms: took })
  }
  const entries = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType('resource'))
  const protocol = entries.filter(entry => entry.name.endsWith(`${API}seen`)).at(-1)?.nextHopProtocol || loaded()?.nextHopProtocol || ''
  const { now: _, ...what } = last
  const clock = looks.reduce((best, look) => (look.round_trip_ms < best.round_trip_ms ? look : best))
  return { seen: { ...what, protocol }, clock }
}

/** So much later than the most punctual event, another looks as if somebody held the stream. */
const HELD_MS = 1_000

/**
 * A stream of Server-Sent Events. One that looks held is tried once more: a page may stall for a moment, and whoever holds streams holds each.
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
export async function sse(plan, signal) {
  const first = await stream(plan, signal)
  if (!isHeld(first)) return first
  const second = await stream(plan, signal)
  return isHeld(second) ? first : second
}

/** @param {{asked: number, at: [number, number][]}} events */
function isHeld({ asked, at }) {
  const ways = at.map(([sent, here]) => here - sent)
  return at.length < asked || Math.max(...ways) - Math.min(...ways) > HELD_MS
}

/**
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
async function stream(plan, signal) {
  const { events: asked, event_every_ms } = plan.sizes
  const ms = asked * event_every_ms + REQUEST_TIMEOUT_MS
  const answer = await ask(`sse?count=${asked}&every_ms=${event_every_ms}`, signal, { ms })
  /** @type {[number, number][]} */
  const at = []
  let text = ''
  await pieces(answer, piece => {
    text += new TextDecoder().decode(piece)
    const whole = text.split('\n\n')
    text = whole.pop() ?? ''
    for (const event of whole) at.push([JSON.parse(event.replace(/^data: /, '')).at, performance.now()])
  })
  return { asked, at }
}

/**
 * Reads an answer piece by piece. One that is cut off is as good as what came of it.
 * @param {Response} answer
 * @param {(piece: Uint8Array) => void} take
 */
async function pieces(answer, take) {
  const reader = answer.body?.getReader()
  try {
    for (;;) {
      const piece = await reader?.read()
      if (!piece || piece.done) return
      take(piece.value)
    }
  } catch {
    // What came so far counts.
  }
}

/**
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
export async function poll(plan, signal) {
  const asked_ms = plan.sizes.poll_ms
  const began = performance.now()
  const answer = await ask(`poll?after_ms=${asked_ms}`, signal, { ms: asked_ms + REQUEST_TIMEOUT_MS })
  await answer.json()
  return { asked_ms, ms: performance.now() - began }
}

/**
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
export async function download(plan, signal) {
  const began = performance.now()
  const answer = await ask(`download?bytes=${plan.sizes.download_bytes}`, signal, { ms: TRANSFER_MS })
  let bytes = 0
  await pieces(answer, piece => (bytes += piece.byteLength))
  return { bytes, ms: performance.now() - began }
}

/**
 * A tenth first: on a slow line that says enough.
 * @param {Plan} plan
 * @param {AbortSignal} signal
 */
export async function upload(plan, signal) {
  const send = async (/** @type {number} */ bytes) => {
    const body = new Uint8Array(bytes)
    for (let at = 0; at < bytes; at += 65_536) crypto.getRandomValues(body.subarray(at, at + 65_536))
    const began = performance.now()
    await ask('upload', signal, { method: 'POST', body, ms: TRANSFER_MS })
    return { bytes, ms: performance.now() - began }
  }
  const first = await send(Math.ceil(plan.sizes.upload_bytes / 10))
  return first.ms > TRANSFER_MS / 10 ? first : send(plan.sizes.upload_bytes)
}

/**
 * A page that is always the same, beside its text as JSON, which nobody rewrites.
 * @param {AbortSignal} signal
 */
export async function unchanged(signal) {
  const { text } = await json('document?form=json', signal)
  const answer = await ask('document', signal, { headers: { Accept: 'text/html' } })
  const came = await answer.text()
  const scripts = (/** @type {string} */ html) => html.split(/<script/i).length - 1
  return { same: came === text, scripts: Math.max(0, scripts(came) - scripts(text)) }
}

/** A cookie of the page's own; nothing where the browser takes none. */
const SENT = 'parterre_netcheck_sent'
/** @param {string} value */
function bake(value) {
  document.cookie = `${SENT}=${value}; path=/; SameSite=Lax; max-age=${value ? 60 : 0}`
  return document.cookie.includes(`${SENT}=${value}`)
}

/**
 * Whether cookies come and go: one that the server sets, and one that this page sends.
 * @param {AbortSignal} signal
 */
export async function cookies(signal) {
  const value = Array.from(crypto.getRandomValues(new Uint32Array(2)), number => number.toString(36)).join('')
  // What the browser itself refuses says nothing of the network, and is told where storage is.
  if (!bake(value)) throw new InTheWay({ kind: 'stopped' })
  try {
    const { sent } = await json(`cookies?set=${value}`, signal)
    return { set: document.cookie.includes(`parterre_netcheck=${value}`), sent: sent === value }
  } finally {
    bake('')
  }
}

/** Less than this is what browsers give to private windows. */
const PRIVATE_BYTES = 200_000_000

/** Whether the browser takes cookies, whatever it says. */
function takesCookies() {
  const takes = bake('tried')
  bake('')
  return takes
}

/** What the browser keeps. */
export async function storage() {
  let works = false
  try {
    localStorage.setItem('netcheck', '1')
    works = localStorage.getItem('netcheck') === '1'
    localStorage.removeItem('netcheck')
  } catch {
    // Refused: it does not work.
  }
  const quota = (await navigator.storage?.estimate?.())?.quota
  return { works, cookies: takesCookies(), private: quota !== undefined && quota < PRIVATE_BYTES }
}
