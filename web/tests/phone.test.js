// What is marked or typed on a phone and not sent, what became of what was sent, and where it says so: in view on a small phone.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { asker } from './asking.js'
import { facilitatorOf } from './facilitator.js'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('playwright-core').Locator} Locator */

const say = await wordsOf('en')
const SMALL = { width: 360, height: 640 }
const OPTIONS = ['By the sea', 'In the mountains', 'In the city', 'On a farm']
const LONG = Array.from({ length: 20 }, (_, n) => `${n + 1}. Renovate the common room, the kitchen and the changing rooms before next winter`)
const LONG_WORD = 'hexakosioihexekontahexaphobiaphobisch'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
let event = ''
/** @type {Record<string, string>} */
const ids = {}
/** @type {string[]} */
const errors = []

/** @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(options = {}) {
  const page = await (await browser.newContext({ locale: 'en', reducedMotion: 'reduce', viewport: SMALL, ...options })).newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', error => errors.push(String(error)))
  return page
}

/** A phone in the event. @param {import('playwright-core').BrowserContextOptions} [options] */
async function phone(options) {
  const page = await open(options)
  await page.goto(`${server.address}/e/TULIP`)
  await connected(page)
  return page
}

/** @param {Page} page */
const connected = page => page.locator('.pill.good').waitFor()

/** @param {string} path @param {unknown} data */
async function make(path, data) {
  const answer = await studio.request.post(`${server.address}/api/v1/${path}`, { data, headers: { Origin: server.address } })
  assert.ok(answer.ok(), await answer.text())
  return answer.json()
}

/** @param {string} what @param {string} activity @param {Record<string, unknown>} [more] */
const control = (what, activity, more = {}) => facilitatorOf(studio, server.address).control(event, { do: what, activity: ids[activity], ...more })

/** Publishes the question that says this, as soon as the moderators have it. @param {string} text */
async function publish(text) {
  const desk = facilitatorOf(studio, server.address)
  /** The question with its number. @param {any} data @returns {[string, any] | undefined} */
  const found = data => Object.entries(data.posts).find(([, post]) => /** @type {any} */ (post).text === text)
  const [number, { version }] = /** @type {[string, any]} */ (found(await desk.held(event, 'moderation', data => found(data) !== undefined)))
  await desk.send(event, { t: 'moderate', act: { do: 'move', posts: [{ post: Number(number), version }], to: 'published' } })
}

/** Waits for what the bar says. @param {Page} page @param {string} words */
const bar = (page, words) => page.locator('#receipt', { hasText: words }).waitFor()

/** Whether something is seen whole, above the tabs. @param {Page} page @param {string} selector */
async function inView(page, selector) {
  const box = await page.locator(selector).boundingBox()
  const tabs = await page.locator('#tabs').boundingBox()
  const bottom = tabs?.y ?? page.viewportSize()?.height ?? 0
  assert.ok(box && box.y >= 0 && box.y + box.height <= bottom + 1, `${selector} at ${JSON.stringify(box)} of ${bottom}`)
}

/** What is kept on the device and not sent. @param {Page} page */
const kept = page => page.evaluate(event => localStorage.getItem(`parterre.unsent.${event}`), event)

/** @param {Page} page @param {number} option */
const tap = (page, option) => page.locator(`[data-option="${option}"]`).click()

/** @param {Page} page */
const marked = page => page.locator('[name=option]:checked').evaluateAll(all => all.map(one => Number(/** @type {HTMLInputElement} */ (one).value)))

const send = (/** @type {Page} */ page) => page.locator('#view button[name=send]')

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await open({ viewport: { width: 1400, height: 900 } })
  await setUp(studio, server.setup)
  event = (await make('events', { name: 'Annual meeting', code: 'TULIP' })).id
  const choice = (/** @type {string[]} */ texts, /** @type {Record<string, unknown>} */ more) =>
    ({ kind: 'choice', title: 'Where should next year’s gathering be?', options: texts.map((text, n) => ({ id: n + 1, text })), min: 1, max: 1, changeable: true, ...more })
  const questions = {
    four: choice(OPTIONS, {}),
    final: choice(OPTIONS, { changeable: false, other: true }),
    once: choice(OPTIONS, { max: 3, changeable: false }),
    typed: choice(OPTIONS, { changeable: false, other: true }),
    many: choice(OPTIONS, { max: 3, other: true }),
    two: choice(OPTIONS, { min: 2, max: 2 }),
    twenty: choice(LONG, { max: 3 }),
    words: { kind: 'words', title: 'In a word?', words_per_person: 10 },
  }
  for (const [name, question] of Object.entries(questions)) ids[name] = (await make(`events/${event}/activities`, { settings: question })).id
  await studio.goto(`${server.address}/studio/events/${event}`)
  await studio.locator('.taking input[value=open]').check()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

