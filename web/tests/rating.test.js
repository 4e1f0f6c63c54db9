// A rating, from the editor to the screen: on phones with and without script, and what counts.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const t = await wordsOf('en')
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'en' }

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
/** @type {string} */
let id

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await (await browser.newContext({ viewport: { width: 1680, height: 1000 }, locale: 'en' })).newPage()
  await setUp(studio, server.setup)
  id = (await post('', { name: 'Annual meeting', code: 'TULIP' })).id
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const post = async (/** @type {string} */ path, /** @type {unknown} */ data) =>
  (await studio.request.post(`${server.address}/api/v1/events${path}`, { headers: { Origin: server.address }, data })).json()

/** Adds a rating by the API and opens voting on it. @param {Record<string, unknown>} settings */
async function opened(settings) {
  const texts = /** @type {string[]} */ (settings.statements ?? [''])
  const statements = texts.map((text, place) => ({ id: place + 1, text }))
  const activity = await post(`/${id}/activities`, { settings: { kind: 'rating', title: 'Rate it', changeable: true, ...settings, statements } })
  await studio.locator('.item', { hasText: String(settings.title) }).waitFor()
  await studio.locator('.next').click()
  await studio.locator('.item.open', { hasText: String(settings.title) }).waitFor()
  return activity
}

/** @param {Record<string, unknown>} [options] */
async function phonePage(options = {}) {
  const phone = await (await browser.newContext({ ...PHONE, ...options })).newPage()
  await phone.goto(`${server.address}/e/TULIP`)
  return phone
}

/** The values that are marked, by statement. @param {Page} phone */
const marked = phone => phone.locator('.statement input:checked').evaluateAll(inputs =>
  inputs.map(input => `${/** @type {HTMLInputElement} */ (input).name.split('-')[1]}:${/** @type {HTMLInputElement} */ (input).value}`).join(' '))

/** Marks a value as a finger does. @param {Page} phone @param {number} statement @param {number} value */
const tap = (phone, statement, value) => phone.locator(`input[name=rating-${statement}][value="${value}"]`).tap()

const sent = (/** @type {Page} */ phone) => phone.locator('.receipt.good').waitFor()

/** What the studio says of the counts, statement by statement. */
const counted = () => studio.locator('.rated > li > .quiet').allTextContents().then(texts => texts.join(' | '))

