// Questions from the room, as people on phones meet them: ask, support, see what became of one's own, while a moderator
// decides. The moderator here is a facilitator's live connection, since the page for that has tests of its own.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { becomes, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {import('../js/wire.js').Act} Act */
/** @typedef {import('../js/wire.js').Moderation} Moderation */

const PHONE = { viewport: { width: 390, height: 844 }, locale: 'en', hasTouch: true, isMobile: true }

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** The facilitator's browser, whose live connection moderates. @type {Page} */
let desk
/** Errors of the pages' scripts, and whatever their security policy refused. @type {string[]} */
const errors = []

/** @param {import('playwright-core').BrowserContextOptions} options */
async function open(options) {
  const page = await (await browser.newContext(options)).newPage()
  page.setDefaultTimeout(30_000)
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
  return page
}

/**
 * Acts as a moderator would who sees these questions; by their texts, since numbers are the server's.
 * @param {string} event
 * @param {(posts: (text: string) => import('../js/wire.js').PostRef, held: Moderation) => Act} decide
 * @returns {Promise<void>}
 */
async function moderate(event, decide) {
  const held = /** @type {Moderation} */ (await desk.evaluate(async event => {
    const socket = new WebSocket(new URL(`/api/v1/live?event=${event}&as=studio`, location.href.replace(/^http/, 'ws')))
    const held = new Promise(resolve => {
      socket.onmessage = ({ data }) => {
        const message = JSON.parse(data)
        if (message.t === 'full' && message.topic === 'moderation') resolve(message.data)
      }
    })
    Object.assign(window, { socket })
    return held
  }, event))
  const act = decide(text => {
    const found = Object.entries(held.posts).find(([, post]) => post.text.includes(text))
    assert.ok(found, `“${text}” is among ${JSON.stringify(held.posts)}`)
    return { post: Number(found[0]), version: found[1].version }
  }, held)
  const receipt = await desk.evaluate(act => new Promise(resolve => {
    const { socket } = /** @type {any} */ (window)
    const cid = crypto.randomUUID()
    socket.onmessage = (/** @type {MessageEvent} */ { data }) => {
      const message = JSON.parse(data)
      if (message.t === 'receipt' && message.cid === cid) resolve(message)
    }
    socket.send(JSON.stringify({ t: 'moderate', cid, act }))
  }), act)
  await desk.evaluate(() => /** @type {any} */ (window).socket.close())
  // What a moderator sees is up to half a second old; who acts on what has changed looks again.
  if (/** @type {any} */ (receipt).code === 'stale') return moderate(event, decide)
  assert.equal(/** @type {any} */ (receipt).status, 'stored', JSON.stringify(receipt))
}

/**
 * Sets how an event takes questions.
 * @param {string} event
 * @param {Partial<import('../js/wire.js').QaSettings>} change
 */
const configure = (event, change) =>
  moderate(event, (_, { settings }) => ({ do: 'configure', version: settings.version, settings: { ...settings, ...change } }))

/**
 * An event that takes questions; gives its id.
 * @param {string} code
 * @param {Partial<import('../js/wire.js').QaSettings>} [settings]
 */
async function event(code, settings = {}) {
  const headers = { Origin: server.address }
  const made = await desk.request.post(`${server.address}/api/v1/events`, { headers, data: { name: 'Annual meeting 2026', code } })
  assert.equal(made.status(), 201, await made.text())
  const { id } = await made.json()
  await configure(id, { state: 'open', review: false, names: 'either', ...settings })
  return /** @type {string} */ (id)
}

/**
 * A phone on the questions of an event.
 * @param {string} code
 * @param {import('playwright-core').BrowserContextOptions} [options]
 */
async function phone(code, options = PHONE) {
  const page = await open(options)
  await page.goto(`${server.address}/e/${code}/questions`)
  await page.locator('#ask-text, .compose .closed:visible').first().waitFor()
  return page
}

/**
 * Asks, and waits for the receipt.
 * @param {Page} page
 * @param {string} text
 */
async function ask(page, text) {
  await page.locator('#ask-text').fill(text)
  await page.locator('.ask .primary').tap()
  await page.locator('.compose .receipt.good').waitFor()
}

/**
 * The question of the list that says this.
 * @param {Page} page
 * @param {string} text
 */
