// The content security policy of every page: a scanner finds nothing to say of it, and the browser has nothing to refuse.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { CspEvaluator } from 'csp_evaluator/dist/evaluator.js'
import { CspParser } from 'csp_evaluator/dist/parser.js'
import { setUp, startBrowser, startServer } from './server.js'

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

/**
 * Opens a page; what its scripts, its policy and the browser had to complain of.
 * @param {import('playwright-core').Page} page
 * @param {string} path
 */
async function open(page, path) {
  /** @type {string[]} */
  const complaints = []
  const hear = (/** @type {import('playwright-core').ConsoleMessage} */ message) => {
    // That a page is not there, the browser says too.
    if (message.type() === 'error' && !message.text().includes('404')) complaints.push(message.text())
  }
  const fail = (/** @type {Error} */ error) => complaints.push(error.message)
  page.on('console', hear)
  page.on('pageerror', fail)
  const answer = await page.goto(new URL(path, server.address).href, { waitUntil: 'load' })
  // What scripts fetch and make after that is let in or refused too.
  await page.waitForLoadState('networkidle')
  page.off('console', hear)
  page.off('pageerror', fail)
  const policy = answer?.headers()['content-security-policy'] ?? ''
  const findings = new CspEvaluator(new CspParser(policy).csp).evaluate()
  assert.deepEqual(findings.map(finding => `${finding.directive} ${finding.value}: ${finding.description}`), [], `${path}: ${policy}`)
  assert.deepEqual(complaints, [], path)
}

it('lets in the scripts of every page, and nothing else', async () => {
  const desk = await (await browser.newContext({ locale: 'en' })).newPage()
  await open(desk, server.setup)
  await setUp(desk, server.setup)
  const headers = { Origin: server.address }
  const make = async (/** @type {string} */ path, /** @type {unknown} */ data) => {
    const made = await desk.request.post(`${server.address}${path}`, { headers, data })
    assert.ok(made.ok(), await made.text())
    return made.json()
  }
  const { id } = await make('/api/v1/events', { name: 'Annual meeting', code: 'TULIP' })
  const options = ['By the sea', 'In town'].map((text, place) => ({ id: place + 1, text }))
  await make(`/api/v1/events/${id}/activities`, { settings: { kind: 'choice', title: 'Where?', options, min: 1, max: 1, changeable: true } })
  const links = [
    await make(`/api/v1/events/${id}/links`, { kind: 'moderator', name: 'Mo', hours: 1 }),
    await make(`/api/v1/events/${id}/links`, { kind: 'speaker', name: 'Sam', hours: 1 }),
  ].map(made => new URL(made.url).pathname)
  for (const path of ['/studio', `/studio/events/${id}`, '/studio/room-tests', '/netcheck/token', `/moderate/${id}`, '/e/TULIP/screen']) {
    await open(desk, path)
  }
  const anybody = await (await browser.newContext({ locale: 'en' })).newPage()
  for (const path of ['/', '/login', '/netcheck', '/netcheck/requirements', '/nothing', '/e/TULIP', '/e/TULIP/screen', ...links]) {
    await open(anybody, path)
  }
})
