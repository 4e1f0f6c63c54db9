// What a participant does, in the engines of the other phones: Firefox's and that of iPhones. Both join, vote, are cut off, vote
// meanwhile, come back by the best way and, where the network lets no WebSocket through any more, by a lesser one, and ask.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { facilitator } from './facilitator.js'
import * as firefox from './firefox.js'
import { startLine } from './line.js'
import { wordsOf } from './looks.js'
import { startServer } from './server.js'
import * as webkit from './webkit.js'

const say = await wordsOf('en')
const CODE = 'TULIP'
/** For how long a page may be silent about what it should say. */
const TEST_TIMEOUT_MS = 60_000
/** What Firefox says in its console of a server that cannot be reached. */
const CUT = /can’t establish a connection to the server|The connection to \S+ was interrupted/

describe('Firefox', { skip: firefox.lacking || false }, () => takesPart(firefox.startFirefox))
describe('WebKit', { skip: webkit.lacking || false }, () => takesPart(webkit.startWebKit))

/** @param {() => Promise<import('./webkit.js').Page>} start */
function takesPart(start) {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server
  /** @type {Awaited<ReturnType<typeof startLine>>} */
  let line
  /** @type {Awaited<ReturnType<typeof facilitator>>} */
  let desk
  /** @type {import('./webkit.js').Page} */
  let page
  let event = ''
  /** @type {string[]} */
  const polls = []

  before(async () => {
    server = await startServer()
    line = await startLine(server.address)
    desk = await facilitator(server.address, server.setup)
    event = (await desk.request('/events', { name: 'Annual meeting', code: CODE })).id
    const options = ['Sea', 'Hills', 'City'].map((text, place) => ({ id: place + 1, text }))
    for (const title of ['Where to?', 'And then?', 'At last?']) {
      const question = { kind: 'choice', title, options, min: 1, max: 1, other: false, changeable: true }
      polls.push((await desk.request(`/events/${event}/activities`, { settings: question })).id)
    }
    await desk.takeQuestions(event)
    page = await start()
  })

  after(async () => {
    await page?.end()
    await line?.end()
    await server?.stop()
  })

  /**
   * Waits until this is so within the page, also where that is left meanwhile for another.
   * @param {(...values: any[]) => boolean} condition
   * @param {...unknown} values
   */
  async function until(condition, ...values) {
    const work = `async (...values) => {
      for (const late = Date.now() + 5000; Date.now() < late; await new Promise(then => setTimeout(then, 20))) if ((${condition})(...values)) return true
      return false
    }`
    const late = Date.now() + TEST_TIMEOUT_MS
    while (!(await page.run(/** @type {any} */ (work), ...values).catch(() => false))) {
      const shown = Date.now() > late && (await page.run(() => `${location.href}\n${document.body.innerText}`))
      assert.ok(!shown, `${condition} ${values.join(', ')} is not so on ${shown}`)
    }
  }

  /** @param {string} text */
  const says = text => until(text => document.body.innerText.includes(text), text)
  const connected = () => says(say('phone.pill.connected'))

  /** Opens a poll, and waits for the phone to show it: it is announced before its view has been fetched. @param {number} place @param {string} title */
  async function opens(place, title) {
    await desk.control(event, { do: 'open', activity: polls[place] })
    await until(title => document.querySelector('#view h1')?.textContent === title, title)
  }

  /** Waits until a poll has its one answer, which is this. @param {number} place @param {number} option */
  async function counted(place, option) {
    const { tally } = await desk.held(event, 'results', ({ activity, respondents }) => activity === polls[place] && respondents === 1)
    assert.equal(tally.counts[option], 1)
  }

  /** Nothing has failed since the last look. @param {RegExp} [but] what a cut line explains */
  const nothingFailed = async but => assert.deepEqual((await page.errors()).filter(text => !but?.test(text)), [])

  it('joins', async t => {
    t.diagnostic(page.version)
    await page.open(`${line.address}/`)
    await page.click('#code')
    await page.type(CODE.toLowerCase())
    await page.click('form .primary')
    await says(say('phone.draft'))
    await connected()
    await nothingFailed()
  })

  it('votes', async () => {
    await opens(0, 'Where to?')
    await page.click('[data-option="2"]')
    await says(say('phone.stored'))
    await counted(0, 2)
    await nothingFailed()
  })

  it('keeps the vote that is cast while it is cut off, and comes back with it', async () => {
    await opens(1, 'And then?')
    // Before it asks for the lesser ways in vain, it has tried to come back. It asks twice.
    await line.cutFor(/^GET \S+\/transports\.js\?/)
    await page.click('[data-option="3"]')
    await says(say('phone.kept'))
    line.mend(true)
    await connected()
    await says(say('phone.stored'))
    await counted(1, 3)
    await nothingFailed(CUT)
  })

  it('comes back where no WebSocket gets through any more, though a browser may keep that a module did not come', async () => {
    await opens(2, 'At last?')
    line.cut()
    line.mend(false)
    await page.click('[data-option="1"]')
    await says(say('phone.stored'))
    await counted(2, 1)
    await connected()
    await nothingFailed(CUT)
    line.mend(true)
  })

  it('asks', async () => {
    await page.click('#tabs a:last-child')
    await until(() => document.getElementById('ask-text') !== null)
    await page.click('#ask-text')
    await page.type('Why not by train?')
    await page.click('.ask .primary')
    await says(say('questions.stored'))
    const { posts } = await desk.request(`/events/${event}/questions`)
    assert.deepEqual(posts.map((/** @type {any} */ one) => one.text), ['Why not by train?'])
    await nothingFailed(CUT)
  })
}
