// What a device keeps of what is marked or typed and not sent.

import assert from 'node:assert/strict'
import { beforeEach, it } from 'node:test'
import { Unsent } from '../js/phone/unsent.js'

/** @type {Map<string, string>} */
let device

beforeEach(() => {
  device = new Map()
  globalThis.localStorage = /** @type {any} */ ({
    getItem: (/** @type {string} */ name) => device.get(name) ?? null,
    setItem: (/** @type {string} */ name, /** @type {string} */ value) => device.set(name, value),
    removeItem: (/** @type {string} */ name) => device.delete(name),
  })
})

const marks = [{ id: '2', text: 'Hills' }]

it('it is there for its activity and round alone', () => {
  new Unsent('e').keep('a', 1, { version: 1, marks })
  const again = new Unsent('e')
  assert.deepEqual(again.of('a', 1)?.marks, marks)
  assert.deepEqual([again.of('a', 2), again.of('b', 1), new Unsent('f').of('a', 1)], [undefined, undefined, undefined])
})

it('the newest takes the place of what was kept before, and nothing lets go of it', () => {
  const unsent = new Unsent('e')
  unsent.keep('a', 1, { text: 'mus' })
  unsent.keep('a', 1, { text: 'music' })
  unsent.keep('b', 1, { text: 'soup' })
  assert.equal(unsent.of('a', 1)?.text, 'music')
  unsent.keep('a', 2, undefined)
  assert.equal(unsent.of('a', 1), undefined)
  unsent.keep('b', 1, undefined)
  assert.equal(device.size, 0)
})

it('of many activities the newest are kept, and what others have written there does no harm', () => {
  const unsent = new Unsent('e')
  for (let n = 0; n < 25; n += 1) unsent.keep(`a${n}`, 1, { text: String(n) })
  assert.deepEqual([unsent.of('a4', 1), unsent.of('a5', 1)?.text, unsent.of('a24', 1)?.text], [undefined, '5', '24'])
  for (const broken of ['{', 'null', '7', '[null, 3, {"activity": 1}]']) {
    device.set('parterre.unsent.e', broken)
    assert.equal(unsent.of('a', 1), undefined, broken)
    unsent.keep('a', 1, { text: 'mus' })
    assert.equal(unsent.of('a', 1)?.text, 'mus')
  }
})
