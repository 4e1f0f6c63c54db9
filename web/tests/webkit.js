// A real WebKit, the engine of all browsers on iPhones, as GTK has it: its small browser on a display without a screen, driven by
// WebDriver: https://www.w3.org/TR/webdriver2/. It gives what `firefox.js` gives.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './obstacles.js'

/**
 * A page of a browser, alone in its window.
 * @typedef {object} Page
 * @property {string} version of the browser
 * @property {() => Promise<string[]>} errors what has failed since the last look
 * @property {(url: string) => Promise<void>} open
 * @property {(work: (...values: any[]) => any, ...values: unknown[]) => Promise<any>} run does this within the page, with what JSON can say
 * @property {(selector: string) => Promise<void>} click by a pointer, in the middle of what it names
 * @property {(text: string) => Promise<void>} type by the keyboard, where the focus is
 * @property {() => Promise<void>} end
 */

/** The programs that are needed: what drives it, and a display. */
const DRIVER = '/usr/bin/WebKitWebDriver'
const DISPLAY = '/usr/bin/Xvfb'

/** Why it cannot be driven here, if it cannot. */
export const lacking = [DRIVER, DISPLAY].filter(path => !existsSync(path)).map(path => `there is no ${path}`).join(', ')

/** The longest that it takes to start, or a script within a page. */
const COMMAND_MS = 15_000

/** What WebDriver calls a reference to an element. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

/** @param {import('node:child_process').ChildProcess} child @returns {Promise<void>} */
export const ended = child => new Promise(resolve => child.once('exit', () => resolve()))

/** Starts it with an empty home; gives its page. @returns {Promise<Page>} */
export async function startWebKit() {
  if (lacking) throw new Error(lacking)
  const home = await mkdtemp(join(tmpdir(), 'parterre-webkit-'))
  // It chooses a display that is free, and tells which.
  const display = spawn(DISPLAY, ['-displayfd', '3', '-screen', '0', '800x1000x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
  const dark = ended(display)
  const number = await new Promise(resolve => display.stdio[3]?.once('data', data => resolve(String(data).trim())))
  const port = await freePort()
  const env = { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, DISPLAY: `:${number}`, LANGUAGE: 'en' }
  const driver = spawn(DRIVER, ['--host=127.0.0.1', `--port=${port}`], { env, stdio: 'ignore' })
  const gone = ended(driver)
  const end = async () => {
    driver.kill()
    await gone
    display.kill()
    await dark
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  }
  return drive(`http://127.0.0.1:${port}`, end)
}

/** @param {string} address @param {() => Promise<void>} end @returns {Promise<Page>} */
async function drive(address, end) {
  /** @param {string} method @param {string} path @param {object} [body] @returns {Promise<any>} */
  const command = async (method, path, body) => {
    // A script that waits within a page which is left meanwhile is never answered.
    const answer = await fetch(address + path, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(COMMAND_MS) })
    const { value } = await answer.json()
    if (!answer.ok) throw new Error(`${path}: ${value.error}: ${value.message}`)
    return value
  }
  while (!(await command('GET', '/status').catch(() => false)));
  const { sessionId, capabilities } = await command('POST', '/session', { capabilities: { alwaysMatch: {} } })
  const session = `/session/${sessionId}`
  await command('POST', `${session}/window/rect`, { x: 0, y: 0, width: 420, height: 900 })

  /** @type {Page['run']} */
  const run = async (work, ...values) => {
    const script = `const done = arguments[1]
      Promise.resolve(arguments[0]).then(values => (${work})(...JSON.parse(values)))
        .then(value => done({ value: JSON.stringify(value) }), error => done({ error: String(error) }))`
    const { value, error } = await command('POST', `${session}/execute/async`, { script, args: [JSON.stringify(values)] })
    if (error) throw new Error(error)
    return value && JSON.parse(value)
  }

  return {
    version: `${capabilities.browserName} ${capabilities.browserVersion}`,
    // Its driver tells nothing of the console: the page is listened to from the first look on.
    errors: () => run(() => {
      const page = /** @type {any} */ (window)
      if (!page.failed) {
        page.failed = []
        addEventListener('error', event => page.failed.push(event.message))
        addEventListener('unhandledrejection', event => page.failed.push(String(event.reason)))
        addEventListener('securitypolicyviolation', event => page.failed.push(`${event.violatedDirective} ${event.blockedURI}`))
      }
      return page.failed.splice(0)
    }),
    open: async url => void (await command('POST', `${session}/url`, { url })),
    run,
    async click(selector) {
      const found = await command('POST', `${session}/element`, { using: 'css selector', value: selector })
      await command('POST', `${session}/element/${found[ELEMENT]}/click`, {})
    },
    async type(text) {
      const actions = [...text].flatMap(value => [{ type: 'keyDown', value }, { type: 'keyUp', value }])
      await command('POST', `${session}/actions`, { actions: [{ type: 'key', id: 'keys', actions }] })
    },
    async end() {
      await command('DELETE', session)
      await end()
    },
  }
}
