// The room's questions where they are looked at: the big screen and the speakers' page, while people ask and support and
// a moderator decides. With PICTURES=folder, every state is also photographed.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { fits, openToAll, picture, wordsOf } from './looks.js'
import { moderator } from './moderator.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const WIDE = { viewport: { width: 1920, height: 1080 } }
const SIZES = [{ width: 1920, height: 1080 }, { width: 1280, height: 720 }, { width: 1024, height: 768 }]
const LABELS = [{ id: 1, name: 'Travel', colour: 3, public: true }, { id: 2, name: 'For the board', colour: 6, public: false }]

const TRAVEL = 'Will travel be paid for members from overseas?'
const FUND = 'What happens to the members’ fund if the merger goes ahead?'
const MINUTES = 'When will the minutes of the last meeting be published?'
const SLIDES = 'Can we have the slides afterwards?'
const SECRET = 'Why does the treasurer drive such an expensive car?'
const RUDE = 'Who invited these clowns?'
const LONG = 'Why were the fees raised twice in three years, while the services that they are meant to pay for were cut back, the office in the southeast was closed without a vote, and the reserves have grown to more than a year of expenses, which the statutes, as far as I can see, do not foresee or allow at all?'
/** As many characters as a question may have, none of them a space. */
const UNBROKEN = 'Donaudampfschifffahrtsgesellschaft'.repeat(9).slice(0, 300)

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** The facilitator's big screen. @type {Page} */
let screen
/** Where the moderator acts. @type {Page} */
let desk
/** @type {Awaited<ReturnType<typeof moderator>>} */
let moderates
/** @type {import('./crowd.js').Newcomer[]} */
let people
/** @type {string} */
let event
/** @type {Awaited<ReturnType<typeof wordsOf>>} */
let t
/** Errors of the pages' scripts, and whatever their security policy refused. @type {string[]} */
const errors = []
/** All that came to the screens and the speakers' pages, by page. @type {Map<Page, string[]>} */
const received = new Map()

/**
 * @param {import('playwright-core').BrowserContextOptions} options
 * @param {Page} [like] with the cookies of this one
 */
async function open(options, like) {
  const storageState = like && (await like.context().storageState())
  const page = await (await browser.newContext({ locale: 'en', ...options, storageState })).newPage()
  page.setDefaultTimeout(30_000)
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
  /** @type {string[]} */
  const frames = []
  received.set(page, frames)
  page.on('websocket', socket => socket.on('framereceived', ({ payload }) => frames.push(String(payload))))
  page.on('response', async response => {
    if (response.request().resourceType() === 'document' && response.ok()) frames.push(await response.text().catch(() => ''))
  })
  return page
}

/**
 * What the facilitator's browser asks the API for.
 * @param {string} path
 * @param {unknown} data
 */
async function make(path, data) {
  const answer = await desk.request.post(`${server.address}/api/v1/${path}`, { data, headers: { Origin: server.address } })
  assert.equal(answer.status(), 201, await answer.text())
  return answer.json()
}

/** @param {string} mode */
const shows = (mode, page = screen) => page.locator(`body[data-mode=${mode}]`).waitFor()

/** The list as it is seen on a screen. */
const listed = (page = screen) => page.locator('.post:not(.leaving) .text').allTextContents()

/**
 * Waits until the list is this one, with all at rest.
 * @param {string[]} texts
 */
const lists = (texts, page = screen) =>
  page.waitForFunction(texts => {
    const rows = [...document.querySelectorAll('.post')]
    const still = rows.every(row => row.getAnimations().length === 0)
    return still && JSON.stringify(rows.map(row => row.querySelector('.text')?.textContent)) === JSON.stringify(texts)
  }, texts)

/**
 * @param {number} post
 * @param {number} from the first of the people
 * @param {number} to after the last
 */
const support = (post, from, to) => Promise.all(people.slice(from, to).map(person => person.support(post)))

/** @param {string} text @param {number} votes */
const counts = (text, votes, page = screen) => page.locator('.post', { hasText: text }).locator('.num b', { hasText: new RegExp(`^${votes}$`) }).waitFor()

/** Publishes. @param {...string} texts */
const publish = (...texts) => moderates.to(posts => ({ do: 'move', posts, to: 'published' }), ...texts)

/** @param {string | null} text */
async function highlight(text) {
  await moderates.act({ do: 'highlight', post: text === null ? null : (await moderates.find(text)).post })
}

