// Lists that are pasted from somewhere else.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { linesOf, withLines, withoutEmptyEnd } from '../js/lines.js'

describe('the lines of a list', () => {
  /** @type {[string, string, string[]][]} */
  const cases = [
    ['Windows', 'Tea\r\nCoffee\r\n', ['Tea', 'Coffee']],
    ['an old Mac', 'Tea\rCoffee', ['Tea', 'Coffee']],
    ['line separators', 'Tea\u2028Coffee\u2029Water\vMilk', ['Tea', 'Coffee', 'Water', 'Milk']],
    ['empty lines and blanks', '\n  Tea  \n\n\t\n Coffee\n', ['Tea', 'Coffee']],
    ['bullets of a word processor', '•\tTea\n•\tCoffee\n\uf0b7 Water', ['Tea', 'Coffee', 'Water']],
    ['bullets of two levels', '• Tea\n   ◦ Green\n   ▪ Black', ['Tea', 'Green', 'Black']],
    ['dashes', '- Tea\n– Coffee\n* Water', ['Tea', 'Coffee', 'Water']],
    ['boxes', '- [ ] Tea\n- [x] Coffee\n☐ Water', ['Tea', 'Coffee', 'Water']],
    ['numbers', '1. Tea\n2. Coffee\n3) Water', ['Tea', 'Coffee', 'Water']],
    ['numbers from further on', '(9) Tea\n(10) Coffee', ['Tea', 'Coffee']],
    ['letters', 'a) Tea\nb) Coffee', ['Tea', 'Coffee']],
    ['numbers that are meant', '3. Liga\n3. Platz', ['3. Liga', '3. Platz']],
    ['negative numbers', '-5\n-3', ['-5', '-3']],
    ['numbers of things', '2 apples\n3 pears', ['2 apples', '3 pears']],
    ['one dash among others', '- Tea\nCoffee', ['- Tea', 'Coffee']],
    ['one line', '1. Tea', ['1. Tea']],
    ['nothing', ' \n ', []],
  ]
  for (const [name, text, lines] of cases) it(`are found: ${name}`, () => assert.deepEqual(linesOf(text), lines))
})

describe('a list into which lines are put', () => {
  const kind = {
    most: 5,
    isEmpty: (/** @type {string} */ entry) => entry === '',
    filled: (/** @type {string} */ _, /** @type {string} */ line) => line,
    added: (/** @type {string} */ line) => line,
  }

  it('has them from that place on, in empty ones first, before what follows', () => {
    assert.deepEqual(withLines(['', '', 'z'], 0, ['a', 'b', 'c'], kind), { entries: ['a', 'b', 'c', 'z'], last: 'c', left: 0 })
    assert.deepEqual(withLines(['x', 'y'], 0, ['a', 'b'], kind).entries, ['a', 'b', 'y'])
  })

  it('takes no more than it may have, and says how many were left', () => {
    assert.deepEqual(withLines(['', 'z'], 0, ['a', 'b', 'c', 'd', 'e', 'f'], kind), { entries: ['a', 'b', 'c', 'd', 'z'], last: 'd', left: 2 })
  })

  it('ends with what is filled, but for as many as there have to be', () => {
    assert.deepEqual(withoutEmptyEnd(['a', '', 'b', '', ''], kind.isEmpty), ['a', '', 'b'])
    assert.deepEqual(withoutEmptyEnd(['', '', ''], kind.isEmpty, 2), ['', ''])
  })
})