describe('a rating of several statements', () => {
  it('is written in the editor', async () => {
    await studio.goto(`${server.address}/studio/events/${id}`)
    await studio.getByRole('button', { name: t('studio.kind.rating') }).first().click()
    await studio.locator('.editor textarea').fill('Rate the new statutes')
    for (const [place, text] of ['They are easy to understand.', 'They give small branches enough of a voice.', 'I would vote for them today.'].entries()) {
      if (place > 0) await studio.getByRole('button', { name: t('studio.rating.add') }).click()
      await studio.getByLabel(t('studio.rating.statement', { letter: String(place + 1) }), { exact: true }).fill(text)
    }
    await studio.getByRole('radio', { name: t('studio.rating.scale_labels') }).check()
    await studio.getByLabel(t('studio.rating.low')).fill('Disagree')
    await studio.getByLabel(t('studio.rating.high', { n: 5 })).fill('Agree')
    await openToAll(studio, 'the editor of a rating')
    await picture(studio, 'rating-editor')
    await studio.getByRole('button', { name: t('studio.dialog.save'), exact: true }).click()
    await studio.locator('.item', { hasText: 'Rate the new statutes' }).waitFor()
    await studio.locator('.voting').click()
    await studio.locator('.item.open').waitFor()
  })

  it('is marked, may leave one out, and is sent when the person says so', async () => {
    const phone = await phonePage()
    await tap(phone, 1, 4)
    await tap(phone, 2, 2)
    await phone.getByText(t('phone.rating.marked', { n: 2 })).waitFor()
    await phone.getByText(t('phone.rating.may_leave_out', { n: 1 })).waitFor()
    await fits(phone)
    await openToAll(phone, 'a rating on a phone')
    await picture(phone, 'rating-phone-marked')
    await phone.getByRole('button', { name: t('phone.send') }).click()
    await sent(phone)
    await becomes(counted, 'mean 4.0 · median 4 · 1 rating | mean 2.0 · median 2 · 1 rating | No ratings yet')
    await phone.locator('[data-clear="2"]').click()
    await tap(phone, 1, 5)
    await phone.getByRole('button', { name: t('phone.send_change') }).click()
    await becomes(counted, 'mean 5.0 · median 5 · 1 rating | No ratings yet | No ratings yet')
    await phone.reload()
    await becomes(() => marked(phone), '1:5')
    await phone.context().close()
  })

  it('counts without script too, and shows the own mark with the results', async () => {
    const [activity] = (await (await studio.request.get(`${server.address}/api/v1/events/${id}`)).json()).activities
    const people = await crowd(server.address, 'TULIP', 12)
    for (const [place, one] of people.entries()) {
      await one.respond(activity, [['rating-1', String(1 + (place % 5))], ['rating-3', String(place < 8 ? 5 : 1)]])
    }
    await becomes(counted, 'mean 2.9 · median 3 · 13 ratings | No ratings yet | mean 3.7 · median 5 · 12 ratings')
    const quiet = await phonePage({ javaScriptEnabled: false })
    await quiet.locator('.join button').click()
    await quiet.locator('input[name=rating-2][value="1"]').check()
    await quiet.locator('button[name=send]').click()
    await quiet.locator('.receipt.good').waitFor()
    assert.equal(await marked(quiet), '2:1')
    await becomes(counted, 'mean 2.9 · median 3 · 13 ratings | mean 1.0 · median 1 · 1 rating | mean 3.7 · median 5 · 12 ratings')
    await studio.getByRole('switch', { name: t('studio.stage.results') }).click()
    await studio.getByRole('switch', { name: t('studio.stage.results'), checked: true }).waitFor()
    await quiet.reload()
    assert.equal(await quiet.locator('.statement .figure b').first().textContent(), '2.9')
    assert.equal(await quiet.locator('[data-statement="2"] .histogram rect.own').count(), 1)
    const phone = await phonePage()
    await becomes(() => phone.locator('.statement .figure b').allTextContents().then(texts => texts.join(' ')), '2.9 1.0 3.7')
    await openToAll(phone, 'a rating with results on a phone')
    await picture(phone, 'rating-phone-results')
    await picture(studio, 'rating-studio')
    await openToAll(studio, 'the counts of a rating')
    await quiet.context().close()
    await phone.context().close()
  })

  it('shows each statement as one bar with its mean on the screen', async () => {
    const screen = await (await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'en' })).newPage()
    await screen.goto(`${server.address}/e/TULIP/screen`)
    await becomes(() => screen.locator('.num .figure').allTextContents().then(texts => texts.join(' ')), '2.9 1.0 3.7')
    assert.deepEqual(await screen.locator('.num').nth(1).locator('small').allTextContents(), [t('screen.rating.mean_of'), t('screen.rating.count', { n: 1 })])
    assert.deepEqual(await screen.locator('.key span').allTextContents(), ['Disagree', 'Agree'])
    await openToAll(screen, 'a rating on the screen')
    await picture(screen, 'rating-screen')
    await screen.setViewportSize({ width: 1280, height: 720 })
    await fits(screen)
    await picture(screen, 'rating-screen-720')
    await screen.context().close()
  })
})

