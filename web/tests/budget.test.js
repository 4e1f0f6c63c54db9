// What a phone's first visit costs: a venue's network carries it for everyone at the same moment.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { brotliCompressSync } from 'node:zlib'
import { setUp, startBrowser, startServer } from './server.js'

/** Everything that a phone fetches until it can answer, with headers: with the bar that tells what is not sent, and what keeps it. */
const MAX_BYTES = 25 * 1024
/** Where questions are taken, with the tabs for them. */
const MAX_WHERE_ASKED = 26.5 * 1024
/** The same with the room’s questions opened, which most do at some time; with the words in which fields name their limit. */
const MAX_WITH_QUESTIONS = 46 * 1024
/** The page names them all, so they come in one round trip; more of them than connections to one server (6) wait for each other. */
const MAX_MODULES = 5
/** What fits the first flight of a fresh connection even where nothing is compressed. */
const MAX_HTML = 14 * 1024

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** The facilitator's browser. @type {import('playwright-core').Page} */
let desk

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  desk = await (await browser.newContext({ locale: 'en' })).newPage()
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** @typedef {{url: string, type: string, head: number, body: number}} Fetched bytes over the wire */

/**
 * Notes everything that a page fetches. A debug build compresses scripts and styles in haste while it sends them; a release
 * holds them compressed as far as brotli goes. Of what the server names as a debug build's, the size is therefore the one
 * that it has in a release, which is made here in the same way.
 * @param {import('playwright-core').Page} page
 */
async function watch(page) {
  const session = await page.context().newCDPSession(page)
  /** @type {Map<string, Fetched>} */
  const fetched = new Map()
  /** @type {Promise<void>[]} */
  const settling = []
  session.on('Network.responseReceived', ({ requestId, response, type }) =>
    fetched.set(requestId, { url: response.url, type, head: 0, body: 0 }))
  session.on('Network.dataReceived', ({ requestId, encodedDataLength }) => {
    const one = fetched.get(requestId)
    if (one) one.body += encodedDataLength
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const one = fetched.get(requestId)
    if (!one) return
    one.head = encodedDataLength - one.body
    if (new URL(one.url).pathname.startsWith('/assets/dev/')) settling.push(asReleased(requestId, one))
  })
  const asReleased = async (/** @type {string} */ requestId, /** @type {Fetched} */ one) => {
    // It is kept for good, and coded `br` instead of `gzip`.
    one.head += 'public, max-age=31536000, immutable'.length - 'no-cache'.length - 2
    // The words that scripts fetch are coded on their way, there too.
    if (new URL(one.url).pathname.startsWith('/assets/dev/words/')) return
    const { body, base64Encoded } = await session.send('Network.getResponseBody', { requestId })
    // Without the empty lines that scripts keep in a debug build.
    const text = Buffer.from(body, base64Encoded ? 'base64' : 'utf8')
    const plain = one.url.endsWith('.js') ? Buffer.from(text.toString().replace(/\n+/g, '\n')) : text
    one.body = Math.min(plain.length, brotliCompressSync(plain).length)
  }
  await session.send('Network.enable')
  return async () => {
    await Promise.all(settling)
    return [...fetched.values()].filter(one => one.type !== 'WebSocket')
  }
}

/** What people ask where it is measured: a full window of questions of usual length. */
const asked = Array.from({ length: 20 }, (_, n) => `Will the journey of members from region ${n} be paid for next year, and who decides?`)

const title = 'Where should next year’s gathering be?'
const options = ['By the sea', 'In the mountains', 'In the city', 'On a farm'].map((text, place) => ({ id: place + 1, text }))

/** An activity of each kind that comes on stage. @type {Record<string, Record<string, unknown>>} */
const ofKinds = {
  choice: { title, options, min: 1, max: 1, changeable: true },
  words: { title, words_per_person: 3 },
  open: { title, texts_per_person: 3, review: true, names: 'either' },
  rating: { title, statements: options, scale: { style: 'labels', points: 5, low: 'Disagree', high: 'Agree' }, changeable: true },
}

/**
 * An event with an open activity.
 * @param {import('playwright-core').Page} desk
 * @param {string} code
 * @param {string} [kind]
 */
async function event(desk, code, kind = 'choice') {
  const headers = { Origin: server.address }
  const made = await desk.request.post(`${server.address}/api/v1/events`, { headers, data: { name: 'Annual meeting 2026', code } })
  const { id } = await made.json()
  const question = { kind, ...ofKinds[kind] }
  await desk.request.post(`${server.address}/api/v1/events/${id}/activities`, { headers, data: { settings: question } })
  await desk.goto(`${server.address}/studio/events/${id}`)
  await desk.locator('.voting').click()
  await desk.locator('.item.open').waitFor()
  return id
}

