// What a phone is told whose browser keeps no cookies.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** The facilitator's browser. @type {import('playwright-core').Page} */
let desk
let code = ''

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  desk = await (await browser.newContext({ locale: 'en' })).newPage()
  await setUp(desk, server.setup)
  const made = await desk.request.post(`${server.address}/api/v1/events`, { data: { name: 'Annual meeting' }, headers: { Origin: server.address } })
  ;({ code } = await made.json())
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/**
 * A phone that keeps no cookies.
 * @param {string} locale
 */
async function forgetful(locale) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale })
  const phone = await context.newPage()
  /** How often it joined. */
  const joins = { count: 0 }
  await phone.route('**/api/v1/join*', async route => {
    joins.count += 1
    const answer = await route.fetch()
    const { 'set-cookie': _, ...headers } = answer.headers()
    await context.clearCookies()
    return route.fulfill({ response: answer, headers })
  })
  return { context, phone, joins }
}

for (const locale of ['en', 'fr']) {
  it(`says so and asks no more (${locale})`, async () => {
    const say = await wordsOf(locale)
    const { context, phone, joins } = await forgetful(locale)
    await phone.goto(`${server.address}/e/${code}`)
    await phone.locator('#notice').getByText(say('phone.join_trouble.cookies')).waitFor()
    assert.equal(joins.count, 2, 'once to join, and once to find out why that was not enough')
    await context.close()
  })
}

it('counts nobody who never came', async () => {
  await desk.goto(`${server.address}/e/${code}/screen`)
  const { joined } = await desk.evaluate(() => JSON.parse(document.getElementById('state')?.textContent ?? '').topics.presence.data)
  assert.equal(joined, 0)
})
