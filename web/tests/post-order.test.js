// The order of questions, and what of it waits while somebody reads.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { popular, undisturbed } from '../js/post-order.js'

/** @param {number} votes @param {Partial<import('../js/wire.js').ShownPost>} [more] */
const post = (votes, more = {}) => ({ text: 'Why?', votes, at: 0, ...more })

describe('the order of questions', () => {
  it('is by votes for less votes against, then by number', () => {
    assert.deepEqual(popular({ 2: post(5), 10: post(9, { down: 5 }), 9: post(4), 11: post(7) }), ['11', '2', '9', '10'])
  })

  it('has pinned ones above all, and answered ones nowhere', () => {
    assert.deepEqual(popular({ 1: post(9), 2: post(1, { pinned: true }), 3: post(99, { answered: true }), 4: post(2, { pinned: true }) }), ['4', '2', '1'])
  })
})

describe('what is being read', () => {
  it('stays where it is, and all else comes after it in order', () => {
    assert.deepEqual(undisturbed(['a', 'b', 'c', 'd'], ['e', 'd', 'b', 'a', 'c'], 2), ['a', 'b', 'e', 'd', 'c'])
  })

  it('leaves when it is gone', () => {
    assert.deepEqual(undisturbed(['a', 'b', 'c'], ['c', 'b'], 2), ['b', 'c'])
  })

  it('is nothing at first', () => {
    assert.deepEqual(undisturbed([], ['b', 'a'], 0), ['b', 'a'])
  })
})
