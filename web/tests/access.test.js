// What keeps people out and axe cannot see: whose language a text is read in, states that the system's colours take away, names
// that a narrow window cuts, and what has the focus under something else.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { facilitator } from './facilitator.js'
import { becomes, fits, wordsOf } from './looks.js'
import { owner, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const say = await wordsOf('en')
const CODE = 'TULIP'
const NAME = 'Assemblée générale de la coopérative 2026'
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
const WIDE = { viewport: { width: 1400, height: 900 } }

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Awaited<ReturnType<typeof facilitator>>} */
let desk
/** Of somebody who is signed in. @type {Awaited<ReturnType<import('playwright-core').BrowserContext['storageState']>>} */
let session
let event = ''
let poll = ''

/** @param {string} path @param {import('playwright-core').BrowserContextOptions} options */
async function open(path, options) {
  const page = await (await browser.newContext({ locale: 'en', ...options })).newPage()
  page.setDefaultTimeout(30_000)
  await page.goto(server.address + path)
  return page
}

/** A page of somebody who is signed in. @param {string} path @param {import('playwright-core').BrowserContextOptions} [options] */
const signedIn = (path, options) => open(path, { ...WIDE, ...options, storageState: session })

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  desk = await facilitator(server.address, server.setup)
  event = (await desk.request('/events', { name: NAME, code: CODE, language: 'fr' })).id
  const options = ['À la mer', 'À la montagne'].map((text, place) => ({ id: place + 1, text }))
  const question = { kind: 'choice', title: 'Où aller ?', options, min: 1, max: 1, other: true, changeable: true }
  poll = (await desk.request(`/events/${event}/activities`, { settings: question })).id
  await desk.takeQuestions(event)
  await desk.control(event, { do: 'open', activity: poll })
  const login = await open('/login', WIDE)
  await login.getByLabel(say('studio.email')).fill(owner.email)
  await login.getByLabel(say('studio.password'), { exact: true }).fill(owner.password)
  await login.getByRole('button', { name: say('studio.login.enter') }).click()
  await login.waitForURL('**/studio')
  session = await login.context().storageState()
  await login.context().close()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

describe('the language of an event', () => {
  /** In which language something is, by itself or by what it is in. @param {Page} page @param {string} selector @param {string} language */
  async function isIn(page, selector, language) {
    await page.locator(selector).first().waitFor({ state: 'attached' })
    await page.waitForFunction(([selector, language]) => document.querySelector(selector)?.closest('[lang]')?.getAttribute('lang') === language, [selector, language])
  }

  it('is that of what its people write, on the phone with and without script, and the page’s own words keep theirs', async () => {
    for (const javaScriptEnabled of [true, false]) {
      const phone = await open(`/e/${CODE}`, { ...PHONE, javaScriptEnabled })
      if (!javaScriptEnabled) {
        await becomes(() => phone.locator('.join h1').getAttribute('lang'), 'fr')
        await phone.locator('.join button').click()
      }
      await phone.locator('[data-option="1"]').waitFor()
      for (const what of ['#event-name', '#view h1', '[data-option="1"] .text', '#own-text']) {
        await becomes(() => phone.locator(what).first().getAttribute('lang'), 'fr', what)
      }
      await becomes(() => phone.locator('#hint').evaluate(one => one.closest('[lang]')?.getAttribute('lang')), 'en')
      await phone.context().close()
    }
  })

  it('is so on screen, in the studio and for moderators, in what is drawn later too', async () => {
    const [screen, studio, moderators] = [await open(`/e/${CODE}/screen`, WIDE), await signedIn(`/studio/events/${event}`), await signedIn(`/moderate/${event}`)]
    for (const what of ['#title', '.bar .name']) await isIn(screen, what, 'fr')
    for (const what of ['.item .words', '.results .asked']) await isIn(studio, what, 'fr')
    await isIn(studio, '.voting', 'en')
    const phone = await open(`/e/${CODE}/questions`, PHONE)
    await phone.locator('#ask-text').fill('Et le train ?')
    await phone.locator('.ask .primary').tap()
    await phone.locator('.compose .receipt.good').waitFor()
    await phone.locator('.switch button').last().click()
    await isIn(phone, '.own .post .text', 'fr')
    await isIn(moderators, '.question .text', 'fr')
    for (const page of [screen, studio, moderators, phone]) await page.context().close()
  })

  it('is said when an event is created, where the language of the page is proposed, and in its settings; pages follow', async () => {
    const list = await signedIn('/studio')
    await list.getByText(say('studio.events.new')).click()
    const choice = list.getByLabel(say('studio.settings.language'))
    await becomes(() => choice.inputValue(), 'en')
    await list.getByLabel(say('studio.events.name')).fill('Jahrestreffen')
    await choice.selectOption('de')
    await list.getByRole('button', { name: say('studio.events.create') }).click()
    await isIn(list, '.top .name span', 'de')
    const code = await list.locator('.top .code').textContent()
    const phone = await open(`/e/${code}`, PHONE)
    await isIn(phone, '#event-name', 'de')
    for (const [language, now] of [['nl', 'nl'], ['', 'en']]) {
      await list.locator('.top .name').click()
      await list.getByLabel(say('studio.settings.language')).selectOption(language)
      await list.getByRole('button', { name: say('studio.dialog.save') }).click()
      await isIn(phone, '#event-name', now)
      await isIn(list, '.top .name span', now)
    }
    for (const page of [list, phone]) await page.context().close()
  })

  it('is refused with a word where it is none', async () => {
    await assert.rejects(desk.request('/events', { name: 'Meeting', language: 'french"' }), /422.*such as fr or pt-BR/)
  })
})

