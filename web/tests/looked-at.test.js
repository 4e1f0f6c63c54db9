// What the studio shows of any activity: on stage or not, of earlier rounds, and after the end.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { facilitatorOf } from './facilitator.js'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let page
/** @type {string} */
let event
/** @type {any[]} */
const activities = []
/** @type {ReturnType<typeof facilitatorOf>} */
let host
/** @type {string[]} */
const errors = []
const [en, fr] = [await wordsOf('en'), await wordsOf('fr')]

const post = async (/** @type {string} */ path, /** @type {unknown} */ data) => {
  const options = { headers: { Origin: server.address }, data, maxRetries: 2 }
  return (await page.request.post(`${server.address}/api/v1/events${path}`, options)).json()
}

const options = ['Sea', 'Mountains'].map((text, place) => ({ id: place + 1, text }))
const poll = (/** @type {string} */ title) => ({ kind: 'choice', title, options, min: 1, max: 1, other: false, changeable: true })

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  page = await (await browser.newContext({ viewport: { width: 1280, height: 720 }, locale: 'en', reducedMotion: 'reduce' })).newPage()
  page.on('pageerror', error => errors.push(String(error)))
  await setUp(page, server.setup)
  event = (await post('', { name: 'Annual meeting', code: 'TULIP' })).id
  for (const settings of [poll('Where to?'), { kind: 'words', title: 'One word?', words_per_person: 1 }, poll('When?')])
    activities.push(await post(`/${event}/activities`, { settings }))
  host = facilitatorOf(page, server.address)
  const people = await crowd(server.address, 'TULIP', 3)
  const [first, second] = activities
  // Two rounds of the first: three answers, then one.
  await host.control(event, { do: 'open', activity: first.id })
  for (const [n, person] of people.entries()) await person.respond(first, [['option', n === 0 ? '1' : '2']])
  await host.control(event, { do: 'reset', activity: first.id, round: 1 })
  await people[0]?.respond({ ...first, round: 2 }, [['option', '1']])
  await host.control(event, { do: 'open', activity: second.id })
  await page.goto(`${server.address}/studio/events/${event}`)
  await item('One word?').and(page.locator('.open')).waitFor()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const item = (/** @type {string} */ title) => page.locator('.item').filter({ hasText: title })
const results = () => page.locator('.results')
const asked = (/** @type {string} */ title) => results().locator('.asked', { hasText: title }).waitFor()
const counts = () => results().locator('.bars .count').allTextContents().then(all => all.join(' '))
/** Presses a button that is not pressed twice by mistake. @param {string} name */
const press = name => page.locator('.steer').getByRole('button', { name }).click()

describe('results of what is looked at', () => {
  it('are those of the chosen activity, with its earlier rounds', async () => {
    await asked('One word?')
    await item('Where to?').locator('.pick').click()
    await asked('Where to?')
    await becomes(counts, '1 0')
    await becomes(() => page.locator('#announcer').textContent(), `${en('studio.said.results_of_round', { name: 'Where to?', round: 2 })} ${en('studio.said.answers', { n: 1 })}`)
    await results().getByLabel(en('studio.results.round')).selectOption('1')
    await becomes(counts, '1 2')
    await results().locator('.pill', { hasText: en('studio.results.hidden') }).waitFor()
    await openToAll(page, 'an earlier round')
    await picture(page, 'studio-earlier-round')
    await results().getByRole('button', { name: en('studio.results.follow') }).click()
    await asked('One word?')
  })

  it('say what is wrong where they do not come, and are requested again', async () => {
    const address = `**/activities/${activities[2].id}/results*`
    await page.route(address, route => route.abort())
    await item('When?').locator('.pick').click()
    await results().getByText(en('studio.toast.network')).waitFor()
    await page.unroute(address)
    await results().getByRole('button', { name: en('studio.toast.retry') }).click()
    await becomes(counts, '0 0')
  })

  it('are on screen without voting being open, and the way back and on is one button each', async () => {
    await item('Where to?').locator('.pick').click()
    await item('Where to?').getByRole('button', { name: en('studio.rundown.show') }).click()
    await item('Where to?').and(page.locator('.on')).waitFor()
    await item('Where to?').and(page.locator('.closed')).waitFor()
    await asked('Where to?')
    await press(en('studio.stage.next'))
    await asked('One word?')
    await press(en('studio.stage.previous'))
    await asked('Where to?')
  })

  for (const [width, height] of [[390, 844], [1280, 720], [1440, 900]])
    it(`are there at ${width} × ${height}`, async () => {
      await page.setViewportSize({ width, height })
      await item('Where to?').locator('.pick').click()
      await asked('Where to?')
      await becomes(counts, '1 0')
      await fits(page)
      await openToAll(page, `the studio at ${width} × ${height}`)
      await picture(page, `studio-results-${width}`)
    })

  it('leave the screen with the left arrow', async () => {
    await page.locator('.stage').click({ position: { x: 5, y: 5 } })
    await page.keyboard.press('ArrowLeft')
    await page.locator('.said', { hasText: en('studio.stage.nothing') }).waitFor()
  })

  it('stay after the end, in the language of the page', async () => {
    await page.setViewportSize({ width: 1280, height: 720 })
    await host.control(event, { do: 'show', activity: activities[1].id })
    await item('One word?').and(page.locator('.on')).waitFor()
    await host.control(event, { do: 'end' })
    await page.locator('.said', { hasText: en('studio.stage.ended') }).waitFor()
    await item('Where to?').locator('.pick').click()
    await becomes(counts, '1 0')
    await page.context().addCookies([{ name: 'parterre_language', value: 'fr', url: server.address }])
    await page.reload()
    await item('Where to?').locator('.pick').click()
    await results().getByLabel(fr('studio.results.round'), { exact: true }).selectOption('1')
    await becomes(counts, '1 2')
    await results().locator('option', { hasText: fr('studio.results.round_of', { round: 1, n: 3 }) }).waitFor({ state: 'attached' })
    await picture(page, 'studio-results-ended-fr')
    await becomes(() => results().locator('.all').getAttribute('href'), `/studio/events/${event}/results`)
    assert.deepEqual(errors, [])
  })
})
