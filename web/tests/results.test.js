// The page of an event's results: what it says of every activity and question, while it runs and at the end, in both
// languages, from narrow to wide, on paper, with the keyboard, and without JavaScript.

import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { crowd } from './crowd.js'
import { facilitatorOf } from './facilitator.js'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

const t = await wordsOf('en')

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let page
/** @type {ReturnType<typeof facilitatorOf>} */
let steer
/** @type {string} */
let event
/** @type {any[]} */
const activities = []
/** @type {import('./crowd.js').Newcomer[]} */
let people = []
/** @type {string[]} */
const errors = []

const POLL = { kind: 'choice', title: 'Where should next year’s gathering be?', min: 1, max: 1, other: false, changeable: true, options: ['By the sea, in Saint-Malo', 'In the mountains, near Annecy', 'In the city, in Lyon'].map((text, place) => ({ id: place + 1, text })) }
const FIRST_TIME = { ...POLL, title: 'Is this your first time here?', options: ['First time', 'Been before'].map((text, place) => ({ id: place + 1, text })) }
const CLOUD = { kind: 'words', title: 'What word describes this year?', words_per_person: 2 }
const RATING = { kind: 'rating', title: 'Rate the new statutes', statements: ['They are easy to understand.', 'I would vote for them today.'].map((text, place) => ({ id: place + 1, text })), scale: { style: 'labels', points: 5, low: 'Disagree', high: 'Agree' }, changeable: true }

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  page = await (await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-GB', reducedMotion: 'reduce' })).newPage()
  page.on('pageerror', error => errors.push(String(error)))
  await setUp(page, server.setup)
  steer = facilitatorOf(page, server.address)
  event = (await ask('/events', { name: 'Annual meeting 2026', code: 'TULIP' })).id
  for (const settings of [FIRST_TIME, POLL, RATING, CLOUD]) activities.push(await ask(`/events/${event}/activities`, { settings }))
  people = await crowd(server.address, 'TULIP', 12)
  await steer.control(event, { do: 'start' })
})

after(async () => {
  for (const person of people) person.leave()
  await browser?.close()
  await server?.stop()
})

