// What happens in the room: phones join, answer, lose their connection and find it again, while the screen follows and
// the presenter's keys lead.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { becomes } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const PHONE = { viewport: { width: 390, height: 844 }, locale: 'en', hasTouch: true, isMobile: true }
const WIDE = { viewport: { width: 1920, height: 1080 }, locale: 'en' }
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** The facilitator's big screen. @type {Page} */
let screen
/** A phone that lives through it all. @type {Page} */
let phone
/** Errors of the pages' scripts, and whatever their security policy refused. @type {string[]} */
const errors = []

/**
 * @param {import('playwright-core').BrowserContextOptions} options
 * @returns {Promise<Page>}
 */
async function open(options) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
  return page
}

/**
 * What the facilitator's browser asks the API for.
 * @param {string} path
 * @param {unknown} data
 */
async function make(path, data) {
  const answer = await screen.request.post(`${server.address}/api/v1/${path}`, { data, headers: { Origin: server.address } })
  assert.equal(answer.status(), 201, await answer.text())
  return answer.json()
}

/**
 * Waits until the page says this, which is the test.
 * @param {Page} page
 * @param {string} text
 */
const says = (page, text) => page.getByText(text, { exact: false }).locator('visible=true').first().waitFor()

/**
 * Changes a question as the studio does.
 * @param {string} title
 * @param {(settings: any) => void} how
 */
async function change(title, how) {
  const headers = { Origin: server.address }
  const { events } = await (await screen.request.get(`${server.address}/api/v1/events`)).json()
  const event = `${server.address}/api/v1/events/${events[0].id}`
  const { activities } = await (await screen.request.get(event)).json()
  const { id, settings } = activities.find((/** @type {any} */ it) => it.settings.title === title)
  how(settings)
  const done = await screen.request.put(`${event}/activities/${id}`, { data: { settings }, headers })
  assert.equal(done.status(), 200, await done.text())
}

/** Waits until a press of the same key is one of its own. */
async function afterTwice() {
  const since = await screen.evaluate(() => performance.now())
  await screen.waitForFunction(since => performance.now() - since > 400, since)
}

/** @param {string[]} texts */
const options = texts => texts.map((text, place) => ({ id: place + 1, text }))

/**
 * Sends what the presenter's keys do not, about the activity on stage.
 * @param {Record<string, unknown>} control
 */
function control(control) {
  return screen.evaluate(async control => {
    const state = JSON.parse(document.getElementById('state')?.textContent ?? '')
    const socket = new WebSocket(new URL(state.live, location.href.replace(/^http/, 'ws')))
    /** @type {(message: string) => void} */
    let settled
    const receipt = new Promise(resolve => { settled = resolve })
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data)
      if (message.t === 'receipt') settled(message.status)
      if (message.t !== 'full' || message.topic !== 'stage') return
      const { id: activity, round } = message.data.activity
      socket.send(JSON.stringify({ t: 'control', cid: crypto.randomUUID(), control: { activity, round, ...control } }))
    }
    if ((await receipt) !== 'stored') throw new Error('refused')
    socket.close()
  }, control)
}

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  screen = await open(WIDE)
  await setUp(screen, server.setup)
  const event = await make('events', { name: 'Annual meeting 2026', code: 'TULIP' })
  const where = { kind: 'choice', title: 'Where should we meet?', options: options(['By the sea', 'In the mountains']), min: 1, max: 1, changeable: true }
  const three = { kind: 'choice', title: 'Which two?', options: options(['Bread', 'Roses', 'Trains']), min: 2, max: 2, other: true, changeable: false }
  const words = { kind: 'words', title: 'What would you like more of?', words_per_person: 2 }
  for (const question of [where, three, words]) await make(`events/${event.id}/activities`, { settings: question })
  await screen.goto(`${server.address}/e/TULIP/screen`)
  phone = await open(PHONE)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/**
 * Nothing that axe can find keeps anyone out.
 * @param {Page} page
 */
async function openToAll(page) {
  await page.evaluate(axe)
  const found = await page.evaluate(() => /** @type {any} */ (window).axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }))
  assert.deepEqual(found.violations.map((/** @type {any} */ v) => [v.id, v.nodes.map((/** @type {any} */ n) => [n.target, n.any.map((/** @type {any} */ a) => a.message)])]), [])
}

