// What is kept on a device until it has its receipt, by several tabs at once.

import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it, mock } from 'node:test'
import { Outbox } from '../js/phone/outbox.js'

/** @typedef {import('../js/live.js').Live} Live */

/** The device's storage as one tab knows it: what others write arrives when it is told. */
class Storage {
  /** @param {Map<string, string>} device @param {() => Storage[]} tabs */
  constructor(device, tabs) {
    Object.defineProperty(this, 'shared', { value: { device, tabs, late: [], listener: () => {} } })
  }

  /** @returns {{device: Map<string, string>, tabs: () => Storage[], late: (() => void)[], listener: (change: {key: string, newValue: string | null}) => void}} */
  get parts() {
    return /** @type {any} */ (this).shared
  }

  /** @param {string} name */
  getItem(name) {
    return /** @type {Record<string, string>} */ (/** @type {unknown} */ (this))[name] ?? null
  }

  /** @param {string} name @param {string} value */
  setItem(name, value) {
    this.write(name, value)
  }

  /** @param {string} name */
  removeItem(name) {
    this.write(name, undefined)
  }

  /** @param {string} name @param {string | undefined} value */
  write(name, value) {
    this.hold(name, value)
    if (value === undefined) this.parts.device.delete(name)
    else this.parts.device.set(name, value)
    for (const tab of this.parts.tabs()) {
      if (tab !== this) tab.parts.late.push(() => {
        tab.hold(name, value)
        globalThis.localStorage = /** @type {any} */ (tab)
        tab.parts.listener({ key: name, newValue: value ?? null })
      })
    }
  }

  /** @param {string} name @param {string | undefined} value */
  hold(name, value) {
    const held = /** @type {Record<string, string>} */ (/** @type {unknown} */ (this))
    if (value === undefined) delete held[name]
    else held[name] = value
  }

  /** What others have written by now is known. */
  hear() {
    for (const hold of this.parts.late.splice(0)) hold()
  }
}

class Tab {
  /** @type {any[]} */
  sent = []

  /** @param {Storage} storage */
  constructor(storage) {
    this.storage = storage
    globalThis.window = /** @type {any} */ ({
      addEventListener: (/** @type {string} */ _, /** @type {() => void} */ listener) => (storage.parts.listener = listener),
    })
    /** What other tabs have learnt. @type {string[]} */
    this.learnt = []
    this.live = { ready: false, send: (/** @type {any} */ command) => this.sent.push(command) }
    this.outbox = new Outbox('event', /** @type {Live} */ (/** @type {unknown} */ (this.live)), () => {}, ({ cid }) => this.learnt.push(cid))
  }

  /** @template T @param {(outbox: Outbox) => T} act */
  do(act) {
    globalThis.localStorage = /** @type {any} */ (this.storage)
    return act(this.outbox)
  }

  /** @param {number} option */
  answer(option) {
    return this.do(outbox => outbox.add({ t: 'respond', activity: 'where', round: 1, answer: { kind: 'choice', options: [option] } }))
  }

  /** The server has stored what was sent last. */
  stored() {
    const { cid } = this.sent.at(-1)
    return this.do(outbox => outbox.settle({ t: 'receipt', cid, status: 'stored', at: 1 }))
  }

  connect() {
    this.live.ready = true
    this.do(outbox => outbox.flush())
  }

  waiting() {
    return this.do(outbox => outbox.entries().map(({ command }) => command.cid))
  }
}

beforeEach(() => {
  mock.timers.enable({ apis: ['setTimeout'] })
})

afterEach(() => mock.timers.reset())

describe('the outbox of two tabs', () => {
  /** @type {Map<string, string>} */
  let device
  /** @type {Tab} */
  let one
  /** @type {Tab} */
  let other

  beforeEach(() => {
    device = new Map()
    const storages = /** @type {Storage[]} */ ([])
    for (let n = 0; n < 2; n++) storages.push(new Storage(device, () => storages))
    ;[one, other] = storages.map(storage => new Tab(storage))
  })

  it('loses nothing that one keeps while the other lets go of its own', () => {
    one.connect()
    one.answer(1)
    other.storage.hear()
    const later = other.answer(2)
    one.stored()
    for (const tab of [one, other]) tab.storage.hear()
    assert.deepEqual(other.waiting(), [later])
    assert.deepEqual(one.waiting(), [later])
    assert.equal(device.size, 1)
  })

  it('loses nothing that both keep in one instant', () => {
    one.do(outbox => outbox.add({ t: 'post', post: { do: 'ask', text: 'Why?' } }))
    other.do(outbox => outbox.add({ t: 'post', post: { do: 'ask', text: 'Who?' } }))
    for (const tab of [one, other]) tab.storage.hear()
    assert.equal(one.waiting().length, 2)
    assert.deepEqual(one.waiting(), other.waiting())
  })

  it('tells of what is stored before it is gone', () => {
    one.connect()
    const first = one.answer(1)
    one.stored()
    const seen = []
    for (const hold of other.storage.parts.late.splice(0)) {
      hold()
      seen.push(other.waiting().length + other.learnt.length)
    }
    assert.deepEqual(other.learnt, [first])
    assert.ok(!seen.includes(0), String(seen))
    assert.deepEqual(other.waiting(), [])
  })

  it('sends what came first before what takes its place', () => {
    one.connect()
    const first = one.answer(1)
    other.storage.hear()
    const second = other.answer(2)
    other.connect()
    assert.deepEqual(other.sent.map(({ cid }) => cid), [first])
    other.stored()
    assert.deepEqual(other.sent.map(({ cid }) => cid), [first, second])
    other.stored()
    assert.deepEqual(other.waiting(), [])
  })
})

describe('the outbox', () => {
  it('puts a new answer in the place of one that was never sent', () => {
    const tab = new Tab(new Storage(new Map(), () => []))
    tab.answer(1)
    const second = tab.answer(2)
    assert.deepEqual(tab.waiting(), [second])
  })

  it('is not held up by what it did not write', () => {
    const storage = new Storage(new Map(), () => [])
    const tab = new Tab(storage)
    const cid = '5f42cf87-410a-4b23-8f20-8ee353d9e7cd'
    const broken = ['', '{', 'null', '7', '{}', '{"command":{}}', JSON.stringify({ command: { cid, t: 'zzz' }, place: 0 }),
      JSON.stringify({ command: { cid, t: 'post' }, place: 0 }), JSON.stringify({ command: { cid: 'x', t: 'respond' }, place: 0 }),
      JSON.stringify({ command: { cid, t: 'respond' } })]
    broken.forEach((value, place) => storage.setItem(`parterre.outbox.event.${place}`, value))
    tab.connect()
    const first = tab.answer(1)
    assert.deepEqual(tab.waiting(), [first])
    assert.deepEqual(tab.sent.map(({ cid }) => cid), [first])
  })

  it('holds what a full device does not keep', () => {
    const storage = new Storage(new Map(), () => [])
    const tab = new Tab(storage)
    storage.setItem('parterre.outbox.event.broken', '{')
    const kept = tab.answer(1)
    tab.connect()
    storage.setItem = () => {
      throw new DOMException('full', 'QuotaExceededError')
    }
    const unkept = tab.answer(2)
    assert.deepEqual(tab.waiting(), [kept, unkept])
    tab.stored()
    assert.equal(tab.sent.at(-1).cid, unkept)
    tab.stored()
    assert.deepEqual(tab.waiting(), [])
  })
})
