// What the live connection makes of changes, and the ids of commands.

import assert from 'node:assert/strict'
import { webcrypto } from 'node:crypto'
import { after, describe, it } from 'node:test'
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
