// A text wall, from the editor to the screen: writing with and without script, moderation, the spotlight, and what is kept.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { becomes, fits, openToAll, picture, wordsOf } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const t = await wordsOf('en')
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, locale: 'en' }
/** In Hebrew, which is written from the right. */
const HEBREW = 'פחות ישיבות בבוקר (9:00)'
const TEXTS = ['Two-hour sessions without a break', 'Printing 240 copies of the annual report that nobody takes home', 'Les réunions le dimanche matin',
  'Nothing. It has been a good year.', HEBREW, 'Long speeches by the sponsors before lunch, when the food is getting cold next door', 'Starting ten minutes late', 'Coffee in paper cups',
  'Meetings that could have been an e-mail', 'Voting by a show of hands when nobody can count them from the stage', 'Badges with names in letters that cannot be read']

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let studio
/** @type {string} */
let id

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  studio = await (await browser.newContext({ viewport: { width: 1680, height: 1000 }, locale: 'en' })).newPage()
  await setUp(studio, server.setup)
  id = (await post('', { name: 'Annual meeting', code: 'TULIP' })).id
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

const post = async (/** @type {string} */ path, /** @type {unknown} */ data) =>
  (await studio.request.post(`${server.address}/api/v1/events${path}`, { headers: { Origin: server.address }, data })).json()

/** @param {Record<string, unknown>} [options] */
async function phonePage(options = {}) {
  const phone = await (await browser.newContext({ ...PHONE, ...options })).newPage()
  await phone.goto(`${server.address}/e/TULIP`)
  return phone
}

/** @param {Page} phone @param {string} text */
async function write(phone, text) {
  await phone.locator('#text').fill(text)
  await phone.getByRole('button', { name: t('phone.open.send'), exact: true }).click()
}

/** Own texts with what became of them. @param {Page} phone */
const own = phone => phone.locator('.own-texts li').evaluateAll(items => items.map(item => `${item.querySelector('.word')?.textContent}: ${item.querySelector('.text')?.textContent}`).join(' | '))

/** The texts that the screen shows whole. @param {Page} screen */
const onWall = screen => screen.locator('.card-text:not(.cut) .words').allTextContents().then(texts => texts.sort().join(' | '))

const screenPage = async (/** @type {Record<string, unknown>} */ options = {}) => {
  const screen = await (await browser.newContext({ viewport: { width: 1920, height: 1080 }, locale: 'en', ...options })).newPage()
  await screen.goto(`${server.address}/e/TULIP/screen`)
  return screen
}

/** A list of texts in the studio. @param {string} list */
const listed = list => studio.locator(`.results .list[data-list="${list}"] .question`)

