// What the live connection makes of changes, and the ids of commands.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { merge, uuid } from '../js/live.js'

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
  it('is a random UUID, also where the browser offers none by itself', () => {
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
    assert.match(uuid(), form)
    const whole = globalThis.crypto
    const bare = { getRandomValues: (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => whole.getRandomValues(bytes) }
    Object.defineProperty(globalThis, 'crypto', { value: bare, configurable: true })
    try {
      assert.match(uuid(), form)
      assert.notEqual(uuid(), uuid())
    } finally {
      Object.defineProperty(globalThis, 'crypto', { value: whole, configurable: true })
    }
  })
})
