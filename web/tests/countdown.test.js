// What the time does: a countdown that all pages count alike, and an activity that opens and closes by itself.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { becomes, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const say = await wordsOf('en')
const TITLE = 'Where should next year’s gathering be?'
const SECOND_TITLE = 'Who should host it?'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
/** @type {Page} */
let phone
/** @type {Page} */
let screen
let event = ''
/** Errors of the pages' scripts. @type {string[]} */
const errors = []

/** @param {import('playwright-core').BrowserContextOptions} options */
async function open(options) {
  const context = await browser.newContext({ locale: 'en', reducedMotion: 'reduce', timezoneId: 'Europe/Paris', ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  page.on('pageerror', error => errors.push(String(error)))
  return page
}

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await open({ viewport: { width: 1680, height: 1000 } })
  await setUp(studio, server.setup)
  const headers = { Origin: server.address }
  const post = async (/** @type {string} */ path, /** @type {unknown} */ data) =>
    (await studio.request.post(`${server.address}/api/v1/events${path}`, { headers, data })).json()
  event = (await post('', { name: 'Annual meeting 2026', code: 'TULIP' })).id
  const options = ['By the sea', 'In the mountains', 'In the city'].map((text, place) => ({ id: place + 1, text }))
  for (const title of [TITLE, SECOND_TITLE]) {
    await post(`/${event}/activities`, { settings: { kind: 'choice', title, options, min: 1, max: 1, changeable: true } })
  }
  await studio.goto(`${server.address}/studio/events/${event}`)
  phone = await open({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
  await phone.goto(`${server.address}/e/TULIP`)
  await phone.getByText('Connected').waitFor()
  screen = await open({ viewport: { width: 1920, height: 1080 } })
  await screen.goto(`${server.address}/e/TULIP/screen`)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Chooses from the menu of the countdown. @param {string} name */
async function countdown(name) {
  await studio.locator('.controls .countdown').click()
  await studio.locator('.times').getByRole('button', { name }).click()
}

/** Starts a countdown of the facilitator's own. @param {number} seconds */
async function ownCountdown(seconds) {
  await studio.locator('.controls .countdown').click()
  await studio.locator('.times input[name=seconds]').fill(String(seconds))
  await studio.locator('.times form .button').click()
}

/** The seconds that a page's clock shows. @param {Page} page @param {string} clock */
const shown = (page, clock) =>
  page.locator(clock).evaluate(element => {
    const parts = (element.querySelector('b')?.textContent ?? '').split(':').map(Number)
    return parts.reduce((sum, part) => 60 * sum + part, 0)
  })

/** Waits until a page's clock shows no more than this. @param {Page} page @param {string} clock @param {number} most */
const shows = (page, clock, most) =>
  page.waitForFunction(
    ([clock, most]) => {
      const text = document.querySelector(String(clock))?.querySelector('b')?.textContent
      return text && text.split(':').reduce((sum, part) => 60 * sum + Number(part), 0) <= Number(most)
    },
    [clock, most],
  )

describe('a countdown', () => {
  it('opens voting and is counted alike by all pages', async () => {
    await studio.locator('.item.on, .item').first().waitFor()
    await studio.locator('.controls .countdown').click()
    await openToAll(studio, 'the times of a countdown')
    await picture(studio, 'countdown-times')
    await studio.keyboard.press('Escape')
    await countdown(say('studio.countdown.minutes', { n: 2 }))
    for (const [page, clock] of /** @type {[Page, string][]} */ ([[phone, '#clock'], [screen, '#clock'], [studio, '.counting']])) {
      await shows(page, clock, 120)
      const left = await shown(page, clock)
      assert.ok(left > 60 && left <= 120, `${left} seconds left`)
    }
    for (const [page, name] of /** @type {[Page, string][]} */ ([[studio, 'studio'], [phone, 'phone'], [screen, 'screen']])) {
      await openToAll(page, `a countdown, ${name}`)
      await picture(page, `countdown-${name}`)
    }
  })

  it('is made longer and taken away', async () => {
    const before = await shown(studio, '.counting')
    await studio.getByRole('button', { name: say('studio.countdown.more') }).click()
    await studio.waitForFunction(before => {
      const [minutes, seconds] = (document.querySelector('.counting b')?.textContent ?? '').split(':').map(Number)
      return 60 * minutes + seconds > before + 5
    }, before)
    await studio.getByRole('button', { name: say('studio.countdown.stop') }).click()
    await phone.locator('#clock').waitFor({ state: 'hidden' })
    await screen.locator('#clock').waitFor({ state: 'hidden' })
    await phone.getByLabel('By the sea').waitFor()
    await becomes(() => phone.getByLabel('By the sea').isEnabled(), true, 'it stays open')
  })

  it('takes no clock of the device for the truth', async () => {
    const wrong = await open({ viewport: { width: 390, height: 844 } })
    await wrong.addInitScript(() => {
      const now = Date.now
      Date.now = () => now() + 3_600_000
    })
    await wrong.goto(`${server.address}/e/TULIP`)
    await countdown(say('studio.countdown.minutes', { n: 1 }))
    await shows(wrong, '#clock', 60)
    const [left, right] = [await shown(wrong, '#clock'), await shown(phone, '#clock')]
    assert.ok(Math.abs(left - right) <= 2, `${left} and ${right} seconds left`)
    await wrong.context().close()
  })

  it('is told without script too', async () => {
    const still = await open({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } })
    await still.goto(`${server.address}/e/TULIP`)
    if (await still.getByRole('button', { name: say('phone.join') }).isVisible()) await still.getByRole('button', { name: say('phone.join') }).click()
    await still.locator('#clock').waitFor()
    assert.match((await still.locator('#clock').textContent()) ?? '', /^Open until \d\d:\d\d:\d\d UTC\.$/)
    await still.context().close()
  })

  it('says in other words when every second counts, closes by itself, and tells that the time is up', async () => {
    await studio.getByRole('button', { name: say('studio.countdown.stop') }).click()
    await studio.locator('.counting').waitFor({ state: 'detached' })
    await ownCountdown(9)
    await phone.locator('#clock.last', { hasText: say('phone.seconds_left', { n: 9 }) }).waitFor()
    assert.ok((await shown(phone, '#clock')) <= 9, 'never more than there was')
    await screen.locator('#clock.last').waitFor()
    await openToAll(phone, 'the last seconds')
    await picture(phone, 'countdown-last-phone')
    await picture(screen, 'countdown-last-screen')
    await phone.locator('#hint', { hasText: say('phone.closed') }).waitFor()
    await studio.locator('.item.closed.on').waitFor()
    await screen.getByText(say('screen.time_up')).waitFor()
    await openToAll(screen, 'the time is up')
    await picture(phone, 'countdown-up-phone')
    await picture(screen, 'countdown-up-screen')
    await becomes(() => phone.getByLabel('By the sea').isDisabled(), true)
  })

  it('tells whoever was cut off until it was over that the answer was not counted, in words', async () => {
    await ownCountdown(6)
    await phone.getByLabel('By the sea').waitFor()
    await phone.locator('fieldset:not([disabled])').waitFor()
    await phone.context().setOffline(true)
    await phone.evaluate(() => {
      // What is open stays open when the network goes: it is lost as on a train.
      WebSocket.prototype.send = () => {}
    })
    await phone.getByText('By the sea').tap()
    await studio.locator('.item.closed.on').waitFor()
    await phone.context().setOffline(false)
    await phone.reload()
    await phone.locator('#receipt').getByText(say('phone.not_counted')).waitFor()
    await phone.locator('#receipt').getByText(say('phone.refused.closed')).waitFor()
    await openToAll(phone, 'an answer that came too late')
    await picture(phone, 'countdown-late-phone')
  })
})

describe('a schedule', () => {
  /** A moment as the field has it, in the studio's zone: without seconds on the minute. @param {number} ahead in milliseconds */
  const field = ahead =>
    studio.evaluate(ahead => {
      const at = Date.now() + ahead
      return new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace(/:00$/, '')
    }, ahead)

  /** Opens the dialog of the second activity. */
  async function dialog() {
    await studio.getByRole('button', { name: `More for ${SECOND_TITLE}` }).click()
    await studio.locator('.menu:popover-open').getByRole('button', { name: say('studio.rundown.schedule') }).click()
    return studio.getByRole('dialog')
  }

  it('says what is wrong with a time', async () => {
    const asked = await dialog()
    await asked.getByText('Europe/Paris').waitFor()
    await asked.getByLabel(say('studio.schedule.opens_at')).fill(await field(7_200_000))
    await asked.getByLabel(say('studio.schedule.closes_at')).fill(await field(3_600_000))
    await asked.getByRole('button', { name: say('studio.schedule.save') }).click()
    await asked.getByText(say('studio.schedule.order')).waitFor()
    await openToAll(studio, 'the dialog of a schedule')
    await picture(studio, 'schedule-dialog')
  })

  it('stands in the rundown with its zone', async () => {
    const asked = studio.getByRole('dialog')
    await asked.getByLabel(say('studio.schedule.closes_at')).fill(await field(10_800_000))
    await asked.getByRole('button', { name: say('studio.schedule.save') }).click()
    const when = studio.locator('.item').filter({ hasText: SECOND_TITLE }).locator('.when')
    await when.waitFor()
    assert.match((await when.textContent()) ?? '', /Opens .*\d\d:\d\d · Closes .*\d\d:\d\d GMT\+\d/)
    await openToAll(studio, 'a schedule in the rundown')
    await picture(studio, 'schedule-rundown')
    const removing = await dialog()
    await removing.getByRole('button', { name: say('studio.schedule.remove') }).click()
    await when.waitFor({ state: 'detached' })
  })

  it('opens and closes by itself, also with no page open but the room’s', async () => {
    const asked = await dialog()
    await asked.getByLabel(say('studio.schedule.opens_at')).fill(await field(5_000))
    await asked.getByLabel(say('studio.schedule.closes_at')).fill(await field(12_000))
    await asked.getByRole('button', { name: say('studio.schedule.save') }).click()
    await studio.locator('.item .when').waitFor()
    await studio.goto('about:blank')
    await phone.getByRole('heading', { name: SECOND_TITLE }).waitFor()
    await screen.getByRole('heading', { name: SECOND_TITLE }).waitFor()
    await phone.getByText('By the sea').tap()
    await phone.locator('#receipt', { hasText: say('phone.stored') }).waitFor()
    await screen.getByText(say('screen.time_up')).waitFor()
    await phone.locator('#hint', { hasText: say('phone.closed') }).waitFor()
    await phone.locator('#receipt', { hasText: say('phone.stored') }).waitFor()
  })

  it('steers from a phone as well', async () => {
    await studio.setViewportSize({ width: 390, height: 844 })
    await studio.goto(`${server.address}/studio/events/${event}`)
    await studio.locator('.thumb .countdown').waitFor()
    await openToAll(studio, 'the remote')
    await picture(studio, 'countdown-remote-before')
    await countdown(say('studio.countdown.seconds', { n: 30 }))
    await studio.locator('.thumb .counting').waitFor()
    await openToAll(studio, 'the remote while a countdown runs')
    await picture(studio, 'countdown-remote')
    const cut = await studio.evaluate(() =>
      [...document.querySelectorAll('.thumb button')].filter(button => {
        const { left, right, width } = button.getBoundingClientRect()
        return width > 0 && (left < 0 || right > innerWidth || button.scrollWidth > button.clientWidth + 1)
      }).map(button => button.textContent))
    assert.deepEqual(cut, [], 'nothing is cut off')
  })

  it('leaves no error behind', () => assert.deepEqual(errors, []))
})