describe('a text wall that is reviewed', () => {
  /** @type {Page} */
  let phone
  /** @type {Page} */
  let screen

  it('is written in the editor', async () => {
    await studio.goto(`${server.address}/studio/events/${id}`)
    await studio.getByRole('button', { name: t('studio.kind.open') }).first().click()
    await studio.locator('.editor textarea').fill('What should we stop doing?')
    await studio.getByLabel(t('studio.open.limit')).selectOption('3')
    await studio.getByRole('radio', { name: t('studio.open.names.either') }).check()
    await studio.getByLabel(t('studio.open.review')).check()
    await openToAll(studio, 'the editor of a text wall')
    await picture(studio, 'open-editor')
    await studio.getByRole('button', { name: t('studio.dialog.save'), exact: true }).click()
    await studio.locator('.item', { hasText: 'What should we stop doing?' }).waitFor()
    await studio.locator('.voting').click()
    await studio.locator('.item.open').waitFor()
    screen = await screenPage()
    await screen.locator('.body > .seat-map').waitFor()
    await studio.getByRole('switch', { name: t('studio.stage.results') }).click()
    await screen.getByText(t('screen.open.waiting')).waitFor()
    await picture(screen, 'open-screen-empty')
  })

  it('takes a text that waits, which its author may reword and withdraw', async () => {
    phone = await phonePage()
    await phone.locator('#text').waitFor()
    await picture(phone, 'open-phone')
    await write(phone, 'Late agendas')
    await becomes(() => own(phone), `${t('phone.open.later.fate.waiting')}: Late agendas`)
    await becomes(() => listed('review').count().then(String), '1')
    assert.equal(await onWall(screen), '')
    await phone.getByRole('button', { name: t('phone.open.later.edit'), exact: true }).click()
    await phone.locator('.own-texts textarea').fill('Sending the agenda on the evening before')
    await phone.getByRole('button', { name: t('phone.open.later.save') }).click()
    await becomes(() => own(phone), `${t('phone.open.later.fate.waiting')}: Sending the agenda on the evening before`)
    await write(phone, 'A slip')
    await becomes(() => listed('review').count().then(String), '2')
    await phone.getByRole('button', { name: t('phone.open.later.withdraw') }).first().click()
    await becomes(() => listed('review').count().then(String), '1')
    await becomes(() => own(phone), `${t('phone.open.later.fate.waiting')}: Sending the agenda on the evening before`)
  })

  it('keeps what is being typed through a reload, and sends what was written without network later', async () => {
    await phone.locator('#text').fill('Half a thought')
    await phone.reload()
    await becomes(() => phone.locator('#text').inputValue(), 'Half a thought')
    // What shows own texts comes after the page, and not once it is cut off.
    await phone.locator('.own-texts [data-do=edit]').waitFor()
    await phone.context().setOffline(true)
    await write(phone, 'Written in a tunnel')
    await phone.locator('.own-texts .fate.kept').waitFor()
    await picture(phone, 'open-phone-offline')
    await phone.context().setOffline(false)
    await becomes(() => listed('review').count().then(String), '2')
    await becomes(() => phone.locator('.own-texts .fate.waiting').count().then(String), '2')
  })

  it('shows what is published, and says so to its author', async () => {
    await listed('review').first().locator('[data-act=publish]').click()
    await becomes(() => onWall(screen), 'Sending the agenda on the evening before')
    await becomes(() => phone.locator('.own-texts .fate.shown').count().then(String), '1')
    await phone.locator('.wall li').waitFor()
    await fits(phone)
    await openToAll(phone, 'a text wall on a phone')
    await picture(phone, 'open-phone-own')
  })

  it('takes as many texts as it says, under a name where one is given', async () => {
    await phone.getByText(t('phone.open.with_name')).click()
    await phone.locator('#text').fill('Two-hour sessions')
    await phone.getByText(t('phone.open.name_needed')).waitFor()
    await phone.locator('#name').fill('Inès')
    await becomes(() => phone.getByText(t('phone.open.name_needed')).count().then(String), '0')
    await write(phone, 'Two-hour sessions')
    await phone.getByText(t('phone.open.full', { n: 3 })).waitFor()
    assert.equal(await phone.locator('#text').isVisible(), false)
    await picture(phone, 'open-phone-full')
    await becomes(() => listed('review').last().locator('bdi').textContent().then(String), 'Inès')
  })

  it('is written, reworded and withdrawn without script', async () => {
    const quiet = await phonePage({ javaScriptEnabled: false })
    await quiet.locator('.join button').click()
    await quiet.locator('#text').fill('By form & alone')
    await quiet.locator('button[name=send]').click()
    await becomes(() => own(quiet), `${t('phone.open.later.fate.waiting')}: By form & alone`)
    assert.equal(await quiet.locator('.full').textContent(), `${t('phone.open.stored')} · ${t('phone.open.left', { n: 2 })}`)
    await quiet.locator('.own-texts summary').click()
    await quiet.locator('.own-texts textarea').fill('By form alone')
    await quiet.locator('button[name=edit]').click()
    await becomes(() => own(quiet), `${t('phone.open.later.fate.waiting')}: By form alone`)
    if (process.env.PICTURES) await quiet.screenshot({ path: `${process.env.PICTURES}/open-phone-quiet.png` })
    const long = 'Less of this. '.repeat(22)
    await quiet.locator('#text').fill(long)
    await quiet.locator('button[name=send]').click()
    await quiet.getByText(t('problem.too_long', { max: 300, length: long.trim().length })).waitFor()
    assert.equal(await quiet.locator('#text').inputValue(), long)
    if (process.env.PICTURES) await quiet.screenshot({ path: `${process.env.PICTURES}/open-phone-quiet-long.png` })
    await quiet.locator('button[name=withdraw]').click()
    await becomes(() => own(quiet), '')
    await quiet.context().close()
  })

  it('is moderated on the page of all posts, which can be narrowed to it', async () => {
    const moderator = await studio.context().newPage()
    await moderator.goto(`${server.address}/moderate/${id}`)
    await becomes(() => moderator.locator('.list.review .question').count().then(String), '2')
    await moderator.locator('.list.review .pill.place').first().waitFor()
    const switches = () => moderator.locator('.tools').getByRole('switch').count().then(String)
    assert.equal(await switches(), '0', 'questions are off: their switches would seem to rule the texts')
    await moderator.locator('.list.review select.order').waitFor()
    assert.equal(await moderator.locator('.list option[value=support]').count(), 0, 'texts have no votes')
    await moderator.locator('select.places').selectOption({ label: 'What should we stop doing?' })
    assert.equal(await moderator.locator('.pill.place').count(), 0)
    await openToAll(moderator, 'the moderators’ page with a text wall')
    await picture(moderator, 'open-moderator')
    await moderator.locator('select.places').selectOption({ label: t('moderation.questions') })
    await becomes(() => moderator.locator('.question').count().then(String), '0')
    assert.equal(await switches(), '2')
    await moderator.close()
  })

  it('hides its texts with the results, and what is published then waits for them', async () => {
    await studio.getByRole('switch', { name: t('studio.stage.results') }).click()
    await screen.locator('.body > .seat-map').waitFor()
    await becomes(() => screen.locator('.card-text').count().then(String), '0')
    await becomes(() => phone.locator('.own-texts .fate.accepted').count().then(String), '1')
    await picture(screen, 'open-screen-hidden')
    // One that is chosen for the screen meanwhile waits for them too, and the studio says so.
    const highlight = listed('published').first().locator('[data-act=highlight]')
    await highlight.click()
    await studio.locator('.results .lit-now', { hasText: t('moderation.lit_later.results') }).waitFor()
    await openToAll(studio, 'a text that waits for the screen')
    await picture(studio, 'open-studio-waits')
    await highlight.click()
    await studio.locator('.lit-now').waitFor({ state: 'detached' })
    for (const page of [phone, screen]) await page.context().close()
  })
})

