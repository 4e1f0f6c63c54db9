// The places of a cloud's words.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { layout } from '../js/cloud-layout.js'

const room = { width: 1600, height: 600 }
const nothing = { unit: 1, places: new Map() }
const measure = (/** @type {string} */ word) => 0.58 * word.length
/** @param {number} n @param {number} [boost] what the last word is counted more */
const words = (n, boost = 0) =>
  Array.from({ length: n }, (_, i) => ({ word: `word${'x'.repeat(i % 7)}${i}`, count: 3 * (n - i) + (i === n - 1 ? boost : 0) }))
    .sort((a, b) => b.count - a.count)

/** @param {import('../js/cloud-layout.js').Cloud} cloud */
function assertApart({ places }) {
  const all = [...places.entries()]
  for (const [i, [word, a]] of all.entries()) {
    assert.ok(Math.abs(a.x) * 2 + a.width <= room.width + 1 && Math.abs(a.y) * 2 + a.height <= room.height + 1, `${word} is inside`)
    for (const [other, b] of all.slice(i + 1)) {
      const apart = Math.abs(a.x - b.x) * 2 >= a.width + b.width || Math.abs(a.y - b.y) * 2 >= a.height + b.height
      assert.ok(apart, `${word} and ${other} overlap`)
    }
  }
}

describe('a cloud', () => {
  for (const n of [1, 2, 20, 80]) {
    it(`has room for ${n} words, none over another`, () => {
      const cloud = layout(words(n), room, measure, nothing)
      assert.equal(cloud.places.size, n)
      assertApart(cloud)
    })
  }

  it('shrinks rather than leave out somebody’s word', () => {
    const counts = { temps: 12, musique: 8, promenades: 5, enfants: 4, soupe: 3, silence: 2, danse: 2, histoires: 2, trains: 2, thé: 2, courage: 2, 'du pain et des roses': 2 }
    const list = Object.entries(counts).map(([word, count]) => ({ word, count }))
    for (let width = 1000; width < 2000; width += 50) {
      assert.equal(layout(list, { width, height: 600 }, measure, nothing).places.size, list.length, `${width} wide`)
    }
  })

  it('is the same on every screen', () => {
    assert.deepEqual(layout(words(40), room, measure, nothing), layout(words(40), room, measure, nothing))
  })

  it('leaves the words where they are when one more is counted', () => {
    const before = layout(words(30), room, measure, nothing)
    const after = layout(words(30, 1), room, measure, before)
    assertApart(after)
    const moved = [...after.places].filter(([word, { x, y }]) => {
      const was = before.places.get(word)
      return !was || Math.hypot(was.x - x, was.y - y) > 1
    })
    assert.ok(moved.length <= 2, `${moved.length} of 30 moved`)
  })

  it('makes the most frequent word the largest, and none stand out while all came once', () => {
    const { places } = layout(words(10), room, measure, nothing)
    const sizes = words(10).map(({ word }) => places.get(word)?.size ?? 0)
    assert.deepEqual(sizes, [...sizes].sort((a, b) => b - a))
    const once = layout([{ word: 'a', count: 1 }, { word: 'b', count: 1 }], room, measure, nothing)
    assert.equal(once.places.get('a')?.size, once.places.get('b')?.size)
  })

  it('leaves out what cannot fit', () => {
    const wide = layout([{ word: 'x'.repeat(400), count: 9 }, { word: 'mer', count: 1 }], { width: 100, height: 60 }, measure, nothing)
    assertApart(wide)
    assert.deepEqual(layout([], room, measure, wide).places.size, 0)
  })
})
