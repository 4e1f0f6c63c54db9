// Answers that are deleted after a rehearsal: of one activity in the studio, of all in the list of events. Whoever is there
// sees it at once, and can answer again.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { becomes, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const t = await wordsOf('en')

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let studio
/** @type {import('playwright-core').Page} */
let phone
let event = ''

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en', reducedMotion: 'reduce' })).newPage()
  await setUp(studio, server.setup)
  const post = async (/** @type {string} */ path, /** @type {object} */ data) => {
    const made = await studio.request.post(`${server.address}/api/v1/events${path}`, { maxRetries: 2, headers: { Origin: server.address }, data })
    assert.ok(made.ok(), await made.text())
    return made.json()
  }
  event = (await post('', { name: 'Annual meeting', code: 'TULIP' })).id
  const options = ['Sea', 'Mountains'].map((text, place) => ({ id: place + 1, text }))
  await post(`/${event}/activities`, { settings: { kind: 'choice', title: 'Where to?', options, min: 1, max: 1, other: false, changeable: true } })
  await studio.goto(`${server.address}/studio/events/${event}`)
  await studio.locator('.voting').click()
  phone = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en' })).newPage()
  await phone.goto(`${server.address}/e/TULIP`)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const counted = () => studio.locator('.item .t small').innerText()
const sentence = `${t('studio.kind.choice')} · ${t('studio.rundown.answers', { n: 1 })}`

async function answer() {
  await phone.getByText('Sea').click()
  await becomes(counted, sentence)
}

/** Opens the menu of the activity and chooses this. */
async function chooseClear() {
  await studio.locator('.item .pick').click()
  await studio.locator('.item .more').click()
  await studio.locator('.menu:popover-open .clear').click()
  return studio.getByRole('dialog')
}

it('deletes the answers to one activity, having named them, and everyone can answer again', async () => {
  await answer()
  const dialog = await chooseClear()
  await dialog.getByText(t('studio.clear.answers', { n: 1 })).waitFor()
  await openToAll(studio, 'the question before answers are deleted')
  await picture(studio, 'clearing-one')
  await studio.keyboard.press('Escape')
  assert.equal(await counted(), sentence)
  await chooseClear()
  await dialog.getByRole('button', { name: t('studio.clear.confirm') }).click()
  await studio.locator('.toast', { hasText: t('studio.clear.done', { name: 'Where to?' }) }).waitFor()
  await becomes(counted, t('studio.kind.choice'))
  await answer()
})

it('deletes all answers from the list of events, and the event is a draft again', async () => {
  await studio.goto(`${server.address}/studio`)
  await studio.getByRole('button', { name: t('studio.events.more', { name: 'Annual meeting' }) }).click()
  await studio.locator('.menu:popover-open').getByRole('button', { name: t('studio.events.clear') }).click()
  const dialog = studio.getByRole('dialog')
  await dialog.getByText(t('studio.clear.participants', { n: 1 })).waitFor()
  await picture(studio, 'clearing-all')
  await dialog.getByRole('button', { name: t('studio.clear.confirm') }).click()
  await studio.locator('.row[data-state=draft]').waitFor()
  await phone.getByText('Sea').waitFor({ state: 'hidden' })
  await studio.goto(`${server.address}/studio/events/${event}`)
  await studio.locator('.top .pill.draft').waitFor()
  assert.equal(await counted(), t('studio.kind.choice'))
  await studio.locator('.voting').click()
  await answer()
})
