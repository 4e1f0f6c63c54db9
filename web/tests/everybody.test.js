// Pages that somebody else has changed, and people who write from the right: a browser that translates, scripts that do not
// start or are lost on the way, a browser that keeps no cookies.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { becomes, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const say = await wordsOf('en')
/** Within this time a page whose scripts do not start says so. */
const SOON_MS = 10_000

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
let event = ''
let code = ''
/** @type {Record<string, string>} */
const ids = {}
/** Errors of pages that are whole. @type {string[]} */
const errors = []

/** @param {import('playwright-core').BrowserContextOptions} [options] */
async function open(options = {}) {
  const page = await (await browser.newContext({ locale: 'en', ...options })).newPage()
  page.setDefaultTimeout(20_000)
  page.on('pageerror', error => errors.push(String(error)))
  return page
}

const signedIn = async () => open({ viewport: { width: 1400, height: 900 }, storageState: await studio.context().storageState() })

/** @param {string} path @param {unknown} data */
async function make(path, data) {
  const answer = await studio.request.post(`${server.address}/api/v1/${path}`, { data, headers: { Origin: server.address } })
  assert.equal(answer.status(), 201, await answer.text())
  return answer.json()
}

/** Sends commands on a connection of one's own. @param {Page} page @param {'studio' | 'phone'} as @param {Record<string, unknown>[]} commands */
const send = (page, as, ...commands) => page.evaluate(async ({ path, commands }) => {
  const socket = new WebSocket(new URL(path, location.href.replace(/^http/, 'ws')))
  let left = commands.length
  await new Promise((done, failed) => {
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data)
      if (message.t === 'hello') for (const command of commands) socket.send(JSON.stringify({ cid: crypto.randomUUID(), ...command }))
      if (message.t === 'receipt' && message.status !== 'stored') failed(new Error(data))
      if (message.t === 'receipt' && (left -= 1) === 0) done(null)
    }
  })
  socket.close()
}, { path: `/api/v1/live?event=${event}&as=${as}`, commands })

/** Does to a page what a browser does that translates it: now, and with all that comes. @param {Page} page */
const translate = page => page.evaluate(() => {
  const free = (/** @type {Node} */ node) => !node.parentElement?.closest('font, script, style, title, textarea, [translate=no]')
  const wrap = (/** @type {Text} */ text) => {
    if (!text.data.trim() || !free(text)) return
    const [outer, inner] = [document.createElement('font'), document.createElement('font')]
    inner.append(`«${text.data}»`)
    outer.append(inner)
    text.replaceWith(outer)
  }
  const all = (/** @type {Node} */ root) => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
    const found = []
    while (walker.nextNode()) found.push(/** @type {Text} */ (walker.currentNode))
    if (root instanceof Text) found.push(root)
    found.forEach(wrap)
  }
  all(document.body)
  new MutationObserver(changes => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'characterData') all(target)
      for (const node of addedNodes) if (node.isConnected) all(node)
    }
  }).observe(document.body, { childList: true, characterData: true, subtree: true })
})

/** Waits until an element says this, whoever has put it into other words. @param {Page} page @param {string} selector @param {string} words */
const shows = (page, selector, words) => page.waitForFunction(({ selector, words }) => {
  const plain = (document.querySelector(selector)?.textContent ?? '').replace(/[«»]/g, '').replace(/\s+/g, ' ')
  return plain.includes(words)
}, { selector, words })

const HEBREW = 'איזה יום מתאים לכם?'
const ARABIC = 'البحر أم الجبل؟'

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await open({ viewport: { width: 1400, height: 900 } })
  await setUp(studio, server.setup)
  ;({ id: event, code } = await make('events', { name: HEBREW }))
  const poll = (/** @type {string} */ title) => ({ kind: 'choice', title, options: [{ id: 1, text: ARABIC }, { id: 2, text: 'Hills' }], min: 1, max: 1, other: true, changeable: true })
  ids.one = (await make(`events/${event}/activities`, { settings: poll(HEBREW) })).id
  ids.two = (await make(`events/${event}/activities`, { settings: poll('Where to?') })).id
  ids.words = (await make(`events/${event}/activities`, { settings: { kind: 'words', title: HEBREW, words_per_person: 3 } })).id
  await studio.goto(`${server.address}/studio/events/${event}`)
  await studio.locator('.taking input[value=open]').check()
  await studio.getByText(say('studio.connection.ready')).waitFor()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

