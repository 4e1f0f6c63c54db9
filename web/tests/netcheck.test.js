// The network test as people see it: on a good network no false alarm, and each obstacle, of real parts, named rightly. With
// PICTURES=folder it is photographed in its states.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { forgetfulLine, inspector, proxy, scanner, slowLine, stallingLine } from './obstacles.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } }
/** Silences of this test, in seconds; one shorter and one longer than what the obstacles bear. */
const IDLE_S = [1, 4]

/** A name by which the browser comes to the server: by 127.0.0.1 it would test this machine and no network. */
const NAME = 'vote.venue.test'

/** What is found behind each obstacle besides success: step and finding. @type {Record<string, Record<string, string>>} */
const EXPECTED = {
  'nothing in the way': {},
  // It is no middlebox: whoever holds streams holds each.
  'one moment’s stall': {},
  // Thirty connections are opened one after the other, which takes longer than that on a slow line.
  'silence cut after 2 s, far away': { poll: 'gateway', idle_4: 'idle_closed' },
  'silent death after 2 s': { poll: 'silent', idle_4: 'idle_silent' },
  'nginx that gathers': {},
  'answers scanned whole': { sse: 'sse_held' },
  'no upgrade': { websocket: 'websocket_around' },
}

// They mostly wait for silences to end.
describe('the network test', { concurrency: 2 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server
  /** @type {import('playwright-core').Browser} */
  let browser
  /** @type {Awaited<ReturnType<typeof wordsOf>>} */
  let t
  /** @type {string[]} */
  const errors = []
  /** @type {Record<string, string>[]} */
  const table = []

  before(async () => {
    t = await wordsOf('en')
    server = await startServer({ PARTERRE_NETCHECK__SILENCE_S: IDLE_S.join(',') })
    browser = await startBrowser([`--host-resolver-rules=MAP ${NAME} 127.0.0.1`])
  })
  after(async () => {
    if (table.length > 0) console.table(table)
    assert.deepEqual(errors, [])
    await browser?.close()
    await server?.stop()
  })

  /** @param {import('playwright-core').BrowserContextOptions} [options] */
  async function open(options = {}) {
    const context = await browser.newContext({ viewport: SIZES.desktop, locale: 'en', reducedMotion: 'reduce', ...options })
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    page.on('pageerror', error => errors.push(String(error)))
    page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
    return page
  }

  /** @param {{address: string}} server */
  const named = ({ address }) => address.replace('127.0.0.1', NAME)

  /** @param {string} what */
  async function standBetween(what) {
    if (what === 'silence cut after 2 s, far away') {
      const near = await proxy('silence cut after 2 s', server.address)
      const far = await slowLine(near.address, 85)
      return { address: far.address, end: () => Promise.all([far.end(), near.end()]) }
    }
    if (what === 'one moment’s stall') return stallingLine(server.address, 1_500)
    if (what === 'silent death after 2 s') return forgetfulLine(server.address, 2_000)
    return what === 'answers scanned whole' ? scanner(server.address) : proxy(what, server.address)
  }

  /**
   * Takes down what was found behind an obstacle.
   * @param {Page} page
   * @param {string} obstacle
   */
  async function note(page, obstacle) {
    const found = await alarms(page)
    assert.doesNotMatch((await page.locator('main').textContent()) ?? '', /[{}]|netcheck\./, 'every figure is in its sentence')
    const answers = await page.locator('.answer').evaluateAll(all => all.map(one => one.className.replace('answer ', '')))
    table.push({ obstacle, found: Object.entries(found).map(pair => pair.join(': ')).join(', '), answers: answers.join(', ') })
    await photograph(page, obstacle.replaceAll(' ', '-'))
    await openToAll(page, obstacle)
    return found
  }

  /** @param {Page} page */
  const start = page => page.getByRole('button', { name: /^(Start test|Test again)$/ }).click()

  /** @param {Page} page */
  const done = page => page.getByText(t('netcheck.done')).waitFor()

  /**
   * How each step went, by its id.
   * @param {Page} page
   */
  const verdicts = page => page.locator('li[data-step]').evaluateAll(items => Object.fromEntries(items.map(item => [/** @type {HTMLElement} */ (item).dataset.step, item.className])))

  /**
   * What was found in the steps that are no success, by their ids.
   * @param {Page} page
   * @returns {Promise<Record<string, string>>}
   */
  const alarms = page => page.locator('li.warning, li.failed').evaluateAll(items => Object.fromEntries(items.map(item => [/** @type {HTMLElement} */ (item).dataset.step, JSON.parse(/** @type {HTMLElement} */ (item).dataset.mark ?? '{}').code])))

  /** @param {Page} page @param {string} name */
  async function photograph(page, name) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.setViewportSize(viewport)
      await fits(page)
      await picture(page, `netcheck-${name}-${size}`)
    }
  }

  it('waits until it is started, runs, can be stopped and started again', async () => {
    const slow = await startServer({ PARTERRE_NETCHECK__SILENCE_S: '2,60,600' })
    try {
      const page = await open()
      await page.goto(`${named(slow)}/netcheck`)
      await page.locator('#start:enabled').waitFor()
      assert.deepEqual(new Set(Object.values(await verdicts(page))), new Set(['waiting']))
      await openToAll(page, 'the test before its start')
      await photograph(page, 'waiting')
      await start(page)
      await page.locator('li[data-step=delay].running').waitFor()
      await page.locator('li[data-step=storage].success').waitFor()
      await page.locator('li[data-step=idle_2].success').waitFor()
      await page.locator('li[data-step=phones].success').waitFor()
      // What decides is not over, and yet what is known can be passed on.
      const cards = page.locator('.answer.skipped')
      await cards.filter({ hasText: t('netcheck.run.so_far') }).waitFor()
      await cards.filter({ hasText: t('netcheck.take_part.so_far') }).waitFor()
      await page.locator('#copy').click()
      await page.locator('#copied:not(:empty)').waitFor()
      assert.match((await page.locator('#request').textContent()) ?? '', /not complete/)
      await page.getByRole('button', { name: t('netcheck.save') }).click()
      await page.locator('#saved a').waitFor()
      await becomes(() => page.locator('#status').textContent(), t('netcheck.verdict.running'))
      assert.equal((await verdicts(page)).idle_600, 'running')
      await openToAll(page, 'the test while it runs')
      await photograph(page, 'running')
      await page.getByRole('button', { name: t('netcheck.stop') }).click()
      await page.getByText(t('netcheck.stopped')).waitFor()
      const { websocket, idle_600 } = await verdicts(page)
      assert.deepEqual({ websocket, idle_600 }, { websocket: 'success', idle_600: 'skipped' })
      await start(page)
      await page.locator('li[data-step=websocket].success').waitFor()
      assert.equal((await verdicts(page)).idle_600, 'running')
      await page.context().close()
    } finally {
      await slow.stop()
    }
  })

  it('keeps a report that anybody can read and check', async () => {
    const page = await open()
    await page.goto(`${named(server)}/netcheck`)
    await start(page)
    await done(page)
    await becomes(() => page.locator('#status').textContent(), t('netcheck.verdict.success'))
    await page.getByLabel(t('netcheck.place')).fill('Salle des fêtes')
    await page.getByRole('button', { name: t('netcheck.save') }).click()
    const link = page.locator('#saved a')
    await link.waitFor()
    await photograph(page, 'saved')
    await link.click()
    await page.getByRole('heading', { name: /Salle des fêtes/ }).waitFor()
    await becomes(() => page.locator('.answer.success').count(), 2)
    for (const known of [/Chrome/, /Tested for/, /This device saw/, /No change is needed/]) await page.getByText(known).first().waitFor()
    assert.equal(await page.locator('li.warning, li.failed').count(), 0)
    await openToAll(page, 'a report')
    await photograph(page, 'report')
    await page.context().close()
  })

  it('by an address of the server’s own machine says that it tested no network', async () => {
    const page = await open()
    await page.goto(`${server.address}/netcheck`)
    await start(page)
    await done(page)
    const cards = page.locator('.answer')
    assert.deepEqual(await cards.evaluateAll(all => all.map(one => one.className)), ['answer skipped', 'answer skipped'])
    const why = t('netcheck.found.address_unreachable', { host: '127.0.0.1' })
    // It is said once, and what goes through this machine alone is not praised.
    assert.equal((await page.locator('main').textContent())?.split(why).length, 2, why)
    for (const card of await cards.all()) assert.ok((await card.textContent())?.includes(t('netcheck.not_here')))
    assert.deepEqual([(await verdicts(page)).download, (await verdicts(page)).upload], ['skipped', 'skipped'])
    assert.equal((await verdicts(page)).address, 'skipped')
    assert.equal((await verdicts(page)).websocket, 'success')
    await note(page, 'the own machine')
    await page.context().close()
  })

  it('waits with transfers while a room is live, and says so', async () => {
    const busy = await startServer({ PARTERRE_NETCHECK__SILENCE_S: '1', PARTERRE_NETCHECK__BUSY_PHONES: '1' })
    try {
      const studio = await open()
      await setUp(studio, busy.setup)
      await studio.getByLabel('Name of the event').fill('Annual meeting')
      await studio.getByRole('button', { name: 'Create event' }).click()
      await studio.getByText('What will you ask first?').waitFor()
      const code = (await studio.locator('.top .code').textContent()) ?? ''
      const phone = await open({ viewport: SIZES.phone })
      await phone.goto(`${busy.address}/e/${code}`)
      await phone.getByText('Connected').locator('visible=true').first().waitFor()
      await studio.getByRole('radio', { name: 'Open', exact: true }).check()
      await studio.locator('.toast').filter({ hasText: t('moderation.done.state_open') }).waitFor()
      const page = await open()
      await page.goto(`${named(busy)}/netcheck`)
      await start(page)
      await done(page)
      for (const step of ['download', 'upload']) {
        assert.equal((await verdicts(page))[step], 'skipped')
        await page.locator(`li[data-step=${step}]`).getByText(t('netcheck.found.room_live')).waitFor()
      }
      // Whether the line is enough is not known, and so there is no yes for the room.
      await page.locator('.answer.success[data-question=take_part]').waitFor()
      await page.locator('.answer.skipped[data-question=run]').filter({ hasText: t('netcheck.run.so_far') }).waitFor()
      await note(page, 'a live room')
    } finally {
      await busy.stop()
    }
  })

  it('says what the network has to let through', async () => {
    for (const locale of ['en', 'fr']) {
      const page = await open({ locale })
      await page.goto(`${server.address}/netcheck/requirements`)
      const request = await page.locator('#request').textContent()
      assert.match(request ?? '', new RegExp(`TCP ${new URL(server.address).port}`))
      await page.locator('#copy').click()
      await page.locator('#copied:not(:empty)').waitFor()
      await openToAll(page, 'the requirements')
      await photograph(page, `requirements-${locale}`)
      await page.context().close()
    }
  })

  for (const [what, expected] of Object.entries(EXPECTED)) {
    it(`with ${what} finds ${Object.values(expected).join(', ') || 'no fault'}`, async () => {
      const between = await standBetween(what)
      try {
        const page = await open()
        await page.goto(`${between.address}/netcheck`)
        await start(page)
        await done(page)
        const found = await note(page, what)
        // A line that forgets also forgets what a browser keeps for its next request, if that comes late.
        const certain = Object.fromEntries(Object.entries(found).filter(([step, code]) => code !== 'silent' || !('idle_4' in expected) || expected[step]))
        assert.deepEqual(certain, expected)
        await page.context().close()
      } finally {
        await between.end()
      }
    })
  }

  it('by TLS of the server itself shows the certificate to compare, and finds who puts another in its place', async () => {
    const own = await startServer({ PARTERRE_NETCHECK__SILENCE_S: '1', PARTERRE_TLS__MODE: 'self-signed' })
    const firewall = await inspector(own.address)
    try {
      for (const [what, address, expected] of /** @type {const} */ ([
        ['TLS of its own', own.address, {}],
        ['TLS opened', firewall.address, { protocol: 'protocol_inspected', certificate: 'certificate_doubtful' }],
      ])) {
        const page = await open({ ignoreHTTPSErrors: true })
        await page.goto(`${address}/netcheck`)
        await start(page)
        await done(page)
        assert.match((await page.locator('li[data-step=certificate]').textContent()) ?? '', /([0-9A-F]{2}:){31}[0-9A-F]{2}/)
        assert.deepEqual(await note(page, what), expected)
        await page.context().close()
      }
    } finally {
      await firewall.end()
      await own.stop()
    }
  })

  it('with few requests a second finds that they are limited', async () => {
    const what = 'few requests a second'
    const between = await proxy(what, server.address)
    try {
      const page = await open()
      await page.goto(`${between.address}/netcheck`)
      await start(page)
      await page.locator('#start:visible').waitFor()
      const found = await note(page, what)
      assert.ok(Object.values(found).includes('limited') && Object.values(found).every(code => ['limited', 'phones_refused', 'crowded'].includes(code)), `${Object.values(found)}`)
      await page.context().close()
    } finally {
      await between.end()
    }
  })

  it('with a page to sign in on finds that, whenever it comes up', async () => {
    const what = 'a page to sign in on'
    const way = await proxy('nothing in the way', server.address)
    const page = await open()
    await page.goto(`${way.address}/netcheck`)
    await page.locator('#start:enabled').waitFor()
    await way.end()
    const portal = await proxy(what, server.address, way.port)
    try {
      await start(page)
      await page.locator('#start:visible').waitFor()
      const found = await note(page, what)
      assert.deepEqual(found, { portal: 'portal_found' })
      assert.match((await page.locator('#request').textContent()) ?? '', /walled garden/)
      await page.context().close()
    } finally {
      await portal.end()
    }
  })
})
