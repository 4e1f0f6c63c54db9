// What a facilitator does: from the first link to the end of an event.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import { becomes, fits } from './looks.js'
import { owner, setUp, startBrowser, startServer } from './server.js'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {import('playwright-core').Page} */
let page
/** Errors of the page's scripts, and whatever its security policy refused. @type {string[]} */
const errors = []

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  const context = await browser.newContext({ viewport: { width: 1680, height: 1000 }, locale: 'en', reducedMotion: 'reduce' })
  page = await context.newPage()
  page.setDefaultTimeout(30_000)
  page.on('pageerror', error => errors.push(String(error)))
  page.on('console', message => /Content Security Policy/.test(message.text()) && errors.push(message.text()))
})

after(async () => {
  await browser?.close()
  await server?.stop()
})

/**
 * Waits until the rundown is this.
 * @param {string[]} wanted
 */
async function rundownIs(wanted) {
  await page.waitForFunction(
    wanted => JSON.stringify([...document.querySelectorAll('.item .words')].map(e => e.textContent)) === wanted,
    JSON.stringify(wanted),
  )
}

/** Waits until the server has an order. */
const orderStored = () => page.waitForResponse(response => response.url().endsWith('/order') && response.ok())

/** @param {string} title */
const item = title => page.locator('.item').filter({ hasText: title })

/**
 * One of the things in the menu of an activity.
 * @param {string} title
 * @param {string} action
 */
async function inMenu(title, action) {
  await page.getByRole('button', { name: `More for ${title}` }).click()
  await page.locator('.menu:popover-open').getByRole('button', { name: action, exact: true }).click()
}

/** @param {string} kind */
async function add(kind) {
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: kind }).click()
}

/** Answers as a phone without script would. @param {string} option */
async function answer(option) {
  const code = await page.locator('.top .code').textContent()
  const activity = (await page.locator('.item.open').getAttribute('data-id')) ?? ''
  const json = { 'Content-Type': 'application/json' }
  const joined = await fetch(`${server.address}/api/v1/join`, { method: 'POST', headers: json, body: JSON.stringify({ code }) })
  const { token } = await joined.json()
  const headers = { Cookie: `parterre_device=${token}`, Origin: server.address }
  const form = await (await fetch(`${server.address}/e/${code}`, { headers })).text()
  const version = /name="version" value="(\d+)"/.exec(form)?.[1] ?? ''
  const body = new URLSearchParams({ cid: randomUUID(), activity, round: '1', version, kind: 'choice', option })
  const done = await fetch(`${server.address}/e/${code}/respond`, { method: 'POST', headers, body, redirect: 'manual' })
  assert.equal(done.status, 303)
}

