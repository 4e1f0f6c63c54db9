// How far it is from the link that the program prints to the first counted vote, in clicks of a facilitator who has never been
// here and who uses the keyboard for letters alone: neither Tab nor Enter. What has the focus already is not clicked.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { wordsOf } from './looks.js'
import { owner, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Locator} Locator */

/** What it takes today; ten is the most that it may take. */
const MAX_CLICKS = 9

const say = await wordsOf('en')
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
 * A page, and how often somebody has pressed a button of the mouse or touched it: the browser's own events, on any of its pages.
 * @param {import('playwright-core').BrowserContextOptions} options
 */
async function open(options) {
  const context = await browser.newContext({ locale: 'en', ...options })
  const pressed = /** @type {string[]} */ ([])
  await context.exposeFunction('pressed', (/** @type {string} */ what) => pressed.push(what))
  await context.addInitScript(() => addEventListener('pointerdown', event => {
    const { id, textContent, localName } = /** @type {HTMLElement} */ (event.target)
    if (event.isTrusted) /** @type {any} */ (window).pressed(id || textContent?.trim() || localName)
  }, true))
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  return { page, pressed }
}

/** Writes into a field, which is clicked first unless it has the focus by itself. @param {Locator} field @param {string} text */
async function write(field, text) {
  await field.waitFor()
  // What is to have the focus may come a frame after the field.
  await field.evaluate(() => new Promise(requestAnimationFrame))
  if (!(await field.evaluate(one => one === document.activeElement))) await field.click()
  await field.page().keyboard.type(text)
}

it('is nine clicks at most, and one tap of a participant', async t => {
  const { page, pressed } = await open({ viewport: { width: 1440, height: 900 } })
  const button = (/** @type {string} */ name) => page.getByRole('button', { name: say(name), exact: true })

  await page.goto(server.setup)
  await write(page.getByLabel(say('studio.setup.name')), owner.name)
  await write(page.getByLabel(say('studio.email')), owner.email)
  await write(page.getByLabel(say('studio.password'), { exact: true }), owner.password)
  await button('studio.setup.create').click()

  await write(page.getByLabel(say('studio.events.name')), 'Annual meeting')
  await button('studio.events.create').click()

  await page.getByRole('button', { name: say('studio.kind.choice') }).click()
  await write(page.getByLabel(say('studio.editor.question'), { exact: true }), 'Where to?')
  const options = page.locator('.editor [id^=option-]')
  await write(options.nth(0), 'Sea')
  await write(options.nth(1), 'Hills')
  await button('studio.dialog.save').click()
  await page.locator('.item', { hasText: 'Where to?' }).waitFor()

  const { page: phone, pressed: tapped } = await open({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true })
  await phone.goto(`${server.address}/e/${await page.locator('.top .code').textContent()}`)
  await phone.getByText(say('phone.pill.connected')).waitFor()

  await page.locator('.voting').click()
  await phone.getByText('Sea').tap()
  await phone.getByText(say('phone.stored')).waitFor()
  await page.locator('.fact').getByText(say('studio.fact.answered_of', { count: 1, here: 1 })).waitFor()

  t.diagnostic(`${pressed.length} clicks: ${pressed.join(' · ')}`)
  assert.ok(pressed.length <= MAX_CLICKS, pressed.join(', '))
  assert.equal(tapped.length, 1, tapped.join(', '))
})