describe('what is marked', () => {
  it('is told in view with the way to send it, among twenty long options, and so is what became of it', async () => {
    await control('open', 'twenty')
    const page = await phone()
    await tap(page, 2)
    await bar(page, say('phone.marked', { n: 1 }))
    await bar(page, say('phone.may_mark', { n: 2 }))
    for (const what of ['#receipt', '#view button[name=send]']) await inView(page, what)
    await tap(page, 20)
    await tap(page, 9)
    await bar(page, say('phone.marked_all'))
    for (const what of ['#receipt', '#view button[name=send]', '[data-option="9"]']) await inView(page, what)
    await openToAll(page, 'marks that are not sent')
    await picture(page, 'phone-marked')
    await page.reload()
    await connected(page)
    await bar(page, say('phone.marked', { n: 3 }))
    assert.deepEqual(await marked(page), [2, 9, 20], 'a reload takes nothing away')
    await send(page).click()
    await bar(page, say('phone.with_answer', { what: say('phone.stored'), answer: 'B, I, and T' }))
    await inView(page, '#receipt')
    assert.equal(await send(page).isVisible(), false)
    assert.equal(await kept(page), null)
    await openToAll(page, 'an answer of several options')
    await picture(page, 'phone-sent')
    await tap(page, 9)
    await bar(page, say('phone.earlier_counts'))
    await send(page).waitFor()
    await tap(page, 9)
    await bar(page, say('phone.stored'))
    assert.equal(await send(page).isVisible(), false, 'what is marked is what was sent')
    await page.context().close()
  })

  it('and too little says how many more there have to be', async () => {
    await control('open', 'two')
    const page = await phone()
    await tap(page, 1)
    await bar(page, say('phone.mark_more', { n: 1 }))
    await becomes(() => send(page).isDisabled(), true)
    await tap(page, 2)
    await send(page).click()
    await bar(page, say('phone.stored'))
    await page.context().close()
  })

  it('is not lost when voting closes, and can be sent when it opens again', async () => {
    await control('open', 'many')
    const page = await phone()
    await tap(page, 1)
    await page.locator('#own-text').fill('By train')
    await bar(page, say('phone.marked', { n: 2 }))
    await control('close', 'many')
    await bar(page, say('phone.left', { n: 2 }))
    assert.equal((await page.locator('#hint').textContent())?.includes(say('phone.unanswered')), false)
    await inView(page, '#receipt')
    await openToAll(page, 'marks that were not sent')
    await picture(page, 'phone-left')
    await page.reload()
    await connected(page)
    await bar(page, say('phone.left', { n: 2 }))
    await control('open', 'four')
    await page.locator('[data-option="4"]').waitFor()
    await control('open', 'many')
    await bar(page, say('phone.marked', { n: 2 }))
    await becomes(() => page.locator('#own-text').inputValue(), 'By train')
    await send(page).click()
    await bar(page, say('phone.stored'))
    await tap(page, 3)
    await control('close', 'many')
    await page.locator('#receipt', { hasText: 'What you marked since was not sent' }).waitFor()
    assert.deepEqual((await marked(page)).filter(id => id), [1], 'what counts is what is shown')
    await control('open', 'many')
    await send(page).waitFor()
    assert.deepEqual((await marked(page)).filter(id => id), [1, 3])
    await page.context().close()
  })

  it('is let go of with its round', async () => {
    await control('open', 'two')
    const page = await phone()
    await tap(page, 1)
    await bar(page, say('phone.marked', { n: 1 }))
    await control('reset', 'two', { round: 1 })
    await page.waitForFunction(() => !document.querySelector('[name=option]:checked'))
    assert.equal(await kept(page), null)
    await page.context().close()
  })

  it('is sent just before the time is up, as the page says beforehand, where it is whole', async () => {
    const [page, late] = [await phone(), await phone()]
    await control('open', 'final')
    for (const one of [page, late]) await one.locator('#own-text').waitFor()
    await tap(page, 2)
    await page.evaluate(() => {
      // Whatever the device takes for the time.
      Date.now = () => 0
    })
    await late.locator('[name=option][value=other]').check()
    await control('countdown', 'final', { seconds: 6 })
    await bar(page, say('phone.sent_at_end'))
    await inView(page, '#receipt')
    await bar(late, say('phone.own_missing'))
    await bar(page, say('phone.stored'))
    await bar(late, say('phone.left', { n: 1 }))
    await page.locator('#hint', { hasText: say('phone.closed') }).waitFor()
    await bar(page, say('phone.stored'))
    for (const one of [page, late]) await one.context().close()
  })

  it('is sent as it is at the very end by whoever is still marking, and never while a text is being typed', async () => {
    const [page, typing] = [await phone(), await phone()]
    await control('open', 'once')
    await control('countdown', 'once', { seconds: 6 })
    // The last call is not over.
    await page.waitForFunction(() => Number(document.querySelector('#clock b')?.textContent?.split(':').pop() ?? 60) <= 2)
    await page.evaluate(() => {
      for (const option of [1, 2, 3]) /** @type {HTMLElement} */ (document.querySelector(`[data-option="${option}"]`)).click()
    })
    await page.locator('#receipt', { hasText: /A, B,? and C/ }).waitFor()
    await control('open', 'typed')
    await control('countdown', 'typed', { seconds: 6 })
    await typing.locator('#own-text').pressSequentially('By train')
    await bar(typing, say('phone.typing_at_end'))
    await typing.locator('#hint', { hasText: say('phone.closed') }).waitFor()
    await bar(typing, say('phone.left', { n: 1 }))
    for (const one of [page, typing]) await one.context().close()
  })

  it('is not sent by itself over an answer that was given later in another tab', async () => {
    await control('open', 'many')
    const page = await phone()
    const other = await page.context().newPage()
    await other.goto(`${server.address}/e/TULIP`)
    await tap(page, 1)
    await bar(page, say('phone.marked', { n: 1 }))
    await tap(other, 2)
    await send(other).click()
    await bar(other, 'B')
    await control('countdown', 'many', { seconds: 5 })
    await page.locator('#hint', { hasText: say('phone.closed') }).waitFor()
    await bar(page, say('phone.with_answer', { what: say('phone.stored'), answer: 'B' }))
    await page.context().close()
  })

  it('and refused is not sent again by itself', async () => {
    await control('open', 'many')
    const page = await phone()
    // Without the rules of texts the server alone judges.
    await page.route('**/field.js', route => route.abort())
    await page.reload()
    await page.locator('#own-text').fill('x'.repeat(141))
    await tap(page, 1)
    await page.locator('h1').click()
    const sent = await page.evaluate(() => {
      const sent = { respond: 0 }
      const send = WebSocket.prototype.send
      WebSocket.prototype.send = function (data) {
        if (String(data).includes('"respond"')) sent.respond += 1
        return send.call(this, data)
      }
      return Object.assign(window, { sent }).sent
    })
    assert.equal(sent.respond, 0)
    await control('countdown', 'many', { seconds: 4 })
    await bar(page, say('phone.refused.invalid'))
    await page.locator('#hint', { hasText: say('phone.closed') }).waitFor()
    assert.equal(await page.evaluate(() => /** @type {any} */ (window).sent.respond), 1)
    await page.context().close()
  })

  it('is told of where the room goes on without it', async () => {
    await control('open', 'many')
    const page = await phone()
    await tap(page, 1)
    await bar(page, say('phone.marked', { n: 1 }))
    await control('open', 'words')
    const told = page.locator('#notice', { hasText: say('phone.moved_on', { title: 'Where should next year’s gathering be?' }) })
    await told.waitFor()
    await told.getByRole('button', { name: say('phone.understood') }).click()
    await told.waitFor({ state: 'hidden' })
    await page.context().close()
  })

  it('comes back when it was sent too late, and so does what was typed', async () => {
    await control('open', 'many')
    const page = await phone()
    await page.context().setOffline(true)
    // What is open stays open when the network goes: it is lost as on a train.
    await page.evaluate(() => { WebSocket.prototype.send = () => {} })
    await tap(page, 4)
    await page.locator('#own-text').fill('By boat')
    await send(page).click()
    await control('close', 'many')
    await page.context().setOffline(false)
    await page.reload()
    await bar(page, say('phone.refused.closed'))
    await control('open', 'many')
    await send(page).waitFor()
    await becomes(() => page.locator('#own-text').inputValue(), 'By boat')
    await send(page).click()
    await bar(page, say('phone.stored'))
    await page.context().close()
  })
})

