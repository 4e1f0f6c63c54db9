// Activities of another event, copied into the one that is open in the studio: with the keyboard, and where there is nothing
// to copy.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let page
let event = ''

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en', reducedMotion: 'reduce' })).newPage()
  await setUp(page, server.setup)
  event = (await post('', { name: 'Annual meeting 2027' })).id
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** @param {string} path @param {object} data */
async function post(path, data) {
  const made = await page.request.post(`${server.address}/api/v1/events${path}`, { maxRetries: 2, headers: { Origin: server.address }, data })
  assert.ok(made.ok(), await made.text())
  return made.json()
}

/** @param {Awaited<ReturnType<typeof wordsOf>>} t */
async function ask(t) {
  await page.locator('.rundown .add').click()
  await page.getByRole('dialog').getByRole('button', { name: t('studio.copies.open') }).click()
  await page.getByRole('dialog').getByRole('heading', { name: t('studio.copies.title') }).waitFor()
  return page.getByRole('dialog')
}

const titles = async () => (await page.locator('.item .words').allInnerTexts()).join()

it('says so where there is nothing to copy, and copies what is ticked', async () => {
  const t = await wordsOf('en')
  await page.goto(`${server.address}/studio/events/${event}`)
  await (await ask(t)).getByText(t('studio.copies.none')).waitFor()
  await openToAll(page, 'nothing to copy')
  await page.keyboard.press('Escape')

  const { id } = await post('', { name: 'Annual meeting 2026', code: 'TULIP' })
  for (const title of ['How was it?', 'Where to?', 'One word?']) await post(`/${id}/activities`, { settings: { kind: 'words', title, words_per_person: 1 } })
  const dialog = await ask(t)
  await dialog.getByLabel('How was it?').focus()
  await page.keyboard.press('Space')
  await dialog.getByLabel('One word?').check()
  await openToAll(page, 'the choice of activities')
  for (const width of [390, 1280]) {
    await page.setViewportSize({ width, height: 844 })
    await fits(page)
    await picture(page, `copies-${width}`)
  }
  await dialog.getByRole('button', { name: t('studio.copies.confirm', { n: 2 }) }).click()
  await becomes(titles, 'How was it?,One word?')
  await page.locator('.toast', { hasText: t('studio.copies.done', { n: 2 }) }).waitFor()
})

it('speaks French, and selects all at once', async () => {
  const t = await wordsOf('fr')
  await page.goto(`${server.address}/language/fr?back=/studio/events/${event}`)
  const dialog = await ask(t)
  await dialog.getByLabel('Where to?').waitFor()
  await dialog.getByRole('button', { name: t('studio.copies.all') }).click()
  await dialog.getByRole('button', { name: t('studio.copies.confirm', { n: 3 }) }).click()
  await becomes(titles, 'How was it?,One word?,How was it?,Where to?,One word?')
})
