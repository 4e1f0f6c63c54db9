// When texts are the same, when one is empty, how long it is: by the cases that the server is tried with too.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { bytes, bytesOf, characters, clean, fold, isEmpty, listed, tooLong, wordKey } from '../js/text.js'

/** @type {{clean: [string, string][], empty: string[], filled: string[], characters: [string, number][], same: string[][], different: [string, string][], search: [string, string][]}} */
const cases = JSON.parse(await readFile(new URL('../../server/protocol/text-cases.json', import.meta.url), 'utf8'))
const FAMILY = '👨\u200d👩\u200d👧\u200d👦'

describe('a text', () => {
  it('is cleaned as the server cleans it', () => {
    for (const [typed, line] of cases.clean) assert.equal(clean(typed), line, JSON.stringify(typed))
  })

  it('is empty where nothing can be seen of it', () => {
    for (const text of cases.empty) {
      assert.ok(isEmpty(text), JSON.stringify(text))
      assert.equal(clean(text), '')
      assert.equal(wordKey(text), '')
    }
    for (const text of cases.filled) assert.ok(!isEmpty(text) && clean(text) && wordKey(text), JSON.stringify(text))
  })

  it('has the length that people see', () => {
    for (const [text, length] of cases.characters) assert.equal(characters(text), length, JSON.stringify(text))
  })

  it('is refused by its characters, or by its bytes where these are too many', () => {
    assert.equal(tooLong(FAMILY.repeat(40), 40), undefined)
    assert.deepEqual(tooLong(FAMILY.repeat(41), 40), ['problem.too_long', { max: 40, length: 41 }])
    const stacked = `b${'\u030f'.repeat(900)}`
    assert.deepEqual(tooLong(stacked, 40), ['problem.too_many_bytes', { max: 1280, length: bytes(stacked) }])
    assert.deepEqual([5, 40, 150, 300, 1000].map(bytesOf), [160, 1280, 4800, 4800, 16_000])
  })
})

describe('two words', () => {
  it('are the same in any spelling', () => {
    for (const words of cases.same) for (const word of words) assert.equal(wordKey(word), wordKey(words[0] ?? ''), JSON.stringify(word))
  })

  it('are not merged where they are others', () => {
    for (const [one, other] of cases.different) assert.notEqual(wordKey(one), wordKey(other), `${one} is not ${other}`)
  })
})

describe('an own option', () => {
  const options = ['By train', '2²', 'Now', 'Now?', '!'].map(text => ({ text }))
  for (const [own, text] of /** @type {[string, string | undefined][]} */ ([['by TRAIN', 'By train'], ['«By train!»', 'By train'], ['22', undefined], ['2²', '2²'], ['now', 'Now'], ['Now？', 'Now?'], ['now!', undefined], ['!', '!'], ['?', undefined]])) {
    it(`counts as what is listed: ${own}`, () => assert.equal(listed(options, own)?.text, text))
  }
})

it('a search finds what is spelt in another way', () => {
  for (const [text, query] of cases.search) assert.ok(fold(text).includes(fold(query)), `${fold(query)} in ${fold(text)}`)
})
