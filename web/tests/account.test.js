// A member's account in a browser: the password, the sessions, the word of failed attempts, and the way back in; with the
// keyboard alone, open to all, in both languages, from narrow to wide.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, it } from 'node:test'
import { promisify } from 'node:util'
import { fits, openToAll, picture, wordsOf } from './looks.js'
import { owner, setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

const WIDTHS = [360, 768, 1280]
const next = 'the next pass phrase'

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let page
/** What browsers say against the pages. @type {string[]} */
const errors = []

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  page = await open()
  await setUp(page, server.setup)
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** @param {string} [userAgent] */
async function open(userAgent) {
  const context = await browser.newContext({ userAgent, locale: 'en-GB' })
  const opened = await context.newPage()
  opened.on('pageerror', error => errors.push(String(error)))
  return opened
}

/**
 * @param {Page} page
 * @param {string} password
 */
async function signIn(page, password) {
  await page.goto(`${server.address}/login`)
  await page.locator('#email').fill(owner.email)
  await page.locator('#password').fill(password)
  await page.locator('form .primary').click()
  await page.waitForLoadState()
}

/**
 * The page at each width, in each language.
 * @param {Page} page
 * @param {string} path
 * @param {string} name
 */
async function looks(page, path, name) {
  for (const language of ['fr', 'en']) {
    await page.goto(`${server.address}/language/${language}?back=${encodeURIComponent(path)}`)
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 800 })
      await fits(page)
      await picture(page, `${name}-${language}-${width}`)
    }
    await openToAll(page, `${name} in ${language}`)
  }
}

it('shows where one is signed in, and ends it', async () => {
  const phone = await open('Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Mobile Safari/604.1')
  await signIn(phone, owner.password)
  await page.goto(`${server.address}/studio`)
  await page.getByRole('link', { name: 'Your account Inès' }).click()
  await page.getByText('Safari on iPhone').waitFor()
  // The page's script writes the moment in the reader's own way.
  await page.locator('[data-say="studio.account.used"]', { hasText: /^Last used on \d+ \w+ \d{4} at \d\d:\d\d$/ }).waitFor()
  await looks(page, '/studio/account', 'account')
  await page.getByRole('button', { name: 'Sign out: Safari on iPhone' }).click()
  await page.getByText('That browser is signed out.').waitFor()
  await phone.goto(`${server.address}/studio`)
  assert.equal(new URL(phone.url()).pathname, '/login')
})

it('changes the password by the keyboard alone', async () => {
  await page.goto(`${server.address}/studio/account`)
  const press = async (/** @type {string} */ key, times = 1) => {
    for (let n = 0; n < times; n++) await page.keyboard.press(key)
  }
  await page.locator('summary').focus()
  await press('Enter')
  await press('Tab')
  await page.keyboard.type('not the one')
  // Past the button that shows it.
  await press('Tab', 2)
  await page.keyboard.type(next)
  await press('Enter')
  await page.getByText('This is not your current password.').waitFor()
  // One is where the mistake is.
  await page.locator('#current:focus').waitFor()
  await page.setViewportSize({ width: 360, height: 800 })
  await fits(page)
  await picture(page, 'account-refused-360')
  await openToAll(page, 'a refused password')
  await page.keyboard.type(owner.password)
  await press('Tab', 2)
  await page.keyboard.type(next)
  await press('Enter')
  await page.getByText('Your password has been changed').waitFor()
  await page.getByText(/^Changed on /).waitFor()
})

it('says how many attempts to sign in failed, once', async () => {
  const stranger = await open()
  for (let n = 0; n < 2; n++) await signIn(stranger, 'a guess of mine')
  await page.goto(`${server.address}/studio`)
  await page.getByText(/^2 failed attempts to sign in to your account since \d+ \w+ \d{4} at/).waitFor()
  await looks(page, '/studio', 'failed-attempts')
  const t = await wordsOf('en')
  await page.getByRole('button', { name: t('studio.events.failed_dismiss') }).click()
  await page.waitForFunction(() => !document.querySelector('#failed-attempts'))
})

it('lets a member back in with the operator’s link', async () => {
  const locked = await open()
  await looks(locked, '/login', 'sign-in')
  await locked.getByText('Forgotten your password?').waitFor()
  const order = ['sign-in-link', '--email', owner.email, '--data', server.folder]
  const { stdout } = await promisify(execFile)(server.program, order, { env: server.environment })
  const path = /\/sign-in-link\/\S+/.exec(stdout)?.[0] ?? ''
  await looks(locked, path, 'sign-in-link')
  await locked.getByLabel('New password').fill(owner.password)
  await locked.keyboard.press('Enter')
  await locked.waitForURL('**/studio')
  await page.goto(`${server.address}/studio`)
  assert.equal(new URL(page.url()).pathname, '/login', 'all others are signed out')
  await locked.goto(`${server.address}${path}`)
  await locked.getByText('This sign-in link no longer works').waitFor()
  await openToAll(locked, 'a link that was used')
  assert.deepEqual(errors, [])
})
