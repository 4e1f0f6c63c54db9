// What moderators do with the room's questions: in the studio, on a second device by private link, two at once, by keyboard.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { asker } from './asking.js'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const say = await wordsOf('en')
/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** The owner's studio, and the owner's moderators' page. @type {Page} */
let studio
/** @type {Page} */
let owner
/** The device of somebody without an account. @type {Page} */
let tablet
/** @type {import('./asking.js').Asker[]} */
let people
let [event, code, link] = ['', '', '']
/** Errors of the pages' scripts, and whatever their security policy refused. @type {string[]} */
const errors = []
/** While held, the tablet hears of no new questions: as on a slow network. */
const slow = { held: /** @type {(() => void)[] | null} */ (null) }

/** @param {Page} page */
function watched(page) {
  page.setDefaultTimeout(30_000)
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
  return page
}

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en', reducedMotion: 'reduce' })
  studio = watched(await context.newPage())
  await setUp(studio, server.setup)
  await studio.getByLabel('Name of the event').fill('Annual meeting 2026')
  await studio.getByRole('button', { name: 'Create event' }).click()
  await studio.getByText('What will you ask first?').waitFor()
  event = studio.url().split('/').pop() ?? ''
  code = (await studio.locator('.top .code').textContent()) ?? ''
  people = await Promise.all(Array.from({ length: 30 }, () => asker(server.address, code)))
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Who asks, one after the other: nobody may ask too much. */
let turn = 0
const next = () => /** @type {import('./asking.js').Asker} */ (people[turn++ % people.length])
let last = 0

/** Asks something; gives its number. @param {string} text @param {string} [name] */
async function asked(text, name) {
  await next().ask(text, name)
  last += 1
  return last
}

/** @param {Page} page @param {number} id */
const card = (page, id) => page.locator(`.question[data-post="${id}"]`)

/** Waits until a question is in a list. @param {Page} page @param {number} id @param {string} list */
const isIn = (page, id, list) => page.locator(`section.list[data-list="${list}"] [data-post="${id}"]`).waitFor()

/** @param {Page} page @param {string} text */
const told = (page, text) => page.locator('.toast').filter({ hasText: text }).waitFor()

/** Presses a button of a card. @param {Page} page @param {number} id @param {string} act */
const press = (page, id, act) => card(page, id).locator(`.acts > [data-act="${act}"]`).click()

/** Chooses from the menu of a card. @param {Page} page @param {number} id @param {string} act */
async function choose(page, id, act) {
  await card(page, id).locator('.more').click()
  await card(page, id).locator(`.menu [data-act="${act}"]`).click()
}

/** @param {Page} page */
const dialog = page => page.getByRole('dialog')

/** @param {Page} page @param {string} name */
const confirm = (page, name) => dialog(page).getByRole('button', { name, exact: true }).click()

/** Waits until a card says something. @param {Page} page @param {number} id @param {string} text */
const says = (page, id, text) => card(page, id).filter({ hasText: text }).waitFor()