/** @param {string} path @param {object} data @returns {Promise<any>} */
async function ask(path, data) {
  const answer = await page.request.post(`${server.address}/api/v1${path}`, { data, maxRetries: 2, headers: { Origin: server.address } })
  assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`)
  return answer.json()
}

/** @param {number} place of the activity @param {(person: number) => [string, string][]} answer @param {number} [most] */
async function answerAll(place, answer, most = people.length, round = 1) {
  const { id: activity, settings, version } = activities[place]
  await steer.control(event, { do: 'open', activity })
  for (const [n, person] of people.slice(0, most).entries()) await person.respond({ id: activity, settings, version, round }, answer(n))
}

const results = () => `${server.address}/studio/events/${event}/results`
const card = (/** @type {number} */ place) => page.locator(`#activity-${place + 1}`)
const cells = (/** @type {number} */ place, /** @type {number} */ row) => card(place).locator('tbody tr').nth(row).locator('td').allTextContents()

it('grows while people answer, and does not move what is read', async () => {
  await page.goto(results())
  await card(0).getByText(t('results.none')).waitFor()
  await answerAll(0, n => [['option', n < 5 ? '1' : '2']])
  await becomes(() => card(0).locator('tbody tr').count(), 2)
  await becomes(async () => (await cells(0, 0)).join(), '42%,5')
  await card(0).getByText(t('results.open')).waitFor()
  assert.equal(await page.locator('.figures dd').first().innerText(), '12')
})

it('shows every activity with its rounds, and the questions with their fate', async () => {
  await answerAll(1, n => [['option', String(1 + (n % 3))]])
  await steer.control(event, { do: 'reset', activity: activities[1].id, round: 1 })
  await answerAll(1, () => [['option', '1']], 4, 2)
  await answerAll(2, n => [['rating-1', String(1 + (n % 5))], ['rating-2', n < 6 ? '1' : '5']])
  await answerAll(3, n => [['word', n < 7 ? 'hopeful' : 'busy']])
  await steer.takeQuestions(event)
  await people[0].ask('Where is the budget?')
  await steer.control(event, { do: 'end' })
  await page.goto(results())
  assert.deepEqual(await cells(1, 0), ['100%', '4', '33%'])
  assert.deepEqual(await cells(1, 1), ['0%', '0', '33%'])
  await card(1).getByRole('columnheader', { name: t('results.round', { n: 1 }) }).waitFor()
  await card(2).getByText(t('results.mean', { mean: '3.0' })).first().waitFor()
  assert.deepEqual(await cells(3, 0), ['7'])
  await page.locator('#questions').getByText('Where is the budget?').waitFor()
  await page.locator('#questions').getByText(t('results.fate.open')).waitFor()
  await becomes(() => page.locator('.meta').innerText().then(text => /\d{4} at \d\d:\d\d$/.test(text)), true)
  assert.match(await card(0).locator('.about').innerText(), /answered from \d\d:\d\d to \d\d:\d\d/)
})

it('is reached from the list of events and from the studio of an event that is over, and leads back', async () => {
  await page.goto(`${server.address}/studio`)
  await page.getByRole('link', { name: t('studio.events.results_named', { name: 'Annual meeting 2026' }) }).click()
  await page.waitForURL('**/results')
  await page.getByRole('link', { name: t('results.to_studio') }).click()
  await page.getByRole('link', { name: t('studio.header.results'), exact: true }).click()
  await page.waitForURL('**/results')
})

it('compares groups of people by the answers to another activity, never of a few', async () => {
  await page.getByLabel(t('results.by')).selectOption({ label: FIRST_TIME.title })
  await page.getByRole('button', { name: t('results.compare') }).click()
  await card(2).getByRole('columnheader', { name: t('results.group', { group: 'First time', people: 5 }) }).first().waitFor()
  await card(2).getByRole('columnheader', { name: t('results.group', { group: 'Been before', people: 7 }) }).first().waitFor()
  await card(1).getByText(t('results.too_few')).waitFor()
  assert.equal(await card(3).locator('thead th').count(), 2, 'what people wrote is not split')
  await openToAll(page, 'a comparison')
  for (const [width, height] of [[390, 844], [1440, 900]]) {
    await page.setViewportSize({ width: width ?? 0, height: height ?? 0 })
    await fits(page)
    await picture(page, `results-compared-${width}`)
  }
})

it('is led through by its outline with the keyboard', async () => {
  const link = page.locator('.outline a').nth(2)
  await link.focus()
  await page.keyboard.press('Enter')
  await becomes(() => page.evaluate(() => location.hash), '#activity-3')
})

it('fits every width, magnified too, in both languages, light and dark', async () => {
  for (const language of ['en', 'fr']) {
    await page.goto(`${server.address}/language/${language}?back=/studio/events/${event}/results`)
    for (const [width, height] of [[320, 256], [390, 844], [1280, 720], [1440, 900]]) {
      await page.setViewportSize({ width: width ?? 0, height: height ?? 0 })
      await fits(page)
      await picture(page, `results-${language}-${width}`)
    }
    await openToAll(page, `the results, ${language}`)
  }
})

it('is printed as cards alone, in light colours', async () => {
  await page.emulateMedia({ media: 'print' })
  for (const gone of ['.top', '.rail', '.outline', '.languages']) assert.equal(await page.locator(gone).isVisible(), false, gone)
  assert.equal(await card(3).isVisible(), true)
  await page.emulateMedia({ media: null })
  const pdf = await page.pdf({ format: 'A4' })
  assert.ok(pdf.length > 10_000)
  if (process.env.PICTURES) await writeFile(join(process.env.PICTURES, 'results.pdf'), pdf)
})

it('says the same without JavaScript', async () => {
  const plain = await browser.newContext({ javaScriptEnabled: false, locale: 'en-GB', storageState: await page.context().storageState() })
  const still = await plain.newPage()
  await still.goto(`${server.address}/language/en?back=/studio/events/${event}/results`)
  assert.deepEqual(await still.locator('#activity-1 tbody tr').first().locator('td').allTextContents(), ['42%', '5'])
  assert.equal(await still.locator('#print').isVisible(), false)
  await plain.close()
  assert.deepEqual(errors, [])
})
