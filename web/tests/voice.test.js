// What is said aloud to those who hear a page, and where the focus is, while everything changes under them: on the phone, in
// the studio and for moderators. All of it is done by keyboard.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { facilitatorOf } from './facilitator.js'
import { becomes, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const say = await wordsOf('en')
/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
/** @type {Page} */
let phone
let event = ''
/** @type {string[]} */
const errors = []

/** @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(options = {}) {
  const page = await (await browser.newContext({ locale: 'en', ...options })).newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', error => errors.push(String(error)))
  return page
}

/** Writes down all that a page says aloud from now on. @param {Page} page */
const listen = page => page.evaluate(() => {
  const heard = /** @type {string[]} */ ([])
  Object.assign(window, { heard })
  const place = /** @type {HTMLElement} */ (document.getElementById('announcer'))
  new MutationObserver(() => heard.push(place.textContent ?? '')).observe(place, { childList: true, characterData: true, subtree: true })
})

/** Waits until the page has said this since it was last asked. @param {Page} page @param {string} words */
async function says(page, words) {
  await page.waitForFunction(words => /** @type {any} */ (window).heard.some((/** @type {string} */ one) => one.includes(words)), words)
  await page.evaluate(words => {
    const { heard } = /** @type {any} */ (window)
    heard.splice(0, heard.findIndex((/** @type {string} */ one) => one.includes(words)) + 1)
  }, words)
}

/** What has the focus: what it is called, or its text. @param {Page} page */
const focus = page => page.evaluate(() => {
  const one = /** @type {HTMLElement} */ (document.activeElement)
  return one === document.body ? 'body' : one.id || one.getAttribute('name') || one.textContent?.trim() || one.localName
})

/** Waits until something has the focus that holds this text. @param {Page} page @param {string} words */
const focused = (page, words) => page.waitForFunction(words => {
  const one = /** @type {HTMLElement} */ (document.activeElement)
  return one !== document.body && `${one.id} ${one.textContent} ${one.getAttribute('aria-label')}`.includes(words)
}, words)

/** @param {Record<string, unknown>} control */
const control = control => facilitatorOf(studio, server.address).control(event, control)

/** @param {string} path @param {unknown} data @param {'post' | 'put'} [method] */
async function make(path, data, method = 'post') {
  const answer = await studio.request[method](`${server.address}/api/v1/${path}`, { data, headers: { Origin: server.address } })
  assert.ok(answer.ok(), await answer.text())
  return answer.json()
}

/** @type {Record<string, string>} */
const ids = {}

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await open({ viewport: { width: 1400, height: 900 } })
  await setUp(studio, server.setup)
  event = (await make('events', { name: 'Annual meeting', code: 'TULIP' })).id
  const options = ['Sea', 'Hills', 'City'].map((text, place) => ({ id: place + 1, text }))
  const poll = { kind: 'choice', title: 'Where to?', options, min: 1, max: 1, other: true, changeable: true }
  ids.one = (await make(`events/${event}/activities`, { settings: poll })).id
  ids.many = (await make(`events/${event}/activities`, { settings: { ...poll, title: 'Which two?', max: 2, min: 2 } })).id
  ids.words = (await make(`events/${event}/activities`, { settings: { kind: 'words', title: 'In a word?', words_per_person: 2 } })).id
  // Where there are questions from the first, their tab loads nothing.
  await studio.goto(`${server.address}/studio/events/${event}`)
  await studio.locator('.taking input[value=open]').check()
  phone = await open({ viewport: { width: 390, height: 844 } })
  await phone.goto(`${server.address}/e/TULIP`)
  await phone.getByText(say('phone.pill.connected')).waitFor()
  await studio.getByText(say('studio.connection.ready')).waitFor()
  await listen(phone)
  await listen(studio)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

describe('the phone', () => {
  it('says that a vote opens, with its title, and after it what else happens at once', async () => {
    await control({ do: 'open', activity: ids.one })
    await control({ do: 'countdown', activity: ids.one, seconds: 300 })
    await says(phone, say('common.said.opened', { title: 'Where to?' }))
    await says(phone, say('phone.seconds_left', { n: 300 }))
    await control({ do: 'schedule', activity: ids.one })
    await says(studio, say('common.said.opened', { title: 'Where to?' }))
  })

  it('lets arrows move among the options, and sends what is confirmed alone', async () => {
    let sent = 0
    phone.on('websocket', socket => socket.on('framesent', ({ payload }) => (sent += Number(String(payload).includes('"respond"')))))
    await phone.reload()
    await phone.getByText(say('phone.pill.connected')).waitFor()
    await listen(phone)
    await phone.locator('[name=option][value="1"]').focus()
    await phone.keyboard.press('Space')
    await phone.locator('#receipt.good', { hasText: say('phone.stored') }).waitFor()
    await says(phone, say('phone.stored'))
    assert.equal(sent, 1)
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await phone.keyboard.press(key)
    assert.equal(await focus(phone), 'own', 'arrows reach the last option, and the focus stays with it')
    await phone.keyboard.press('ArrowUp')
    await becomes(() => phone.locator('[name=option][value="3"]').isChecked(), true)
    await becomes(() => phone.getByRole('button', { name: say('phone.send_change') }).isVisible(), true, 'it can be sent')
    assert.equal(sent, 1, 'nothing that was only passed by is an answer')
    await phone.keyboard.press('Space')
    await phone.waitForFunction(() => !Object.keys(localStorage).some(key => key.includes('outbox')))
    assert.equal(sent, 2)
    await phone.keyboard.press('ArrowUp')
    await phone.keyboard.press('Enter')
    await phone.waitForFunction(() => !Object.keys(localStorage).some(key => key.includes('outbox')))
    assert.equal(sent, 3, 'Enter sends as well')
    await phone.getByText('Sea').click()
    await phone.waitForFunction(() => !Object.keys(localStorage).some(key => key.includes('outbox')))
    assert.equal(sent, 4, 'one click is one answer')
  })

  it('says that voting closes, opens again, and that results are shown, and keeps the focus', async () => {
    await phone.locator('[name=option][value="1"]').focus()
    await control({ do: 'close', activity: ids.one })
    await says(phone, say('common.said.closed'))
    await focused(phone, 'Where to?')
    await control({ do: 'results', activity: ids.one, visible: true })
    await says(phone, say('common.said.results'))
    await control({ do: 'open', activity: ids.one })
    await says(phone, say('common.said.reopened', { title: 'Where to?' }))
    await control({ do: 'results', activity: ids.one, visible: false })
    await says(phone, say('common.said.results_hidden'))
    assert.notEqual(await focus(phone), 'body')
    for (const words of ['closed', 'results', 'results_hidden']) await says(studio, say(`common.said.${words}`))
  })

  it('says that the time is up', async () => {
    await control({ do: 'countdown', activity: ids.one, seconds: 5 })
    await says(phone, say('common.said.time_up'))
    assert.equal(await phone.evaluate(words => /** @type {any} */ (window).heard.includes(words), say('common.said.closed')), false)
    await says(studio, say('common.said.time_up'))
  })

  it('says that a question is worded anew, and that it begins again', async () => {
    const options = ['Sea', 'Hills', 'City'].map((text, place) => ({ id: place + 1, text }))
    const question = { kind: 'choice', title: 'Where to go?', options, min: 1, max: 1, other: true, changeable: true }
    await make(`events/${event}/activities/${ids.one}`, { settings: question }, 'put')
    await says(phone, say('common.said.reworded', { title: 'Where to go?' }))
    await control({ do: 'reset', activity: ids.one, round: 1 })
    await says(phone, say('common.said.restarted', { title: 'Where to go?' }))
  })

  it('gives the focus to the next question, and keeps it when Send is gone', async () => {
    await control({ do: 'open', activity: ids.one })
    await says(phone, say('common.said.opened', { title: 'Where to go?' }))
    await phone.locator('[name=option][value="1"]').focus()
    await control({ do: 'open', activity: ids.many })
    await says(phone, say('common.said.opened', { title: 'Which two?' }))
    await focused(phone, 'Which two?')
    await phone.keyboard.press('Tab')
    await phone.keyboard.press('Space')
    await phone.keyboard.press('Tab')
    await phone.keyboard.press('Space')
    await phone.getByRole('button', { name: say('phone.send') }).focus()
    await phone.keyboard.press('Enter')
    await phone.locator('#receipt.good', { hasText: say('phone.stored') }).waitFor()
    assert.equal(await focus(phone), 'option', 'an option of the answer')
  })

  it('keeps it when the last word is sent, and when one is removed', async () => {
    await control({ do: 'open', activity: ids.words })
    await says(phone, say('common.said.opened', { title: 'In a word?' }))
    await focused(phone, 'In a word?')
    await phone.keyboard.press('Tab')
    for (const word of ['calm', 'salt']) {
      await phone.keyboard.type(word)
      await phone.keyboard.press('Enter')
      await phone.getByRole('button', { name: say('phone.remove', { word }) }).waitFor()
    }
    await focused(phone, say('phone.remove', { word: 'salt' }))
    await phone.keyboard.press('Enter')
    await phone.waitForFunction(() => document.querySelectorAll('.chips li').length === 1)
    await focused(phone, 'word')
  })

  it('says it under the questions too, and keeps what is written there', async () => {
    await phone.getByRole('link', { name: say('phone.tab.questions') }).click()
    const field = phone.locator('#ask-text')
    await field.fill('Who pays')
    await control({ do: 'open', activity: ids.one })
    await says(phone, say('phone.said_elsewhere', { tab: say('phone.tab.now'), text: say('common.said.opened', { title: 'Where to go?' }) }))
    await control({ do: 'close', activity: ids.one })
    await says(phone, say('common.said.closed'))
    assert.equal(await focus(phone), 'ask-text')
    await phone.keyboard.type(' for it?')
    await becomes(() => field.inputValue(), 'Who pays for it?')
    await phone.keyboard.press('Control+Enter')
    await focused(phone, say('questions.stored'))
    await says(studio, say('moderation.said.come', { n: 1, review: 1 }))
  })
})

describe('the studio, by keyboard', () => {
  it('gives the focus to a first activity that was saved', async () => {
    const other = await make('events', { name: 'Another', code: 'ROSES' })
    const page = await open({ viewport: { width: 1400, height: 900 }, storageState: await studio.context().storageState() })
    await page.goto(`${server.address}/studio/events/${other.id}`)
    await page.locator('.kind-card').first().focus()
    await page.keyboard.press('Enter')
    await page.keyboard.type('First?')
    await page.locator('.editor li .field').nth(0).fill('Yes')
    await page.locator('.editor li .field').nth(1).fill('No')
    await page.keyboard.press('Control+Enter')
    await focused(page, 'First?')
    await page.context().close()
  })

  it('gives it back when a deletion is undone, whatever comes first', async () => {
    const page = await open({ viewport: { width: 1400, height: 900 }, storageState: await studio.context().storageState() })
    /** What the connection brings while it is held back. @type {(() => void)[] | undefined} */
    let held
    await page.routeWebSocket('**/api/v1/live**', socket => {
      const server = socket.connectToServer()
      server.onMessage(message => held ? held.push(() => socket.send(message)) : socket.send(message))
    })
    await page.goto(`${server.address}/studio/events/${event}`)
    const row = page.locator('.item', { hasText: 'Which two?' })
    const toast = page.locator('.toast')
    for (const late of [[], ['DELETE'], ['POST'], ['DELETE', 'POST']]) {
      await page.route('**/activities/**', async route => {
        const method = route.request().method()
        // What is only read may still be on its way when this is taken away.
        if (method === 'GET') return route.continue()
        const response = await route.fetch()
        if (late.includes(method)) await row.waitFor({ state: method === 'DELETE' ? 'detached' : 'attached' })
        await route.fulfill({ response })
      })
      const change = async (/** @type {string} */ method, /** @type {string} */ told) => {
        if (!late.includes(method)) held = []
        await page.keyboard.press('Enter')
        await toast.getByText(told).waitFor()
        for (const send of held ?? []) send()
        held = undefined
      }
      await row.locator('.more').focus()
      await page.keyboard.press('Enter')
      await row.locator('.menu .delete').focus()
      await change('DELETE', say('studio.toast.deleted', { name: 'Which two?' }))
      await focused(page, say('studio.toast.undo'))
      await row.waitFor({ state: 'detached' })
      await change('POST', say('studio.toast.restored', { name: 'Which two?' }))
      await focused(page, 'Which two?')
      await page.unroute('**/activities/**')
    }
    await page.context().close()
  })

  it('keeps it when the event ends and goes on, and says both', async () => {
    await studio.locator('.end').focus()
    await studio.keyboard.press('Enter')
    await studio.locator('dialog .danger').focus()
    await studio.keyboard.press('Enter')
    await says(studio, say('studio.said.ended'))
    await focused(studio, say('studio.header.reopen'))
    await says(phone, say('phone.ended'))
    await studio.keyboard.press('Enter')
    await says(studio, say('studio.said.live'))
    await focused(studio, say('studio.header.end'))
  })
})

describe('the moderators’ page', () => {
  it('says what comes in and what the screen shows, and keeps the focus', async () => {
    const desk = await open({ viewport: { width: 1400, height: 900 }, storageState: await studio.context().storageState() })
    await desk.goto(`${server.address}/moderate/${event}`)
    await desk.getByText('Who pays for it?').first().waitFor()
    await listen(desk)
    await desk.locator('.question').first().focus()
    await desk.keyboard.press('p')
    await desk.locator('.list.published .question').first().focus()
    await desk.keyboard.press('o')
    await says(desk, say('moderation.said.highlight', { text: '“Who pays for it?”' }))
    assert.notEqual(await focus(desk), 'body')
    await desk.locator('.lit-now .button').focus()
    await desk.keyboard.press('Enter')
    await says(desk, say('moderation.said.highlight_off'))
    assert.notEqual(await focus(desk), 'body')
    await desk.locator('.question').first().focus()
    await studio.locator('.taking input[value=closed]').check()
    await says(desk, say('moderation.said.closed'))
    assert.notEqual(await focus(desk), 'body')
    await desk.context().close()
  })

  it('and nothing fails', () => assert.deepEqual(errors, []))
})
