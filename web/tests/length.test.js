// Fields that say how much they take: more than that is neither cut nor sent, in letters or in emoji.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { becomes, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const FAMILY = '👨\u200d👩\u200d👧\u200d👦'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** The facilitator's browser. @type {import('playwright-core').Page} */
let desk
/** @type {Awaited<ReturnType<typeof wordsOf>>} */
let say

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  desk = await (await browser.newContext({ locale: 'en' })).newPage()
  await setUp(desk, server.setup)
  say = await wordsOf('en')
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** @param {string} path @param {unknown} data */
const post = async (path, data) =>
  (await desk.request.post(`${server.address}/api/v1/events${path}`, { headers: { Origin: server.address }, data })).json()

/**
 * An event with this activity open, and a phone that looks at it.
 * @param {unknown} [question]
 * @param {boolean} [names]
 */
async function on(question, names = false) {
  const { id, code } = await post('', { name: 'Annual meeting', names })
  if (question) {
    await post(`/${id}/activities`, { settings: question })
    await desk.goto(`${server.address}/studio/events/${id}`)
    await desk.locator('.voting').click()
    await desk.locator('.item.open').waitFor()
  }
  const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en' })).newPage()
  await phone.goto(`${server.address}/e/${code}`)
  if (!names) await phone.getByText('Connected').waitFor()
  return { id, phone }
}

/**
 * Asserts that a field takes so many characters and says so of more.
 * @param {import('playwright-core').Page} page
 * @param {import('playwright-core').Locator} field
 * @param {number} max
 */
async function says(page, field, max) {
  const said = (/** @type {string} */ id) => page.locator(`[id="${id}"]`)
  const note = said((await field.getAttribute('aria-describedby'))?.split(' ').find(id => id.endsWith('-length')) ?? '')
  await field.fill(FAMILY.repeat(max))
  await becomes(() => field.inputValue(), FAMILY.repeat(max), 'nothing is cut')
  assert.deepEqual([await field.getAttribute('aria-invalid'), await note.textContent()], ['false', ''])
  await field.fill(FAMILY.repeat(max + 1))
  const told = say('problem.too_long', { max, length: max + 1 })
  assert.deepEqual([await field.getAttribute('aria-invalid'), await note.textContent()], ['true', told])
  await field.fill(`b${'\u030f'.repeat(3000)}`)
  assert.match(await note.textContent() ?? '', /6001 bytes|6,001 bytes/)
}

it('an own option says how long it may be', async () => {
  const options = ['Sea', 'City'].map((text, place) => ({ id: place + 1, text }))
  const { phone } = await on({ kind: 'choice', title: 'Where?', options, min: 1, max: 1, other: true, changeable: true })
  const field = phone.getByLabel(say('phone.own_option'))
  await field.focus()
  await phone.locator('#own-text-length').waitFor({ state: 'attached' })
  await says(phone, field, 140)
  const send = phone.locator('button[name=send]')
  await becomes(() => send.isDisabled(), true)
  await field.fill('\u3164')
  await becomes(() => send.isDisabled(), true, 'nothing that can be seen')
  await field.fill('By train')
  await send.click()
  await phone.locator('#receipt', { hasText: say('phone.stored') }).waitFor()
})

it('a word says how long it may be, and which was sent already', async () => {
  const { phone } = await on({ kind: 'words', title: 'In a word?', words_per_person: 3 })
  const field = phone.locator('#word')
  await field.focus()
  await phone.locator('#word-length').waitFor({ state: 'attached' })
  await says(phone, field, 40)
  const add = phone.getByRole('button', { name: say('phone.add') })
  await becomes(() => add.isDisabled(), true)
  await field.fill('Neige!')
  await add.click()
  await phone.locator('.chips li').waitFor()
  for (const again of ['neige', 'ＮＥＩＧＥ', '« neige »', 'nei\u00adge']) {
    await field.fill(again)
    await becomes(() => add.isDisabled(), true, again)
    await phone.getByText(say('phone.word_twice')).waitFor()
  }
  await field.fill('\u2800')
  await becomes(() => add.isDisabled(), true, 'nothing that can be seen')
})

it('the name by which one joins says how long it may be', async () => {
  const { phone } = await on(undefined, true)
  await phone.locator('#name').focus()
  await phone.locator('#name-length').waitFor({ state: 'attached' })
  await says(phone, phone.locator('#name'), 40)
  await phone.getByRole('button', { name: say('phone.join') }).click()
  await becomes(() => phone.locator('#name').getAttribute('aria-invalid'), 'true')
  await phone.locator('#name').fill('Ann')
  await phone.getByRole('button', { name: say('phone.join') }).click()
  await phone.getByText('Connected').waitFor()
})

it('the name of who asks says how long it may be', async () => {
  const { id, phone } = await on()
  await desk.goto(`${server.address}/studio/events/${id}`)
  await desk.locator('.taking label', { hasText: say('moderation.settings.state.open') }).click()
  await phone.getByRole('link', { name: 'Questions' }).click()
  await phone.locator('#ask-text').fill('Who pays?')
  await phone.getByText(say('questions.with_name')).click()
  await phone.locator('#ask-name-length').waitFor({ state: 'attached' })
  await says(phone, phone.locator('#ask-name'), 40)
  const send = phone.getByRole('button', { name: say('questions.send') })
  await becomes(() => send.isDisabled(), true)
  await phone.locator('#ask-name').fill('Ann')
  assert.equal(await send.isDisabled(), false)
})

it('the studio says of a question and its options how long they may be, while they are typed', async () => {
  const { id } = await post('', { name: 'Annual meeting' })
  await desk.goto(`${server.address}/studio/events/${id}`)
  await desk.getByRole('button', { name: say('studio.kind.choice') }).first().click()
  const option = desk.locator('.options li .field').first()
  await option.fill(FAMILY.repeat(141))
  await desk.locator('.options .problem', { hasText: say('problem.too_long', { max: 140, length: 141 }) }).waitFor()
  assert.deepEqual([await option.getAttribute('aria-invalid'), await option.inputValue()], ['true', FAMILY.repeat(141)])
  await desk.locator('#title').fill('a'.repeat(700))
  await desk.locator('#title-problem', { hasText: say('problem.too_long', { max: 300, length: 700 }) }).waitFor()
})
