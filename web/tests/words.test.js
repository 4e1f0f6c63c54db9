// Every message that a script names is in the catalogues.

import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'

const web = new URL('..', import.meta.url)

/** All messages of a language, by key: those of the pages, and those of the kinds. @param {string} language */
async function messagesOf(language) {
  const pages = (await readdir(new URL(`i18n/${language}`, web))).map(name => `i18n/${language}/${name}`)
  const kinds = (await readdir(new URL('kinds', web))).map(kind => `kinds/${kind}/${language}.json`)
  const files = [...pages, ...kinds].map(async name => JSON.parse(await readFile(new URL(name, web), 'utf8')))
  return Object.assign({}, ...(await Promise.all(files)))
}

const keys = new Set(Object.keys(await messagesOf('en')))
const areas = [...new Set([...keys].map(key => key.split('.')[0]))].join('|')
const named = new RegExp(`'((?:${areas})\\.[a-z0-9_.]*[a-z0-9])'`, 'g')
// What is made of several parts names at least the beginning of a key.
const begun = new RegExp(`\`((?:${areas})\\.[a-z0-9_.]*)\\$\\{`, 'g')
const found = await Promise.all(['js', 'kinds'].map(async folder => (await readdir(new URL(folder, web), { recursive: true })).map(name => `${folder}/${name}`)))
const scripts = found.flat().filter(name => name.endsWith('.js'))

describe('the words in French', () => {
  it('keep their signs on the line of what they belong to', async () => {
    const texts = Object.values(await messagesOf('fr'))
    const forms = texts.flatMap(text => (typeof text === 'string' ? [text] : Object.values(text)))
    assert.deepEqual(forms.filter(form => / [;:?!»%]|« |\u00a0[;?!]|\u202f[:»]/.test(form)), [])
  })
})

describe('the words of the scripts', () => {
  for (const name of scripts) {
    it(`of ${name} are in the catalogues`, async () => {
      const source = await readFile(new URL(name, web), 'utf8')
      const all = (/** @type {RegExp} */ pattern) => Array.from(source.matchAll(pattern), match => match[1])
      assert.deepEqual(all(named).filter(key => !keys.has(key) && ![...keys].some(known => known.startsWith(`${key}.`))), [])
      assert.deepEqual(all(begun).filter(start => ![...keys].some(key => key.startsWith(start))), [])
    })
  }

  it('have a sentence for every refusal, on each page', async () => {
    const wire = await readFile(new URL('js/wire.d.ts', web), 'utf8')
    const codes = /type RefusalCode = (.*);/.exec(wire)?.[1].match(/[a-z_]+/g) ?? []
    assert.ok(codes.length >= 7)
    // On the phone some are about answers, some about questions, some about both.
    const missing = [['phone', 'questions'], ['screen']].flatMap(areas =>
      codes.filter(code => !areas.some(area => keys.has(`${area}.refused.${code}`))).map(code => `${areas[0]}.refused.${code}`))
    assert.deepEqual(missing, [])
  })
})