describe('a page that is translated', () => {
  it('goes on: studio, moderators, speaker, screen and phone', async () => {
    const link = (await make(`events/${event}/links`, { kind: 'speaker', name: 'Paul', hours: 24 })).url
    const [phone, desk, screen, speaker] = await Promise.all([open({ viewport: { width: 390, height: 844 } }), signedIn(), open(), open()])
    await phone.goto(`${server.address}/e/${code}`)
    await phone.getByText(say('phone.pill.connected')).waitFor()
    await desk.goto(`${server.address}/moderate/${event}`)
    await desk.getByText(say('moderation.connection.connected')).waitFor()
    await screen.goto(`${server.address}/e/${code}/screen`)
    await speaker.goto(link)
    await speaker.getByText(say('speaker.status.connected')).waitFor()
    for (const page of [studio, phone, desk, screen, speaker]) await translate(page)

    await send(studio, 'studio', { t: 'control', control: { do: 'open', activity: ids.one } })
    await phone.locator('[data-option="2"]').click()
    await shows(studio, '.results .bars li:nth-child(2) .count', '1')
    await send(studio, 'studio', { t: 'control', control: { do: 'open', activity: ids.two } })
    await shows(studio, '.results .asked', 'Where to?')
    await shows(studio, '.item.on .words', 'Where to?')
    await shows(studio, '.results .bars li:nth-child(2) .count', '0')
    await shows(studio, 'header .pill', say('common.event_state.live'))
    await shows(studio, '.here', say('studio.header.in_room', { n: 1 }))
    await shows(phone, '#view h1', 'Where to?')
    await shows(screen, '#title', 'Where to?')
    assert.equal(await studio.locator('.item .pill', { hasText: say('common.event_state.live') }).count() > 1, false, 'one is on')

    await send(phone, 'phone', ...['First?', 'Second?', 'Third?'].map(text => ({ t: 'post', post: { do: 'ask', text } })))
    await shows(desk, '.list.review h2', '3')
    for (let left = 3; left > 0; left -= 1) {
      await desk.locator('.list.review .question').first().focus()
      await desk.keyboard.press('p')
      await shows(desk, '.list.review h2', String(left - 1))
    }
    await shows(desk, '.list.published h2', '3')
    await shows(desk, '.list.published li:nth-child(3) .text', 'Third?')
    await shows(studio, '.questions .list', 'Third?')
    await shows(speaker, '#questions', 'Third?')
    const other = await open()
    await other.goto(`${server.address}/e/${code}`)
    await other.getByText(say('phone.pill.connected')).waitFor()
    await send(other, 'phone', { t: 'post', post: { do: 'vote', post: 2, vote: 'up' } })
    await shows(desk, '[data-post="2"] .support', say('moderation.card.support', { n: 2 }))
    await speaker.locator('#questions li', { hasText: 'Second?' }).locator('.votes b', { hasText: '2' }).waitFor()
    await desk.locator('[data-post="1"]').focus()
    await desk.keyboard.press('h')
    await shows(desk, '.list.published h2', '2')
    await shows(studio, '.here', say('studio.header.in_room', { n: 2 }))

    // An editor, drawn anew at each letter, and what a phone will show of it.
    await studio.locator('.item', { hasText: 'Where to?' }).locator('.more').click()
    await studio.locator('.menu:popover-open .edit').click()
    await studio.locator('#title').fill('Where to go?')
    await shows(studio, '.device h3', 'Where to go?')
    await studio.locator('.editor .primary').click()
    await shows(studio, '.results .asked', 'Where to go?')
    for (const page of [phone, desk, screen, speaker, other]) await page.context().close()
  })

  it('goes on: the board of a room test', async () => {
    const board = await signedIn()
    await board.goto(`${server.address}/studio/room-tests`)
    await board.locator('.begin button').click()
    await board.locator('.here').waitFor()
    await translate(board)
    const tested = (await board.locator('.address .code').textContent()) ?? ''
    const phone = await open()
    await phone.goto(`${server.address}/e/${tested}`)
    await phone.locator('#start').click()
    await shows(board, '.here', say('room_test.here', { n: 1 }))
    await shows(board, '.figures .tile:nth-child(2) b', '1')
    await board.locator('header .button:not(.danger)').last().click()
    await shows(board, 'header .pill', say('room_test.state.ended'))
    for (const page of [phone, board]) await page.context().close()
  })

  it('keeps codes, figures and letters as they are', async () => {
    const phone = await open()
    await phone.goto(`${server.address}/e/${code}`)
    const kept = await phone.locator('.letter').first().evaluate(one => /** @type {HTMLElement} */ (one).translate)
    assert.equal(kept, false)
    assert.equal(await studio.locator('header .code').evaluate(one => /** @type {HTMLElement} */ (one).translate), false)
    await phone.context().close()
  })

  it('and nothing fails', () => assert.deepEqual(errors, []))
})

