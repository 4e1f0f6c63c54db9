// A write-in that is among the options counts as that one, with script and without.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { becomes, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const t = await wordsOf('en')

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let studio
/** @type {any} */
let activity

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await (await browser.newContext({ viewport: { width: 1680, height: 1000 }, locale: 'en' })).newPage()
  await setUp(studio, server.setup)
  const post = async (/** @type {string} */ path, /** @type {unknown} */ data) =>
    (await studio.request.post(`${server.address}/api/v1/events${path}`, { headers: { Origin: server.address }, data })).json()
  const { id } = await post('', { name: 'Annual meeting', code: 'TULIP' })
  const options = ['By train', 'By bus', '2²'].map((text, place) => ({ id: place + 1, text }))
  activity = await post(`/${id}/activities`, { settings: { kind: 'choice', title: 'How do you come?', options, min: 1, max: 1, other: true, changeable: true } })
  await studio.goto(`${server.address}/studio/events/${id}`)
  await studio.locator('.voting').click()
  await studio.locator('.item.open').waitFor()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Waits until the studio counts so: the options in order, and own ones. @param {number[]} counts */
const counted = counts => studio.waitForFunction(
  wanted => JSON.stringify([...document.querySelectorAll('.bars .count')].map(count => Number(count.textContent))) === wanted, JSON.stringify(counts))

/** What is marked on a phone. @param {import('playwright-core').Page} phone */
const marked = phone => phone.locator('input[name=option]:checked').evaluateAll(inputs => inputs.map(input => /** @type {HTMLInputElement} */ (input).value).join())

describe('an own option that is listed', () => {
  it('is that option on the phone and in the counts', async () => {
    const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en' })).newPage()
    await phone.goto(`${server.address}/e/TULIP`)
    await phone.locator('#own-text').fill('  by  TRAIN ')
    await phone.getByRole('button', { name: t('phone.send') }).click()
    await phone.locator('.receipt.good').waitFor()
    await becomes(() => marked(phone), '1')
    await becomes(() => phone.locator('#own-text').inputValue(), '')
    await counted([1, 0, 0, 0])
    await phone.reload()
    await phone.locator('.receipt.good').waitFor()
    await becomes(() => marked(phone), '1')
    await phone.locator('#own-text').fill('22')
    await phone.getByRole('button', { name: t('phone.send_change') }).click()
    await counted([0, 0, 0, 1])
    await becomes(() => marked(phone), 'other', 'a power is not the digits that it is made of')
    await phone.context().close()
  })

  it('is that option where the phone could not fetch the rules by which the server saw it', async () => {
    const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en' })).newPage()
    await phone.route('**/field.js', route => route.abort())
    await phone.goto(`${server.address}/e/TULIP`)
    await phone.locator('#own-text').fill('by TRAIN')
    await phone.getByRole('button', { name: t('phone.send') }).click()
    await phone.locator('.receipt.good').waitFor()
    await becomes(() => marked(phone), '1')
    assert.equal(await phone.locator('#own-text').inputValue(), '', 'nor is it left to be sent once more')
    await phone.context().close()
  })

  it('is that option without script too', async () => {
    const [one] = await crowd(server.address, 'TULIP', 1)
    await one?.respond(activity, [['option', 'other'], ['other', 'BY BUS']])
    await counted([1, 1, 0, 1])
  })
})
