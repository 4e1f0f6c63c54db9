// The whole product at once, in each language: a facilitator's studio, the big screen, three phones and a crowd, from the
// first link to the end of the event. Every page is open to all, in light and dark. With PICTURES=folder, it is also
// photographed on the way: `PICTURES=docs/pictures node --test web/tests/pages.test.js` renews the pictures of the README.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { crowd } from './crowd.js'
import { openToAll, picture, wordsOf } from './looks.js'
import { moderator } from './moderator.js'
import { owner, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 1.5, hasTouch: true, isMobile: true }
// Laid out at full size, photographed at two thirds: a picture for a README.
const WIDE = { viewport: { width: 1920, height: 1080 }, deviceScaleFactor: 2 / 3 }

/** As on most first evenings, pages are asked for under a name and without TLS: browsers give them less than on localhost. */
const HOST = 'vote.example.org'

/** What is asked, and what people say, in each language. */
const EVENTS = {
  en: {
    name: 'Annual meeting 2026',
    place: { title: 'Where should next year’s gathering be?', options: ['By the sea', 'In the mountains', 'In the city', 'On a farm'] },
    more: 'What would you like more of?',
    questions: [
      'Will travel be paid for members who come from overseas?',
      'Could the mountain site host people in wheelchairs?',
      'Why not two smaller meetings instead of a big one?',
      'When will the accounts of last year be published?',
      'Can we have the slides afterwards?',
    ],
    reply: 'Yes, up to 400 €.',
    label: 'Travel',
    words: ['time', 'music', 'walks', 'children', 'soup', 'silence', 'dancing', 'stories', 'trains', 'tea', 'courage', 'bread and roses'],
  },
  fr: {
    name: 'Assemblée annuelle 2026',
    place: { title: 'Où nous retrouver l’an prochain ?', options: ['À la mer', 'À la montagne', 'En ville', 'À la ferme'] },
    more: 'De quoi voudriez-vous davantage ?',
    questions: [
      'Le voyage sera-t-il payé aux membres qui viennent de loin ?',
      'Le site en montagne est-il accessible en fauteuil roulant ?',
      'Pourquoi pas deux petites rencontres plutôt qu’une grande ?',
      'Quand les comptes de l’an dernier seront-ils publiés ?',
      'Pourra-t-on avoir les diapositives ensuite ?',
    ],
    reply: 'Oui, jusqu’à 400 €.',
    label: 'Voyage',
    words: ['temps', 'musique', 'promenades', 'enfants', 'soupe', 'silence', 'danse', 'histoires', 'trains', 'thé', 'courage', 'du pain et des roses'],
  },
}
const code = 'TULIP'
/** How many others are in the room. */
const OTHERS = 45
/** Which option each of ten people takes, and which word: some more often than others. */
const OPTIONS = [1, 2, 1, 3, 1, 2, 4, 1, 2, 1]
const WORDS = [0, 1, 0, 2, 3, 0, 1, 4, 5, 0, 6, 1, 7, 2, 8, 0, 9, 10, 3, 1, 11]

for (const [language, asked] of Object.entries(EVENTS)) describe(`an event in ${language}`, () => everything(language, asked))

/**
 * @param {string} language
 * @param {typeof EVENTS['en']} asked
 */
