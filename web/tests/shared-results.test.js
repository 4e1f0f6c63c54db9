// Results that others see: by a link that the facilitator gives out and takes back, and on phones once the event has ended,
// with one's own answers marked; in both languages, with and without JavaScript.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { facilitatorOf } from './facilitator.js'
import { fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const [t, fr] = [await wordsOf('en'), await wordsOf('fr')]
const PHONE = { viewport: { width: 390, height: 844 }, locale: 'en-GB', hasTouch: true, isMobile: true }
const options = ['By the sea, in Saint-Malo', 'In the mountains, near Annecy'].map((text, place) => ({ id: place + 1, text }))

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let desk
/** @type {import('playwright-core').Page} */
let phone
/** @type {ReturnType<typeof facilitatorOf>} */
let steer
/** @type {string} */
let event
/** @type {string} */
let link

/** @param {string} path @param {object} data */
async function make(path, data) {
  const answer = await desk.request.post(`${server.address}/api/v1${path}`, { data, headers: { Origin: server.address } })
  assert.equal(answer.status(), 201, await answer.text())
  return answer.json()
}

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  const permissions = ['clipboard-read', 'clipboard-write']
  desk = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce', permissions })).newPage()
  await setUp(desk, server.setup)
  steer = facilitatorOf(desk, server.address)
  event = (await make('/events', { name: 'Annual meeting 2026', code: 'TULIP' })).id
  const poll = { kind: 'choice', title: 'Where should next year’s gathering be?', options, min: 1, max: 1, other: false, changeable: true }
  const { id } = await make(`/events/${event}/activities`, { settings: poll })
  await make(`/events/${event}/activities`, { settings: { kind: 'words', title: 'What word describes this year?', words_per_person: 2 } })
  await steer.control(event, { do: 'open', activity: id })
  phone = await (await browser.newContext(PHONE)).newPage()
  await phone.goto(`${server.address}/e/TULIP`)
  await phone.locator('[data-option="2"]').tap()
  await phone.locator('#receipt').getByText(t('phone.stored')).waitFor()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const share = () => desk.locator('#share')

it('is given out as a link that anybody can open', async () => {
  await desk.goto(`${server.address}/studio/events/${event}/results`)
  await share().getByLabel(t('results.share.link')).check()
  link = await share().getByLabel(t('results.share.address')).inputValue()
  await share().getByRole('button', { name: t('results.share.copy') }).click()
  await share().getByText(t('results.share.copied')).waitFor()
  assert.equal(await desk.evaluate(() => navigator.clipboard.readText()), link)
  await picture(desk, 'results-share-desk')
  await openToAll(desk, 'sharing')

  const reader = await (await browser.newContext({ ...PHONE, locale: 'fr' })).newPage()
  await reader.goto(link)
  await reader.getByText(options[1].text).waitFor()
  await reader.getByText(fr('results.none')).waitFor()
  assert.equal(await reader.getByText(fr('results.own')).count(), 0, 'nobody knows what the reader answered')
  await openToAll(reader, 'the shared page')
  await fits(reader)
  await picture(reader, 'results-shared-phone')
  await reader.emulateMedia({ colorScheme: 'dark' })
  await openToAll(reader, 'the shared page in the dark')
  await picture(reader, 'results-shared-phone-dark')
  await reader.context().close()
})

it('shows only what is chosen', async () => {
  await share().locator('summary').click()
  const word = share().getByLabel('What word describes this year?')
  await word.uncheck()
  await share().getByText(t('results.share.saved')).waitFor()
  const reader = await (await browser.newContext({ javaScriptEnabled: false, locale: 'en' })).newPage()
  await reader.goto(link)
  await reader.getByText(options[1].text).waitFor()
  assert.equal(await reader.getByText('What word').count(), 0)
  await reader.context().close()
})

it('is on phones at the end, with one’s own answer marked', async () => {
  await share().getByLabel(t('results.share.on_phones')).check()
  await share().getByText(t('results.share.saved')).waitFor()
  await steer.control(event, { do: 'end' })
  await phone.getByRole('link', { name: t('phone.shared_how') }).waitFor()
  await picture(phone, 'results-ended-phone')
  await openToAll(phone, 'the end')
  await phone.getByRole('link', { name: t('phone.shared_how') }).tap()
  const own = phone.locator('tr', { hasText: t('results.own') })
  await own.waitFor()
  assert.equal(await own.count(), 1)
  assert.match((await own.textContent()) ?? '', /Annecy/)
  await fits(phone)
  await picture(phone, 'results-own-phone')
  await openToAll(phone, 'own answers')
  await phone.getByRole('link', { name: t('results.shared.back') }).tap()
  await phone.getByRole('link', { name: t('phone.shared_how') }).waitFor()
})

it('says what is stored where a change is not, and stays where one is', async () => {
  const phones = share().getByLabel(t('results.share.on_phones'))
  await desk.route('**/shared-results', route => route.abort())
  await phones.focus()
  await desk.keyboard.press('Space')
  await share().getByText(t('studio.toast.network')).waitFor()
  assert.ok(await phones.isChecked(), 'phones still show them')
  assert.ok(await phones.evaluate(box => box === document.activeElement), 'the focus is kept')
  await desk.unroute('**/shared-results')
})

it('is taken back', async () => {
  await share().getByLabel(t('results.share.link')).uncheck()
  await share().getByText(t('results.share.revoked')).waitFor()
  await desk.goto(link)
  await desk.getByRole('heading', { name: t('studio.message.no_results.title') }).waitFor()
  await openToAll(desk, 'a link that is no more')
})
