// Long texts from the room, in scripts of both directions: on no page is a line cut, and no page is wider than its window,
// nor the studio or the screen longer.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { becomes, fits, picture, wordsOf } from './looks.js'
import { moderator } from './moderator.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const t = await wordsOf('en')
const TITLE = 'What should our cooperative do differently in the coming year, and who could help with it?'
const NAME = 'ليلى العلوي'
/** As long as a text may be, nearly; the name is the same for all, as that of the one who sends them. */
const LONG = ('We should publish the minutes of every board meeting within two weeks, in plain language and with the amounts that were decided, ' +
  'because many of us work in the evening and cannot come, and then we only hear about the decisions months later when the letter about the rent arrives at home.')
const FRENCH = 'Une salle de musique insonorisée pour les adolescents du bâtiment C'
const ARABIC = 'نريد مزيدًا من الاجتماعات في عطلة نهاية الأسبوع، وترجمة إلى العربية من فضلكم، '.repeat(3).trim()
const WORD = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft https://example.org/a/very/long/link/that/never/ends'
/** The last is the first on the wall. */
const TEXTS = ['Cheaper laundry', FRENCH, ARABIC, WORD, LONG]

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
/** @type {Page} */
let screen
/** @type {string} */
let id

/** @param {string} path @param {unknown} data */
const post = async (path, data) =>
  (await studio.request.post(`${server.address}/api/v1/events${path}`, { headers: { Origin: server.address }, data })).json()

/** @param {number} width @param {number} height @param {string} path @param {Record<string, unknown>} [options] */
async function opened(width, height, path, options) {
  const page = await (await browser.newContext({ viewport: { width, height }, locale: 'en', reducedMotion: 'reduce', ...options })).newPage()
  await page.goto(server.address + path)
  return page
}

/** Waits until the page has the window's size. @param {Page} page */
const asLong = page => page.waitForFunction(() => document.documentElement.scrollHeight <= innerHeight && document.documentElement.scrollWidth <= innerWidth)

