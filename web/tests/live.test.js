// What the live connection makes of changes, when it comes back, and the ids of commands.

import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Live, merge, pause, uuid } from '../js/live.js'

describe('a change of a topic', () => {
  // The examples of RFC 7396, appendix A.
  const examples = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [['a', 'b'], ['c', 'd'], ['c', 'd']],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, result] of examples) {
    it(`${JSON.stringify(target)} with ${JSON.stringify(patch)}`, () => assert.deepEqual(merge(target, patch), result))
  }

  it('leaves what it was made from as it is', () => {
    const target = { tally: { counts: { 1: 4 } } }
    merge(target, { tally: { counts: { 1: 5 } } })
    assert.deepEqual(target, { tally: { counts: { 1: 4 } } })
  })
})

describe('the id of a command', () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, 'crypto')
  after(() => own && Object.defineProperty(globalThis, 'crypto', own))

  const getRandomValues = (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => webcrypto.getRandomValues(bytes)
  // Both are given, because Node.js 18 has neither under the browser's name.
  const offers = { 'on a safe page': webcrypto, 'where the browser makes none': { getRandomValues } }
  for (const [where, value] of Object.entries(offers)) {
    it(`is a random UUID, ${where}`, () => {
      Object.defineProperty(globalThis, 'crypto', { value, configurable: true })
      assert.match(uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      assert.notEqual(uuid(), uuid())
    })
  }
})

describe('a connection that is lost', () => {
  /** What a page has and Node.js has not, and the timers, which the test lets pass. */
  const replaced = ['document', 'window', 'location', 'WebSocket', 'setTimeout', 'clearTimeout', 'Date']
  const own = replaced.map(name => /** @type {const} */ ([name, Object.getOwnPropertyDescriptor(globalThis, name)]))
  /** @type {FakeSocket[]} */
  let sockets = []
  /** @type {Map<number, {at: number, act: (...args: unknown[]) => void}>} */
  const timers = new Map()
  /** @type {Record<string, () => void>} */
  const heard = {}
  let [now, count] = [0, 0]

  class FakeSocket {
    static OPEN = 1
    readyState = 1
    /** @type {(event: {data: string}) => void} */ onmessage = () => {}
    /** @type {(event: {code: number}) => void} */ onclose = () => {}
    /** @param {URL} url */
    constructor(url) {
      this.url = url
      sockets.push(this)
    }
    send() {}
    close() {}
    /** @param {object} message */
    says(message) {
      this.onmessage({ data: JSON.stringify(message) })
    }
  }

  before(() => {
    const listen = (/** @type {string} */ name, /** @type {() => void} */ act) => { heard[name] = act }
    const fakes = {
      document: { addEventListener: listen, visibilityState: 'visible' },
      window: { addEventListener: listen },
      location: { href: 'http://example.org/e/TULIP' },
      WebSocket: FakeSocket,
      setTimeout: (/** @type {() => void} */ act, /** @type {number} */ ms) => timers.set(++count, { at: now + ms, act }) && count,
      clearTimeout: (/** @type {number} */ id) => timers.delete(id),
      Date: { now: () => now },
    }
    for (const [name, value] of Object.entries(fakes)) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  })
  after(() => own.forEach(([name, was]) => was ? Object.defineProperty(globalThis, name, was) : Reflect.deleteProperty(globalThis, name)))
  beforeEach(() => {
    sockets = []
    timers.clear()
  })

  /** Lets time pass. @param {number} ms */
  function pass(ms) {
    const until = now + ms
    for (;;) {
      const [next] = [...timers].filter(([, { at }]) => at <= until).sort(([, a], [, b]) => a.at - b.at)
      if (!next) break
      timers.delete(next[0])
      now = next[1].at
      next[1].act()
    }
    now = until
  }

  /** A connection that is there. */
  function connected() {
    const live = new Live({ path: '/api/v1/live?event=1&as=phone' })
    live.connect()
    sockets[0].says({ t: 'hello', v: 1, now: 1, ping_ms: 25_000 })
    return live
  }

  /**
   * The server says when to come, and closes.
   * @param {number} code
   * @param {number} [retry_ms]
   * @param {string} [told]
   */
  function bye(code, retry_ms, told) {
    const socket = sockets[sockets.length - 1]
    socket.says({ t: 'bye', code, message: '', retry_ms, retry: told })
    socket.onclose({ code })
  }

  it('comes back when a server that stops has told it to, and as anybody', () => {
    const live = connected()
    bye(1012, 320)
    assert.equal(live.status, 'reconnecting')
    pass(319)
    assert.equal(sockets.length, 1)
    pass(1)
    assert.equal(sockets.length, 2)
    assert.equal(sockets[1].url.searchParams.get('retry'), null)
  })

  it('comes to a busy server at the moment that it was told, saying so, however often the page is looked at', () => {
    connected()
    bye(1013, 7000, 'first')
    for (const event of ['visibilitychange', 'online']) {
      pass(1000)
      heard[event]()
    }
    assert.equal(sockets.length, 1)
    pass(5000)
    assert.equal(sockets.length, 2)
    assert.equal(sockets[1].url.searchParams.get('retry'), 'first')
    bye(1013, 900, 'second')
    pass(900)
    assert.equal(sockets[2].url.searchParams.get('retry'), 'second')
    sockets[2].says({ t: 'hello', v: 1, now: 1, ping_ms: 25_000 })
    sockets[2].onclose({ code: 1006 })
    pass(4000)
    assert.equal(sockets[3].url.searchParams.get('retry'), null, 'what it was told is over')
  })

  it('comes at once when the page is looked at and nobody told it when to come', () => {
    connected()
    sockets[0].onclose({ code: 1006 })
    heard.online()
    assert.equal(sockets.length, 2)
  })

  it('is spread over a second at first and over four at most, all times alike', () => {
    for (const [failures, most] of [[0, 1000], [1, 2000], [2, 4000], [30, 4000]]) {
      const tenths = Array.from({ length: 10 }, (_, tenth) => pause(failures, () => tenth / 10))
      assert.deepEqual(tenths, Array.from({ length: 10 }, (_, tenth) => (tenth / 10) * most))
    }
  })

  it('does not come again after a code that says so', () => {
    const live = connected()
    bye(4501)
    pass(60_000)
    assert.deepEqual([live.status, sockets.length], ['off', 1])
  })

  it('looks again without a word, ever more rarely, for an event that was deleted, and goes on where it is back', () => {
    const live = connected()
    bye(4500)
    pass(4_000)
    assert.deepEqual([live.status, sockets.length], ['off', 2])
    bye(4500)
    pass(3_900)
    assert.equal(sockets.length, 2)
    pass(4_100)
    assert.deepEqual([live.status, sockets.length], ['off', 3])
    sockets[2].says({ t: 'hello', v: 1, now: 1, ping_ms: 25_000 })
    assert.equal(live.status, 'connected')
  })
})
