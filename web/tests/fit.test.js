// A poll as long as a poll may be, and a cloud with very many words, on the screen: everything is seen whole, no text is smaller than
// can be read, and what does not fit is on other pages, or said to be missing.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const TITLE = 'After all that we have heard this morning, which of these should the new board begin with? '.repeat(3).trim()
const TEXTS = ['Yes', 'Renovate the common room, the kitchen and the changing rooms before next winter', 'Donaudampfschifffahrtsgesellschaftskapitän']

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser

before(async () => {
  server = await startServer()
  browser = await startBrowser()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/**
 * At which size the options are drawn, and how far the lowest reaches below the room for them.
 * @param {import('playwright-core').Page} screen
 */
const fitted = screen =>
  screen.evaluate(() => {
    const list = /** @type {HTMLElement} */ (document.querySelector('.bars'))
    const lowest = Math.max(...[...list.children].map(bar => bar.getBoundingClientRect().bottom))
    const room = document.getElementById('body')?.getBoundingClientRect().bottom ?? 0
    return { size: list.style.getPropertyValue('--k'), over: Math.max(0, lowest - room) }
  })

/**
 * What can be seen of the page on show: the options, whether all of each is inside the window or can be scrolled to, and the smallest
 * text of the whole screen.
 * @param {import('playwright-core').Page} screen
 */
const seen = screen =>
  screen.evaluate(() => {
    const shown = [...document.querySelectorAll('.bar')].filter(bar => bar.getClientRects().length > 0)
    const scrolls = getComputedStyle(document.body).overflowY !== 'hidden'
    const edge = scrolls ? document.documentElement.scrollHeight : document.getElementById('strip')?.getBoundingClientRect().top ?? 0
    const isWhole = (/** @type {Element} */ bar) => {
      const { top, bottom, left, right } = bar.getBoundingClientRect()
      const below = scrolls ? scrollY : 0
      const name = /** @type {HTMLElement} */ (bar.querySelector('.name'))
      return top + below >= 0 && bottom + below <= edge + 1 && left >= 0 && right <= innerWidth + 1 && name.scrollHeight <= name.clientHeight + 1 && name.scrollWidth <= name.clientWidth + 1
    }
    const apart = shown.every((bar, place) => shown.slice(place + 1).every(other => {
      const [a, b] = [bar, other].map(one => one.getBoundingClientRect())
      return a.bottom <= b.top + 1 || b.bottom <= a.top + 1 || a.right <= b.left + 1 || b.right <= a.left + 1
    }))
    const texts = [...document.querySelectorAll('body *')].filter(element => element.closest('.visually-hidden, dialog, script, noscript, .unscripted') === null &&
      element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.textContent?.trim()))
    const smallest = Math.min(...texts.map(text => parseFloat(getComputedStyle(text).fontSize)))
    const position = document.querySelector('.position:not([hidden])')?.textContent ?? ''
    return { names: shown.map(bar => bar.querySelector('.name')?.textContent ?? ''), whole: shown.every(isWhole), apart, smallest, position }
  })

const t = await wordsOf('en')
/** As many options as there may be, and each as long. */
const LONGEST = Array.from({ length: 20 }, (_, place) => ({ id: place + 1, text: `${place + 1} ${'Renovate the common room, the kitchen and the changing rooms before next winter, and pay for it by a loan at the usual conditions or from gifts '.slice(0, 138 - String(place + 1).length)}.` }))

/** The facilitator of the events made here. @type {import('playwright-core').Page} */
let longest

/**
 * An event with an activity that is open; its facilitator looks at it.
 * @param {string} code
 * @param {unknown} question
 */
async function opened(code, question) {
  const post = async (/** @type {string} */ path, /** @type {unknown} */ data) =>
    (await longest.request.post(`${server.address}/api/v1/events${path}`, { headers: { Origin: server.address }, data })).json()
  const { id } = await post('', { name: 'Annual meeting', code })
  const activity = await post(`/${id}/activities`, { settings: question })
  await longest.goto(`${server.address}/studio/events/${id}`)
  await longest.locator('.voting').click()
  await longest.locator('.item.open').waitFor()
  return activity
}

describe('twenty long options', () => {
  /** @type {import('playwright-core').Page} */
  let desk

  before(async () => {
    desk = await (await browser.newContext({ locale: 'en' })).newPage()
    await setUp(desk, server.setup)
    const headers = { Origin: server.address }
    const made = await desk.request.post(`${server.address}/api/v1/events`, { headers, data: { name: 'Annual meeting', code: 'TULIP' } })
    const { id } = await made.json()
    const options = Array.from({ length: 20 }, (_, place) => ({ id: place + 1, text: `${TEXTS[place % 3]} ${place + 1}` }))
    const question = { kind: 'choice', title: TITLE, options, min: 1, max: 3, other: true, changeable: true }
    await desk.request.post(`${server.address}/api/v1/events/${id}/activities`, { headers, data: { settings: question } })
    await desk.goto(`${server.address}/studio/events/${id}`)
    longest = await desk.context().newPage()
    await opened('LILAC', { kind: 'choice', title: TITLE, options: LONGEST, min: 1, max: 3, other: true, changeable: true })
  })

  it('are seen whole, and as large for those who want no motion', async () => {
    const seen = []
    for (const reducedMotion of /** @type {const} */ (['no-preference', 'reduce'])) {
      const context = await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'en', reducedMotion })
      const screen = await context.newPage()
      await screen.goto(`${server.address}/e/TULIP/screen`)
      await screen.locator('.present').waitFor()
      await desk.locator('.voting').click()
      await screen.locator('.bar').first().waitFor()
      const before = await fitted(screen)
      await desk.locator('.switch').click()
      await screen.locator('.bars:not(.hidden-results)').waitFor()
      seen.push([before, await fitted(screen)])
      await desk.locator('.switch').click()
      await desk.locator('.lobby').click()
      await screen.locator('.present').waitFor()
      await context.close()
    }
    for (const { over } of seen.flat()) assert.equal(over, 0)
    assert.deepEqual(seen[0], seen[1])
  })

  /** Windows, and the smallest text in them: a projector's, a large screen's, one of former times, one turned, and one enlarged. */
  const WINDOWS = /** @type {const} */ ([[1280, 720, 12], [1920, 1080, 18], [1024, 768, 12], [768, 1024, 12], [853, 480, 12], [1366, 640, 12]])

  for (const [width, height, least] of WINDOWS) {
    it(`are seen whole, in letters that can be read, at ${width} × ${height}`, async () => {
      const context = await browser.newContext({ viewport: { width, height }, locale: 'en', reducedMotion: 'reduce' })
      const screen = await context.newPage()
      await screen.goto(`${server.address}/e/LILAC/screen`)
      for (const results of [false, true]) {
        if (results) {
          await longest.locator('.switch').click()
          await screen.locator('.bars:not(.hidden-results)').waitFor()
        } else await screen.locator('.bar').first().waitFor()
        const first = await seen(screen)
        const pages = Number(/of (\d+)/.exec(first.position.replace(/[\u2066-\u2069]/g, ''))?.[1] ?? 1)
        const names = []
        for (let page = 1; page <= pages; page++) {
          const now = await seen(screen)
          assert.deepEqual({ whole: now.whole, apart: now.apart }, { whole: true, apart: true }, `page ${page} of ${pages}`)
          assert.ok(now.smallest >= least, `${now.smallest} px`)
          if (pages > 1) assert.equal(now.position.replace(/[\u2066-\u2069]/g, ''), t('screen.page', { page, of: pages }))
          names.push(...now.names)
          if (pages > 1) await screen.keyboard.press('ArrowDown')
        }
        assert.deepEqual(names, [...LONGEST.map(option => option.text), t('screen.own')])
        assert.deepEqual(await seen(screen), first, 'after the last page comes the first')
        await screen.keyboard.press('ArrowUp')
        assert.equal((await seen(screen)).names.at(-1), t('screen.own'))
        await screen.keyboard.press('ArrowDown')
      }
      await longest.locator('.switch').click()
      await context.close()
    })
  }

  it('turn their pages automatically, until somebody turns them', async () => {
    const screen = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en' })).newPage()
    await screen.clock.install()
    await screen.goto(`${server.address}/e/LILAC/screen`)
    await screen.locator('.position').waitFor()
    const position = async () => (await screen.locator('.position').textContent())?.replace(/[\u2066-\u2069]/g, '')
    const of = Number(/\d+$/.exec((await position()) ?? ''))
    const [first, second, last] = [1, 2, of].map(page => t('screen.page', { page, of }))
    assert.equal(await position(), first)
    await screen.clock.runFor(9_100)
    assert.equal(await position(), second)
    await screen.clock.runFor(9_000 * (of - 1))
    assert.equal(await position(), first)
    await screen.keyboard.press('ArrowUp')
    assert.equal(await position(), last)
    await screen.clock.runFor(30_000)
    assert.equal(await position(), last)
    await screen.context().close()
  })
})