/** What axe finds that WCAG 2.2 AA does not allow. */
async function barriers() {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    // @ts-expect-error axe puts itself there
    axe.run({ exclude: ['iframe'] }, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'], iframes: false }),
  )
  return violations.map(
    (/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.html).join(' | ')}`,
  )
}

describe('the studio', () => {
  it('is reached from the set-up link through the first event', async () => {
    await setUp(page, server.setup)
    await page.getByRole('heading', { name: 'Your first event' }).waitFor()
    await page.getByLabel('Name of the event').fill('Annual meeting 2026')
    await page.getByRole('button', { name: 'Create event' }).click()
    await page.getByText('What will you ask first?').waitFor()
    assert.deepEqual(await barriers(), [])
  })

  it('says beside the field what is missing, and saves with Ctrl+Enter', async () => {
    await page.getByRole('button', { name: 'Choice poll' }).click()
    await page.keyboard.press('Control+Enter')
    await page.getByText('Write the question.').waitFor()
    assert.deepEqual(await barriers(), [])
    await page.getByLabel('Question', { exact: true }).fill('Where to?')
    await page.keyboard.press('Enter')
    await page.keyboard.type('Sea')
    await page.keyboard.press('Enter')
    await page.keyboard.type('Mountains')
    await page.keyboard.press('Enter')
    await page.keyboard.type('City')
    await page.keyboard.press('Control+Enter')
    await rundownIs(['Where to?'])
    await page.locator('.editor').waitFor({ state: 'detached' })
  })

  it('adds word clouds', async () => {
    for (const title of ['One word?', 'What to keep?']) {
      await add('Word cloud')
      await page.getByLabel('Question', { exact: true }).fill(title)
      await page.getByRole('button', { name: 'Fewer words' }).click()
      await page.getByRole('button', { name: 'Save' }).click()
      await page.locator('.editor').waitFor({ state: 'detached' })
    }
    await rundownIs(['Where to?', 'One word?', 'What to keep?'])
    assert.match(await page.locator('.stage .said').innerText(), /Next to open: .?Where to\?/, 'a rundown begins with its first activity')
    await page.locator('.item .pick').nth(2).click()
    await page.locator('.stage .said', { hasText: 'What to keep?' }).waitFor()
  })

  it('moves an activity by keyboard, says so, and keeps the focus on it', async () => {
    await item('What to keep?').locator('.pick').focus()
    const stored = orderStored()
    await page.keyboard.press('Alt+ArrowUp')
    await rundownIs(['Where to?', 'What to keep?', 'One word?'])
    await stored
    await becomes(() => page.locator('#announcer').textContent(), 'What to keep? is now 2 of 3')
    assert.match((await page.locator(':focus').textContent()) ?? '', /What to keep\?/)
  })

  it('moves an activity by dragging', async () => {
    const grip = item('Where to?').locator('.grip')
    await grip.hover()
    await page.mouse.down()
    await page.locator('.item.dragged').waitFor()
    const [from, to] = [await grip.boundingBox(), await item('One word?').boundingBox()]
    assert.ok(from && to)
    await page.mouse.move(from.x + 5, from.y + 60)
    await page.mouse.move(from.x + 5, to.y + to.height, { steps: 4 })
    const stored = orderStored()
    await page.mouse.up()
    await rundownIs(['What to keep?', 'One word?', 'Where to?'])
    // It is shown before the server has it, and a reload gives up what is on its way.
    await stored
    await page.reload()
    await rundownIs(['What to keep?', 'One word?', 'Where to?'])
  })

  it('shows what another facilitator does, and moves by menu', async () => {
    const other = await page.context().newPage()
    await other.goto(page.url())
    await other.getByRole('button', { name: 'More for Where to?' }).click()
    await other.locator('.menu:popover-open').getByRole('button', { name: 'Move up' }).click()
    await rundownIs(['What to keep?', 'Where to?', 'One word?'])
    await other.close()
  })

  it('asks before it loses what was typed', async () => {
    await inMenu('Where to?', 'Edit')
    await page.getByLabel('Question', { exact: true }).fill('Where to next?')
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Keep editing' }).click()
    await becomes(() => page.getByLabel('Question', { exact: true }).inputValue(), 'Where to next?')
    await page.getByRole('button', { name: 'Save' }).click()
    await rundownIs(['What to keep?', 'Where to next?', 'One word?'])
  })

  it('says that somebody is signed out, keeps what was being written, and goes on once they have signed in again', async () => {
    await inMenu('Where to next?', 'Edit')
    await page.getByLabel('Question', { exact: true }).fill('Where to next year?')
    const [screen, other] = [await page.context().newPage(), await page.context().newPage()]
    await screen.goto(`${server.address}${await page.locator('.top .screen').getAttribute('href')}`)
    await screen.locator('body[data-mode]').waitFor()
    await other.goto(`${server.address}/studio`)
    await other.getByRole('button', { name: 'Sign out' }).click()
    await page.getByText('Signed out', { exact: true }).waitFor()
    const again = page.waitForEvent('popup')
    await page.getByRole('link', { name: 'Sign in again' }).click()
    const login = await again
    await login.getByLabel('Email address').fill(owner.email)
    await login.getByLabel('Password', { exact: true }).fill(owner.password)
    await login.getByRole('button', { name: 'Sign in' }).click()
    await login.waitForURL('**/studio')
    await login.close()
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await page.getByText('Signed out', { exact: true }).waitFor({ state: 'detached' })
    await becomes(() => page.getByLabel('Question', { exact: true }).inputValue(), 'Where to next year?')
    await page.getByLabel('Question', { exact: true }).fill('Where to next?')
    await page.getByRole('button', { name: 'Cancel' }).click()
    // The screen goes on without its facilitator.
    for (const name of ['Annual meeting 2027', 'Annual meeting 2026']) {
      await page.evaluate(async name => {
        const address = location.pathname.replace('/studio', '/api/v1')
        const headers = { 'Content-Type': 'application/json' }
        await fetch(address, { method: 'PATCH', headers, body: JSON.stringify({ name }) })
      }, name)
      await screen.waitForFunction(name => document.getElementById('event-name')?.textContent === name, name)
    }
    await Promise.all([screen.close(), other.close()])
  })

  it('gives a new option an id that no other option of the poll ever had', async () => {
    const ids = () =>
      page.evaluate(async () => {
        const { activities } = await (await fetch(location.pathname.replace('/studio', '/api/v1'))).json()
        return activities[1].settings.options.map((/** @type {{id: number}} */ option) => option.id)
      })
    assert.deepEqual(await ids(), [1, 2, 3])
    await inMenu('Where to next?', 'Edit')
    await page.getByRole('button', { name: 'Remove option C' }).click()
    await page.getByRole('button', { name: 'Add option' }).click()
    await page.keyboard.type('Island')
    await page.keyboard.press('Control+Enter')
    await page.locator('.editor').waitFor({ state: 'detached' })
    const [first, second, third] = await ids()
    assert.deepEqual([first, second], [1, 2])
    assert.ok(third > 3, `the new option has the id ${third}`)
  })

  it('copies an activity, deletes it and brings it back', async () => {
    await inMenu('One word?', 'Duplicate')
    await rundownIs(['What to keep?', 'Where to next?', 'One word?', 'One word?'])
    await inMenu('Where to next?', 'Delete')
    await rundownIs(['What to keep?', 'One word?', 'One word?'])
    // The focus is on the way back.
    await page.locator('.toast .act:focus').waitFor()
    await page.keyboard.press('Enter')
    await rundownIs(['What to keep?', 'Where to next?', 'One word?', 'One word?'])
  })

  it('changes the name and the code, and says what is wrong with a code', async () => {
    await page.getByRole('button', { name: 'Annual meeting 2026' }).click()
    await page.getByLabel('Join code').fill('tu1')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('A join code has 4 to 10 letters').waitFor()
    await page.getByLabel('Join code').fill('tulip')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.locator('.top .code', { hasText: 'TULIP' }).waitFor()
  })

  it('runs a poll with the keys, and sees the answers while the room does not', async () => {
    await item('Where to next?').locator('.pick').click()
    await item('Where to next?').getByRole('button', { name: 'Open', exact: true }).click()
    await page.locator('.item.open').waitFor()
    await page.locator('.pill.live', { hasText: 'Live' }).waitFor()
    await answer('2')
    await page.locator('.bars li', { hasText: 'Mountains' }).getByText('100%').waitFor()
    await becomes(() => page.locator('.results .pill').textContent(), 'Only you see this')
    await page.locator('.stage').click({ position: { x: 5, y: 5 } })
    await page.keyboard.press('r')
    await page.locator('.results .pill', { hasText: 'The room sees this' }).waitFor()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Reopen', exact: true }).first().waitFor()
    assert.deepEqual(await barriers(), [])
    await page.keyboard.press('ArrowRight')
    await page.locator('.asked', { hasText: 'One word?' }).waitFor()
  })

  it('leaves the keys alone when they are turned off', async () => {
    await page.getByLabel('Keyboard shortcuts').uncheck()
    await page.locator('.stage').click({ position: { x: 5, y: 5 } })
    await page.keyboard.press('r')
    await page.getByRole('switch', { name: 'Results on screen' }).click()
    await page.locator('.switch[aria-checked=true]').waitFor()
    await page.getByLabel('Keyboard shortcuts').check()
  })

  it('warns before an answered poll is changed', async () => {
    await inMenu('Where to next?', 'Edit')
    const first = page.locator('.editor .options input').first()
    const before = await first.inputValue()
    await first.fill('Something else')
    await page.getByText('becomes “Something else”').waitFor()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('becomes “Something else”').waitFor()
    await dialog.getByRole('button', { name: 'Keep editing' }).click()
    await first.fill(before)
    await page.getByText('becomes “Something else”').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Cancel' }).click()
  })

  it('starts a question again only after asking', async () => {
    await page.getByRole('button', { name: 'New round…', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await becomes(() => page.locator('.switch').getAttribute('aria-checked'), 'true')
    await page.getByRole('button', { name: 'New round…', exact: true }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Start new round', exact: true }).click()
    // A new round hides the results.
    await page.locator('.switch[aria-checked=false]').waitFor()
  })

  it('steers from a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await page.locator('.thumb').getByRole('button', { name: 'Close', exact: true }).click()
    await page.locator('.thumb').getByRole('button', { name: 'Reopen', exact: true }).waitFor()
    assert.equal(await page.locator('iframe').count(), 0)
    await fits(page)
    assert.deepEqual(await barriers(), [])
    await page.setViewportSize({ width: 1680, height: 1000 })
  })

  it('ends and reopens the event', async () => {
    await page.getByRole('button', { name: 'End event…' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'End event' }).click()
    await page.locator('.said', { hasText: 'The event is over.' }).waitFor()
    await page.locator('.results .asked').waitFor()
    await page.getByRole('button', { name: 'Reopen event' }).click()
    await page.locator('.pill.live', { hasText: 'Live' }).waitFor()
  })

  it('deletes an event from the list and brings it back', async () => {
    await page.getByRole('link', { name: 'All events' }).click()
    const remove = async () => {
      await page.getByRole('button', { name: 'More for Annual meeting 2026' }).click()
      await page.locator('.menu:popover-open').getByRole('button', { name: 'Delete…', exact: true }).click()
      await page.getByRole('dialog').getByText('This event is live').waitFor()
      await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
      await page.getByRole('heading', { name: 'Annual meeting 2026' }).waitFor({ state: 'hidden' })
    }
    await remove()
    await page.getByRole('button', { name: 'Undo' }).click()
    await page.getByRole('heading', { name: 'Annual meeting 2026' }).waitFor()
    await remove()
    await page.reload()
    await page.locator('summary', { hasText: 'Deleted events' }).click()
    await page.getByText('are kept for 30 days').waitFor()
    assert.deepEqual(await barriers(), [])
    await page.getByRole('button', { name: 'Restore' }).click()
    await page.getByRole('heading', { name: 'Annual meeting 2026' }).waitFor()
    assert.ok(await page.locator('#bin').isHidden())
    assert.deepEqual(await barriers(), [])
  })

  it('signs in and makes an event without script, and says why not', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false, locale: 'fr' })
    const plain = await context.newPage()
    await plain.goto(`${server.address}/studio`)
    await plain.waitForURL('**/login')
    await plain.getByLabel('Adresse e-mail').fill(owner.email)
    await plain.getByLabel('Mot de passe').fill('another pass phrase')
    await plain.getByRole('button', { name: 'Se connecter' }).click()
    await plain.getByRole('alert').getByText('mot de passe incorrect').waitFor()
    await becomes(() => plain.getByLabel('Adresse e-mail').inputValue(), owner.email)
    await plain.getByLabel('Mot de passe').fill(owner.password)
    await plain.getByRole('button', { name: 'Se connecter' }).click()
    await plain.locator('summary', { hasText: 'Nouvel événement' }).click()
    await plain.getByLabel('Nom de l’événement').fill('Cours 7')
    await plain.getByRole('button', { name: 'Créer l’événement' }).click()
    await plain.waitForURL('**/studio/events/*')
    await plain.locator('.no-script').waitFor()
    await context.close()
  })

  it('met no error on the way', () => assert.deepEqual(errors, []))
})