describe('what is typed', () => {
  it('is there after a reload, and when voting closes and opens', async () => {
    await control('open', 'words')
    const page = await phone()
    await page.locator('#word').fill('musi')
    await page.reload()
    await connected(page)
    await becomes(() => page.locator('#word').inputValue(), 'musi')
    await control('close', 'words')
    await bar(page, say('phone.left_word', { word: 'musi' }))
    await control('open', 'words')
    await page.locator('#word').waitFor()
    await becomes(() => page.locator('#word').inputValue(), 'musi')
    await page.locator('#word').press('Enter')
    await page.locator('.chips li').waitFor()
    assert.equal(await kept(page), null)
    await page.context().close()
  })
})

describe('a small phone', () => {
  it('shows what became of a vote without scrolling, below a countdown and above the tabs, with and without network', async () => {
    await control('open', 'four')
    await control('countdown', 'four', { seconds: 300 })
    const page = await phone()
    await page.locator('#clock b').waitFor()
    await tap(page, 1)
    await bar(page, say('phone.stored'))
    assert.equal(await page.evaluate(() => scrollY), 0)
    await inView(page, '#receipt')
    await page.context().setOffline(true)
    await page.evaluate(() => { WebSocket.prototype.send = () => {} })
    await tap(page, 2)
    await bar(page, say('phone.kept'))
    await inView(page, '#receipt')
    for (const width of [320, 390]) {
      await page.setViewportSize({ width, height: 640 })
      await fits(page)
      await inView(page, '#receipt')
    }
    await page.setViewportSize({ width: 320, height: 225 })
    assert.equal(await page.locator('.bar').evaluate(one => getComputedStyle(one).position), 'static', 'where all is enlarged, it covers nothing')
    await page.context().close()
    await control('schedule', 'four')
  })

  it('has the way to send in view without script, and begins with what became of it', async () => {
    await control('open', 'twenty')
    const page = await open({ javaScriptEnabled: false })
    await page.goto(`${server.address}/e/TULIP`)
    await page.locator('.join button').click()
    await inView(page, 'button[name=send]')
    await page.locator('[name=option]').first().check()
    await send(page).click()
    await page.locator('#receipt').getByText(say('phone.stored')).waitFor()
    await inView(page, '#receipt')
    const [receipt, title] = [await page.locator('#receipt').boundingBox(), await page.locator('h1').boundingBox()]
    assert.ok(receipt && title && receipt.y < title.y, 'it is the first that is read')
    await page.context().close()
  })
})

