// A poll as long as a poll may be, on the screen: every option is seen whole, results or not, with motion or without.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
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
    return { size: list.style.getPropertyValue('--k'), cut: list.classList.contains('tight'), over: Math.max(0, lowest - room) }
  })

describe('twenty long options', () => {
  /** @type {import('playwright-core').Page} */
  let desk

  before(async () => {
    desk = await (await browser.newContext({ locale: 'en' })).newPage()
    await setUp(desk, server.setup)
    const headers = { Origin: server.address }
    const made = await desk.request.post(`${server.address}/api/v1/events`, { maxRetries: 2, headers, data: { name: 'Annual meeting', code: 'TULIP' } })
    const { id } = await made.json()
    const options = Array.from({ length: 20 }, (_, place) => ({ id: place + 1, text: `${TEXTS[place % 3]} ${place + 1}` }))
    const question = { kind: 'choice', title: TITLE, options, min: 1, max: 3, other: true, changeable: true }
    await desk.request.post(`${server.address}/api/v1/events/${id}/activities`, { maxRetries: 2, headers, data: { question } })
    await desk.goto(`${server.address}/studio/events/${id}`)
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
    for (const { cut, over } of seen.flat()) assert.deepEqual({ cut, over }, { cut: false, over: 0 })
    assert.deepEqual(seen[0], seen[1])
  })
})