describe('a rating of one thing', () => {
  it('is sent with one tap on a star, and taken over by the next one', async () => {
    await opened({ title: 'How was the food?', scale: { style: 'stars', points: 5 } })
    const phone = await phonePage()
    await phone.getByText('How was the food?').first().waitFor()
    await tap(phone, 1, 4)
    await sent(phone)
    await becomes(counted, 'mean 4.0 · median 4 · 1 rating')
    await tap(phone, 1, 2)
    await becomes(counted, 'mean 2.0 · median 2 · 1 rating')
    await openToAll(phone, 'stars on a phone')
    await picture(phone, 'rating-stars')
    await phone.context().close()
  })

  it('is marked by the keyboard without sending each value on the way', async () => {
    const phone = await phonePage({ isMobile: false, hasTouch: false })
    await phone.locator('input[name=rating-1]').first().focus()
    for (const key of ['ArrowRight', 'ArrowRight']) await phone.keyboard.press(key)
    await phone.getByText(t('phone.rating.marked', { n: 1 })).waitFor()
    await becomes(counted, 'mean 2.0 · median 2 · 1 rating')
    await phone.keyboard.press('Enter')
    await sent(phone)
    await becomes(counted, 'mean 2.5 · median 2.5 · 2 ratings')
    await phone.context().close()
  })

  it('sums up how likely people are to recommend something', async () => {
    const activity = await opened({ title: 'Would you recommend us?', scale: { style: 'nps' } })
    const people = await crowd(server.address, 'TULIP', 10)
    for (const [place, one] of people.entries()) await one.respond(activity, [['rating-1', String([10, 9, 9, 10, 8, 7, 6, 3, 0, 10][place])]])
    await becomes(counted, 'NPS +20 · median 8.5 · 10 ratings')
    const phone = await phonePage({ viewport: { width: 320, height: 640 } })
    await tap(phone, 1, 10)
    await sent(phone)
    await studio.getByRole('switch', { name: t('studio.stage.results') }).click()
    await becomes(() => phone.locator('.statement .figure').textContent().then(String), `+27 ${t('phone.rating.nps_of', { n: 11 })}`)
    await fits(phone)
    await picture(phone, 'rating-nps')
    const screen = await (await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'fr' })).newPage()
    await screen.goto(`${server.address}/e/TULIP/screen`)
    await screen.locator('.key').waitFor()
    await picture(screen, 'rating-nps-screen')
    for (const page of [phone, screen]) await page.context().close()
  })

  it('can be read on the screen at each of ten steps, also where the letters are as small as they get', async () => {
    const statements = Array.from({ length: 10 }, (_, n) => `${n + 1}: ${'What we set out to do last year is done by now. '.repeat(2)}`)
    const activity = await opened({ title: 'How far along are we?', statements, scale: { style: 'labels', points: 10, low: '', high: '' } })
    const people = await crowd(server.address, 'TULIP', 10)
    for (const [place, one] of people.entries()) await one.respond(activity, statements.map((_, n) => [`rating-${n + 1}`, String(place + 1)]))
    await becomes(counted, Array(10).fill('mean 5.5 · median 5.5 · 10 ratings').join(' | '))
    await studio.getByRole('switch', { name: t('studio.stage.results') }).click()
    const screen = await (await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'en' })).newPage()
    await screen.goto(`${server.address}/e/TULIP/screen`)
    await becomes(() => screen.locator('.rated-statement').first().locator('.mix i').allTextContents().then(texts => texts.join(' ')), Array(10).fill('10%').join(' '))
    await openToAll(screen, 'ten steps')
    await picture(screen, 'rating-ten')
    await screen.context().close()
  })

  it('has its own words where a browser translates the page before they are there', async () => {
    await studio.locator('.lobby').click()
    const phone = await phonePage()
    await phone.locator('[data-view=waiting]').waitFor()
    // As such a browser does; the words of kinds come with the first activity, or much later.
    await phone.evaluate(() => (document.documentElement.lang = 'de'))
    await opened({ title: 'How was the day?', scale: { style: 'stars', points: 3 } })
    await phone.getByText(t('phone.rating.how_stars', { n: 3 })).waitFor()
    await phone.context().close()
  })

  it('says what another scale does to what was rated', async () => {
    const item = studio.locator('.item', { hasText: 'Would you recommend us?' })
    await item.locator('.pick').click()
    await item.getByRole('button', { name: t('studio.rundown.edit') }).first().click()
    await studio.getByRole('radio', { name: t('studio.rating.scale_stars') }).check()
    await studio.getByText(t('studio.rating.scale_changed')).waitFor()
  })
})