describe('the system’s own colours', () => {
  it('leave the state of every switch and choice to be seen', async () => {
    for (const path of [`/studio/events/${event}`, `/moderate/${event}`]) {
      const page = await signedIn(path, { forcedColors: 'active' })
      await page.locator('.switch').first().waitFor()
      const alike = await page.evaluate(() => {
        const look = (/** @type {Element} */ one) => `${getComputedStyle(one).backgroundColor} ${getComputedStyle(one).borderTopColor}`
        const alike = []
        for (const one of document.querySelectorAll('.switch')) {
          const part = one.querySelector('i') ?? one
          const [was, before] = [one.getAttribute('aria-checked'), (part.setAttribute('style', 'transition: none'), look(part))]
          one.setAttribute('aria-checked', String(was !== 'true'))
          if (look(part) === before || getComputedStyle(part).borderTopWidth === '0px') alike.push(one.textContent)
          one.setAttribute('aria-checked', was ?? 'false')
        }
        for (const one of document.querySelectorAll('.segments')) {
          const [on, off] = [one.querySelector('input:checked + span'), one.querySelector('input:not(:checked) + span')]
          if (on && off && look(on) === look(off)) alike.push(one.textContent)
        }
        return alike
      })
      assert.deepEqual(alike, [])
      await page.context().close()
    }
  })
})

describe('a narrow window', () => {
  it('shows the whole name of the event in the head, and is not wider than it is', async () => {
    for (const [path, what] of [[`/e/${CODE}`, '#event-name'], [`/studio/events/${event}`, '.top .name span'], [`/moderate/${event}`, '.top h1']]) {
      const page = await signedIn(path, { viewport: { width: 320, height: 640 } })
      const name = page.locator(what)
      await name.waitFor()
      for (const height of [640, 256]) {
        await page.setViewportSize({ width: 320, height })
        await fits(page)
        assert.ok(await name.evaluate(one => one.scrollWidth <= one.clientWidth + 1 && one.scrollHeight <= one.clientHeight + 1), `${path} at ${height}`)
      }
      await page.context().close()
    }
  })
})

describe('what has the focus', () => {
  it('is not under the buttons of the editor', async () => {
    for (const height of [900, 720, 640]) {
      const page = await signedIn(`/studio/events/${event}`, { viewport: { width: 1400, height } })
      await page.locator('.item .more').first().click()
      await page.locator('.menu:popover-open .edit').click()
      await page.locator('#title').waitFor()
      const hidden = []
      for (let presses = 0; presses < 40; presses++) {
        const one = await page.evaluate(() => {
          const one = document.activeElement
          if (!one?.closest('.editor') || one.closest('.buttons')) return undefined
          const { x, y, width, height } = one.getBoundingClientRect()
          const top = document.elementFromPoint(x + width / 2, y + height / 2)
          return { what: one.id || one.textContent?.trim(), hidden: top?.closest('.editor > .buttons') !== null }
        })
        if (!one && presses > 0) break
        if (one?.hidden) hidden.push(one.what)
        await page.keyboard.press('Tab')
      }
      assert.deepEqual(hidden, [], `at ${height}`)
      await page.context().close()
    }
  })
})
