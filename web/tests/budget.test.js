// What a phone's first visit costs: a venue's network carries it for everyone at the same moment.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { brotliCompressSync } from 'node:zlib'
import { setUp, startBrowser, startServer } from './server.js'

/** Everything that a phone fetches until it can answer, with headers. */
const MOST_BYTES = 30 * 1024
/** Each is another round trip's wait where the network is slow. */
const MOST_MODULES = 5
/** What fits the first flight of a fresh connection even where nothing is compressed. */
const MOST_HTML = 14 * 1024

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser

before(async () => {
  server = await startServer()
  browser = await startBrowser()
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
    const { body, base64Encoded } = await session.send('Network.getResponseBody', { requestId })
    const plain = Buffer.from(body, base64Encoded ? 'base64' : 'utf8')
    one.body = Math.min(plain.length, brotliCompressSync(plain).length)
  }
  await session.send('Network.enable')
  return async () => {
    await Promise.all(settling)
    return [...fetched.values()].filter(one => one.type !== 'WebSocket')
  }
}

it('a phone’s first visit is small', async t => {
  const desk = await (await browser.newContext({ locale: 'en' })).newPage()
  await setUp(desk, server.setup)
  const headers = { Origin: server.address }
  const made = await desk.request.post(`${server.address}/api/v1/events`, { headers, data: { name: 'Annual meeting 2026', code: 'TULIP' } })
  const { id } = await made.json()
  const options = ['By the sea', 'In the mountains', 'In the city', 'On a farm'].map((text, place) => ({ id: place + 1, text }))
  const question = { kind: 'choice', title: 'Where should next year’s gathering be?', options, min: 1, max: 1, changeable: true }
  await desk.request.post(`${server.address}/api/v1/events/${id}/activities`, { headers, data: { question } })
  await desk.goto(`${server.address}/studio/events/${id}`)
  await desk.locator('.voting').click()
  await desk.locator('.item.open').waitFor()

  const context = await browser.newContext({ viewport: { width: 390, height: 844 }, locale: 'en', isMobile: true, hasTouch: true })
  const phone = await context.newPage()
  const everything = await watch(phone)
  const page = await phone.goto(`${server.address}/e/TULIP`)
  await phone.getByText(question.title).first().waitFor()
  await phone.getByText('Connected').waitFor()
  await phone.waitForLoadState('networkidle')

  const fetched = await everything()
  const html = (await page?.body())?.length ?? 0
  const modules = fetched.filter(one => one.url.endsWith('.js'))
  const wire = fetched.reduce((sum, one) => sum + one.head + one.body, 0)
  for (const one of fetched) t.diagnostic(`${String(one.head + one.body).padStart(6)} ${new URL(one.url).pathname}`)
  t.diagnostic(`a phone’s first visit: ${wire} bytes over the wire in ${fetched.length} answers, ${modules.length} modules, ${html} bytes of HTML`)
  assert.ok(fetched.some(one => one.type === 'Document') && modules.length > 0, 'what is fetched is seen')
  assert.ok(wire <= MOST_BYTES, `${wire} bytes over the wire`)
  assert.ok(modules.length <= MOST_MODULES, `${modules.length} modules`)
  assert.ok(html < MOST_HTML, `${html} bytes of HTML`)
})