/**
 * Gives a speaker a link and lets them open it.
 * @param {number} [label]
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function speaker(label, options = {}) {
  const link = await make(`events/${event}/links`, { kind: 'speaker', name: 'Noor', label, hours: 12 })
  const page = await open({ viewport: { width: 1024, height: 768 }, ...options })
  await page.goto(link.url)
  await page.waitForURL(`**/speaker/${event}`)
  await page.locator('.pill.good').waitFor()
  return { page, link }
}

/** The speaker's list. @param {Page} page */
const reads = page => page.locator('.questions .text').allTextContents()

before(async () => {
  t = await wordsOf('en')
  server = await startServer()
  browser = await startBrowser()
  desk = await open(WIDE)
  await setUp(desk, server.setup)
  const made = await make('events', { name: 'Annual meeting 2026', code: 'TULIP' })
  event = made.id
  const options = [{ id: 1, text: 'By the sea' }, { id: 2, text: 'In the mountains' }]
  await make(`events/${event}/activities`, { settings: { kind: 'choice', title: 'Where should we meet?', options, min: 1, max: 1 } })
  await desk.goto(`${server.address}/e/TULIP/screen`)
  moderates = await moderator(desk, event)
  screen = await open(WIDE, desk)
  await screen.goto(`${server.address}/e/TULIP/screen`)
  people = await crowd(server.address, 'TULIP', 14)
})

after(async () => {
  for (const one of people ?? []) one.leave()
  await browser?.close()
  await server?.stop()
})

describe('the questions on the screen', () => {
  it('are not spoken of while the event takes none', async () => {
    await shows('waiting')
    assert.ok(!(await screen.getByText(t('screen.ask_at')).isVisible()))
    await screen.keyboard.press('q')
    await screen.getByText(t('screen.questions_off')).waitFor()
    await shows('waiting')
  })

  it('begin with how to ask the first', async () => {
    await moderates.configure({ state: 'open', labels: LABELS })
    await moderates.act({ do: 'show', on: true })
    await shows('list')
    await screen.getByText(t('screen.no_questions')).waitFor()
    await screen.locator('.strip').getByText(t('screen.ask_at')).waitFor()
    await screen.locator('.strip').getByText('TULIP').waitFor()
    await openToAll(screen, 'the empty list')
    await picture(screen, 'screen-empty')
  })

  it('come once they are published, the most supported first, and settle', async () => {
    await people[0].ask(TRAVEL, 'Inès')
    await people[1].ask(FUND)
    await people[2].ask(MINUTES)
    await people[3].ask(SECRET)
    const [travel, fund] = await publish(TRAVEL, FUND, MINUTES)
    await lists([TRAVEL, FUND, MINUTES])
    await support(fund, 5, 9)
    await counts(FUND, 5)
    await lists([FUND, TRAVEL, MINUTES])
    await support(travel, 4, 14)
    await counts(TRAVEL, 11)
    await lists([TRAVEL, FUND, MINUTES])
    await screen.locator('#tally b', { hasText: /^3$/ }).waitFor()
  })

  it('change places at most once in a while, though counts grow at once', async () => {
    const page = await open({ ...WIDE, reducedMotion: 'reduce' })
    await page.clock.install()
    // A page is shown before it is connected, and one whose clock stands still does not try again.
    const heard = page.waitForEvent('websocket').then(socket => socket.waitForEvent('framereceived'))
    await page.goto(`${server.address}/e/TULIP/screen`)
    await heard
    await lists([TRAVEL, FUND, MINUTES], page)
    await page.clock.runFor(2000)
    await page.clock.pauseAt(Date.now() + 3600_000)
    const { post } = await moderates.find(MINUTES)
    // The first change after a rest is made at once, the next has to wait.
    await support(post, 5, 10)
    await counts(MINUTES, 6, page)
    await page.clock.runFor(1)
    await lists([TRAVEL, MINUTES, FUND], page)
    await support(post, 10, 14)
    await support(post, 0, 2)
    await support(post, 3, 5)
    await counts(MINUTES, 14, page)
    assert.deepEqual(await listed(page), [TRAVEL, MINUTES, FUND])
    await page.clock.runFor(1200)
    assert.deepEqual(await listed(page), [MINUTES, TRAVEL, FUND])
    await page.context().close()
  })

  it('have pinned ones above all, and say their labels', async () => {
    await moderates.to(posts => ({ do: 'label', posts, label: 1, on: true }), TRAVEL)
    await moderates.to(posts => ({ do: 'label', posts, label: 2, on: true }), FUND)
    await moderates.to(posts => ({ do: 'pin', posts, on: true }), FUND)
    await lists([FUND, MINUTES, TRAVEL])
    const first = screen.locator('.post').first()
    await first.getByText(t('screen.pinned')).waitFor()
    await screen.locator('.post', { hasText: TRAVEL }).getByText('Travel', { exact: true }).waitFor()
    assert.equal(await screen.getByText('For the board').count(), 0)
    await screen.locator('.list th', { hasText: FUND }).waitFor({ state: 'attached' })
    await openToAll(screen, 'the list')
    await picture(screen, 'screen-list')
  })

  it('move calmly from where they were, and not at all for those who want no motion', async () => {
    const calm = await open({ ...WIDE, reducedMotion: 'reduce' })
    await calm.goto(`${server.address}/e/TULIP/screen`)
    for (const page of [screen, calm]) {
      await lists([FUND, MINUTES, TRAVEL], page)
      // Which rows have been moved over time, and from where: told by the browser's own list of what is animated.
      await page.evaluate(() => {
        const moved = new Set()
        const animate = Element.prototype.animate
        Element.prototype.animate = function (frames, options) {
          const [from, to] = /** @type {Keyframe[]} */ (frames)
          if ('transform' in from) moved.add(`${this.querySelector('.text')?.textContent}: ${from.transform} ${to.transform}, ${/** @type {any} */ (options).duration}`)
          return animate.call(this, frames, options)
        }
        Object.assign(window, { moved })
      })
    }
    await moderates.to(posts => ({ do: 'pin', posts, on: false }), FUND)
    for (const page of [screen, calm]) await lists([MINUTES, TRAVEL, FUND], page)
    const moved = (/** @type {Page} */ page) => page.evaluate(() => [...(/** @type {any} */ (window).moved)].sort())
    const seen = await moved(screen)
    assert.equal(seen.length, 3)
    for (const one of seen) assert.match(one, /translateY\(-?[1-9][\d.]*px\) none, 420$/)
    assert.deepEqual(await moved(calm), [])
    await calm.context().close()
  })

  it('stand full screen one by one, as the moderator says', async () => {
    await highlight(TRAVEL)
    await shows('highlight')
    const card = screen.locator('.card').last()
    await card.getByRole('heading', { name: TRAVEL }).waitFor()
    await card.getByText('Inès').waitFor()
    await card.getByText('Travel', { exact: true }).waitFor()
    await card.locator('.votes', { hasText: '11 votes' }).waitFor()
    await screen.locator('.strip').getByText(t('screen.ask_at')).waitFor()
    await openToAll(screen, 'a question full screen')
    await picture(screen, 'screen-highlight')
    await highlight(FUND)
    await screen.waitForFunction(text => {
      const cards = [...document.querySelectorAll('.card')]
      return cards.length === 1 && cards[0].querySelector('.text')?.textContent === text
    }, FUND)
    assert.equal(await screen.locator('.card .name').count(), 0)
    await highlight(null)
    await shows('list')
  })

  it('are shown and put away by the presenter’s keys', async () => {
    await highlight(TRAVEL)
    await shows('highlight')
    await screen.keyboard.press('Escape')
    await shows('list')
    await highlight(FUND)
    await shows('highlight')
    await screen.keyboard.press('h')
    await shows('list')
    await screen.keyboard.press('q')
    await shows('waiting')
    await highlight(FUND)
    await shows('highlight')
    await screen.keyboard.press('q')
    await shows('list')
    await screen.keyboard.press('?')
    await screen.getByText(t('screen.key.questions')).waitFor()
    await openToAll(screen, 'the help')
    await picture(screen, 'screen-help')
    await screen.keyboard.press('Escape')
    await shows('list')
  })

  it('are led by nobody else’s keys', async () => {
    const stranger = await open(WIDE)
    await stranger.goto(`${server.address}/e/TULIP/screen`)
    await shows('list', stranger)
    for (const key of ['q', 'h', 'Escape']) await stranger.keyboard.press(key)
    await stranger.keyboard.press('?')
    await stranger.getByText(t('screen.key.help')).waitFor()
    assert.equal(await stranger.getByText(t('screen.key.questions')).count(), 0)
    await stranger.context().close()
    // Whatever had been sent would have been done before this.
    await moderates.to(posts => ({ do: 'star', posts, on: true }), TRAVEL)
    await shows('list')
  })

  it('go once they are answered or hidden, also from full screen', async () => {
    await people[4].ask(RUDE)
    await publish(RUDE)
    await lists([MINUTES, TRAVEL, FUND, RUDE])
    await highlight(RUDE)
    await shows('highlight')
    await moderates.to(posts => ({ do: 'hide', posts }), RUDE)
    await shows('list')
    await lists([MINUTES, TRAVEL, FUND])
    await moderates.to(posts => ({ do: 'answered', posts, on: true }), MINUTES)
    await lists([TRAVEL, FUND])
    await screen.getByText(t('screen.questions_answered', { n: 1 })).waitFor()
    await moderates.to(posts => ({ do: 'decline', posts, reason: { code: 'private' } }), SECRET)
    await screen.waitForFunction(text => !document.body.innerHTML.includes(text), RUDE)
  })

  it('give way to an activity, and come back when they are wanted', async () => {
    await screen.keyboard.press('PageDown')
    await shows('question')
    await screen.getByRole('heading', { name: 'Where should we meet?' }).waitFor()
    assert.ok(!(await screen.getByText(t('screen.ask_at')).isVisible()))
    await screen.keyboard.press('q')
    await shows('list')
    await lists([TRAVEL, FUND])
    await screen.reload()
    await shows('list')
    await lists([TRAVEL, FUND])
  })

  it('say that no more are taken', async () => {
    await moderates.configure({ state: 'closed' })
    await screen.getByText(t('screen.questions_closed')).waitFor()
    assert.ok(!(await screen.getByText(t('screen.ask_at')).isVisible()))
    await moderates.configure({ state: 'open' })
    await screen.locator('.strip').getByText(t('screen.ask_at')).waitFor()
  })

  it('are never seen before they are published', () => {
    for (const page of [screen, desk]) assert.ok(received.has(page))
    const frames = received.get(screen)?.join('\n') ?? ''
    assert.ok(frames.includes(FUND) && frames.includes(RUDE))
    assert.ok(!frames.includes(SECRET))
    assert.ok(!frames.includes('For the board'))
  })
})

describe('a question as long as it may be', () => {
  for (const [what, text] of [['of words', LONG], ['without a space', UNBROKEN]]) {
    it(`${what} is seen whole on every screen, readable from the back row`, async () => {
      await people[5].ask(text, 'Maximilian-Alexander zu Hohenstein-Aue')
      await publish(text)
      await highlight(text)
      for (const viewport of SIZES) {
        for (const reducedMotion of /** @type {const} */ (['no-preference', 'reduce'])) {
          const page = await open({ viewport, reducedMotion })
          await page.goto(`${server.address}/e/TULIP/screen`)
          await page.locator('.card').getByText(text).waitFor()
          const seen = await page.evaluate(() => {
            const card = /** @type {HTMLElement} */ (document.querySelector('.card'))
            const words = /** @type {HTMLElement} */ (card.querySelector('.text'))
            const foot = /** @type {HTMLElement} */ (card.querySelector('.foot'))
            const [box, line, strip] = [words, foot, document.getElementById('strip')].map(one => /** @type {HTMLElement} */ (one).getBoundingClientRect())
            return {
              above: box.top >= 0, apart: box.bottom <= line.top, below: line.bottom <= strip.top,
              wide: words.scrollWidth <= words.clientWidth, page: document.documentElement.scrollHeight <= innerHeight,
              size: parseFloat(getComputedStyle(words).fontSize) / innerHeight,
            }
          })
          const { size, ...whole } = seen
          assert.deepEqual(whole, { above: true, apart: true, below: true, wide: true, page: true }, JSON.stringify(viewport))
          assert.ok(size >= 0.035, `${size} of ${viewport.height}`)
          if (reducedMotion === 'reduce') await picture(page, `screen-long-${what.split(' ')[0]}-${viewport.width}`)
          await page.context().close()
        }
      }
      await highlight(null)
      await shows('list')
    })
  }

  it('takes two lines of the list, of which every row is whole', async () => {
    for (const viewport of SIZES) {
      const page = await open({ viewport })
      await page.goto(`${server.address}/e/TULIP/screen`)
      await lists([TRAVEL, FUND, LONG, UNBROKEN], page)
      const [lowest, room] = await page.evaluate(() => [
        Math.max(...[...document.querySelectorAll('.post')].map(row => row.getBoundingClientRect().bottom)),
        document.getElementById('strip')?.getBoundingClientRect().top ?? 0,
      ])
      assert.ok(lowest <= room, `${lowest} of ${room}`)
      await picture(page, `screen-list-${viewport.width}`)
      await page.context().close()
    }
    await moderates.to(posts => ({ do: 'hide', posts }), LONG, UNBROKEN)
  })
})

describe('the speakers’ page', () => {
  /** @type {Awaited<ReturnType<typeof speaker>>} */
  let board

  before(async () => {
    board = await speaker(2)
  })

  it('has the published questions of its label and nothing else', async () => {
    await board.page.getByRole('heading', { name: 'For the board' }).waitFor()
    await board.page.locator('.questions').getByText(FUND).waitFor()
    assert.deepEqual(await reads(board.page), [FUND])
    await highlight(TRAVEL)
    await shows('highlight')
    await moderates.to(posts => ({ do: 'label', posts, label: 2, on: true }), SECRET)
    await people[6].ask(SLIDES, 'Ada')
    await moderates.to(posts => ({ do: 'label', posts, label: 2, on: true }), SLIDES)
    await publish(SLIDES)
    await board.page.locator('.questions').getByText(SLIDES).waitFor()
    assert.deepEqual(await reads(board.page), [FUND, SLIDES])
    assert.ok(await board.page.locator('#now').isHidden())
    await board.page.locator('.post', { hasText: SLIDES }).getByText('Ada').waitFor()
    const all = received.get(board.page)?.join('\n') ?? ''
    assert.ok(all.includes(FUND))
    for (const other of [TRAVEL, MINUTES, SECRET, RUDE, LONG, 'Where should we meet?']) assert.ok(!all.includes(other), other)
  })

  it('has the one that is on the screen on top', async () => {
    await highlight(FUND)
    await board.page.locator('#now').getByText(FUND).waitFor()
    assert.deepEqual(await reads(board.page), [SLIDES])
    await board.page.locator('#now .votes', { hasText: '5 votes' }).waitFor()
    await openToAll(board.page, 'the speakers’ page')
    await picture(board.page, 'speaker')
    await highlight(null)
    await board.page.locator('#now').waitFor({ state: 'hidden' })
    assert.deepEqual(await reads(board.page), [FUND, SLIDES])
  })

  it('moves nothing that is being read', async () => {
    const { page } = await speaker(undefined, { viewport: { width: 900, height: 420 } })
    await page.getByRole('heading', { name: t('speaker.all') }).waitFor()
    await page.locator('.questions').getByText(SLIDES).waitFor()
    const order = await reads(page)
    assert.deepEqual(order, [TRAVEL, FUND, SLIDES])
    // Scrolled to the end, the last is read.
    await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
    const last = page.locator('.questions .post').last()
    const { y } = /** @type {{y: number}} */ (await last.boundingBox())
    const extra = ['Is there childcare?', 'Is there soup?']
    await people[7].ask(extra[0])
    await people[8].ask(extra[1])
    await moderates.to(posts => ({ do: 'pin', posts, on: true }), ...extra)
    await publish(...extra)
    await page.getByRole('button', { name: t('speaker.new', { n: 2 }) }).waitFor()
    assert.deepEqual(await reads(page), [...order, ...extra])
    assert.equal((await page.locator('.post', { hasText: SLIDES }).boundingBox())?.y, y)
    // What leaves above does not move it either.
    await moderates.to(posts => ({ do: 'answered', posts, on: true }), TRAVEL)
    await page.locator('.questions').getByText(TRAVEL).waitFor({ state: 'detached' })
    assert.ok(Math.abs(((await page.locator('.post', { hasText: SLIDES }).boundingBox())?.y ?? 0) - y) < 1)
    await picture(page, 'speaker-new')
    await page.getByRole('button', { name: t('speaker.new', { n: 2 }) }).click()
    assert.deepEqual(await reads(page), [...extra, FUND, SLIDES])
    assert.equal(await page.evaluate(() => scrollY), 0)
    await page.locator('#fresh').waitFor({ state: 'hidden' })
    // Nor does what is known already, when it is to stand elsewhere.
    await moderates.to(posts => ({ do: 'pin', posts, on: true }), SLIDES)
    await page.getByRole('button', { name: t('speaker.order') }).click()
    await page.locator('#fresh').waitFor({ state: 'hidden' })
    assert.equal((await reads(page))[0], SLIDES)
    await moderates.to(posts => ({ do: 'pin', posts, on: false }), SLIDES)
    await page.context().close()
  })

  it('remembers how large its text is', async () => {
    const { page } = board
    const size = () => page.locator('.questions .text').first().evaluate(text => parseFloat(getComputedStyle(text).fontSize))
    const usual = await size()
    await page.getByRole('button', { name: t('speaker.larger') }).click()
    const larger = await size()
    assert.ok(larger > usual)
    await page.reload()
    await page.locator('.questions .text').first().waitFor()
    assert.equal(await size(), larger)
    await page.getByRole('button', { name: t('speaker.larger') }).focus()
    for (let press = 0; press < 6; press++) await page.keyboard.press('Enter')
    await picture(page, 'speaker-largest')
    await page.getByRole('button', { name: t('speaker.smaller') }).focus()
    for (let press = 0; press < 6; press++) await page.keyboard.press('Enter')
    assert.ok((await size()) < usual)
    await openToAll(page, 'the smallest text')
    await page.getByRole('button', { name: t('speaker.larger') }).click()
  })

  it('fits a phone', async () => {
    const { page } = await speaker(1, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true })
    await page.getByText(t('speaker.all_answered')).or(page.getByText(t('speaker.none'))).waitFor()
    await moderates.to(posts => ({ do: 'answered', posts, on: false }), TRAVEL)
    await page.locator('.questions').getByText(TRAVEL).waitFor()
    await fits(page)
    await picture(page, 'speaker-phone')
    await page.context().close()
  })

  it('says when it has no connection', async () => {
    const { page } = board
    await page.context().setOffline(true)
    await page.getByText(t('speaker.stale')).waitFor()
    await page.getByText(t('speaker.status.offline')).waitFor()
    await picture(page, 'speaker-offline')
    await page.context().setOffline(false)
    await page.getByText(t('speaker.status.connected')).waitFor()
    await page.getByText(t('speaker.stale')).waitFor({ state: 'hidden' })
  })

  it('ends with its link, at once and for good', async () => {
    const { page, link } = board
    const gone = await desk.request.delete(`${server.address}/api/v1/events/${event}/links/${link.id}`, { headers: { Origin: server.address } })
    assert.ok(gone.ok())
    await page.getByText(t('speaker.over.link')).waitFor()
    assert.equal(await page.getByText(FUND).count(), 0)
    await openToAll(page, 'a link that is over')
    await picture(page, 'speaker-over')
    const again = await page.reload()
    assert.ok(again && again.status() >= 400 && again.status() < 500)
    assert.ok(!(await page.content()).includes(FUND))
  })
})

describe('the questions in French', () => {
  /** @type {Awaited<ReturnType<typeof wordsOf>>} */
  let mots

  before(async () => {
    mots = await wordsOf('fr')
  })

  it('on the screen', async () => {
    const page = await open({ ...WIDE, locale: 'fr' })
    await page.goto(`${server.address}/e/TULIP/screen`)
    await shows('list', page)
    await page.getByRole('heading', { name: mots('screen.questions') }).waitFor()
    await page.locator('.strip').getByText(mots('screen.ask_at')).waitFor()
    await picture(page, 'screen-list-fr')
    await highlight(TRAVEL)
    await shows('highlight', page)
    await openToAll(page, 'l’écran')
    await picture(page, 'screen-highlight-fr')
    await page.context().close()
  })

  it('on the speakers’ page', async () => {
    const { page } = await speaker(undefined, { locale: 'fr', colorScheme: 'dark' })
    await page.getByRole('heading', { name: mots('speaker.all') }).waitFor()
    await page.getByRole('heading', { name: mots('speaker.now') }).waitFor()
    await page.getByText(mots('speaker.status.connected')).waitFor()
    await openToAll(page, 'la page des intervenants')
    await picture(page, 'speaker-fr')
    await page.context().close()
  })
})

it('the pages run without errors, within their policy', () => {
  assert.deepEqual(errors, [])
})