/** What of an element lies outside of a box, or over another of its parts. @param {Page} page @param {string} box */
const outside = (page, box) =>
  page.locator(box).evaluateAll(boxes => boxes.flatMap(box => {
    const { top, bottom, left, right } = box.getBoundingClientRect()
    const parts = [...box.children].filter(part => part.getClientRects().length > 0 && getComputedStyle(part).visibility === 'visible')
    return parts.flatMap((part, place) => {
      const range = document.createRange()
      range.selectNodeContents(part)
      const own = part.getBoundingClientRect()
      const text = [...range.getClientRects()].filter(line => line.bottom <= own.bottom + 1 || getComputedStyle(part).webkitLineClamp === 'none')
      const isOut = text.some(line => line.top < top - 1 || line.bottom > bottom + 1 || line.left < left - 1 || line.right > right + 1)
      const next = parts[place + 1]?.getBoundingClientRect()
      return isOut || (next && text.some(line => line.bottom > next.top + 4)) ? [part.textContent] : []
    })
  }))

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await (await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en' })).newPage()
  await setUp(studio, server.setup)
  id = (await post('', { name: 'Annual general meeting of the Riverside Housing Cooperative', code: 'TULIP' })).id
  const wall = await post(`/${id}/activities`, { settings: { kind: 'open', title: TITLE, review: false, names: 'either' } })
  await studio.goto(`${server.address}/studio/events/${id}`)
  await studio.locator('.next').click()
  await studio.locator('.item.open').waitFor()
  await studio.getByRole('switch', { name: t('studio.stage.results') }).click()
  screen = await opened(1280, 720, '/e/TULIP/screen')
  const [one] = await crowd(server.address, 'TULIP', 1)
  for (const text of TEXTS) await one?.respond(wall, [['text', text], ['name', NAME], ['send', 'yes']])
  await becomes(() => screen.locator('.card-text').count().then(String), String(TEXTS.length))
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

describe('a text wall of long texts', () => {
  for (const [width, height] of /** @type {const} */ ([[1280, 720], [1920, 1080], [900, 1400]])) {
    it(`has its texts whole, or shortened above their names, at ${width} × ${height}`, async () => {
      await screen.setViewportSize({ width, height })
      await screen.waitForFunction(width => innerWidth === width, width)
      await asLong(screen)
      assert.deepEqual(await outside(screen, '.card-text:not(.cut)'), [])
      const strip = await screen.locator('#strip').evaluate(strip => strip.getBoundingClientRect().top)
      const lowest = await screen.locator('.card-text:not(.cut) .by').evaluateAll(names => Math.max(...names.map(name => name.getBoundingClientRect().bottom)))
      assert.ok(lowest < strip, `a name at ${lowest}, the foot at ${strip}`)
      await picture(screen, `layout-wall-${width}`)
    })
  }

  it('has a name on the side on which its text begins', async () => {
    assert.equal(await screen.locator('.card-text', { hasText: ARABIC }).locator('.by').evaluate(by => getComputedStyle(by).direction), 'rtl')
  })

  it('is no longer than the window in the studio, and nothing of its side is cut', async () => {
    await studio.locator('.results .question').nth(4).waitFor()
    for (const [width, height] of /** @type {const} */ ([[1280, 800], [1920, 1080]])) {
      await studio.setViewportSize({ width, height })
      await asLong(studio)
      await studio.waitForFunction(() => {
        const side = document.querySelector('.side')
        return side !== null && side.scrollWidth <= side.clientWidth
      })
      await picture(studio, `layout-studio-${width}`)
    }
  })

  it('fits on the moderation page of a phone and a tablet, with its menus', async () => {
    for (const [width, height] of /** @type {const} */ ([[390, 844], [820, 1180]])) {
      const page = await studio.context().newPage()
      await page.setViewportSize({ width, height })
      await page.goto(`${server.address}/moderate/${id}`)
      const tab = page.locator('.tabs button').nth(2)
      if (await tab.isVisible()) await tab.click()
      await page.locator('.question').first().waitFor()
      await fits(page)
      await picture(page, `layout-moderation-${width}`)
      for (const part of await page.locator('.question .what > *').all()) {
        assert.ok(await part.evaluate(part => part.scrollWidth <= part.clientWidth && part.getBoundingClientRect().right <= innerWidth), 'what leaves its card')
      }
      await page.locator('.question .more').first().click()
      const menu = await page.locator('.menu:popover-open').evaluate(menu => menu.getBoundingClientRect())
      assert.ok(menu.left >= 0 && menu.right <= width, `from ${menu.left} to ${menu.right} of ${width}`)
      await page.keyboard.press('Escape')
      await page.locator('.question .select input').first().check()
      const acts = await page.locator('.selection .acts').evaluate(acts => acts.scrollWidth <= acts.clientWidth && acts.scrollHeight <= acts.clientHeight)
      assert.ok(acts, 'what can be done with a selection is cut')
      await picture(page, `layout-selection-${width}`)
      await page.close()
    }
  })

  it('is told about without a button being covered that comes next', async () => {
    await studio.setViewportSize({ width: 1280, height: 800 })
    const desk = await studio.context().newPage()
    await desk.setViewportSize({ width: 820, height: 1180 })
    await desk.goto(`${server.address}/moderate/${id}`)
    await desk.locator('.tabs button').nth(2).click()
    for (const [page, at] of /** @type {const} */ ([[studio, '.results .question'], [desk, '.question']])) {
      await page.locator(`${at} [data-act=highlight]`).nth(1).click()
      await page.locator('.toast').waitFor()
      const [toast, buttons] = await page.evaluate(() => [document.querySelector('.toast')?.getBoundingClientRect(),
        [...document.querySelectorAll('.rundown, .stage, .side, .question .acts')].map(box => box.getBoundingClientRect())])
      assert.ok(toast && buttons.every(box => toast.bottom <= box.top || toast.top >= box.bottom), 'a message lies over what can be pressed')
      await picture(page, `layout-toast-${page === studio ? 'studio' : 'moderation'}`)
    }
    await desk.close()
  })

  it('closes its ledger with a button that is in view', async () => {
    await studio.locator('.questions .ways .button').nth(1).click()
    await studio.locator('.ledger li').first().waitFor()
    const [button, dialog] = await studio.evaluate(() => ['.dialog .buttons .button', '.dialog'].map(one => document.querySelector(one)?.getBoundingClientRect()))
    assert.ok(button && dialog && button.bottom <= dialog.bottom - 8, `its button ends at ${button?.bottom}, the dialog at ${dialog?.bottom}`)
    await picture(studio, 'layout-ledger')
    await studio.keyboard.press('Escape')
  })

  it('has each text whole in the spotlight, with its name under it', async () => {
    const desk = await studio.context().newPage()
    await desk.goto(`${server.address}/moderate/${id}`)
    const { act, find } = await moderator(desk, id)
    for (const text of [LONG, FRENCH, ARABIC, WORD]) {
      await act({ do: 'highlight', post: (await find(text)).post })
      await screen.locator('.spotlight .said', { hasText: text }).waitFor()
      for (const [width, height] of /** @type {const} */ ([[900, 1400], [1920, 1080], [1280, 720]])) {
        await screen.setViewportSize({ width, height })
        await screen.waitForFunction(width => innerWidth === width, width)
        await becomes(() => outside(screen, '.spotlight').then(cut => [`${width} × ${height}:`, ...cut].join(' ')), `${width} × ${height}:`)
      }
      await asLong(screen)
      await picture(screen, `layout-spotlight-${TEXTS.indexOf(text)}`)
    }
    await picture(studio, 'layout-studio-spotlight')
    await act({ do: 'highlight', post: null })
    await desk.close()
  })
})

describe('a rating without statements of its own', () => {
  it('is as wide as a phone, and as the screen', async () => {
    await post(`/${id}/activities`, { settings: { kind: 'rating', title: TITLE, scale: { style: 'nps' }, statements: [{ id: 1, text: '' }] } })
    await studio.locator('.item').nth(1).waitFor()
    await studio.locator('.next').click()
    await studio.locator('.item.open').waitFor()
    const phone = await opened(390, 844, '/e/TULIP', { isMobile: true, hasTouch: true })
    await phone.locator('.scale label').first().waitFor()
    await fits(phone)
    await picture(phone, 'layout-phone-nps')
    await asLong(screen)
  })
})
