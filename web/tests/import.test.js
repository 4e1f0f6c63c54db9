// An archive is imported from the list of events: a form, which works without JavaScript, says what is wrong in the
// reader's language, and leads to the event.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, it } from 'node:test'
import { picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const KEPT = new URL('../../server/tests/fixtures/archive-1.zip', import.meta.url)

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Awaited<ReturnType<import('playwright-core').BrowserContext['storageState']>>} */
let member

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  const context = await browser.newContext({ locale: 'en-GB' })
  await setUp(await context.newPage(), server.setup)
  member = await context.storageState()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

for (const [language, javaScriptEnabled] of /** @type {[string, boolean][]} */ ([['en', true], ['fr', false]])) {
  it(`refuses what is no archive and imports one, in ${language}`, async () => {
    const t = await wordsOf(language)
    const options = { locale: language, javaScriptEnabled, storageState: member, viewport: { width: 390, height: 844 } }
    const context = await browser.newContext(options)
    const page = await context.newPage()
    await page.goto(`${server.address}/studio`)
    await page.locator('#import > summary').click()
    const file = page.getByLabel(t('studio.import.file'))
    await file.setInputFiles({ name: 'notes.zip', mimeType: 'application/zip', buffer: Buffer.from('no archive') })
    await page.getByRole('button', { name: t('studio.import.import'), exact: true }).click()
    await page.getByText(t('studio.import.archive.unreadable')).waitFor()
    if (javaScriptEnabled) await picture(page, `import-${language}`)
    assert.equal(await file.getAttribute('aria-invalid'), 'true')
    await file.setInputFiles({ name: 'meeting.zip', mimeType: 'application/zip', buffer: await readFile(KEPT) })
    await page.getByRole('button', { name: t('studio.import.import'), exact: true }).click()
    await page.waitForURL('**/studio/events/*-*')
    assert.match(await page.title(), /Annual meeting/)
    await context.close()
  })
}
