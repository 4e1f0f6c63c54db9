// The figures of the room: who is here, who of them has answered, and how many answers there are in all. They never contradict
// each other, and nothing says that all have answered while somebody who is here has not.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const [HERE, GONE] = [9, 20]
const t = await wordsOf('en')

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
/** @type {Page} */
let screen
/** @type {any} */
let activity

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  const context = await browser.newContext({ viewport: { width: 1680, height: 1000 }, locale: 'en' })
  studio = await context.newPage()
  await setUp(studio, server.setup)
  const post = async (/** @type {string} */ path, /** @type {unknown} */ data) => {
    const made = await studio.request.post(`${server.address}/api/v1/events${path}`, { headers: { Origin: server.address }, data })
    assert.ok(made.ok(), await made.text())
    return made.json()
  }
  const { id } = await post('', { name: 'Annual meeting', code: 'TULIP' })
  const options = ['Sea', 'Mountains'].map((text, place) => ({ id: place + 1, text }))
  activity = await post(`/${id}/activities`, { settings: { kind: 'choice', title: 'Where to?', options, min: 1, max: 1, other: false, changeable: true } })
  await studio.goto(`${server.address}/studio/events/${id}`)
  screen = await context.newPage()
  await screen.goto(`${server.address}/e/TULIP/screen`)
  await studio.locator('.voting').click()
  await screen.locator('.bar').first().waitFor()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/**
 * Waits until a part of a page says this and no more.
 * @param {Page} page
 * @param {string} selector
 * @param {string} text
 */
async function says(page, selector, text) {
  const plain = (/** @type {string} */ said) => said.replace(/[\u2066-\u2069]/g, '').replace(/\s+/g, ' ').trim()
  const seen = async () => plain((await page.locator(selector).first().textContent()) ?? '')
  await page.waitForFunction(([selector, text]) => document.querySelector(selector)?.textContent?.replace(/[\u2066-\u2069]/g, '').replace(/\s+/g, ' ').trim() === text, [selector, plain(text)])
    .catch(async () => assert.equal(await seen(), plain(text), selector))
}

/** What studio and screen say together. @param {{here: number, answered: number, all: number}} room */
async function agree({ here, answered, all }) {
  await says(studio, '.here', t('studio.header.in_room', { n: here }))
  await says(studio, '.fact:nth-child(1)', `${t('studio.fact.answered_of', { count: answered, here })}${t('studio.fact.answered', { n: here })}`)
  await says(studio, '.fact:nth-child(2) b', String(all))
  await says(studio, '.item .t small', `${t('studio.kind.choice')} · ${t('studio.rundown.answers', { n: all })}`)
  await says(screen, '#tally b', t('screen.answered_of', { n: answered, here }))
  const others = all > answered ? ` · ${t('screen.in_all', { n: all })}` : ''
  await says(screen, '#tally span', t('screen.have_answered', { n: here }) + others)
  const part = await screen.locator('#strip').evaluate(strip => parseFloat(strip.style.getPropertyValue('--part')))
  assert.ok(Math.abs(part - (100 * answered) / here) < 0.01, `the line is at ${part} of a hundred`)
  assert.doesNotMatch((await studio.locator('.facts').textContent()) ?? '', /%/)
}

describe('the figures of the room', () => {
  it('count those who answered and left as answers, and as nothing else', async () => {
    const gone = await crowd(server.address, 'TULIP', GONE)
    await Promise.all(gone.map(one => one.respond(activity, [['option', '1']])))
    await agree({ here: GONE, answered: GONE, all: GONE })
    for (const one of gone) one.leave()
    const here = await crowd(server.address, 'TULIP', HERE)
    await agree({ here: HERE, answered: 0, all: GONE })
    await here[0]?.respond(activity, [['option', '1']])
    await agree({ here: HERE, answered: 1, all: GONE + 1 })
    // Who changes their mind is one person still.
    await here[0]?.respond(activity, [['option', '2']])
    await Promise.all(here.slice(1, -1).map(one => one.respond(activity, [['option', '2']])))
    await agree({ here: HERE, answered: HERE - 1, all: GONE + HERE - 1 })
    here[HERE - 1]?.leave()
    await agree({ here: HERE - 1, answered: HERE - 1, all: GONE + HERE - 1 })
  })

  it('begin again with a round', async () => {
    await studio.getByRole('button', { name: t('studio.stage.reset') }).click()
    await studio.getByRole('dialog').getByRole('button', { name: t('studio.reset.confirm') }).click()
    await says(studio, '.fact:nth-child(1) b', t('studio.fact.answered_of', { count: 0, here: HERE - 1 }))
    await says(screen, '#tally b', t('screen.answered_of', { n: 0, here: HERE - 1 }))
  })
})
