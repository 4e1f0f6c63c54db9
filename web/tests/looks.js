// How pages look and whom they keep out, for tests: the words of a language, what axe finds in light and dark, and pictures.

import assert from 'node:assert/strict'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'

/** @typedef {import('playwright-core').Page} Page */

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
/** Where pictures go; without it none are taken. */
const pictures = process.env.PICTURES
/** Unless it says `no`, pages are judged. */
const judged = process.env.AXE !== 'no'

/**
 * What pages say in a language, by the names of the catalogues.
 * @param {string} language
 */
export async function wordsOf(language) {
  const [pages, kinds] = [new URL(`../i18n/${language}/`, import.meta.url), new URL('../kinds/', import.meta.url)]
  const files = [
    ...(await readdir(pages)).map(name => new URL(name, pages)),
    ...(await readdir(kinds)).map(kind => new URL(`${kind}/${language}.json`, kinds)),
  ]
  const parts = await Promise.all(files.map(file => readFile(file, 'utf8')))
  const texts = Object.assign({}, ...parts.map(part => JSON.parse(part)))
  const rules = new Intl.PluralRules(language)
  return (/** @type {string} */ key, /** @type {Record<string, string | number>} */ args = {}) => {
    const text = texts[key]
    assert.ok(text, `the catalogue of ${language} has ${key}`)
    const form = typeof text === 'string' ? text : (text[rules.select(Number(args.n))] ?? text.other)
    return form.replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => String(args[name]))
  }
}

/**
 * Waits until nothing is wider than the window. Just after a change of its size, a busy machine may not have laid it out.
 * @param {Page} page
 */
export const fits = page => page.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth)

/**
 * Shows a page in a scheme of colours; the screen has its own, which does not follow the system.
 * @param {Page} page
 * @param {'light' | 'dark'} scheme
 */
async function put(page, scheme) {
  await page.emulateMedia({ colorScheme: scheme })
  await page.evaluate(async scheme => {
    const root = document.documentElement
    if (root.dataset.theme) root.dataset.theme = scheme
    // A colour that changes over time reaches what inherits it one frame later at each level.
    do await new Promise(requestAnimationFrame)
    while (document.getAnimations().length > 0)
  }, scheme)
}

/**
 * Fails where axe finds, in light or dark, what keeps somebody out. Without script axe cannot run: such pages are the same
 * as those with, before their script. Leaves the page in light colours, the screen in dark ones.
 * @param {Page} page
 * @param {string} what
 */
export async function openToAll(page, what) {
  if (!judged) return
  const last = (await page.evaluate(() => document.documentElement.dataset.theme !== undefined)) ? 'dark' : 'light'
  for (const scheme of /** @type {const} */ ([last === 'dark' ? 'light' : 'dark', last])) {
    await put(page, scheme)
    await page.evaluate(axe)
    const violations = await page.evaluate(async () => {
      const { violations } = await /** @type {any} */ (window).axe.run({ exclude: ['iframe'] }, { iframes: false })
      const grave = violations.filter((/** @type {any} */ one) => ['serious', 'critical'].includes(one.impact))
      return grave.map((/** @type {any} */ one) => [one.id, ...one.nodes.map((/** @type {any} */ node) => [node.html, node.failureSummary])])
    })
    assert.deepEqual(violations, [], `${what}, ${scheme}`)
  }
}

/**
 * Takes a picture in light and in dark, if pictures are wanted. The one that the page begins with has the plain name.
 * @param {Page} page
 * @param {string} name
 */
export async function picture(page, name) {
  if (!pictures) return
  await mkdir(pictures, { recursive: true })
  const own = (await page.evaluate(() => document.documentElement.dataset.theme)) ?? 'light'
  for (const scheme of /** @type {const} */ (['light', 'dark'])) {
    await put(page, scheme)
    for (const frame of page.frames().slice(1)) await frame.waitForLoadState()
    await page.screenshot({ path: join(pictures, scheme === own ? `${name}.png` : `${name}-${scheme}.png`) })
  }
  await put(page, own === 'dark' ? 'dark' : 'light')
}

/** What is not so by then will not be. */
const BECOMES_MS = 15_000

/**
 * Waits until a look at a page gives this: what is drawn comes a moment after what led to it.
 * @template T
 * @param {() => Promise<T>} look
 * @param {T} expected
 * @param {string} [message]
 */
export async function becomes(look, expected, message = 'it never came to be so') {
  const end = Date.now() + BECOMES_MS
  while ((await look()) !== expected && Date.now() < end);
  assert.equal(await look(), expected, message)
}