describe('the room', () => {
  it('is found by its code, and joined without a question', async () => {
    await phone.goto(server.address)
    await openToAll(phone)
    await phone.getByLabel('Code').fill('tulpi')
    await phone.getByRole('button', { name: 'Join' }).tap()
    await says(phone, 'no event with the code tulpi')
    await phone.getByLabel('Code').fill(' tulip')
    await phone.getByRole('button', { name: 'Join' }).tap()
    await says(phone, 'Starting soon')
    await says(phone, 'Connected')
    await screen.waitForFunction(() => document.getElementById('here')?.textContent === '1')
    await openToAll(phone)
    await openToAll(screen)
  })

  it('follows the presenter, and an answer gets its receipt', async () => {
    await screen.keyboard.press('PageDown')
    await says(screen, 'Where should we meet?')
    await says(phone, 'Where should we meet?')
    await phone.getByText('In the mountains').tap()
    await says(phone, 'Your answer is in')
    await says(phone, 'You can still change it')
    await says(screen, '1 of 1')
    await openToAll(phone)
  })

  it('remembers the answer through a reload, and takes another', async () => {
    await phone.reload()
    await becomes(() => phone.getByRole('radio', { name: 'In the mountains' }).isChecked(), true)
    await says(phone, 'Connected')
    await phone.getByText('By the sea').tap()
    await phone.locator('[data-option="1"] input:checked').waitFor({ state: 'attached' })
    await phone.waitForFunction(() => !Object.keys(localStorage).some(key => key.includes('outbox')))
    await phone.reload()
    await becomes(() => phone.getByRole('radio', { name: 'By the sea' }).isChecked(), true)
  })

  it('shows results when the presenter says so, on every page', async () => {
    await screen.keyboard.press('r')
    await says(screen, '100%')
    await says(phone, '100%')
    await says(phone, '1 person has answered')
    await openToAll(phone)
    await openToAll(screen)
    await screen.keyboard.press('r')
    await phone.locator('.result').first().waitFor({ state: 'hidden' })
  })

  it('keeps an answer that was given without a connection', async () => {
    await phone.context().setOffline(true)
    await phone.getByText('In the mountains').tap()
    await says(phone, 'Saved on this phone')
    await says(phone, '1 answer waiting')
    await phone.getByText('By the sea').tap()
    await phone.getByText('In the mountains').tap()
    await says(phone, '1 answer waiting')
    await phone.context().setOffline(false)
    await says(phone, 'Your answer is in')
    await says(phone, 'Connected')
    await phone.reload()
    await becomes(() => phone.getByRole('radio', { name: 'In the mountains' }).isChecked(), true)
  })

  it('loses nothing when the server loses its power', async () => {
    await server.crash()
    await phone.getByText('By the sea').tap()
    await says(phone, 'Saved on this phone')
    await server.again()
    await says(phone, 'Your answer is in')
    await says(phone, 'Connected')
    await phone.reload()
    await becomes(() => phone.getByRole('radio', { name: 'By the sea' }).isChecked(), true)
    await screen.locator('#trouble').waitFor({ state: 'hidden' })
    await says(screen, '1 of 1')
  })

  it('is the same in two tabs of one phone', async () => {
    const second = await phone.context().newPage()
    await second.goto(`${server.address}/e/TULIP`)
    await says(second, 'Connected')
    await phone.getByText('In the mountains').tap()
    await second.locator('[data-option="2"] input:checked').waitFor({ state: 'attached' })
    await second.getByText('By the sea').tap()
    await phone.locator('[data-option="1"] input:checked').waitFor({ state: 'attached' })
    await screen.waitForFunction(() => document.getElementById('here')?.textContent === '1')
    await second.close()
  })

  it('says when it is closed and open again', async () => {
    await screen.keyboard.press(' ')
    await says(screen, 'Closed')
    await says(phone, 'This is closed')
    await afterTwice()
    await screen.keyboard.press(' ')
    await says(phone, 'You can change your mind')
  })

  it('says that it was started again, and lets go of the former answer', async () => {
    await control({ do: 'reset' })
    await says(phone, 'This was restarted')
    assert.equal(await phone.locator('input:checked').count(), 0)
    await phone.getByText('By the sea').tap()
    await says(phone, 'Your answer is in')
    await says(screen, '1 of 1')
  })

  it('follows a question that is changed under the fingers, and keeps what is marked where it says the same', async () => {
    await screen.keyboard.press('n')
    await says(phone, 'Which two?')
    await phone.getByText('Bread').tap()
    await phone.getByText('Roses').tap()
    await phone.getByLabel('Your own answer').fill('So')
    const focused = () => phone.evaluate(() => document.activeElement?.getAttribute('name'))
    assert.equal(await focused(), 'other')
    await change('Which two?', poll => {
      poll.title = 'Which three?'
      poll.min = poll.max = 3
      poll.options[0].text = 'Trains'
      poll.options[2].text = 'Bread'
    })
    await says(phone, 'Which three?')
    await says(screen, 'Which three?')
    const marked = phone.locator('label.option', { has: phone.locator('input:checked') })
    assert.deepEqual(await marked.locator('.text').allTextContents(), ['Roses'])
    await becomes(() => phone.getByLabel('Your own answer').inputValue(), 'So')
    assert.equal(await focused(), 'other')
    await phone.waitForFunction(() => /changed.*Which three/.test(document.getElementById('announcer')?.textContent ?? ''))
    for (const text of ['Trains', 'Roses', 'Bread']) await says(screen, text)
    await change('Which three?', poll => {
      poll.title = 'Which two?'
      poll.min = poll.max = 2
      poll.options[0].text = 'Bread'
      poll.options[2].text = 'Trains'
    })
    await says(phone, 'Which two?')
    await phone.getByLabel('Your own answer').fill('')
    await phone.locator('#own').uncheck()
  })

  it('never stores an answer that was kept for a question that says something else by then', async () => {
    const late = await open(PHONE)
    await late.goto(`${server.address}/e/TULIP`)
    await says(late, 'Which two?')
    await late.context().setOffline(true)
    await late.getByText('Bread').tap()
    await late.getByText('Trains').tap()
    await late.getByRole('button', { name: 'Send' }).tap()
    await says(late, 'Saved on this phone')
    await change('Which two?', poll => { poll.options[0].text = 'Cake' })
    await late.context().setOffline(false)
    await says(late, 'The question changed')
    await says(late, 'Cake')
    assert.equal(await late.locator('input:checked').count(), 0)
    await late.context().close()
    await change('Which two?', poll => { poll.options[0].text = 'Bread' })
  })

  it('takes several options and one of one’s own, once', async () => {
    await says(phone, 'Which two?')
    await becomes(() => phone.getByRole('checkbox', { name: 'Roses' }).isChecked(), true)
    await phone.getByRole('button', { name: 'Send' }).waitFor()
    await becomes(() => phone.getByRole('button', { name: 'Send' }).isDisabled(), true)
    await phone.getByLabel('Your own answer').fill('Soup')
    await says(phone, '2 marked')
    await phone.getByRole('button', { name: 'Send' }).tap()
    await says(phone, 'Your answer is final')
    await becomes(() => phone.getByRole('checkbox', { name: 'Bread' }).isDisabled(), true)
  })

  it('never takes away what is being typed', async () => {
    await screen.keyboard.press('n')
    await says(phone, 'What would you like more of?')
    await phone.getByRole('textbox', { name: 'Your word' }).fill('musi')
    await screen.keyboard.press('r')
    await says(phone, 'Results')
    await becomes(() => phone.getByRole('textbox', { name: 'Your word' }).inputValue(), 'musi')
    await phone.getByRole('textbox', { name: 'Your word' }).and(phone.locator(':focus')).waitFor()
    await phone.getByRole('textbox', { name: 'Your word' }).press('End')
    await phone.keyboard.type('c')
    await phone.keyboard.press('Enter')
    await says(phone, 'Your answer is in')
    await screen.locator('.word', { hasText: 'music' }).waitFor()
    await openToAll(phone)
    await openToAll(screen)
    await phone.getByLabel('Remove “music”').tap()
    await says(phone, 'Your words were removed')
  })

  it('takes part without script', async () => {
    const plain = await open({ ...PHONE, javaScriptEnabled: false })
    await plain.goto(`${server.address}/e/tulip`)
    await plain.getByRole('button', { name: 'Join' }).tap()
    await plain.getByLabel('Word 1').fill('Silence')
    await plain.getByLabel('Word 2').fill('soup')
    await plain.getByRole('button', { name: 'Send' }).tap()
    await says(plain, 'Your answer is in')
    await plain.locator('noscript .static').waitFor()
    await screen.locator('.word', { hasText: 'soup' }).waitFor()
    await becomes(() => plain.getByLabel('Word 1').inputValue(), 'Silence')
    await plain.context().close()
  })

  it('is led there and back by a remote, whose double press is one', async () => {
    const twice = async (/** @type {string} */ key) => {
      await screen.keyboard.press(key)
      await screen.keyboard.press(key, { delay: 60 })
    }
    await twice('PageUp')
    await says(phone, 'Which two?')
    await says(screen, 'Closed')
    await afterTwice()
    await twice('PageDown')
    await says(phone, 'What would you like more of?')
    await screen.keyboard.press('.')
    assert.ok(await screen.locator('#title').isHidden())
    await screen.keyboard.press('b')
    await screen.locator('#title').waitFor()
    await says(phone, 'What would you like more of?')
  })

  it('keeps the machine of the screen awake, again whenever it comes back into view', async () => {
    const page = await open(WIDE)
    await page.addInitScript(() => {
      const held = { count: 0 }
      Object.assign(window, { held })
      Object.defineProperty(navigator, 'wakeLock', { value: { request: async () => void held.count++ } })
    })
    await page.goto(`${server.address}/e/TULIP/screen`)
    await page.waitForFunction(() => /** @type {any} */ (window).held.count === 1)
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).held.count), 2)
    await page.context().close()
  })

  it('comes back by itself when the deletion of its event is undone', async () => {
    const headers = { Origin: server.address }
    const { events } = await (await screen.request.get(`${server.address}/api/v1/events`)).json()
    const event = `${server.address}/api/v1/events/${events[0].id}`
    assert.equal((await screen.request.delete(event, { headers })).status(), 204)
    await says(phone, 'no longer exists')
    await says(screen, 'no longer exists')
    assert.equal((await screen.request.post(`${event}/restore`, { headers })).status(), 204)
    for (const page of [phone, screen]) await page.getByText('no longer exists').waitFor({ state: 'hidden' })
    await says(phone, 'Connected')
    await says(screen, 'What would you like more of?')
  })

  it('runs without errors, within its policy', () => {
    assert.deepEqual(errors, [])
  })
})