describe('a cloud with very many words', () => {
  it('has none that is too small, and says how many more there are', async () => {
    const words = Array.from({ length: 120 }, (_, n) => `w${'o'.repeat(n % 30)}rd ${n}`)
    const activity = await opened('POPPY', { kind: 'words', title: TITLE, words_per_person: 10 })
    const people = await crowd(server.address, 'POPPY', 12)
    await Promise.all(people.map((one, place) => one.respond(activity, words.slice(10 * place, 10 * place + 10).map(word => ['word', word]))))
    await longest.locator('.switch').click()
    for (const [width, height, least] of /** @type {const} */ ([[1280, 720, 12], [1920, 1080, 18], [640, 360, 12]])) {
      const screen = await (await browser.newContext({ viewport: { width, height }, locale: 'en', reducedMotion: 'reduce' })).newPage()
      await screen.goto(`${server.address}/e/POPPY/screen`)
      await screen.locator('.word.there').first().waitFor()
      await screen.waitForFunction(all => {
        const shown = document.querySelectorAll('.word.there').length
        return document.querySelector('.more')?.textContent?.includes(String(all - shown)) ?? false
      }, words.length)
      const { smallest, over } = await screen.evaluate(() => {
        const words = [...document.querySelectorAll('.word.there')]
        const more = /** @type {Element} */ (document.querySelector('.more')).getBoundingClientRect()
        const smallest = Math.min(...words.map(word => 100 * new DOMMatrix(getComputedStyle(word).transform).a))
        return { smallest, over: words.filter(word => word.getBoundingClientRect().bottom > more.top + 2).length }
      })
      assert.ok(smallest >= least, `${smallest} px`)
      assert.equal(over, 0, 'no word stands in the line that says how many more there are')
      await screen.context().close()
    }
  })
})
