// The results of an event are saved as files from the list of events, in both languages, with the keyboard.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, it } from 'node:test'
import { fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let page
/** @type {string[]} */
const errors = []
/** The event's address in the studio. */
let studio = ''

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-GB', reducedMotion: 'reduce' })).newPage()
  page.on('pageerror', error => errors.push(String(error)))
  await setUp(page, server.setup)
  const options = { method: 'POST', maxRetries: 2, headers: { Origin: server.address } }
  const made = await page.request.fetch(`${server.address}/api/v1/events`, { ...options, data: { name: 'Annual meeting', code: 'TULIP' } })
  const { id } = await made.json()
  studio = `${server.address}/studio/events/${id}`
  const settings = { kind: 'words', title: 'One word?', words_per_person: 1 }
  await page.request.fetch(`${server.address}/api/v1/events/${id}/activities`, { ...options, data: { settings } })
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Opens the question for the form of the file. @param {(key: string, args?: Record<string, string>) => string} t */
async function askForExport(t) {
  await page.goto(`${server.address}/studio`)
  await page.getByRole('button', { name: t('studio.events.more', { name: 'Annual meeting' }) }).click()
  await page.locator('.menu:popover-open').getByRole('button', { name: t('studio.events.export') }).click()
  const dialog = page.getByRole('dialog', { name: t('studio.export.title', { name: 'Annual meeting' }) })
  await dialog.waitFor()
  return dialog
}

it('saves a workbook, CSV files and JSON, each under a name that says what it is', async () => {
  const t = await wordsOf('en')
  for (const [form, begins] of [['xlsx', 'PK'], ['zip', 'PK'], ['json', '{"format":"parterre-results"']]) {
    const dialog = await askForExport(t)
    const saved = page.waitForEvent('download')
    await dialog.getByRole('button', { name: t(`studio.export.${form}`) }).press('Enter')
    const file = await saved
    assert.match(file.suggestedFilename(), new RegExp(`^TULIP-results-\\d{4}-\\d\\d-\\d\\d\\.${form}$`))
    assert.ok((await readFile(await file.path())).toString('latin1').startsWith(begins), form)
    await dialog.waitFor({ state: 'detached' })
  }
})

it('says that the file is being made, and what went wrong if it is not', async () => {
  const t = await wordsOf('en')
  const dialog = await askForExport(t)
  await openToAll(page, 'the question before an export')
  await picture(page, 'export')
  /** @type {(route: import('playwright-core').Route) => void} */
  let held = () => {}
  const asked = new Promise(resolve => (held = resolve))
  await page.route('**/export/results.zip', route => held(route))
  await dialog.getByRole('button', { name: t('studio.export.zip') }).click()
  const route = /** @type {import('playwright-core').Route} */ (await asked)
  await dialog.getByRole('status').filter({ hasText: t('studio.export.making') }).waitFor()
  assert.ok(await dialog.getByRole('button', { name: t('studio.export.json') }).isDisabled(), 'one file at a time')
  await route.fulfill({ status: 503, json: { code: 'busy' } })
  await dialog.getByRole('alert').filter({ hasText: t('studio.toast.busy') }).waitFor()
  assert.ok(await dialog.getByRole('button', { name: t('studio.export.zip') }).isEnabled())
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
})

it('is offered on the page of results, with the same question', async () => {
  const t = await wordsOf('en')
  await page.goto(`${studio}/results`)
  await page.getByRole('button', { name: t('studio.events.export') }).click()
  const dialog = page.getByRole('dialog', { name: t('studio.export.title', { name: 'Annual meeting' }) })
  const saved = page.waitForEvent('download')
  await dialog.getByRole('button', { name: t('studio.export.json') }).click()
  assert.match((await saved).suggestedFilename(), /\.json$/)
  await dialog.waitFor({ state: 'detached' })
})

it('is in French too, and fits a phone', async () => {
  const t = await wordsOf('fr')
  page = await (await browser.newContext({ storageState: await page.context().storageState(), viewport: { width: 390, height: 844 }, locale: 'fr-FR', colorScheme: 'dark', reducedMotion: 'reduce' })).newPage()
  page.on('pageerror', error => errors.push(String(error)))
  const dialog = await askForExport(t)
  await fits(page)
  await picture(page, 'export-phone')
  const saved = page.waitForEvent('download')
  await dialog.getByRole('button', { name: t('studio.export.zip') }).click()
  assert.match((await saved).suggestedFilename(), /^TULIP-resultats-.*\.zip$/)
  assert.deepEqual(errors, [])
})
