// Words that nobody should have to read on a wall: hidden with one click in the studio and by a moderator with a private link,
// merged, restored, and kept away by the word filter.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const [say, dire] = await Promise.all([wordsOf('en'), wordsOf('fr')])
/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
/** The device of somebody without an account. @type {Page} */
let tablet
/** @type {Page} */
let screen
let [event, code] = ['', '']
/** @type {{id: string, round: number, version: number, settings: {kind: string}}} */
let cloud
/** Errors of the pages' scripts, and whatever their security policy refused. @type {string[]} */
const errors = []

/** @param {Page} page */
function watched(page) {
  page.setDefaultTimeout(30_000)
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
  return page
}

/** @param {string} path @param {unknown} body */
async function ask(path, body) {
  const answer = await studio.request.post(`${server.address}/api/v1/events/${event}${path}`, { data: body, headers: { Origin: server.address } })
  assert.ok(answer.ok(), await answer.text())
  return answer.json()
}

/** As many people, each of whom sends these words. @param {string[][]} answers */
async function sent(answers) {
  const people = await crowd(server.address, code, answers.length)
  await Promise.all(people.map((one, n) => one.respond(cloud, (answers[n] ?? []).map(word => /** @type {[string, string]} */ (['word', word])))))
}

/** A button that does this to a word. @param {Page} page @param {string} what @param {string} word */
const button = (page, what, word) => page.locator(`[data-word-act="${what}"][data-word="${word}"]`)

/** Waits until the screen shows exactly these words. @param {string[]} words */
const wall = words =>
  screen.waitForFunction(
    words => JSON.stringify([...document.querySelectorAll('.cloud .word.there')].map(word => word.textContent).sort()) === words,
    JSON.stringify([...words].sort()),
  )

/** @param {Page} page @param {string} text */
const told = (page, text) => page.locator('.toast').filter({ hasText: text }).waitFor()

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  const look = { locale: 'en', reducedMotion: /** @type {const} */ ('reduce') }
  const context = await browser.newContext({ ...look, viewport: { width: 1440, height: 900 } })
  studio = watched(await context.newPage())
  await setUp(studio, server.setup)
  await studio.getByLabel('Name of the event').fill('Annual meeting 2026')
  await studio.getByRole('button', { name: 'Create event' }).click()
  await studio.locator('.top .code').waitFor()
  event = studio.url().split('/').pop() ?? ''
  code = (await studio.locator('.top .code').textContent()) ?? ''
  cloud = await ask('/activities', { settings: { kind: 'words', title: 'This evening in a word?', words_per_person: 3 } })
  await studio.locator('.controls .voting').click()
  await studio.locator('.item.open').waitFor()
  await studio.getByRole('switch', { name: say('studio.stage.results') }).click()
  screen = watched(await (await browser.newContext({ ...look, viewport: { width: 1280, height: 720 } })).newPage())
  await screen.goto(`${server.address}/e/${code}/screen`)
  const link = await ask('/links', { kind: 'moderator', name: 'Olu', hours: 4 })
  tablet = watched(await (await browser.newContext({ ...look, viewport: { width: 1024, height: 768 } })).newPage())
  await tablet.goto(link.url)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

describe('words from the room', () => {
  it('are hidden with one click in the studio, and the screen loses them', async () => {
    await sent([['Soleil', 'Idiots', 'Océan'], ['soleil', 'Mer', 'bullshit'], ['Mer', 'Soleil']])
    await wall(['Soleil', 'Idiots', 'Océan', 'Mer'])
    await studio.locator('.hidden-words summary', { hasText: '1' }).waitFor()
    await openToAll(studio, 'the studio with a cloud')
    await picture(studio, 'words-studio')
    await button(studio, 'hide', 'Idiots').focus()
    await studio.keyboard.press('Enter')
    await told(studio, 'Idiots')
    await wall(['Soleil', 'Océan', 'Mer'])
    await button(studio, 'hide', 'Idiots').waitFor({ state: 'detached' })
    // The next word has the focus.
    await studio.locator('[data-word-act=hide]:focus').waitFor()
    await studio.locator('.toast .act').focus()
    await studio.keyboard.press('Enter')
    await told(studio, say('moderation.done.restore_word', { word: '' }).trim())
    await wall(['Soleil', 'Idiots', 'Océan', 'Mer'])
    await studio.waitForFunction(() => document.activeElement?.matches('[data-word-act="hide"][data-word="Idiots"]'))
  })

  it('are hidden, merged and restored by a moderator with a private link', async () => {
    await tablet.getByRole('heading', { name: say('moderation.written.title') }).waitFor()
    await button(tablet, 'hide', 'Idiots').click()
    await wall(['Soleil', 'Océan', 'Mer'])
    await button(studio, 'hide', 'Idiots').waitFor({ state: 'detached' })

    await button(tablet, 'merge', 'Océan').click()
    const dialog = tablet.getByRole('dialog')
    await openToAll(tablet, 'merging a word')
    await dialog.getByLabel('Mer', { exact: false }).check()
    await picture(tablet, 'words-merge')
    await dialog.getByRole('button', { name: say('moderation.merge.confirm'), exact: true }).click()
    await wall(['Soleil', 'Mer'])

    await tablet.locator('.hidden-words summary').click()
    await tablet.locator('.merged-words summary').click()
    await tablet.locator('.hidden-words li', { hasText: 'bullshit' }).filter({ hasText: say('moderation.mark.flagged') }).waitFor()
    await openToAll(tablet, 'the moderators’ page with a cloud')
    await picture(tablet, 'words-moderator')
    await button(tablet, 'restore', 'Idiots').click()
    await wall(['Soleil', 'Idiots', 'Mer'])
    await button(tablet, 'separate', 'Océan').click()
    await wall(['Soleil', 'Idiots', 'Mer', 'Océan'])
    await studio.getByRole('button', { name: say('moderation.ledger.title') }).click()
    await studio.locator('.ledger li', { hasText: 'Océan' }).first().waitFor()
    assert.match((await studio.locator('.ledger').textContent()) ?? '', /merged the word “.?Océan.?” into “.?Mer/)
    await picture(studio, 'words-ledger')
    await studio.keyboard.press('Escape')
  })

  it('fit on every page, in French too', async () => {
    await button(studio, 'hide', 'Idiots').click()
    await wall(['Soleil', 'Mer', 'Océan'])
    for (const width of [360, 768, 1180, 1920]) {
      for (const page of [studio, tablet]) {
        await page.setViewportSize({ width, height: 800 })
        await fits(page)
        // In one look: pages are drawn anew where they are narrow, and when they hear of what was done.
        await page.waitForFunction(() => {
          const button = document.querySelector('[data-word-act="hide"]')
          button?.scrollIntoView({ block: 'nearest' })
          const box = button?.getBoundingClientRect()
          return box && box.width > 0 && box.left >= 0 && box.right <= innerWidth
        })
        await picture(page, `words-${page === studio ? 'studio' : 'moderator'}-${width}`)
      }
    }
    const french = watched(await (await browser.newContext({ locale: 'fr', storageState: await tablet.context().storageState(), viewport: { width: 360, height: 740 } })).newPage())
    await french.goto(`${server.address}/moderate/${event}`)
    await french.getByRole('heading', { name: dire('moderation.written.title') }).waitFor()
    await fits(french)
    await picture(french, 'words-french')
    await french.close()
  })

  it('cause no script error and no refused script', () => assert.deepEqual(errors, []))
})
