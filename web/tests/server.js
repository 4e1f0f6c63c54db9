// The real program on a free port with an empty folder, and a real browser, for tests of pages.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium } from 'playwright-core'

// What is for the tests is kept from the program, which warns of variables that are no settings.
const {
  PARTERRE_BIN: program = 'target/debug/parterre',
  PARTERRE_CHROMIUM: browserProgram = '/usr/bin/chromium',
  ...environment
} = process.env

/** The owner's account that `signedIn` makes. */
export const owner = { name: 'Inès', email: 'ines@example.org', password: 'a long pass phrase' }

/**
 * Starts the program; gives its address, the link that makes the owner, how to stop it, how to cut its power and how to
 * start it again where it was.
 */
export async function startServer() {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-'))
  let running = await run(folder, '127.0.0.1:0')
  const { address, setup } = running
  const stop = async () => {
    await running.end('SIGTERM')
    await rm(folder, { recursive: true, force: true })
  }
  const crash = () => running.end('SIGKILL')
  const again = async () => {
    running = await run(folder, new URL(address).host)
  }
  return { address, setup, stop, crash, again }
}

/**
 * @param {string} folder
 * @param {string} listen
 */
async function run(folder, listen) {
  const env = { ...environment, PARTERRE_LISTEN: listen, PARTERRE_DATA: folder }
  const server = spawn(program, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise(resolve => server.once('exit', resolve))
  let [address, setup] = ['', '']
  for await (const line of createInterface({ input: server.stdout })) {
    address ||= /Parterre is at (http\S+)/.exec(line)?.[1] ?? ''
    setup ||= /(http\S+\/setup\?key=\S+)/.exec(line)?.[1] ?? ''
    // The link is there until there is an owner, which there is when it starts again.
    if (address && (setup || !listen.endsWith(':0'))) break
  }
  server.stdout.resume()
  const end = async (/** @type {NodeJS.Signals} */ signal) => {
    server.kill(signal)
    await ended
  }
  return { address, setup, end }
}

/**
 * Starts the browser.
 * @param {string[]} [args] what else it is told
 */
export const startBrowser = (args = []) =>
  chromium.launch({
    executablePath: browserProgram,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', ...args],
  })

/**
 * Makes the owner's account and leaves the page on the list of events.
 * @param {import('playwright-core').Page} page
 * @param {string} setup
 */
export async function setUp(page, setup) {
  await page.goto(setup)
  await page.getByLabel('Your name').fill(owner.name)
  await page.getByLabel('Email address').fill(owner.email)
  await page.getByLabel('Password', { exact: true }).fill(owner.password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.waitForURL('**/studio')
}
