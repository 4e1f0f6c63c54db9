// A room test as people see it: the facilitator's board in a real browser, phones that measure for real, a reload and a loss of
// power in the middle. With PICTURES=folder it is photographed.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const SIZES = { laptop: { width: 1280, height: 800 }, projector: { width: 1920, height: 1080 }, phone: { width: 390, height: 844 } }
/** Longer than a phone's test on a busy machine takes. */
const TEST_TIMEOUT_MS = 90_000

describe('a room test', () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server
  /** @type {import('playwright-core').Browser} */
  let browser
  /** @type {Awaited<ReturnType<typeof wordsOf>>} */
  let t
  /** The facilitator's board. @type {Page} */
  let board
  /** A phone that is there from first to last. @type {Page} */
  let phone
  /** @type {string[]} */
  const errors = []

  before(async () => {
    t = await wordsOf('en')
    server = await startServer()
    browser = await startBrowser()
    board = await open({ viewport: SIZES.laptop })
    await setUp(board, server.setup)
  })
  after(async () => {
    assert.deepEqual(errors, [])
    await browser?.close()
    await server?.stop()
  })

  /** @param {import('playwright-core').BrowserContextOptions} [options] */
  async function open(options = {}) {
    const context = await browser.newContext({ locale: 'en', reducedMotion: 'reduce', ...options })
    const page = await context.newPage()
    page.setDefaultTimeout(TEST_TIMEOUT_MS)
    page.on('pageerror', error => errors.push(String(error)))
    page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
    return page
  }

  /**
   * A phone at the address of the QR code.
   * @param {import('playwright-core').BrowserContextOptions} [options]
   * @param {(page: Page) => Promise<void>} [prepare] puts something between it and the server
   */
  async function scan(options = {}, prepare = async () => {}) {
    const { code } = await board.evaluate(() => JSON.parse(document.getElementById('state')?.textContent ?? ''))
    const page = await open({ viewport: SIZES.phone, hasTouch: true, isMobile: true, ...options })
    await prepare(page)
    await page.goto(`${server.address}/e/${code}`)
    return page
  }

  /** @param {Page} page @param {string} place @param {typeof t} [words] */
  async function test(page, place, words = t) {
    await page.getByLabel(words('reading.place')).fill(place)
    await page.locator('#start').click()
    await page.locator('#answer:visible').waitFor()
  }

  /** How the readings are, place by place. */
  const places = () => board.locator('.panel.places li').evaluateAll(items => items.map(item => [item.querySelector('.what')?.textContent, item.querySelector('.counts .visually-hidden')?.textContent?.trim()].join(': ')).sort())

  /** Waits until the board shows this many phones with a reading. @param {number} phones */
  const shows = phones => board.waitForFunction(phones => document.querySelectorAll('.tile b')[1]?.textContent === String(phones), phones)

  /** @param {Page} page @param {string} name @param {(keyof typeof SIZES)[]} sizes */
  async function photograph(page, name, ...sizes) {
    for (const size of sizes) {
      await page.setViewportSize(SIZES[size])
      await fits(page)
      await picture(page, `room-${name}-${size}`)
    }
  }

  it('is begun with one press, and says how to come in', async () => {
    await openToAll(board, 'the list of events')
    await board.getByRole('button', { name: t('room_test.begin') }).click()
    await board.getByRole('heading', { name: t('room_test.empty') }).waitFor()
    await board.getByText(t('room_test.status.connected')).waitFor()
    await openToAll(board, 'the empty board')
    await photograph(board, 'empty', 'projector', 'phone', 'laptop')
    const [qr] = await Promise.all([board.request.get(new URL(await board.locator('.entrance img').getAttribute('src') ?? '', server.address).href)])
    assert.equal(qr.status(), 200)
  })

  it('takes what a phone finds, by keyboard alone, and shows it at once', async () => {
    phone = await scan()
    await phone.locator('#form:visible').waitFor()
    await openToAll(phone, 'the phone before the test')
    await photograph(phone, 'phone-before', 'phone')
    await phone.getByLabel(t('reading.place')).focus()
    await phone.keyboard.type('Balcony left')
    await phone.keyboard.press('Enter')
    await phone.locator('#progress:visible').waitFor()
    await openToAll(phone, 'the phone while it tests')
    await photograph(phone, 'phone-testing', 'phone')
    await phone.locator('#answer:visible').waitFor()
    await phone.getByRole('heading', { name: t('reading.answer.success') }).waitFor()
    await phone.locator('#answer:focus').waitFor()
    await phone.locator('#readings li').waitFor()
    await openToAll(phone, 'the phone after the test')
    await photograph(phone, 'phone-after', 'phone')
    await shows(1)
    assert.deepEqual(await places(), [`Balcony left: ${t('room_test.count.success', { n: 1 })}`])
  })

  it('knows several phones and several places, also in French', async () => {
    const french = await wordsOf('fr')
    const other = await scan({ locale: 'fr' })
    await Promise.all([test(other, 'Bar', french), test(phone, 'Stalls')])
    await other.getByRole('heading', { name: french('reading.answer.success') }).waitFor()
    await shows(2)
    await board.locator('.panel.places li').nth(2).waitFor()
    const fine = t('room_test.count.success', { n: 1 })
    assert.deepEqual(await places(), ['Balcony left', 'Bar', 'Stalls'].map(place => `${place}: ${fine}`))
    await other.context().close()
  })

  it('says in words what does not work where no live connection gets through', async () => {
    const blocked = await scan({}, async page => {
      await page.routeWebSocket(/./, socket => socket.close())
      await page.route(/netcheck\/(sse|poll)|\/live\//, route => route.abort())
    })
    await test(blocked, 'Cellar')
    await blocked.getByRole('heading', { name: t('reading.answer.failed') }).waitFor()
    await blocked.getByText(t('reading.tell.failed')).waitFor()
    await openToAll(blocked, 'a phone that fails')
    await photograph(blocked, 'phone-failed', 'phone')
    await shows(3)
    const worst = board.locator('.panel.found li').first()
    assert.match((await worst.textContent()) ?? '', new RegExp(`Cellar[^]*${t('room_test.verdict.failed')}[^]*${t('netcheck.step.websocket').replace(/[()]/g, '.')}`))
    await openToAll(board, 'the board')
    await photograph(board, 'board', 'projector', 'phone', 'laptop')
    await blocked.context().close()
  })

  it('outlives a reload of both pages and a loss of power; what could not be sent is sent then', async () => {
    const before = await places()
    await Promise.all([board.reload(), phone.reload()])
    await shows(3)
    await phone.locator('#readings li').nth(1).waitFor()
    assert.deepEqual(await places(), before)

    // The reading cannot be sent, and the phone is loaded anew before it can.
    const path = '**/api/v1/events/*/readings'
    await phone.route(path, route => route.abort())
    await phone.getByLabel(t('reading.place')).fill('Stage')
    await phone.locator('#start').click()
    await phone.getByText(t('reading.kept')).waitFor()
    await server.crash()
    await board.getByText(t('room_test.status.reconnecting')).waitFor()
    await server.again()
    await board.getByText(t('room_test.status.connected')).waitFor()
    await phone.reload()
    await phone.getByText(t('reading.kept')).waitFor()
    await phone.unroute(path)
    await phone.locator('#answer:visible').waitFor()
    await board.locator('.panel.places li').nth(4).waitFor()
    assert.equal((await places()).length, before.length + 1)
    await shows(3)
  })

  it('ends, goes on, and is deleted only after a question', async () => {
    await board.getByRole('button', { name: t('room_test.end') }).click()
    await board.getByText(t('room_test.state.ended')).waitFor()
    await phone.getByText(t('reading.over')).waitFor()
    await phone.locator('#form').waitFor({ state: 'hidden' })
    await openToAll(board, 'the board after the end')
    await photograph(board, 'ended', 'projector', 'laptop')
    await board.getByRole('button', { name: t('room_test.go_on') }).click()
    await board.getByText(t('room_test.state.live')).waitFor()
    await phone.locator('#form:visible').waitFor()

    await board.getByRole('link', { name: t('room_test.tests') }).click()
    await board.getByText(t('room_test.count.failed', { n: 1 })).waitFor()
    await openToAll(board, 'the list of room tests')
    await photograph(board, 'list', 'laptop')
    await board.locator('.tests a.cover').click()
    await board.getByRole('button', { name: t('room_test.delete'), exact: true }).click()
    await board.getByRole('dialog').waitFor()
    await openToAll(board, 'the question before deletion')
    await board.keyboard.press('Escape')
    await shows(3)
    await board.getByRole('button', { name: t('room_test.delete'), exact: true }).click()
    await board.getByRole('button', { name: t('room_test.delete_yes') }).click()
    await board.getByText(t('room_test.none')).waitFor()
  })
})