/**
 * Sends commands on a connection of one's own, and waits for their receipts.
 * @param {import('playwright-core').Page} page
 * @param {string} live the connection
 * @param {Record<string, unknown>[]} commands
 */
const send = (page, live, commands) => page.evaluate(async ({ live, commands }) => {
  const socket = new WebSocket(new URL(live, location.href.replace(/^http/, 'ws')))
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
}, { live, commands })

/**
 * A phone's first visit, and what it cost.
 * @param {import('node:test').TestContext} t
 * @param {string} code
 */
async function visit(t, code) {
  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en', isMobile: true, hasTouch: true })
  const phone = await context.newPage()
  const everything = await watch(phone)
  const page = await phone.goto(`${server.address}/e/${code}`)
  await phone.getByText(title).first().waitFor()
  await phone.getByText('Connected').waitFor()
  await phone.waitForLoadState('networkidle')
  const html = (await page?.body())?.length ?? 0
  const cost = async (/** @type {string} */ what) => {
    const fetched = await everything()
    const modules = fetched.filter(one => one.url.endsWith('.js')).length
    const wire = fetched.reduce((sum, one) => sum + one.head + one.body, 0)
    for (const one of fetched) t.diagnostic(`${String(one.head + one.body).padStart(6)} ${new URL(one.url).pathname}`)
    t.diagnostic(`${what}: ${wire} bytes over the wire in ${fetched.length} answers, ${modules} modules`)
    assert.ok(fetched.some(one => one.type === 'Document') && modules > 0, 'what is fetched is seen')
    return { wire, modules }
  }
  return { phone, html, cost }
}

it('a phone’s first visit is small, whatever the kind of activity', async t => {
  await setUp(desk, server.setup)
  const state = await desk.goto(`${server.address}/studio/events/${await event(desk, 'TULIP')}`)
  assert.deepEqual(Object.keys(ofKinds).sort(), kindsNamed((await state?.text()) ?? ''), 'each kind is tried')
  for (const [kind, code] of Object.entries({ choice: 'TULIP', words: 'LILAC', rating: 'DAISY', open: 'PEONY' })) {
    if (kind !== 'choice') await event(desk, code, kind)
    const { html, cost } = await visit(t, code)
    const { wire, modules } = await cost(`a phone’s first visit, ${kind}`)
    t.diagnostic(`${html} bytes of HTML`)
    assert.ok(wire <= MAX_BYTES, `${wire} bytes over the wire, ${kind}`)
    assert.ok(modules <= MAX_MODULES, `${modules} modules, ${kind}`)
    assert.ok(html < MAX_HTML, `${html} bytes of HTML, ${kind}`)
  }
})

/** The kinds that a page's state names. @param {string} html */
const kindsNamed = html => JSON.parse(/"kinds":(\[[^\]]*\])/.exec(html)?.[1] ?? '[]').sort()

it('a phone’s first visit is as small where questions are taken, and so are the questions', async t => {
  const id = await event(desk, 'ROSES')
  const settings = { version: 0, state: 'open', review: false, names: 'either', downvotes: false, labels: [], filter: { on: false, languages: [], words: [] }, share: false }
  await send(desk, `/api/v1/live?event=${id}&as=studio`, [{ t: 'moderate', act: { do: 'configure', version: await version(id), settings } }])
  for (let device = 0; device < 4; device += 1) {
    const page = await (await browser.newContext({ locale: 'en' })).newPage()
    await page.goto(`${server.address}/e/ROSES`)
    await page.getByText('Connected').waitFor()
    await send(page, `/api/v1/live?event=${id}&as=phone`, asked.slice(device * 5, device * 5 + 5).map(text => ({ t: 'post', post: { do: 'ask', text } })))
    await page.context().close()
  }
  const { phone, cost } = await visit(t, 'ROSES')
  const first = await cost('a first visit where questions are taken')
  assert.ok(first.wire <= MAX_WHERE_ASKED, `${first.wire} bytes over the wire`)
  assert.ok(first.modules <= MAX_MODULES, `${first.modules} modules`)
  await phone.locator('#tabs b', { hasText: '20 new' }).waitFor()
  await phone.getByRole('link', { name: 'Questions' }).tap()
  await phone.locator('.room .post').nth(19).waitFor()
  await phone.waitForLoadState('networkidle')
  const all = await cost('with the questions opened')
  assert.ok(all.wire <= MAX_WITH_QUESTIONS, `${all.wire} bytes over the wire`)
})

/** The version of an event's settings. @param {string} id */
const version = id => desk.evaluate(id => new Promise(resolve => {
  const socket = new WebSocket(new URL(`/api/v1/live?event=${id}&as=studio`, location.href.replace(/^http/, 'ws')))
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data)
    if (message.t !== 'full' || message.topic !== 'moderation') return
    socket.close()
    resolve(message.data.settings.version)
  }
}), id)