describe('a text wall that shows texts at once', () => {
  /** @type {Page} */
  let screen
  /** @type {string} */
  let activity

  before(async () => {
    activity = (await post(`/${id}/activities`, { settings: { kind: 'open', title: 'What should we keep?', review: false, names: 'anonymous' } })).id
    await studio.locator('.item', { hasText: 'What should we keep?' }).waitFor()
    await studio.locator('.next').click()
    await studio.locator('.item.open', { hasText: 'What should we keep?' }).waitFor()
    const results = studio.getByRole('switch', { name: t('studio.stage.results') })
    if ((await results.getAttribute('aria-checked')) !== 'true') await results.click()
    screen = await screenPage()
    await screen.getByText(t('screen.open.waiting')).waitFor()
  })

  it('puts them side by side, each in its own direction', async () => {
    const phones = [await phonePage(), await phonePage()]
    for (const [place, text] of TEXTS.entries()) {
      await write(/** @type {Page} */ (phones[place % 2]), text)
      await becomes(() => screen.locator('.card-text').count().then(String), String(place + 1))
    }
    await screen.locator('.card-text:not(.cut)', { hasText: HEBREW }).waitFor()
    const direction = await screen.locator('.card-text .words', { hasText: HEBREW }).evaluate(element => getComputedStyle(element).direction)
    assert.equal(direction, 'rtl')
    await openToAll(screen, 'a text wall on the screen')
    await picture(screen, 'open-screen')
    const phone = /** @type {Page} */ (phones[0])
    await becomes(() => phone.locator('.wall li').count().then(String), String(TEXTS.length))
    await fits(phone)
    await picture(phone, 'open-phone-wall')
    for (const phone of phones) await phone.context().close()
  })

  it('keeps each in its column when another comes', async () => {
    const places = () => screen.locator('.card-text').evaluateAll(cards => cards.map(card => `${Math.round(card.getBoundingClientRect().left)} ${card.textContent}`).sort())
    const before = await places()
    const phone = await phonePage()
    await write(phone, 'One more')
    await screen.locator('.card-text', { hasText: 'One more' }).waitFor()
    const after = await places()
    assert.deepEqual(after.filter(place => !place.endsWith(' One more')), before)
    await phone.context().close()
  })

  it('puts one in the spotlight, merges others and hides one', async () => {
    await listed('published').first().waitFor()
    await picture(studio, 'open-studio')
    await openToAll(studio, 'a text wall in the studio')
    const card = (/** @type {string} */ text) => listed('published').filter({ hasText: text })
    await card('One more').locator('[data-act=highlight]').click()
    await screen.locator('.spotlight .said', { hasText: 'One more' }).waitFor()
    await becomes(() => screen.locator('.card-text', { hasText: 'One more' }).count().then(String), '0')
    // What is in the spotlight is not missing from the wall.
    const seen = await screen.locator('.card-text:not(.cut)').count()
    assert.equal(await screen.locator('.more').textContent(), seen === TEXTS.length ? '' : t('screen.open.more', { n: TEXTS.length - seen }))
    await openToAll(screen, 'a text in the spotlight')
    await picture(screen, 'open-screen-spotlight')
    await card('Badges').locator('[data-act=merge]').click()
    await studio.locator('dialog .primary').click()
    await studio.locator('dialog [role=alert]', { hasText: t('moderation.merge.choose') }).waitFor()
    await studio.locator('dialog input[type=search]').fill('One more')
    await studio.locator('dialog .offers label', { hasText: 'One more' }).click()
    await studio.locator('dialog .primary').click()
    await screen.locator('.spotlight .by', { hasText: t('screen.open.people', { n: 2 }) }).waitFor()
    await becomes(() => screen.locator('.card-text', { hasText: 'Badges' }).count().then(String), '0')
    await card('One more').locator('[data-act=hide]').click()
    await screen.locator('.spotlight').waitFor({ state: 'hidden' })
    await becomes(() => screen.locator('.card-text', { hasText: 'One more' }).count().then(String), '0')
  })

  it('keeps a text that no browser breaks, and marks that are stacked, in their place', async () => {
    // Letters that belong together are one character, however many they are.
    const [jamo, tower] = ['\u1100'.repeat(400), `Z${'\u0301'.repeat(800)}`.normalize('NFC')]
    const phone = await phonePage()
    for (const text of [jamo, tower]) {
      await write(phone, text)
      await phone.locator('.wall li', { hasText: text }).waitFor()
    }
    const narrow = await (await studio.context().newPage())
    await narrow.setViewportSize({ width: 390, height: 844 })
    await narrow.goto(`${server.address}/moderate/${id}`)
    await narrow.locator('.question').first().waitFor()
    for (const page of [phone, narrow, studio, screen]) await fits(page)
    const publish = listed('published').first().locator('[data-act=hide]')
    await becomes(() => publish.evaluate(button => String(button.getBoundingClientRect().right <= innerWidth)), 'true')
    await picture(phone, 'open-phone-unbroken')
    await picture(narrow, 'open-moderation-unbroken')
    await picture(screen, 'open-screen-unbroken')
    await narrow.close()
    await phone.context().close()
  })

  it('counts those for which there is no room', async () => {
    const phones = await Promise.all(Array.from({ length: 4 }, () => phonePage()))
    for (let n = 0; n < 36; n += 1) await write(/** @type {Page} */ (phones[n % 4]), `${n + 1}: ${'What we tried last year and would try again. '.repeat(1 + (n % 3))}`)
    await becomes(() => screen.locator('.more').textContent().then(text => String(/\d/.test(text ?? ''))), 'true')
    await picture(screen, 'open-screen-many')
    await screen.setViewportSize({ width: 1280, height: 720 })
    await fits(screen)
    await picture(screen, 'open-screen-720')
    for (const phone of phones) await phone.context().close()
    const upright = await screenPage({ viewport: { width: 900, height: 1400 } })
    await upright.locator('.card-text').first().waitFor()
    await fits(upright)
    await picture(upright, 'open-screen-upright')
    await upright.context().close()
    const light = await screenPage()
    await light.goto(`${server.address}/e/TULIP/screen?theme=light`)
    await light.locator('.card-text').first().waitFor()
    await picture(light, 'open-screen-light')
    await light.context().close()
    await screen.context().close()
  })

  it('gives all of them to those who run the event', async () => {
    const file = await (await studio.request.get(`${server.address}/api/v1/events/${id}/export/texts.json`)).json()
    const rows = file.texts.filter((/** @type {{activity: string}} */ row) => row.activity === 'What should we keep?')
    assert.ok(activity && rows.length === TEXTS.length + 1 + 2 + 36)
    assert.deepEqual(rows.filter((/** @type {{state: string}} */ row) => row.state === 'hidden').map((/** @type {{text: string}} */ row) => row.text), ['One more'])
  })

  it('tells its writer, whatever is on stage by then, that a text came too late', async () => {
    const phone = await phonePage()
    // What draws own texts is there with the wall.
    await phone.locator('.wall li').first().waitFor()
    await phone.context().setOffline(true)
    await write(phone, 'From the tunnel')
    await phone.locator('.own-texts .fate.kept').waitFor()
    await studio.locator('.voting').click()
    await studio.getByRole('button', { name: t('studio.stage.lobby') }).click()
    await phone.context().setOffline(false)
    await phone.locator('#notice', { hasText: t('phone.text_refused', { text: 'From the tunnel' }) }).waitFor()
    await fits(phone)
    await picture(phone, 'open-phone-too-late')
    await phone.context().close()
  })
})
