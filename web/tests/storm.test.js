// What people see while a whole room comes at once, and while nodes work without their bus.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** The facilitator's browser. @type {import('playwright-core').Page} */
let desk
let [event, code] = ['', '']

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  desk = await (await browser.newContext({ locale: 'en', viewport: { width: 1366, height: 768 } })).newPage()
  await setUp(desk, server.setup)
  const made = await desk.request.post(`${server.address}/api/v1/events`, { data: { name: 'Annual meeting' }, headers: { Origin: server.address } })
  ;({ id: event, code } = await made.json())
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

for (const language of ['en', 'fr']) {
  it(`a phone stands in line and gets in by itself (${language})`, async () => {
    const say = await wordsOf(language)
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: language })
    const phone = await context.newPage()
    /** How the phone asked, and when it was told to come. @type {{path: string, at: number}[]} */
    const asked = []
    await phone.route('**/api/v1/join*', async route => {
      const { pathname, search } = new URL(route.request().url())
      asked.push({ path: pathname + search, at: Date.now() })
      if (asked.length === 3) return route.continue()
      const body = { code: 'queued', message: '…', retry_ms: asked.length === 1 ? 3400 : 600, retry: `moment-${asked.length}` }
      return route.fulfill({ status: 503, json: body, headers: { 'Retry-After': '4' } })
    })
    await phone.goto(`${server.address}/e/${code}`)
    const notice = phone.locator('#notice')
    await notice.getByText(say('phone.queued', { n: 4 })).waitFor()
    assert.match((await notice.getAttribute('class')) ?? '', /calm/)
    await openToAll(phone, 'a phone in line')
    await picture(phone, `in-line-${language}`)
    await notice.getByText(say('phone.queued', { n: 1 })).waitFor()
    await phone.locator('[data-view=draft]').waitFor()
    assert.ok(await notice.isHidden())
    assert.deepEqual(asked.map(({ path }) => path), ['/api/v1/join', '/api/v1/join?retry=moment-1', '/api/v1/join?retry=moment-2'])
    assert.ok(asked[1].at - asked[0].at >= 3400 && asked[2].at - asked[1].at >= 600, 'not before it was told to')
    await context.close()
  })

  it(`the studio says who is on the way and what a lost bus means (${language})`, async () => {
    const say = await wordsOf(language)
    /** @type {import('playwright-core').WebSocketRoute[]} */
    const sockets = []
    await desk.routeWebSocket(/live\?.*as=(studio|phone)/, socket => {
      socket.connectToServer()
      sockets.push(socket)
    })
    await desk.goto(`${server.address}/language/${language}?back=/studio/events/${event}`)
    await desk.getByText(say('studio.connection.ready')).waitFor()
    const tell = (/** @type {object} */ data) =>
      sockets[sockets.length - 1].send(JSON.stringify({ t: 'full', topic: 'presence', rev: Date.now() * 2, data }))
    tell({ here: 842, joined: 962, arriving: 120, degraded: true })
    await desk.getByText(say('studio.header.arriving', { here: 842, n: 120 })).waitFor()
    const degraded = desk.getByRole('status').filter({ hasText: say('studio.degraded.title') })
    await degraded.getByText(say('studio.degraded.text')).waitFor()
    for (const [name, width, height] of /** @type {const} */ ([['wide', 1366, 768], ['narrow', 390, 844]])) {
      await desk.setViewportSize({ width, height })
      await openToAll(desk, `the studio without its bus, ${name}`)
      await picture(desk, `degraded-${name}-${language}`)
      await fits(desk)
    }
    await desk.setViewportSize({ width: 1366, height: 768 })
    tell({ here: 962, joined: 962, arriving: 0, degraded: false })
    await desk.getByText(say('studio.header.in_room', { n: 962 })).waitFor()
    assert.equal(await degraded.count(), 0)
  })
}

it('a server that is back before anybody could read it is not worth a word', async () => {
  const phone = await (await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en' })).newPage()
  /** @type {import('playwright-core').WebSocketRoute[]} */
  const sockets = []
  for (const page of [phone, desk]) {
    await page.routeWebSocket(/live\?.*as=(studio|phone)/, socket => {
      socket.connectToServer()
      sockets.push(socket)
    })
  }
  await desk.goto(`${server.address}/language/en?back=/studio/events/${event}`)
  await phone.goto(`${server.address}/e/${code}`)
  const say = await wordsOf('en')
  await phone.getByText(say('phone.pill.connected')).waitFor()
  await desk.getByText(say('studio.connection.ready')).waitFor()
  const words = (/** @type {string} */ selector) => {
    const box = /** @type {HTMLElement} */ (document.querySelector(selector))
    const seen = /** @type {string[]} */ ([box.innerText])
    new MutationObserver(() => seen.push(box.innerText)).observe(box, { childList: true, subtree: true, characterData: true })
    Object.assign(window, { seen })
  }
  await phone.evaluate(words, '#pill')
  await desk.evaluate(words, '.top')
  const before = sockets.length
  for (const socket of sockets.splice(0)) {
    socket.send(JSON.stringify({ t: 'bye', code: 1012, message: '', retry_ms: 400 }))
    await socket.close({ code: 1012 })
  }
  while (sockets.length < before) await phone.waitForTimeout(20)
  for (const page of [phone, desk]) {
    await page.waitForFunction(() => document.readyState === 'complete')
    const seen = /** @type {string[]} */ (await page.evaluate('window.seen'))
    assert.ok(!seen.some(text => /Reconnecting|Offline/i.test(text)), JSON.stringify(seen))
  }
})