const listed = (page, text) => page.locator('.room .post', { hasText: text })

/**
 * One's own that says this.
 * @param {Page} page
 * @param {string} text
 */
const own = (page, text) => page.locator('.mine .post', { hasText: text })

/** @param {Page} page */
const mine = page => page.locator('.switch button').last()

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  desk = await open({ locale: 'en' })
  await setUp(desk, server.setup)
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

describe('questions from the room', () => {
  it('have a tab where there are any, and are read by address, with the way back', async () => {
    const id = await event('TABS', { state: 'off' })
    const page = await open(PHONE)
    await page.goto(`${server.address}/e/TABS`)
    await page.getByText('Connected').waitFor()
    assert.equal(await page.locator('#tabs').isVisible(), false)
    assert.equal(await page.locator('#messages').evaluate(element => element.textContent?.includes('questions.ask')), false)
    await configure(id, { state: 'open' })
    await page.locator('#tabs').waitFor()
    // Their words are not here yet: the page is loaded, once.
    await page.getByRole('link', { name: 'Questions' }).tap()
    await page.locator('#ask-text').waitFor()
    await page.getByRole('link', { name: 'Now' }).tap()
    await page.getByRole('heading', { name: 'Starting soon' }).waitFor()
    assert.equal(new URL(page.url()).pathname, '/e/TABS')
    await page.goBack()
    await page.locator('#ask-text').waitFor()
    await page.goForward()
    await page.getByRole('heading', { name: 'Starting soon' }).waitFor()
    const other = await phone('TABS')
    await ask(other, 'Is this on?')
    await page.locator('#tabs b', { hasText: '1 new' }).waitFor()
    await page.getByRole('link', { name: 'Questions' }).tap()
    await listed(page, 'Is this on?').waitFor()
    assert.equal(await page.locator('#tabs b', { hasText: '1 new' }).count(), 0)
    for (const one of [page, other]) await one.context().close()
  })

  it('are asked, supported once each, and support is taken back', async () => {
    await event('VOTES', { downvotes: true })
    const [asker, other] = [await phone('VOTES'), await phone('VOTES')]
    await asker.getByText('No questions yet').waitFor()
    await asker.locator('#ask-text').fill('Will travel be paid for members from overseas? 👩‍👩‍👧')
    await asker.getByText('48 of 300 characters').waitFor()
    await asker.locator('.ask .primary').tap()
    await asker.locator('.compose .receipt', { hasText: 'Your question is in' }).waitFor()
    await asker.locator('.compose .receipt').getByText(/Saved at \d\d:\d\d\. Everyone can see it/).waitFor()
    const question = listed(other, 'Will travel be paid')
    const button = question.locator('.vote.up')
    await question.waitFor()
    await button.tap()
    await other.locator('.vote.up[aria-pressed=true]:not(.waits)').waitFor()
    await becomes(() => button.innerText().then(text => text.replace(/\s+/g, ' ')), '2 Supported')
    await listed(asker, 'Will travel').locator('.vote.up b', { hasText: '2' }).waitFor()
    await becomes(() => listed(asker, 'Will travel').locator('.vote.up').isDisabled(), true, 'one’s own is supported for good')
    await other.reload()
    await other.locator('.vote.up[aria-pressed=true]').waitFor()
    await openToAll(other, 'the list')
    await question.locator('.vote.down').tap()
    await other.locator('.vote.down[aria-pressed=true]:not(.waits)').waitFor()
    await listed(asker, 'Will travel').locator('.vote.up b', { hasText: '1' }).waitFor()
    await question.locator('.vote.down').tap()
    await other.locator('.vote.down[aria-pressed=false]:not(.waits)', { hasText: '0' }).waitFor()
    for (const one of [asker, other]) await one.context().close()
  })

  it('that say the same are offered before one sends', async () => {
    await event('SAME')
    const [first, second] = [await phone('SAME'), await phone('SAME')]
    await ask(first, 'Will travel be paid for members from overseas?')
    await second.locator('#ask-text').fill('Will the travel of members from overseas be paid?')
    await second.getByText('1 person is asking this: support it instead?').waitFor()
    await openToAll(second, 'similar questions')
    await picture(second, 'questions-similar')
    await second.locator('.similar .vote.up').tap()
    await second.locator('.compose .receipt', { hasText: 'You support that question' }).waitFor()
    await listed(second, 'Will travel').locator('.vote.up[aria-pressed=true]').waitFor()
    await second.getByRole('button', { name: 'Put my text back' }).tap()
    await becomes(() => second.locator('#ask-text').inputValue(), 'Will the travel of members from overseas be paid?')
    for (const one of [first, second]) await one.context().close()
  })

  it('stay where they are while others ask, and come at a tap', async () => {
    await event('QUIET')
    const [reader, other] = [await phone('QUIET'), await phone('QUIET')]
    await ask(other, 'The first of all')
    await listed(reader, 'The first of all').waitFor()
    await reader.locator('#ask-text').fill('Half a thou')
    for (const text of ['Another comes along', 'And one more']) await ask(other, text)
    await reader.getByRole('button', { name: '2 new questions' }).waitFor()
    await becomes(() => reader.locator('.room .post').count(), 1)
    await reader.locator('#ask-text:focus').waitFor()
    await reader.getByRole('button', { name: '2 new questions' }).tap()
    await listed(reader, 'And one more').waitFor()
    await becomes(() => reader.locator('#ask-text').inputValue(), 'Half a thou')
    await reader.reload()
    await becomes(() => reader.locator('#ask-text').inputValue(), 'Half a thou', 'a draft survives a reload')
    for (const one of [reader, other]) await one.context().close()
  })

  it('are edited and withdrawn while they wait', async () => {
    const id = await event('WAIT', { review: true })
    const page = await phone('WAIT')
    await ask(page, 'When are the minuts published?')
    await page.getByText('A moderator will review it').first().waitFor()
    await mine(page).tap()
    await own(page, 'minuts').getByText('Waiting for review').waitFor()
    await own(page, 'minuts').getByRole('button', { name: 'Reword' }).tap()
    await page.locator('.change textarea:visible').fill('When are the minutes published?')
    await page.getByRole('button', { name: 'Send the change' }).tap()
    await own(page, 'minutes').getByText('Waiting for review').waitFor()
    await own(page, 'minutes').locator('[data-do=withdraw]').tap()
    await page.getByText('Withdraw this question?').waitFor()
    await page.getByRole('button', { name: 'Keep' }).tap()
    await own(page, 'minutes').locator('[data-do=withdraw]').tap()
    await openToAll(page, 'one’s own')
    await page.locator('.sure:visible .primary').tap()
    await own(page, 'minutes').getByText('You withdrew it').waitFor()
    await moderate(id, (_, held) => {
      assert.deepEqual(held.posts, {}, 'what is withdrawn is not there for moderators')
      return { do: 'show', on: false }
    })
    await page.context().close()
  })

  it('tell their author what became of them', async () => {
    const id = await event('FATES', { review: true })
    const [author, other] = [await phone('FATES'), await phone('FATES')]
    for (const text of ['Is there soup?', 'Who takes the minuts?', 'Who writes the minutes?', 'Is it hot in here?']) await ask(author, text)
    await ask(other, 'Who is it that takes minutes?')
    await mine(author).tap()
    await moderate(id, post => ({ do: 'decline', posts: [post('soup')], reason: { code: 'off_topic', text: 'Ask the canteen.' } }))
    await own(author, 'soup').getByText('Declined by a moderator').waitFor()
    await own(author, 'soup').getByText('Not about the subject. The moderator writes: “Ask the canteen.”').waitFor()
    await moderate(id, post => ({ do: 'edit', post: post('Who takes the minuts?'), text: 'Who takes the minutes of this meeting?' }))
    await own(author, 'Who takes the minutes of this meeting?').getByText('edited by a moderator').waitFor()
    await moderate(id, post => ({ do: 'move', posts: [post('of this meeting'), post('is it that'), post('hot')], to: 'published' }))
    await own(author, 'of this meeting').getByText('Shown to the room').waitFor()
    await moderate(id, post => ({ do: 'merge', into: post('is it that'), posts: [post('of this meeting')] }))
    await own(author, 'of this meeting').getByText('Now part of: “Who is it that takes minutes?”').waitFor()
    await moderate(id, post => ({ do: 'reply', post: post('is it that'), text: 'Olu does.' }))
    await own(author, 'of this meeting').getByText('Olu does.').waitFor()
    await moderate(id, post => ({ do: 'answered', posts: [post('is it that')], on: true }))
    await own(author, 'of this meeting').locator('.fate.answered').waitFor()
    await moderate(id, post => ({ do: 'hide', posts: [post('hot')] }))
    await own(author, 'hot').getByText('No longer shown').waitFor()
    await openToAll(author, 'all fates')
    await author.reload()
    await mine(author).tap()
    await own(author, 'soup').getByText('Ask the canteen.').waitFor()
    for (const one of [author, other]) await one.context().close()
  })

  it('that a moderator takes down are gone from the lists of those who look', async () => {
    const id = await event('DOWN')
    const [author, reader] = [await phone('DOWN'), await phone('DOWN')]
    await ask(author, 'Something that hurts')
    await ask(author, 'Something kind')
    await reader.reload()
    await listed(reader, 'Something that hurts').waitFor()
    await moderate(id, post => ({ do: 'highlight', post: post('kind').post }))
    await listed(reader, 'Something kind').getByText('On the screen now').waitFor()
    await moderate(id, post => ({ do: 'hide', posts: [post('hurts')] }))
    await reader.getByText('This question is no longer shown').waitFor()
    assert.equal(await listed(reader, 'hurts').count(), 0)
    for (const one of [author, reader]) await one.context().close()
  })

  it('are not taken where they are closed, too many, or the device is blocked, and no text is lost', async () => {
    const id = await event('SHUT')
    const page = await phone('SHUT')
    for (const n of [1, 2, 3, 4, 5]) await ask(page, `Question number ${n} of a minute`)
    await page.locator('#ask-text').fill('The sixth of a minute')
    await page.locator('.ask .primary').tap()
    await page.locator('.compose .receipt.bad', { hasText: 'That was a little fast' }).waitFor()
    await page.reload()
    await mine(page).tap()
    await own(page, 'The sixth of a minute').getByText('That was a little fast').waitFor()
    await own(page, 'The sixth').getByRole('button', { name: 'Edit and send again' }).waitFor()
    await openToAll(page, 'what was refused')
    await moderate(id, post => ({ do: 'block', post: post('number 1').post, on: true }))
    await page.getByText('This device may not ask questions in this event').first().waitFor()
    await moderate(id, post => ({ do: 'block', post: post('number 1').post, on: false }))
    await page.locator('#ask-text').waitFor()
    await configure(id, { state: 'closed' })
    await page.getByText('Questions are closed. You can still read.').waitFor()
    await page.locator('.switch button').first().tap()
    await listed(page, 'number 3').waitFor()
    await openToAll(page, 'closed')
    await page.context().close()
  })

  it('go out once when the connection is back', async () => {
    const id = await event('AWAY')
    const [page, other] = [await phone('AWAY'), await phone('AWAY')]
    await ask(other, 'Is there a lift to the balcony?')
    await listed(page, 'lift').waitFor()
    await page.getByText('Connected').waitFor()
    await page.context().setOffline(true)
    await page.locator('#ask-text').fill('Asked in a tunnel')
    await page.locator('.ask .primary').tap()
    await listed(page, 'lift').locator('.vote.up').tap()
    await page.getByText('Saved on this phone').first().waitFor()
    await page.getByText('2 to send').waitFor()
    await listed(page, 'lift').locator('.vote.up.waits[aria-pressed=true]', { hasText: 'To send' }).waitFor()
    await picture(page, 'questions-offline')
    await server.crash()
    await server.again()
    await page.context().setOffline(false)
    await page.locator('.compose .receipt', { hasText: 'Your question is in' }).waitFor()
    await listed(page, 'lift').locator('.vote.up[aria-pressed=true]:not(.waits)').waitFor()
    await moderate(id, (post, held) => {
      assert.equal(Object.values(held.posts).filter(one => one.text === 'Asked in a tunnel').length, 1)
      assert.equal(held.posts[post('lift').post].votes, 2)
      return { do: 'show', on: false }
    })
    for (const one of [page, other]) await one.context().close()
  })

  it('are searched, ordered and filtered, page by page', async () => {
    const id = await event('MANY', { labels: [{ id: 1, name: 'Travel', colour: 3, public: true }] })
    const pages = []
    for (let device = 0; device < 7; device += 1) {
      const page = await open(PHONE)
      await page.goto(`${server.address}/e/MANY`)
      await page.getByText('Connected').waitFor()
      pages.push(page)
      await page.evaluate(async ({ id, device }) => {
        const socket = new WebSocket(new URL(`/api/v1/live?event=${id}&as=phone`, location.href.replace(/^http/, 'ws')))
        let left = 5
        await new Promise(resolve => {
          socket.onmessage = ({ data }) => {
            const message = JSON.parse(data)
            if (message.t === 'hello') for (let n = 0; n < 5; n += 1) socket.send(JSON.stringify({ t: 'post', cid: crypto.randomUUID(), post: { do: 'ask', text: `Question ${device * 5 + n} about ${n === 0 ? 'trains' : 'bread'}` } }))
            if (message.t === 'receipt' && message.status === 'stored' && (left -= 1) === 0) resolve(null)
          }
        })
        socket.close()
      }, { id, device })
    }
    await moderate(id, post => ({ do: 'label', posts: [post('Question 5 ')], label: 1, on: true }))
    const page = pages[6]
    await page.locator('#tabs b', { hasText: '30 new' }).waitFor()
    await page.getByRole('link', { name: 'Questions' }).tap()
    await listed(page, 'Question 0 ').waitFor()
    await becomes(() => page.locator('.room .post').count(), 20, 'the window comes first')
    await page.waitForFunction(() => {
      window.scrollTo(0, document.body.scrollHeight)
      return document.querySelectorAll('.room .post').length === 35
    })
    assert.ok(await page.locator('.button.more').isHidden())
    await page.getByLabel('Search').fill('trains')
    await page.getByText('7 questions found').waitFor()
    await page.getByLabel('Search').fill('')
    await page.getByLabel('Order').selectOption('recent')
    await page.waitForFunction(() => document.querySelector('.room .post')?.textContent?.includes('Question 34'))
    await page.getByLabel('Label').selectOption('Travel')
    await page.getByText('1 question found').waitFor()
    await listed(page, 'Question 5 ').locator('.label', { hasText: 'Travel' }).waitFor()
    for (const one of pages) await one.context().close()
  })

  it('are asked and supported with a keyboard alone, and without motion', async () => {
    await event('KEYS')
    const other = await phone('KEYS')
    await ask(other, 'Reached by keyboard?')
    const page = await phone('KEYS', { locale: 'en', viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' })
    await listed(page, 'Reached').waitFor()
    await page.locator('#ask-text').focus()
    await page.keyboard.type('Typed and sent by keys')
    await page.keyboard.press('Enter')
    await page.locator('.ask .primary:focus').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('.compose .receipt', { hasText: 'Your question is in' }).waitFor()
    for (let press = 0; press < 12 && !(await listed(page, 'Reached').locator('.vote.up').evaluate(button => button === document.activeElement)); press += 1) await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    await listed(page, 'Reached').locator('.vote.up[aria-pressed=true]:not(.waits)').waitFor()
    assert.ok(await listed(page, 'Reached').locator('.vote.up').evaluate(button => button === document.activeElement), 'focus stays')
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0)
    for (const one of [page, other]) await one.context().close()
  })

  it('are asked, supported, edited and withdrawn without script', async () => {
    const id = await event('PLAIN')
    const plain = await open({ ...PHONE, javaScriptEnabled: false })
    await plain.goto(`${server.address}/e/PLAIN`)
    await plain.getByRole('button', { name: 'Join' }).tap()
    await plain.getByRole('link', { name: 'Questions' }).tap()
    await plain.getByLabel('Your question').fill('Can one ask without script?')
    await plain.getByLabel('Your name, if you like').fill('Olu')
    await plain.getByRole('button', { name: 'Send the question' }).tap()
    await plain.locator('.mine').getByText('Shown to the room').waitFor()
    await plain.locator('.room').getByText('Olu').waitFor()
    const other = await phone('PLAIN')
    await listed(other, 'without script?').waitFor()
    await ask(other, 'Will this one be supported?')
    await listed(other, 'Will this one be supported?').waitFor()
    await plain.reload()
    await plain.locator('.room li', { hasText: 'supported?' }).getByRole('button', { name: 'Support' }).tap()
    await plain.locator('.room li', { hasText: 'supported?' }).getByRole('button', { pressed: true }).waitFor()
    await listed(other, 'supported?').locator('.vote.up b', { hasText: '2' }).waitFor()
    await configure(id, { review: true })
    await plain.reload()
    await plain.getByLabel('Your question').first().fill('Who watchs the clock?')
    await plain.getByRole('button', { name: 'Send the question' }).tap()
    await plain.getByText('Edit or withdraw').tap()
    await plain.locator('details textarea').fill('Who watches the clock?')
    await plain.getByRole('button', { name: 'Send the change' }).tap()
    await plain.locator('.mine').getByText('Who watches the clock?').first().waitFor()
    if (process.env.PICTURES) await plain.screenshot({ path: join(process.env.PICTURES, 'questions-plain.png') })
    await plain.getByText('Edit or withdraw').tap()
    await plain.getByRole('button', { name: 'Withdraw' }).tap()
    await plain.locator('.mine').getByText('You withdrew it').waitFor()
    await plain.getByLabel('Order').selectOption('recent')
    await plain.getByRole('button', { name: 'Show' }).tap()
    await plain.waitForURL(/[?&]sort=recent/)
    await plain.locator('.room li').first().getByText('Will this one be supported?').waitFor()
    for (const one of [plain, other]) await one.context().close()
  })

  for (const language of ['en', 'fr']) {
    it(`speak ${language}, in short and in long`, async () => {
      const t = await wordsOf(language)
      const code = `LOOK${language.toUpperCase()}`
      const long = 'Considering that three hundred members live overseas and that most of them paid for their own journey last year, would the board be ready to publish, before the autumn, what it would cost to pay a part of the travel for everybody who asks for it, and to say who decides about that, and by which rules?'.slice(0, 300)
      const labels = Array.from({ length: 20 }, (_, place) => ({ id: place + 1, name: `${place + 1} Gatherings and travelling`.slice(0, 30), colour: (place % 8) + 1, public: true }))
      const id = await event(code, { labels, downvotes: true, share: true })
      const [author, page] = [await phone(code, { ...PHONE, locale: language }), await phone(code, { ...PHONE, locale: language })]
      await openToAll(page, 'no questions')
      await picture(page, `questions-empty-${language}`)
      await ask(author, long)
      for (const text of ['Is there coffee?', 'When will the minutes of the last meeting be published?', 'Who decides?']) await ask(author, text)
      await moderate(id, post => ({ do: 'label', posts: [post('Considering')], label: 1, on: true }))
      await moderate(id, post => ({ do: 'label', posts: [post('Considering'), post('coffee')], label: 2, on: true }))
      await moderate(id, post => ({ do: 'reply', post: post('coffee'), text: 'From half past ten, in the foyer.' }))
      await moderate(id, post => ({ do: 'pin', posts: [post('coffee')], on: true }))
      await moderate(id, post => ({ do: 'highlight', post: post('Who').post }))
      await page.reload()
      await listed(page, 'coffee').locator('.vote.up').tap()
      await listed(page, 'coffee').locator('.vote.up[aria-pressed=true]:not(.waits)').waitFor()
      await openToAll(page, 'the list')
      await picture(page, `questions-list-${language}`)
      await listed(page, 'Considering').scrollIntoViewIfNeeded()
      await picture(page, `questions-long-${language}`)
      await page.evaluate(() => window.scrollTo(0, 0))
      await page.locator('#ask-text').fill(`${long} ${long}`.slice(0, 312))
      await page.getByText(t('questions.too_long', { n: 12 })).waitFor()
      await page.getByText(t('questions.with_name')).tap()
      await page.getByLabel(t('questions.name')).fill('Inès')
      await openToAll(page, 'asking')
      await picture(page, `questions-ask-${language}`)
      await moderate(id, post => ({ do: 'decline', posts: [post('minutes')], reason: { code: 'answered', text: 'See page 12.' } }))
      await mine(author).tap()
      await own(author, 'minutes').locator('.fate.declined').waitFor()
      await picture(author, `questions-mine-${language}`)
      await author.evaluate(() => window.scrollTo(0, 0))
      await configure(id, { state: 'closed' })
      await page.getByText(t('questions.closed')).waitFor()
      await picture(page, `questions-closed-${language}`)
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing is wider than the phone')
      for (const one of [author, page]) await one.context().close()
    })
  }

  it('run without errors, within their policy', () => {
    assert.deepEqual(errors, [])
  })
})
