// A real Firefox, driven by WebDriver BiDi: https://w3c.github.io/webdriver-bidi/. It gives what `webkit.js` gives.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import WebSocket from 'ws'
import { ended } from './webkit.js'

/** The browser: the one that the variable names, or Debian's. */
const program = [process.env.PARTERRE_FIREFOX, '/usr/bin/firefox-esr'].find(path => path && existsSync(path))

/** Why it cannot be driven here, if it cannot. */
export const lacking = program ? '' : 'there is no Firefox at /usr/bin/firefox-esr; PARTERRE_FIREFOX may name one'

/** It asks nobody for anything but the pages that it is sent to. */
const SETTINGS = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.region.network.url': '',
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.push.connection.enabled': false,
  'extensions.getAddons.cache.enabled': false,
  'extensions.systemAddon.update.enabled': false,
  'extensions.update.enabled': false,
  'intl.accept_languages': 'en',
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'network.http.speculative-parallel-limit': 0,
  'nimbus.rollouts.enabled': false,
  'services.settings.server': 'data:,none',
  'toolkit.telemetry.enabled': false,
}

/** Starts it with an empty profile; gives its page. @returns {Promise<import('./webkit.js').Page>} */
export async function startFirefox() {
  if (!program) throw new Error(lacking)
  const profile = await mkdtemp(join(tmpdir(), 'parterre-firefox-'))
  const lines = Object.entries(SETTINGS).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`)
  await writeFile(join(profile, 'user.js'), lines.join('\n'))
  const words = ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0', '--width', '420', '--height', '900', 'about:blank']
  const browser = spawn(program, words, { env: { ...process.env, HOME: profile }, stdio: ['ignore', 'ignore', 'pipe'] })
  const gone = ended(browser)
  const end = async () => {
    browser.kill()
    await gone
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
  let address = ''
  for await (const line of createInterface({ input: browser.stderr })) {
    address = /WebDriver BiDi listening on (ws:\S+)/.exec(line)?.[1] ?? ''
    if (address) break
  }
  browser.stderr.resume()
  if (!address) throw new Error(`${program} ended before it could be driven`)
  return drive(address, end)
}

/** @param {string} address @param {() => Promise<void>} end @returns {Promise<import('./webkit.js').Page>} */
async function drive(address, end) {
  const socket = new WebSocket(`${address}/session`)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  /** @type {Map<number, (answer: any) => void>} */
  const asked = new Map()
  /** @type {string[]} */
  const errors = []
  socket.on('message', data => {
    const message = JSON.parse(String(data))
    if (message.id) asked.get(message.id)?.(message)
    if (message.method === 'log.entryAdded' && message.params.level === 'error') errors.push(message.params.text)
  })
  let count = 0
  /** @param {string} method @param {object} params @returns {Promise<any>} */
  const command = async (method, params) => {
    const id = ++count
    const answer = await new Promise(resolve => {
      asked.set(id, resolve)
      socket.send(JSON.stringify({ id, method, params }))
    })
    asked.delete(id)
    if (answer.type === 'error') throw new Error(`${method}: ${answer.error}: ${answer.message}`)
    return answer.result
  }

  const { capabilities } = await command('session.new', { capabilities: {} })
  await command('session.subscribe', { events: ['log.entryAdded'] })
  const [{ context }] = (await command('browsingContext.getTree', { maxDepth: 0 })).contexts

  /** @param {string} selector */
  const pointAt = async selector => {
    const { nodes } = await command('browsingContext.locateNodes', { context, locator: { type: 'css', value: selector }, maxNodeCount: 1 })
    if (!nodes.length) throw new Error(`${selector} is not on the page`)
    const call = { functionDeclaration: "one => one.scrollIntoView({ block: 'center', behavior: 'instant' })", arguments: [nodes[0]], target: { context }, awaitPromise: false }
    await command('script.callFunction', call)
    return { type: 'element', element: nodes[0] }
  }

  return {
    version: `${capabilities.browserName} ${capabilities.browserVersion}`,
    errors: async () => errors.splice(0),
    open: async url => void (await command('browsingContext.navigate', { context, url, wait: 'complete' })),
    async run(work, ...values) {
      const functionDeclaration = `async values => JSON.stringify(await (${work})(...JSON.parse(values)))`
      const call = { functionDeclaration, arguments: [{ type: 'string', value: JSON.stringify(values) }], target: { context }, awaitPromise: true }
      const { type, result, exceptionDetails } = await command('script.callFunction', call)
      if (type === 'exception') throw new Error(exceptionDetails.text)
      return result.value && JSON.parse(result.value)
    },
    async click(selector) {
      const origin = await pointAt(selector)
      const actions = [{ type: 'pointerMove', x: 0, y: 0, origin }, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }]
      await command('input.performActions', { context, actions: [{ type: 'pointer', id: 'finger', parameters: { pointerType: 'touch' }, actions }] })
    },
    async type(text) {
      const actions = [...text].flatMap(value => [{ type: 'keyDown', value }, { type: 'keyUp', value }])
      await command('input.performActions', { context, actions: [{ type: 'key', id: 'keys', actions }] })
    },
    async end() {
      socket.close()
      await end()
    },
  }
}