describe('what is written from the right', () => {
  /** @param {Page} page @param {string} selector */
  const direction = (page, selector) => page.locator(selector).first().evaluate(one => getComputedStyle(one).direction)

  it('runs from the right on the phone, with and without script, and in its fields', async () => {
    await send(studio, 'studio', { t: 'control', control: { do: 'open', activity: ids.one } })
    for (const javaScriptEnabled of [true, false]) {
      const phone = await open({ viewport: { width: 390, height: 844 }, javaScriptEnabled })
      await phone.goto(`${server.address}/e/${code}`)
      if (!javaScriptEnabled) await phone.locator('.join button').click()
      await phone.locator('[data-option="1"]').waitFor()
      for (const what of ['#event-name', '#view h1', '[data-option="1"] .text']) assert.equal(await direction(phone, what), 'rtl', what)
      assert.equal(await direction(phone, '[data-option="2"] .text'), 'ltr')
      await phone.locator('[name=other]').fill('הים')
      assert.equal(await direction(phone, '[name=other]'), 'rtl')
      await phone.goto(`${server.address}/e/${code}/questions`)
      const field = phone.locator('#questions textarea').first()
      await field.fill(ARABIC)
      assert.equal(await field.evaluate(one => getComputedStyle(one).direction), 'rtl')
      await phone.locator('.ask .primary').click()
      if (javaScriptEnabled) await phone.locator('.compose .receipt.good').waitFor()
      if (javaScriptEnabled) await phone.reload()
      const asked = phone.locator('.own .post .text', { hasText: ARABIC }).first()
      if (javaScriptEnabled) await phone.locator('.switch button').last().click()
      assert.equal(await asked.evaluate(one => getComputedStyle(one).direction), 'rtl')
      await phone.context().close()
    }
  })

  it('runs from the right on screen, in the studio and for moderators', async () => {
    const desk = await signedIn()
    const screen = await open()
    await screen.goto(`${server.address}/e/${code}/screen`)
    await screen.locator('.bar .name').first().waitFor()
    for (const what of ['#event-name', '#title', '.bar .name']) assert.equal(await direction(screen, what), 'rtl', what)
    await desk.goto(`${server.address}/moderate/${event}`)
    await desk.getByText(ARABIC).first().waitFor()
    const post = desk.locator('.question .text', { hasText: ARABIC }).first()
    assert.equal(await post.evaluate(one => getComputedStyle(one).direction), 'rtl')
    assert.equal(await direction(desk, 'h1 span'), 'rtl')
    await desk.goto(`${server.address}/studio/events/${event}`)
    await desk.locator('.results .asked').waitFor()
    for (const what of ['h1 .name span', '.item .words', '.results .asked', '.results .bars .text']) assert.equal(await direction(desk, what), 'rtl', what)
    const said = await desk.locator('.voting').getAttribute('title')
    assert.equal(said, HEBREW)
    assert.ok((await desk.locator('.steer .said').textContent())?.includes('Where to go?'))
    assert.ok((await desk.locator('.item .small.more').first().getAttribute('aria-label'))?.includes(`\u2068${HEBREW}\u2069`), 'within a sentence of ours it is set apart')
    for (const page of [desk, screen]) await page.context().close()
  })
})