describe('moderation', () => {
  it('begins with a switch in the studio, where the first questions are published and declined', async () => {
    await studio.getByRole('radio', { name: 'Open', exact: true }).check()
    await told(studio, say('moderation.done.state_open'))
    const [one, two, three] = [await asked('Will travel be paid for members from overseas?'), await asked('Is there soup?'), await asked('When do we vote?', 'Paul')]
    await isIn(studio, three, 'review')
    await openToAll(studio, 'the studio with questions')
    await press(studio, one, 'publish')
    await isIn(studio, one, 'published')
    await press(studio, two, 'decline')
    await dialog(studio).getByLabel(say('moderation.reason.off_topic')).check()
    await confirm(studio, say('moderation.decline.confirm'))
    await card(studio, two).waitFor({ state: 'detached' })
    await press(studio, one, 'highlight')
    await studio.locator('.questions .lit-now').waitFor()
    await picture(studio, 'studio-questions')
    await studio.locator('.lit-now').getByRole('button', { name: say('moderation.act.highlight_off') }).click()
    await studio.locator('.lit-now').waitFor({ state: 'detached' })
    await studio.getByRole('switch', { name: say('moderation.on_screen') }).click()
    await studio.locator('.questions .switch[aria-checked=true]').waitFor()
    await studio.getByRole('switch', { name: say('moderation.on_screen') }).click()
    await studio.locator('.questions .switch[aria-checked=false]').waitFor()
  })

  it('has labels in eight colours and a word filter with own words', async () => {
    await studio.getByRole('button', { name: say('moderation.settings.title') }).click()
    for (const name of ['Travel', 'Money', 'Food', 'Board', 'Statutes', 'Youth', 'Sites', 'Rest']) {
      await studio.getByRole('button', { name: say('moderation.labels.add') }).click()
      await studio.keyboard.type(name)
    }
    await studio.getByLabel(say('moderation.labels.who', { name: 'Money' })).selectOption('private')
    await studio.getByLabel(say('moderation.settings.own_words')).fill('turnip\nparsnip')
    await openToAll(studio, 'the settings of questions')
    await picture(studio, 'question-settings')
    await confirm(studio, say('studio.dialog.save'))
    await told(studio, say('moderation.done.configure'))
    await dialog(studio).waitFor({ state: 'detached' })
  })

  it('says what is wrong with labels before anything is sent', async () => {
    await studio.getByRole('button', { name: say('moderation.settings.title') }).click()
    await studio.getByRole('button', { name: say('moderation.labels.add') }).click()
    await studio.keyboard.type('travel')
    await confirm(studio, say('studio.dialog.save'))
    await dialog(studio).getByRole('alert').filter({ hasText: say('moderation.labels.twice') }).waitFor()
    await confirm(studio, say('studio.dialog.cancel'))
  })

  it('opens on a second device by a private link, which is shown once', async () => {
    await studio.locator('.questions').getByRole('button', { name: say('moderation.links.title') }).click()
    await confirm(studio, say('moderation.links.make'))
    await dialog(studio).getByText(say('moderation.links.name_needed')).waitFor()
    await dialog(studio).getByLabel(say('moderation.links.name')).fill('Paul, balcony')
    await becomes(() => dialog(studio).getByRole('radio', { name: say('moderation.links.scope.review') }).isChecked(), true, 'no more than reviewing, unless it is chosen')
    await dialog(studio).getByRole('radio', { name: say('moderation.links.scope.full') }).check()
    await dialog(studio).getByText(say('moderation.links.scope.full_hint')).waitFor()
    await openToAll(studio, 'making a private link')
    await picture(studio, 'private-links')
    await confirm(studio, say('moderation.links.make'))
    await dialog(studio).getByRole('img', { name: say('moderation.links.qr') }).waitFor()
    link = await dialog(studio).getByLabel(say('moderation.links.address')).inputValue()
    await openToAll(studio, 'a private link')
    await picture(studio, 'private-link-made')
    await confirm(studio, say('moderation.close'))

    const context = await browser.newContext({ viewport: { width: 820, height: 1180 }, locale: 'en', reducedMotion: 'reduce' })
    await context.routeWebSocket(/\/api\/v1\/live/, socket => {
      const server = socket.connectToServer()
      server.onMessage(message => {
        const send = () => socket.send(message)
        if (slow.held && /"topic":"moderation"/.test(String(message))) slow.held.push(send)
        else send()
      })
    })
    tablet = watched(await context.newPage())
    await tablet.goto(link)
    await tablet.waitForURL(`**/moderate/${event}`)
    await tablet.getByText(say('moderation.connection.connected'), { exact: true }).waitFor()
    await isIn(tablet, 3, 'review')
    assert.equal(await tablet.getByRole('button', { name: say('moderation.links.title') }).count(), 0, 'a link makes no links')
    await tablet.setViewportSize({ width: 1440, height: 900 })
    owner = watched(await studio.context().newPage())
    await owner.goto(`${server.address}/moderate/${event}`)
    await isIn(owner, 3, 'review')
  })

  it('opens for reviewing alone by a link that was made for it', async () => {
    await studio.locator('.questions').getByRole('button', { name: say('moderation.links.title') }).click()
    await dialog(studio).getByLabel(say('moderation.links.name')).fill('Noor, first row')
    await confirm(studio, say('moderation.links.make'))
    await dialog(studio).getByRole('img', { name: say('moderation.links.qr') }).waitFor()
    const address = await dialog(studio).getByLabel(say('moderation.links.address')).inputValue()
    await dialog(studio).locator('.links li', { hasText: 'Noor, first row' }).getByText(say('moderation.links.scope.review')).waitFor()
    await dialog(studio).locator('.links li', { hasText: 'Paul, balcony' }).getByText(say('moderation.links.scope.full')).waitFor()
    await confirm(studio, say('moderation.close'))

    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en', reducedMotion: 'reduce' })
    const reviewer = watched(await context.newPage())
    await reviewer.goto(address)
    await reviewer.getByText(say('moderation.connection.connected'), { exact: true }).waitFor()
    await isIn(reviewer, 3, 'review')
    await becomes(() => tablet.getByRole('button', { name: say('moderation.settings.open') }).count(), 1, 'a link for everything has them')
    assert.equal(await reviewer.getByRole('button', { name: say('moderation.settings.open') }).count(), 0, 'no settings')
    assert.equal(await reviewer.getByRole('switch', { name: say('moderation.review_first') }).count(), 0, 'review is not its to switch off')
    await card(reviewer, 3).locator('.more').click()
    const offered = await card(reviewer, 3).locator('.menu [data-act]').evaluateAll(all => all.map(one => /** @type {HTMLElement} */ (one).dataset.act))
    assert.ok(offered.includes('label') && offered.includes('pin'), String(offered))
    assert.ok(!offered.includes('edit') && !offered.includes('reply'), String(offered))
    await reviewer.keyboard.press('Escape')
    await card(reviewer, 3).focus()
    await reviewer.keyboard.press('r')
    assert.equal(await dialog(reviewer).count(), 0, 'nor by its key')
    await reviewer.keyboard.press('s')
    await card(owner, 3).locator('.star[aria-pressed=true]').waitFor()
    await reviewer.keyboard.press('s')
    await card(owner, 3).locator('.star[aria-pressed=false]').waitFor()
    await openToAll(reviewer, 'reviewing by a link')
    await context.close()
  })

  it('moves a question through the lists, for everybody at once', async () => {
    await press(tablet, 3, 'reviewed')
    await isIn(owner, 3, 'reviewed')
    await choose(tablet, 3, 'review')
    await isIn(owner, 3, 'review')
    await press(tablet, 3, 'publish')
    await isIn(owner, 3, 'published')
    await press(tablet, 3, 'hide')
    await isIn(owner, 3, 'bin')
    await press(owner, 3, 'restore')
    await isIn(tablet, 3, 'published')
  })

  it('declines with a reason in own words, and brings back', async () => {
    const id = await asked('What is for lunch?')
    await isIn(tablet, id, 'review')
    await press(tablet, id, 'decline')
    await tablet.keyboard.press('3')
    await becomes(() => dialog(tablet).getByLabel(say('moderation.reason.answered')).isChecked(), true)
    await dialog(tablet).getByLabel(say('moderation.decline.words')).fill('See the menu at the door.')
    await openToAll(tablet, 'declining')
    await picture(tablet, 'decline')
    await tablet.keyboard.press('Enter')
    await isIn(tablet, id, 'bin')
    await says(owner, id, 'Already answered: See the menu at the door.')
    await press(tablet, id, 'restore')
    await isIn(owner, id, 'review')
  })

  it('rewords a question and keeps what was asked', async () => {
    await choose(tablet, 3, 'edit')
    await dialog(tablet).getByLabel(say('moderation.edit.label')).fill('At what time do we vote?')
    await tablet.keyboard.press('Enter')
    await says(owner, 3, 'At what time do we vote?')
    await says(owner, 3, 'When do we vote?')
  })

  it('merges what is similar, counts nobody twice, and separates it again as it was', async () => {
    const id = await asked('Will travel costs be paid for members from overseas?')
    await isIn(tablet, id, 'review')
    await press(tablet, id, 'publish')
    await isIn(tablet, id, 'published')
    const [a, b, c] = people.slice(20)
    for (const who of [a, b, c]) await who?.vote(1)
    for (const who of [b, c]) await who?.vote(id)
    await says(tablet, 1, '4 votes')
    await says(tablet, id, '3 votes')
    await choose(tablet, id, 'merge')
    await dialog(tablet).locator('.choice').filter({ hasText: 'Will travel be paid' }).click()
    await dialog(tablet).getByText(say('moderation.merge.sum', { n: 7 })).waitFor()
    await openToAll(tablet, 'merging')
    await picture(tablet, 'merge')
    await confirm(tablet, say('moderation.merge.confirm'))
    // Two people voted for both: three supporters, and those who asked the two.
    await says(tablet, 1, '5 votes')
    await card(tablet, id).waitFor({ state: 'detached' })
    await card(tablet, 1).getByRole('button', { name: 'Separate' }).click()
    await isIn(tablet, id, 'published')
    await says(tablet, 1, '4 votes')
    await says(tablet, id, '3 votes')
  })

  it('finds by search what a question is merged into', async () => {
    const id = await asked('Money?')
    await isIn(tablet, id, 'review')
    await choose(tablet, id, 'merge')
    await dialog(tablet).getByText(say('moderation.merge.no_similar')).waitFor()
    await dialog(tablet).getByRole('searchbox').fill('what TIME')
    await dialog(tablet).locator('.choice').filter({ hasText: 'At what time' }).click()
    await confirm(tablet, say('moderation.merge.confirm'))
    await says(tablet, 3, 'Money?')
    await tablet.locator('.toast').getByRole('button', { name: say('moderation.undo') }).click()
    await isIn(tablet, id, 'review')
  })

  it('labels, stars, pins, replies, and marks as answered', async () => {
    await choose(tablet, 1, 'label')
    for (const name of ['Travel', 'Money', 'Food', 'Board', 'Statutes', 'Youth', 'Sites', 'Rest']) await dialog(tablet).getByLabel(name).check()
    await picture(tablet, 'labels')
    await confirm(tablet, say('moderation.label.done'))
    await card(owner, 1).locator('.label').nth(7).waitFor()
    await openToAll(owner, 'labels in eight colours')
    await card(tablet, 1).locator('.star').click()
    await choose(tablet, 1, 'pin')
    await choose(tablet, 1, 'reply')
    await dialog(tablet).getByLabel(say('moderation.reply.label')).fill('Yes, up to 400 €.')
    await confirm(tablet, say('studio.dialog.save'))
    await says(owner, 1, 'Yes, up to 400 €.')
    await press(tablet, 1, 'answered')
    await card(owner, 1).locator('.pill', { hasText: say('moderation.mark.answered') }).waitFor()
    await card(owner, 1).locator('.star[aria-pressed=true]').waitFor()
    await card(owner, 1).getByText(say('moderation.mark.pinned')).waitFor()
    await tablet.locator('.filters select').selectOption({ label: 'Travel' })
    await card(tablet, 3).waitFor({ state: 'detached' })
    await tablet.locator('.filters select').selectOption('0')
    await tablet.getByRole('button', { name: say('moderation.only.starred') }).click()
    await card(tablet, 3).waitFor({ state: 'detached' })
    await card(tablet, 1).waitFor()
    await tablet.getByRole('button', { name: say('moderation.only.starred') }).click()
  })

  it('puts a question and the list on the screen, and takes them off', async () => {
    await press(tablet, 3, 'highlight')
    await owner.locator('.lit-now').filter({ hasText: 'At what time' }).waitFor()
    await press(owner, 3, 'answered')
    // What is answered leaves the screen.
    await tablet.locator('.lit-now').waitFor({ state: 'detached' })
    await tablet.getByRole('switch', { name: say('moderation.on_screen') }).click()
    await owner.locator('.switch[aria-checked=true]').filter({ hasText: say('moderation.on_screen') }).waitFor()
    await owner.getByRole('switch', { name: say('moderation.on_screen') }).click()
    await tablet.locator('.switch[aria-checked=false]').filter({ hasText: say('moderation.on_screen') }).waitFor()
  })

  it('acts on all that is selected, and undoes it as one', async () => {
    const ids = [await asked('One?'), await asked('Two?'), await asked('Three?')]
    for (const id of ids) await isIn(tablet, id, 'review')
    for (const id of ids) await card(tablet, id).getByRole('checkbox').check()
    await tablet.getByText(say('moderation.selected', { n: 3 })).waitFor()
    await openToAll(tablet, 'a selection')
    await picture(tablet, 'moderation')
    for (const [width, height] of [[820, 1180], [390, 844]]) {
      await tablet.setViewportSize({ width: width ?? 0, height: height ?? 0 })
      await tablet.locator('.tabs').waitFor()
      await fits(tablet)
      await openToAll(tablet, `moderation at ${width}`)
      await picture(tablet, `moderation-${width}`)
      await tablet.locator('.tabs button').nth(2).click()
      await card(tablet, 1).waitFor()
      await openToAll(tablet, `what is published at ${width}`)
      await picture(tablet, `moderation-${width}-published`)
      await tablet.locator('.tabs button').first().click()
      for (const id of ids) await card(tablet, id).getByRole('checkbox').check()
    }
    await tablet.setViewportSize({ width: 1440, height: 900 })
    await tablet.locator('.selection [data-act=publish]').click()
    for (const id of ids) await isIn(owner, id, 'published')
    await told(tablet, say('moderation.done.publish', { n: 3 }))
    await tablet.locator('.toast').getByRole('button', { name: say('moderation.undo') }).click()
    for (const id of ids) await isIn(owner, id, 'review')
    await tablet.locator('.toast').getByRole('button', { name: say('moderation.redo') }).click()
    for (const id of ids) await isIn(owner, id, 'published')
  })

  it('works by keyboard alone and never loses the focus', async () => {
    const ids = [await asked('First by key?'), await asked('Second by key?'), await asked('Third by key?')]
    for (const id of ids) await isIn(tablet, id, 'review')
    const focused = () => tablet.evaluate(() => Number(/** @type {HTMLElement | null} */ (document.activeElement?.closest('.question'))?.dataset.post))
    const until = (/** @type {number | undefined} */ id) =>
      tablet.waitForFunction(id => document.activeElement?.closest('.question')?.getAttribute('data-post') === String(id), id)
    await tablet.keyboard.press('1')
    const start = await focused()
    await tablet.keyboard.press('j')
    assert.notEqual(await focused(), start)
    await card(tablet, ids[0] ?? 0).focus()
    await tablet.keyboard.press('p')
    await isIn(tablet, ids[0] ?? 0, 'published')
    await until(ids[1])
    await tablet.keyboard.press('s')
    await card(tablet, ids[1] ?? 0).locator('.star[aria-pressed=true]').waitFor()
    await tablet.keyboard.press('ArrowDown')
    await until(ids[2])
    await tablet.keyboard.press('x')
    await tablet.keyboard.press('ArrowUp')
    await tablet.keyboard.press('x')
    await tablet.keyboard.press('v')
    for (const id of ids.slice(1)) await isIn(tablet, id, 'reviewed')
    // Something has the focus.
    await tablet.locator(':focus').waitFor({ state: 'attached' })
    await tablet.keyboard.press('z')
    for (const id of ids.slice(1)) await isIn(tablet, id, 'review')
    await card(tablet, ids[2] ?? 0).focus()
    await tablet.keyboard.press('e')
    await tablet.keyboard.press('Control+a')
    await tablet.keyboard.type('Reworded by key?')
    await tablet.keyboard.press('Enter')
    await says(tablet, ids[2] ?? 0, 'Reworded by key?')
    await until(ids[2])
    await tablet.keyboard.press('/')
    await tablet.keyboard.type('reworded KEY')
    await card(tablet, ids[1] ?? 0).waitFor({ state: 'detached' })
    await tablet.keyboard.press('Escape')
    await isIn(tablet, ids[1] ?? 0, 'review')
    await tablet.locator('.list.review h2').focus()
    await tablet.keyboard.press('?')
    await openToAll(tablet, 'the keys')
    await picture(tablet, 'keys')
    await dialog(tablet).getByLabel(say('studio.key.toggle')).uncheck()
    await confirm(tablet, say('moderation.close'))
    await card(tablet, ids[1] ?? 0).focus()
    await tablet.keyboard.press('p')
    await tablet.keyboard.press('ArrowDown')
    await until(ids[2])
    assert.equal(await tablet.locator(`.list.review [data-post="${ids[1]}"]`).count(), 1, 'letters do nothing when they are off')
    await tablet.getByRole('button', { name: say('moderation.keys.open') }).click()
    await dialog(tablet).getByLabel(say('studio.key.toggle')).check()
    await confirm(tablet, say('moderation.close'))
  })

  it('tells the second of two moderators what the first has done, and overwrites nothing', async () => {
    const id = await asked('Who is first?')
    await isIn(tablet, id, 'review')
    slow.held = []
    await press(owner, id, 'decline')
    await confirm(owner, say('moderation.decline.confirm'))
    await isIn(owner, id, 'bin')
    await press(tablet, id, 'publish')
    // The refusal comes before the news of why; the news comes when the network lets it through.
    await tablet.waitForFunction(id => document.querySelector(`[data-post="${id}"]`)?.getAttribute('aria-busy') === 'false', id)
    const held = slow.held
    slow.held = null
    for (const send of held) send()
    await told(tablet, 'Inès just declined')
    await isIn(tablet, id, 'bin')
  })

  it('keeps what somebody types while another changes the same text', async () => {
    await choose(tablet, 3, 'edit')
    await dialog(tablet).getByLabel(say('moderation.edit.label')).fill('When exactly do we vote?')
    await choose(owner, 3, 'edit')
    await dialog(owner).getByLabel(say('moderation.edit.label')).fill('When is the vote?')
    await confirm(owner, say('studio.dialog.save'))
    await says(owner, 3, 'When is the vote?')
    const warning = dialog(tablet).getByRole('alert').filter({ hasText: 'When is the vote?' })
    await warning.waitFor()
    await picture(tablet, 'edited-by-two')
    await openToAll(tablet, 'an edit that met another')
    await becomes(() => dialog(tablet).getByLabel(say('moderation.edit.label')).inputValue(), 'When exactly do we vote?')
    await confirm(tablet, say('studio.dialog.save'))
    await says(owner, 3, 'When exactly do we vote?')
  })

  it('sends what the word filter finds to review, also where all else is shown at once', async () => {
    await tablet.getByRole('switch', { name: say('moderation.review_first') }).click()
    await owner.locator('.switch[aria-checked=false]').filter({ hasText: say('moderation.review_first') }).waitFor()
    const plain = await asked('Shown at once?')
    await isIn(tablet, plain, 'published')
    const found = await asked('Who grows a Turnip here?')
    await isIn(tablet, found, 'review')
    await card(tablet, found).getByText(say('moderation.mark.flagged')).waitFor()
    await tablet.getByRole('button', { name: say('moderation.only.flagged') }).click()
    await card(tablet, plain).waitFor({ state: 'detached' })
    await tablet.getByRole('button', { name: say('moderation.only.flagged') }).click()
    await tablet.getByRole('switch', { name: say('moderation.review_first') }).click()
    await owner.locator('.switch[aria-checked=true]').filter({ hasText: say('moderation.review_first') }).waitFor()
  })

  it('blocks the device that asked, and lets it ask again', async () => {
    const id = await asked('Rude?')
    const rude = /** @type {import('./asking.js').Asker} */ (people[(turn - 1) % people.length])
    await isIn(tablet, id, 'review')
    await choose(tablet, id, 'block')
    await card(tablet, id).getByText(say('moderation.mark.blocked')).waitFor()
    assert.equal(await rude.mayAsk('More?'), false)
    await tablet.locator('.toast').getByRole('button', { name: say('moderation.undo') }).click()
    await card(tablet, id).getByText(say('moderation.mark.blocked')).waitFor({ state: 'detached' })
    assert.equal(await rude.mayAsk('Kinder?'), true)
    last += 1
  })

  it('does once what was pressed while the server was gone', async () => {
    const id = last
    await isIn(tablet, id, 'review')
    await server.crash()
    await tablet.getByText(say('moderation.connection.reconnecting'), { exact: true }).waitFor()
    await press(tablet, id, 'publish')
    await server.again()
    await isIn(tablet, id, 'published')
    await isIn(owner, id, 'published')
  })

  it('keeps a ledger in words, from which those who run the event undo', async () => {
    await owner.getByRole('button', { name: say('moderation.ledger.title') }).click()
    await dialog(owner).locator('.ledger li').first().waitFor()
    const first = dialog(owner).locator('.ledger li').first()
    assert.match((await first.textContent()) ?? '', /Paul, balcony published #\d+/)
    await openToAll(owner, 'the ledger')
    await picture(owner, 'ledger')
    await first.getByRole('button', { name: /Undo/ }).click()
    await dialog(owner).locator('.ledger li.undone').first().waitFor()
    await dialog(owner).getByLabel(say('moderation.ledger.what'), { exact: true }).selectOption('merge')
    await owner.waitForFunction(() => [...document.querySelectorAll('.ledger li')].every(line => /merged/.test(line.textContent ?? '')))
    for (const what of ['questions', 'ledger']) {
      for (const kind of ['xlsx', 'csv', 'json']) {
        const name = say('moderation.export.as', { what: say(`moderation.export.${what}`), kind: kind.toUpperCase() })
        const address = (await dialog(owner).getByRole('link', { name }).getAttribute('href')) ?? ''
        const answer = await owner.request.get(server.address + address)
        assert.equal(answer.status(), 200, address)
      }
    }
    await confirm(owner, say('moderation.close'))
    await isIn(tablet, last, 'review')
  })

  it('shows more than the window, and finds what is beyond it', async () => {
    const before = last
    for (let at = 0; at < 110; at += 1) await asked(`Question of many, the ${at}th?`)
    await tablet.locator('.list.review h2').filter({ hasText: String(await waiting()) }).waitFor()
    const shown = () => tablet.locator('.list.review .question').count()
    assert.equal(await shown(), 100)
    await tablet.locator('#search').fill('many, the 109th')
    await isIn(tablet, before + 110, 'review')
    await tablet.locator('#search').fill('')
    await tablet.locator('.list.review').getByRole('button', { name: say('moderation.more') }).click()
    await tablet.waitForFunction(() => document.querySelectorAll('.list.review .question').length > 100)
    await picture(tablet, 'moderation-many')
  })

  /** How many questions wait, as the server says. */
  async function waiting() {
    const answer = await owner.request.get(`${server.address}/api/v1/events/${event}/moderation?list=review`)
    return (await answer.json()).total
  }

  it('speaks French', async () => {
    const dit = await wordsOf('fr')
    const headers = { Origin: server.address }
    const made = await owner.request.post(`${server.address}/api/v1/events/${event}/links`, { headers, data: { kind: 'moderator', name: 'Zoé', hours: 4 } })
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'fr', reducedMotion: 'reduce' })
    const page = watched(await context.newPage())
    await page.goto((await made.json()).url)
    await card(page, 1).waitFor()
    for (const width of [1440, 820, 390]) {
      await page.setViewportSize({ width, height: 900 })
      await page.getByText(dit('moderation.list.published'), { exact: false }).first().waitFor()
      await fits(page)
      await openToAll(page, `moderation in French at ${width}`)
      await picture(page, `moderation-${width}-fr`)
    }
    await page.locator('.question').first().locator('[data-act=publish]').click()
    await told(page, dit('moderation.done.publish', { n: 1, text: '' }).trim())
    await context.close()
  })

  it('ends with a sentence when the link is revoked', async () => {
    await studio.locator('.questions').getByRole('button', { name: say('moderation.links.title') }).click()
    await dialog(studio).getByRole('button', { name: say('moderation.links.revoke_named', { name: 'Paul, balcony' }) }).click()
    await dialog(studio).last().getByRole('button', { name: say('moderation.links.revoke'), exact: true }).click()
    await tablet.getByRole('alert').filter({ hasText: say('moderation.ended.link.title') }).waitFor()
    await openToAll(tablet, 'a revoked link')
    await picture(tablet, 'link-revoked')
    const answer = await tablet.goto(link)
    assert.ok((answer?.status() ?? 0) >= 400, 'the link opens nothing any more')
    await confirm(studio, say('moderation.close'))
  })

  it('reaches from the narrow studio too', async () => {
    await studio.setViewportSize({ width: 390, height: 844 })
    await studio.locator('.remote .questions').waitFor()
    await fits(studio)
    await openToAll(studio, 'the narrow studio')
    await studio.locator('.questions').scrollIntoViewIfNeeded()
    await picture(studio, 'studio-remote-questions')
  })

  it('met no error on the way', () => assert.deepEqual(errors, []))
})