function everything(language, asked) {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server
  /** @type {import('playwright-core').Browser} */
  let browser
  /** @type {Awaited<ReturnType<typeof wordsOf>>} */
  let t
  /** @type {{studio: Page, screen: Page, typed: Page, linked: Page, plain: Page}} */
  let pages
  /** @type {import('./crowd.js').Newcomer[]} */
  let others = []
  /** Errors of the pages' scripts, and whatever their security policy refused. @type {string[]} */
  const errors = []

  before(async () => {
    t = await wordsOf(language)
    server = await startServer()
    browser = await startBrowser([`--host-resolver-rules=MAP ${HOST} ${new URL(server.address).host}`])
    pages = {
      studio: await open(WIDE),
      screen: await open(WIDE),
      typed: await open(PHONE),
      linked: await open(PHONE),
      plain: await open({ ...PHONE, javaScriptEnabled: false }),
    }
  })

  after(async () => {
    for (const one of others) one.leave()
    await browser?.close()
    await server?.stop()
  })

  /** @param {import('playwright-core').BrowserContextOptions} options */
  async function open(options) {
    const context = await browser.newContext({ ...options, locale: language, reducedMotion: 'reduce' })
    const page = await context.newPage()
    page.setDefaultTimeout(30_000)
    page.on('pageerror', error => errors.push(String(error)))
    page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
    return page
  }

  /**
   * Waits until the page says this.
   * @param {Page} page
   * @param {string} text
   */
  const says = (page, text) => page.getByText(text, { exact: false }).locator('visible=true').first().waitFor()

  /** @param {string} path */
  const at = path => `http://${HOST}${path}`

  /** The activity that is open, as the studio gets it from the API. */
  const onStage = () =>
    pages.studio.evaluate(async () => {
      const answer = await fetch(`/api/v1${location.pathname.replace('/studio', '')}`)
      const { activities } = await answer.json()
      return activities.find((/** @type {any} */ one) => one.state === 'open')
    })

  /**
   * The pictures are of the first language.
   * @param {Page} page
   * @param {string} name
   */
  const photograph = async (page, name) => language === 'en' && picture(page, name)

  it('begins with messages that lead on, and an owner', async () => {
    const { studio } = pages
    const nowhere = [
      ['/nowhere', t('studio.message.not_found.title')],
      ['/e/NOBODY', t('landing.unknown', { code: 'NOBODY' })],
      ['/setup?key=wrong', t('studio.message.wrong_setup_link.title')]
    ]
    for (const [path, sentence] of nowhere) {
      await studio.goto(at(path))
      await says(studio, sentence)
      await openToAll(studio, path)
    }
    await studio.goto(at(server.setup.slice(server.address.length)))
    await openToAll(studio, 'setup')
    await studio.getByLabel(t('studio.setup.name')).fill(owner.name)
    await studio.getByLabel(t('studio.email')).fill('nobody')
    await studio.getByLabel(t('studio.password'), { exact: true }).fill(owner.password)
    await studio.locator('form').evaluate(form => /** @type {HTMLFormElement} */ (form).submit())
    await says(studio, t('problem.email'))
    await openToAll(studio, 'setup, with a mistake')
    await studio.getByLabel(t('studio.email')).fill(owner.email)
    await studio.getByLabel(t('studio.password'), { exact: true }).fill(owner.password)
    await studio.getByRole('button', { name: t('studio.setup.create') }).click()
    await says(studio, t('studio.events.first'))
    await openToAll(studio, 'no events')
  })

  it('lets the owner in again', async () => {
    const { studio } = pages
    await studio.getByRole('button', { name: t('studio.logout') }).click()
    await studio.goto(at('/login'))
    await openToAll(studio, 'login')
    await studio.getByLabel(t('studio.email')).fill(owner.email)
    await studio.getByLabel(t('studio.password'), { exact: true }).fill('another pass phrase')
    await studio.getByRole('button', { name: t('studio.login.enter') }).click()
    await says(studio, t('studio.login.wrong'))
    await openToAll(studio, 'login, refused')
    await studio.getByLabel(t('studio.password'), { exact: true }).fill(owner.password)
    await studio.getByRole('button', { name: t('studio.login.enter') }).click()
    await says(studio, t('studio.events.first'))
  })

  it('is prepared in the studio', async () => {
    const { studio } = pages
    await studio.getByLabel(t('studio.events.name')).fill(asked.name)
    await studio.getByRole('button', { name: t('studio.events.create') }).click()
    await says(studio, t('studio.rundown.empty'))
    await openToAll(studio, 'studio, empty')
    await studio.getByRole('button', { name: t('studio.kind.choice') }).click()
    await studio.getByLabel(t('studio.editor.question'), { exact: true }).fill(asked.place.title)
    for (const option of asked.place.options) {
      await studio.keyboard.press('Enter')
      await studio.keyboard.type(option)
    }
    await openToAll(studio, 'editor of a poll')
    await studio.keyboard.press('Control+Enter')
    await studio.locator('.editor').waitFor({ state: 'detached' })
    await studio.getByRole('button', { name: t('studio.rundown.add'), exact: true }).click()
    await openToAll(studio, 'kinds of activities')
    await studio.getByRole('dialog').getByRole('button', { name: t('studio.kind.words') }).click()
    await studio.getByLabel(t('studio.editor.question'), { exact: true }).fill(asked.more)
    await openToAll(studio, 'editor of a word cloud')
    await studio.getByRole('button', { name: t('studio.dialog.save') }).click()
    await studio.locator('.editor').waitFor({ state: 'detached' })
    // The rundown is the live connection's, which may come just after the answer to what was saved.
    await studio.locator('.item .words', { hasText: asked.more }).waitFor()
    assert.deepEqual(await studio.locator('.item .words').allTextContents(), [asked.place.title, asked.more])
    await studio.getByRole('button', { name: asked.name }).click()
    await openToAll(studio, 'settings')
    await studio.getByLabel(t('studio.settings.code'), { exact: true }).fill(code.toLowerCase())
    await studio.getByRole('button', { name: t('studio.dialog.save') }).click()
    await studio.locator('.top .code', { hasText: code }).waitFor()
    await studio.locator('.toast').getByRole('button', { name: t('studio.toast.dismiss') }).click()
    await openToAll(studio, 'studio, before the start')
  })

  it('is joined by code, by link and without script, and the seat map fills', async () => {
    const { screen, typed, linked, plain } = pages
    await screen.goto(at(`/e/${code}/screen`))
    await typed.goto(at('/'))
    await openToAll(typed, 'landing')
    await typed.getByLabel(t('landing.lead')).fill('qqqq')
    await typed.getByRole('button', { name: t('landing.go') }).tap()
    await says(typed, t('landing.unknown', { code: 'qqqq' }))
    await openToAll(typed, 'landing, with a mistake')
    await typed.getByLabel(t('landing.lead')).fill(code.toLowerCase())
    await typed.getByRole('button', { name: t('landing.go') }).tap()
    await linked.goto(at(`/e/${code}`))
    await plain.goto(at(`/e/${code}`))
    await plain.getByRole('button', { name: t('phone.join') }).tap()
    for (const phone of [typed, linked, plain]) await says(phone, t('phone.draft'))
    for (const phone of [typed, linked]) await says(phone, t('phone.pill.connected'))
    await openToAll(typed, 'phone, before the start')
    others = await crowd(server.address, code, OTHERS)
    await screen.waitForFunction(here => document.getElementById('here')?.textContent === here, String(OTHERS + 2))
    await openToAll(screen, 'screen, waiting')
    await photograph(screen, 'screen-waiting')
  })

  it('takes everybody’s answer to a poll', async () => {
    const { studio, screen, typed, linked, plain } = pages
    await studio.locator('.item .pick').first().click()
    await studio.locator('.voting').click()
    for (const page of [screen, typed, linked]) await says(page, asked.place.title)
    await openToAll(typed, 'phone, asked')
    await openToAll(screen, 'screen, asked')
    await typed.getByText(asked.place.options[0]).tap()
    await linked.getByText(asked.place.options[1]).tap()
    for (const phone of [typed, linked]) await says(phone, t('phone.stored'))
    await plain.reload()
    await plain.getByText(asked.place.options[2]).tap()
    await plain.getByRole('button', { name: t('phone.send') }).tap()
    await says(plain, t('phone.stored'))
    const activity = await onStage()
    await Promise.all(others.map((one, place) => one.respond(activity, [['option', String(OPTIONS[place % OPTIONS.length])]])))
    // The phone without script has no connection: more have answered than are in the room.
    await says(screen, String(OTHERS + 3))
    await openToAll(typed, 'phone, answered')
  })

  it('shows the results when the facilitator says so', async () => {
    const { studio, screen, typed, linked, plain } = pages
    await studio.getByRole('switch', { name: t('studio.stage.results') }).click()
    await says(studio, t('studio.results.shown'))
    for (const page of [screen, typed, linked]) await says(page, t('common.percent', { n: 29 }))
    await plain.reload()
    await says(plain, t('common.percent', { n: 29 }))
    await openToAll(typed, 'phone, with results')
    await openToAll(screen, 'screen, with results')
    await openToAll(studio, 'studio, with results')
    await photograph(typed, 'phone')
    await photograph(screen, 'screen')
    await photograph(studio, 'studio')
  })

  it('goes on to the word cloud', async () => {
    const { studio, screen, typed, linked, plain } = pages
    await studio.locator('.next').click()
    for (const page of [screen, typed, linked]) await says(page, asked.more)
    await openToAll(typed, 'phone, asked for words')
    await openToAll(screen, 'screen, without words')
    for (const [phone, word] of /** @type {const} */ ([[typed, 0], [linked, 1]])) {
      await phone.getByRole('textbox', { name: t('phone.word') }).fill(asked.words[word])
      await phone.getByRole('button', { name: t('phone.add') }).tap()
      await says(phone, t('phone.stored'))
    }
    await plain.reload()
    await plain.getByLabel(t('phone.word_n', { n: 1 })).fill(asked.words[2])
    await plain.getByRole('button', { name: t('phone.send') }).tap()
    await says(plain, t('phone.stored'))
    const activity = await onStage()
    await Promise.all(others.map((one, place) => one.respond(activity, [['word', asked.words[WORDS[place % WORDS.length]]]])))
    await studio.getByRole('switch', { name: t('studio.stage.results') }).click()
    for (const word of asked.words) await screen.locator('.word', { hasText: word }).first().waitFor()
    await says(screen, String(OTHERS + 3))
    await says(typed, t('phone.answered', { n: OTHERS + 3 }))
    await openToAll(typed, 'phone, with the cloud')
    await openToAll(screen, 'screen, with the cloud')
    await openToAll(studio, 'studio, with the words')
    await photograph(typed, 'phone-words')
    await photograph(screen, 'screen-words')
  })

  it('takes the room’s questions', async () => {
    const { studio, screen, typed } = pages
    const desk = await studio.context().newPage()
    await desk.goto(at(`/moderate/${new URL(studio.url()).pathname.split('/').pop()}`))
    const { act, to, configure } = await moderator(desk, new URL(studio.url()).pathname.split('/').pop() ?? '')
    await configure({ state: 'open', review: true, labels: [{ id: 1, name: asked.label, colour: 3, public: true }] })
    await typed.getByRole('link', { name: t('phone.tab.questions') }).tap()
    await Promise.all(asked.questions.map((text, place) => others[place].ask(text, place % 2 ? 'Inès' : '')))
    const numbers = await to(posts => ({ do: 'move', posts, to: 'published' }), ...asked.questions.slice(0, 4))
    await to(posts => ({ do: 'label', posts, label: 1, on: true }), asked.questions[0])
    await to(([post]) => ({ do: 'reply', post, text: asked.reply }), asked.questions[0])
    await Promise.all(others.slice(8).map((one, place) => one.support(numbers[OPTIONS[place % OPTIONS.length] - 1])))
    for (const text of asked.questions.slice(0, 4)) await says(typed, text)
    await act({ do: 'show', on: true })
    for (const text of asked.questions.slice(0, 4)) await says(screen, text)
    await says(desk, asked.questions[4])
    await openToAll(typed, 'phone, questions')
    await openToAll(screen, 'screen, questions')
    await openToAll(desk, 'moderation')
    await openToAll(studio, 'studio, with questions')
    await photograph(typed, 'phone-questions')
    await photograph(screen, 'screen-questions')
    await photograph(desk, 'moderation')
    await act({ do: 'show', on: false })
    await desk.close()
    await typed.getByRole('link', { name: t('phone.tab.now') }).tap()
  })

  it('closes, and says so when it is over', async () => {
    const { studio, screen, typed, linked, plain } = pages
    await studio.locator('.voting').click()
    for (const phone of [typed, linked]) await says(phone, t('phone.closed'))
    await openToAll(typed, 'phone, closed')
    await openToAll(screen, 'screen, closed')
    await studio.getByRole('button', { name: t('studio.header.end') }).click()
    await openToAll(studio, 'asked whether to end')
    await studio.getByRole('dialog').getByRole('button', { name: t('studio.end.confirm') }).click()
    await says(screen, t('screen.thanks'))
    await plain.reload()
    for (const phone of [typed, linked, plain]) await says(phone, t('phone.ended'))
    await openToAll(typed, 'phone, ended')
    await openToAll(screen, 'screen, ended')
    await openToAll(studio, 'studio, ended')
    await studio.goto(at('/studio'))
    await says(studio, asked.name)
    await openToAll(studio, 'events')
  })

  it('met no error on the way', () => assert.deepEqual(errors, []))
}
