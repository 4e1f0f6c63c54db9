// The real program on a free port with an empty folder, and a real browser, for tests of pages. Where DATABASE_URL is set,
// the program has an empty database on that Postgres server instead of a file, and hears of others by REDIS_URL if that is set.

import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'

// What is for the tests is kept from the program, which warns of variables that are no settings.
const {
  PARTERRE_BIN: program = 'target/debug/parterre',
  PARTERRE_CHROMIUM: browserProgram = '/usr/bin/chromium',
  PARTERRE_FIREFOX: _,
  PAGE_LATENCY_MS: latency = '0',
  ...environment
} = process.env

/** The program of the network test, which is built beside the server. */
export const netcheck = join(dirname(program), 'netcheck')

/** The owner's account that `signedIn` makes. */
export const owner = { name: 'Inès', email: 'ines@example.org', password: 'a long pass phrase' }

/**
 * Starts the program; gives its address, the link that makes the owner, how to stop it, how to cut its power and how to
 * start it again where it was; and what another of it needs to be beside it.
 * @param {Record<string, string>} [settings] variables of its environment
 * @param {string[]} [within] what runs it, such as in another network
 */
export async function startServer(settings = {}, within = []) {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-'))
  const database = environment.DATABASE_URL && await emptyDatabase(environment.DATABASE_URL)
  const place = { ...settings, PARTERRE_DATA: folder, ...database && { DATABASE_URL: database.url } }
  let running = await run(place, settings.PARTERRE_LISTEN ?? '127.0.0.1:0', within)
  const { address, setup } = running
  const stop = async () => {
    await running.end('SIGTERM')
    await rm(folder, { recursive: true, force: true })
    if (database) await database.drop()
  }
  const crash = () => running.end('SIGKILL')
  const again = async () => {
    running = await run(place, new URL(address).host, within)
  }
  return { address, setup, stop, crash, again, folder, program, environment: { ...environment, ...place } }
}

/**
 * Makes a database; gives its address and how to drop it.
 * @param {string} server the address of another one on the same server
 */
async function emptyDatabase(server) {
  const url = new URL(server)
  url.pathname = `parterre_${randomBytes(8).toString('hex')}`
  const name = url.pathname.slice(1)
  const execute = (/** @type {string} */ statement) =>
    promisify(execFile)('psql', ['--no-psqlrc', '--quiet', '--dbname', server, '--command', statement])
  await execute(`CREATE DATABASE ${name}`)
  // By force: a program that was killed may have left connections behind.
  return { url: url.href, drop: () => execute(`DROP DATABASE ${name} WITH (FORCE)`) }
}

/**
 * @param {Record<string, string>} place where its data are
 * @param {string} listen
 * @param {string[]} within
 */
async function run(place, listen, within) {
  const env = { ...environment, ...place, PARTERRE_LISTEN: listen }
  const [first, ...words] = [...within, program]
  const server = spawn(first, words, { env, stdio: ['ignore', 'pipe', 'inherit'] })
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
 * @param {string} [executablePath] what runs it, such as in another network
 */
export async function startBrowser(args = [], executablePath = browserProgram) {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', ...args],
  })
  const [open, close] = [browser.newContext.bind(browser), browser.close.bind(browser)]
  browser.newContext = async options => {
    const context = await open(options)
    retryRequests(context)
    if (latency !== '0') slow(context, Number(latency))
    const end = context.close.bind(context)
    context.close = async reason => {
      await unrouted(context)
      await end(reason)
    }
    return context
  }
  browser.close = async reason => {
    await Promise.all(browser.contexts().map(unrouted))
    await close(reason)
  }
  return browser
}

/**
 * Has its requests tried again where the server has just closed the connection that they were sent over, because it had long
 * been idle.
 * @param {import('playwright-core').BrowserContext} context
 */
function retryRequests({ request }) {
  const fetch = request.fetch.bind(request)
  request.fetch = (what, options) => fetch(what, { maxRetries: 2, ...options })
}

/**
 * Has each request of its pages take so much longer. What a test sees too early while a script is still being fetched shows
 * here in every run and not in one of fifty.
 * @param {import('playwright-core').BrowserContext} context
 * @param {number} latency in milliseconds
 */
function slow(context, latency) {
  const open = context.newPage.bind(context)
  /** @type {import('playwright-core').CDPSession[]} */
  const sessions = []
  let offline = false
  const emulate = (/** @type {import('playwright-core').CDPSession} */ devtools) =>
    devtools.send('Network.emulateNetworkConditions', { offline, latency, downloadThroughput: -1, uploadThroughput: -1 })
  context.newPage = async () => {
    const page = await open()
    const devtools = await context.newCDPSession(page)
    await devtools.send('Network.enable')
    await emulate(devtools)
    sessions.push(devtools)
    page.once('close', () => sessions.splice(sessions.indexOf(devtools), 1))
    return page
  }
  // The one without the other would end it.
  context.setOffline = async is => {
    offline = is
    await Promise.all(sessions.map(emulate))
  }
}

/**
 * Lets go of what tests do to requests: a page has some under way at any moment, and what becomes of them once it is closed
 * is no failure.
 * @param {import('playwright-core').BrowserContext} context
 */
const unrouted = context => Promise.all([context, ...context.pages()].map(owner => owner.unrouteAll({ behavior: 'ignoreErrors' })))

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