describe('a cloud on a phone', () => {
  it('says how many words are left out, and breaks no word before its last letters', async () => {
    await control('open', 'words')
    const json = { 'Content-Type': 'application/json' }
    for (let device = 0; device < 4; device += 1) {
      const { token } = await (await fetch(`${server.address}/api/v1/join`, { method: 'POST', headers: json, body: JSON.stringify({ code: 'TULIP' }) })).json()
      const body = new URLSearchParams({ cid: randomUUID(), kind: 'words', activity: ids.words, round: '1', version: '1' })
      for (let n = 0; n < 9; n += 1) body.append('word', `word ${device}${n}`)
      body.append('word', LONG_WORD)
      const headers = { Cookie: `parterre_device=${token}`, Origin: server.address }
      assert.equal((await fetch(`${server.address}/e/TULIP/respond`, { method: 'POST', headers, body, redirect: 'manual' })).status, 303)
    }
    await control('results', 'words', { visible: true })
    const [page, plain] = [await phone({ viewport: { width: 320, height: 640 } }), await open({ javaScriptEnabled: false })]
    // One word of another phone, 36 of these, and the long one; 30 are shown.
    await page.locator('.rest', { hasText: say('phone.words_more', { n: 8 }) }).waitFor()
    const lines = await page.locator('.cloud bdi', { hasText: LONG_WORD }).evaluate(word => {
      const range = document.createRange()
      range.selectNodeContents(word)
      return Array.from(range.getClientRects(), ({ width }) => width).filter(width => width > 0)
    })
    assert.ok(Math.min(...lines) > 60, `lines of ${lines} px`)
    await fits(page)
    await plain.goto(`${server.address}/e/TULIP`)
    await plain.locator('.join button').click()
    await plain.locator('.rest', { hasText: say('phone.words_more', { n: 8 }) }).waitFor()
    for (const one of [page, plain]) await one.context().close()
  })
})

