// The list of events: found by name, copied with the code and back, renamed, deleted; with the keyboard, in both languages,
// from narrow to wide, and without JavaScript.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const t = await wordsOf('en')

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let page
/** @type {string[]} */
const errors = []

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en-GB', reducedMotion: 'reduce' })).newPage()
  page.on('pageerror', error => errors.push(String(error)))
  await setUp(page, server.setup)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** @param {'POST' | 'PATCH'} method @param {string} path @param {object} data */
async function ask(method, path, data) {
  const options = { method, maxRetries: 2, headers: { Origin: server.address }, data }
  return (await page.request.fetch(`${server.address}/api/v1${path}`, options)).json()
}

/** @param {string} name @param {string} code */
const make = (name, code) => ask('POST', '/events', { name, code })
const row = (/** @type {string} */ name) => page.locator('.row', { has: page.getByRole('heading', { name, exact: true }) })
const names = () => page.locator('.row:not([hidden]) h3').allTextContents()

/** @param {string} name @param {string} act */
async function choose(name, act) {
  await row(name).getByRole('button', { name: t('studio.events.more', { name }) }).click()
  await row(name).locator('.menu:popover-open').getByRole('button', { name: t(act) }).click()
}

const toastWith = (/** @type {string} */ text) => page.locator('.toast', { hasText: text })

it('shows each event with its code, its numbers, and what can be done with it', async () => {
  const { id } = await make('Annual meeting', 'TULIP')
  await ask('POST', `/events/${id}/activities`, { settings: { kind: 'words', title: 'One word?', words_per_person: 1 } })
  await make('Choir directors’ day', 'AMBER')
  await page.goto(`${server.address}/studio`)
  await row('Annual meeting').getByText('TULIP').waitFor()
  await row('Annual meeting').getByText(t('studio.events.activities', { n: 1 })).waitFor()
  await row('Choir directors’ day').getByText(t('studio.events.nobody')).waitFor()
  assert.match(await row('Annual meeting').locator('time').innerText(), /^Created \d{1,2} [A-Z][a-z]+ \d{4}$/)
  assert.equal(await page.locator('#search').isVisible(), false)
  await openToAll(page, 'events')
})

it('copies an event with its code, and takes the copy back with it', async () => {
  await choose('Annual meeting', 'studio.events.copy')
  const dialog = page.getByRole('dialog')
  const name = dialog.getByLabel(t('studio.copy.name'))
  assert.equal(await name.inputValue(), 'Copy of Annual meeting')
  await openToAll(page, 'the question before a copy')
  await picture(page, 'events-copy')
  await name.fill('')
  await name.press('Enter')
  await dialog.locator('.problem').waitFor()
  await name.fill('Annual meeting 2027')
  await dialog.getByLabel(t('studio.copy.code', { code: 'TULIP' })).check()
  await dialog.getByRole('button', { name: t('studio.copy.confirm') }).click()
  await row('Annual meeting 2027').getByText('TULIP').waitFor()
  assert.equal(await row('Annual meeting').getByText('TULIP').count(), 0)
  await row('Annual meeting 2027').getByText(t('studio.events.activities', { n: 1 })).waitFor()
  await becomes(() => row('Annual meeting 2027').locator('a:focus').count(), 1)
  await toastWith('Annual meeting 2027').getByRole('button', { name: t('studio.toast.undo') }).click()
  await row('Annual meeting').getByText('TULIP').waitFor()
  assert.equal(await row('Annual meeting 2027').count(), 0)
})

it('renames an event, and copies its join link', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await choose('Choir directors’ day', 'studio.events.rename')
  const name = page.getByRole('dialog').getByLabel(t('studio.events.name'))
  await name.fill('Choir day')
  await name.press('Enter')
  await row('Choir day').waitFor()
  await choose('Choir day', 'studio.events.copy_link')
  await toastWith(t('studio.toast.copied')).waitFor()
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), `${server.address}/e/AMBER`)
})

it('deletes an event with the keyboard, and brings it back', async () => {
  const more = row('Choir day').getByRole('button', { name: t('studio.events.more', { name: 'Choir day' }) })
  await more.focus()
  await page.keyboard.press('Enter')
  await row('Choir day').locator('.menu:popover-open').waitFor()
  await row('Choir day').locator('[data-act=remove]').focus()
  await page.keyboard.press('Enter')
  const undo = toastWith('Choir day').getByRole('button', { name: t('studio.toast.undo') })
  await becomes(() => undo.evaluate(button => button === document.activeElement), true)
  assert.equal(await row('Choir day').count(), 0)
  await page.keyboard.press('Enter')
  await row('Choir day').waitFor()
  await becomes(() => row('Choir day').locator('a:focus').count(), 1)
})

it('finds an event among many by its name or its code, without accents', async () => {
  for (const n of [1, 2, 3, 4, 5, 6, 7]) await make(`Réunion ${n}`, `REUNION${'ABCDEFG'[n - 1]}`)
  await page.reload()
  const search = page.getByRole('searchbox')
  await search.fill('reunion 3')
  assert.deepEqual(await names(), ['Réunion 3'])
  await becomes(() => page.locator('#announcer').innerText(), t('studio.events.found', { n: 1 }))
  await search.fill('tulip')
  assert.deepEqual(await names(), ['Annual meeting'])
  await search.fill('nothing of the kind')
  await page.locator('.none-found').waitFor()
  await openToAll(page, 'a search that finds nothing')
  await search.fill('')
  assert.equal((await names()).length, 9)
})

it('fits every width, in both languages, light and dark', async () => {
  await page.evaluate(async () => {
    const all = await (await fetch('/api/v1/events')).json()
    for (const { id } of all.events.slice(0, 2)) await fetch(`/api/v1/events/${id}`, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'Workshop on the new statutes, second evening for the branches of the north and of the islands' }) })
  })
  const { id } = await make('Autumn board meeting', 'AUTUMN')
  const studio = await page.context().newPage()
  await studio.goto(`${server.address}/studio/events/${id}`)
  for (const key of ['header.start', 'header.end', 'end.confirm']) await studio.getByRole('button', { name: t(`studio.${key}`), exact: true }).click()
  await studio.locator('.pill.ended').waitFor()
  await studio.close()
  for (const language of ['en', 'fr']) {
    await page.goto(`${server.address}/language/${language}?back=/studio`)
    for (const [width, height] of [[390, 844], [1280, 720], [1440, 900]]) {
      await page.setViewportSize({ width: width ?? 0, height: height ?? 0 })
      await fits(page)
      await picture(page, `events-${language}-${width}`)
    }
    await page.locator('.row .more').first().click()
    await openToAll(page, `the menu, ${language}`)
    await picture(page, `events-menu-${language}`)
    await page.keyboard.press('Escape')
  }
  assert.deepEqual(errors, [])
})

it('leads to every event without JavaScript', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB', storageState: await page.context().storageState() })
  const list = await plain.newPage()
  await list.goto(`${server.address}/language/en?back=/studio`)
  await list.getByText(t('studio.events.new')).click()
  await list.getByLabel(t('studio.events.name')).fill('By hand')
  await list.getByRole('button', { name: t('studio.events.create') }).click()
  await list.waitForURL('**/studio/events/*')
  await list.goto(`${server.address}/studio`)
  await list.getByRole('link', { name: t('studio.events.open_named', { name: 'By hand' }) }).click()
  await list.waitForURL('**/studio/events/*')
  await plain.close()
})