describe('scripts that do not start', () => {
  /** @param {string} lost @param {string} path @param {boolean} [signed] */
  async function without(lost, path, signed) {
    const page = signed ? await signedIn() : await open()
    await page.route(lost, route => route.abort())
    await page.goto(`${server.address}${path}`, { waitUntil: 'commit' })
    return page
  }

  it('are told of in time, with a way on, whichever module is lost', async t => {
    const cases = [['**/*.js', `/e/${code}`], ['**/live.js', `/e/${code}`], ['**/countdown.js', `/e/${code}/screen`], ['**/menu.js', `/studio/events/${event}`, 'signed'], ['**/grace.js', `/moderate/${event}`, 'signed'], ['**/probes.js', '/netcheck']]
    const opened = []
    for (const [lost, path, signed] of cases) opened.push(await without(lost, path, signed !== undefined))
    await Promise.all(opened.map(async page => {
      // By the page's own clock: it began when it was asked for.
      const took = await page.waitForFunction(() => {
        const sentence = document.getElementById('unscripted')
        return document.readyState === 'complete' && sentence && getComputedStyle(sentence).visibility === 'visible' && performance.now()
      })
      const ms = Number(await took.jsonValue())
      t.diagnostic(`${page.url()}: ${Math.round(ms)} ms`)
      assert.ok(ms < SOON_MS, `${page.url()}: ${ms} ms`)
      await becomes(() => page.locator('#unscripted a').isVisible(), true)
    }))
    const phone = opened[0]
    await phone.locator('.join button').click()
    await phone.locator('[data-option="1"]').waitFor()
    await phone.unroute('**/*.js')
    await phone.locator('#unscripted a').click({ timeout: SOON_MS + 5000 })
    await phone.getByText(say('phone.pill.connected')).waitFor()
    assert.equal(await phone.locator('#unscripted').count(), 0)
    for (const page of opened) await page.context().close()
  })

  it('are told of where somebody on the way has given them another type', async () => {
    const phone = await open()
    await phone.route(`${server.address}/e/${code}`, async route => {
      const answer = await route.fetch()
      await route.fulfill({ response: answer, body: (await answer.text()).replaceAll('type="module"', 'type="b12a-module"') })
    })
    await phone.goto(`${server.address}/e/${code}`)
    assert.equal(await phone.locator('#unscripted').isVisible(), false, 'not before they could have started')
    await phone.locator('#unscripted').waitFor({ timeout: SOON_MS })
    await phone.context().close()
  })
})

describe('what is enlarged', () => {
  it('grows on the screen too, and nothing is cut', async () => {
    await send(studio, 'studio', { t: 'control', control: { do: 'open', activity: ids.one } })
    const screen = await open({ viewport: { width: 1920, height: 1080 } })
    await screen.goto(`${server.address}/e/${code}/screen`)
    await screen.locator('.bar .name').first().waitFor()
    const size = () => screen.locator('.bar .name').first().evaluate(one => parseFloat(getComputedStyle(one).fontSize) * (1920 / innerWidth))
    const plain = await size()
    // As at 400 %.
    await screen.setViewportSize({ width: 480, height: 270 })
    assert.ok((await size()) >= 1.9 * plain, `${await size()} of ${plain}`)
    for (const mode of ['question', 'waiting', 'list', 'ended']) {
      await screen.evaluate(mode => (document.body.dataset.mode = mode), mode)
      await screen.waitForFunction(() => document.documentElement.scrollWidth <= innerWidth)
    }
    await screen.context().close()
  })

  it('has whole buttons in the narrow studio', async () => {
    const remote = await open({ viewport: { width: 320, height: 640 }, storageState: await studio.context().storageState() })
    await remote.goto(`${server.address}/studio/events/${event}`)
    await remote.locator('.thumb .voting').waitFor()
    const cut = () => remote.locator('.thumb .button:visible').evaluateAll(all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent))
    assert.deepEqual(await cut(), [])
    await remote.setViewportSize({ width: 320, height: 225 })
    assert.equal(await remote.locator('.thumb').evaluate(one => getComputedStyle(one).position), 'static')
    await remote.context().close()
  })
})

describe('a browser that keeps no cookies', () => {
  it('is told so, and joins no crowd of ghosts where a name is asked for', async () => {
    const named = await make('events', { name: 'Named', names: true })
    const answer = await studio.request.patch(`${server.address}/api/v1/events/${named.id}`, { data: { names: true }, headers: { Origin: server.address } })
    assert.ok(answer.ok())
    const phone = await open()
    await phone.route('**/*', async route => {
      const { cookie: _, ...headers } = route.request().headers()
      const answer = await route.fetch({ headers, maxRedirects: 0 })
      const { 'set-cookie': __, ...told } = answer.headers()
      await phone.context().clearCookies()
      await route.fulfill({ response: answer, headers: told })
    })
    await phone.goto(`${server.address}/e/${named.code}`)
    for (let press = 0; press < 2; press += 1) {
      await phone.locator('#name').fill('Ann')
      await phone.locator('.join button').click()
      await phone.locator('#notice').getByText(say('phone.join_trouble.cookies')).waitFor()
      await phone.waitForURL('**?joined')
    }
    await studio.goto(`${server.address}/e/${named.code}/screen`)
    const { joined } = await studio.evaluate(() => JSON.parse(document.getElementById('state')?.textContent ?? '').topics.presence.data)
    assert.ok(joined <= 1, `${joined} have joined`)
    await phone.context().close()
  })
})