describe('one’s own question', () => {
  it('is no news to who asked it, and is told of while it waits', async () => {
    const page = await phone()
    await page.getByRole('link', { name: say('phone.tab.questions') }).click()
    await page.getByText(say('questions.none')).waitFor()
    await page.locator('#ask-text').fill('Who pays for the journey?')
    await page.locator('.ask .primary').click()
    await page.getByText(say('questions.none_but_mine')).waitFor()
    const plain = await open({ javaScriptEnabled: false, storageState: await page.context().storageState() })
    await plain.goto(`${server.address}/e/TULIP/questions`)
    await plain.getByText(say('questions.none_shown')).waitFor()
    await page.getByRole('link', { name: say('phone.tab.now') }).click()
    await publish('Who pays for the journey?')
    // Of another's, told after it, there is one.
    await (await asker(server.address, 'TULIP')).ask('Who decides?')
    await publish('Who decides?')
    await page.locator('#tabs b', { hasText: say('phone.tab.new', { n: 1 }) }).waitFor()
    await page.getByRole('link', { name: say('phone.tab.questions') }).click()
    await page.locator('.room .post').nth(1).waitFor()
    for (const one of [page, plain]) await one.context().close()
  })

  it('comes into one’s list by itself, and that of others by a tap', async () => {
    const page = await phone()
    await page.goto(`${server.address}/e/TULIP/questions`)
    await page.locator('.room .post').nth(1).waitFor()
    await page.locator('#ask-text').fill('When does it end?')
    await page.locator('.ask .primary').click()
    await page.locator('.compose .receipt.good').waitFor()
    await publish('When does it end?')
    await page.locator('.room .post', { hasText: 'When does it end?' }).waitFor()
    await page.waitForFunction(() => /** @type {HTMLElement} */ (document.querySelector('.fresh')).hidden)
    await (await asker(server.address, 'TULIP')).ask('Where to?')
    await publish('Where to?')
    await page.locator('.fresh', { hasText: say('questions.fresh', { n: 1 }) }).waitFor()
    await page.context().close()
  })
})

describe('the network test', () => {
  it('is linked from where somebody needs it, and no phone loses what is typed', async () => {
    for (const path of ['/', '/studio', `/studio/events/${event}`]) {
      const page = await open({ viewport: { width: 1400, height: 900 }, storageState: await studio.context().storageState() })
      await page.goto(server.address + path)
      await page.getByRole('link', { name: say('common.network_test') }).waitFor()
      await page.context().close()
    }
    await control('open', 'words')
    const page = await phone()
    await page.locator('#word').fill('musi')
    await page.evaluate(() => {
      WebSocket.prototype.send = function () {
        this.close()
      }
    })
    await page.context().setOffline(true)
    await page.locator('#unreached').getByText(say('common.unreached_how')).waitFor()
    await openToAll(page, 'a phone without connection')
    await picture(page, 'phone-unreached')
    const link = page.getByRole('link', { name: say('common.network_test') })
    await becomes(() => link.getAttribute('href'), '/netcheck')
    await Promise.all([page.context().waitForEvent('page'), link.click()])
    await becomes(() => page.locator('#word').inputValue(), 'musi')
    await page.context().close()
  })
})

describe('a search that is too long', () => {
  it('is answered in words, with the limit', async () => {
    const typed = 'x'.repeat(101)
    const page = await open({ javaScriptEnabled: false })
    await page.goto(`${server.address}/e/TULIP`)
    await page.locator('.join button').click()
    await page.goto(`${server.address}/e/TULIP/questions`)
    await page.locator('[name=q]').fill(typed)
    await page.locator('.tools button').click()
    await page.locator('#notice', { hasText: say('problem.too_long', { max: 100, length: 101 }) }).waitFor()
    await becomes(() => page.locator('[name=q]').inputValue(), typed, 'to be shortened')
    assert.ok(await page.locator('.room .post').count() > 0, 'the list is whole')
    await page.context().close()
  })
})

it('and nothing fails', () => assert.deepEqual(errors, []))
