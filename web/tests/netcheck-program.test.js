// The network test as a program: on a good network no false alarm, and each obstacle, of real parts, named rightly; and the page
// beside it against the same ones, where a page gets as far.

import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { canMakeNetworks, closedPort, desk, mitmproxy, muteResolver, network, oldProxy, resolver, squid } from './boxes.js'
import { becomes, openToAll, wordsOf } from './looks.js'
import { censor, closer, counter, cutter, forgetfulLine, inspector, proxy, scanner, sizeLimit } from './obstacles.js'
import { netcheck, setUp, startBrowser, startServer } from './server.js'

/** Silences of this test, in seconds; one shorter and one longer than what the obstacles bear. */
/** And no bound that so many tests after one another would meet. */
const SETTINGS = { PARTERRE_NETCHECK__SILENCE_S: '1,4', PARTERRE_NETCHECK__TESTS: '60', PARTERRE_NETCHECK__BYTES_PER_MINUTE: '4000000000' }
const NAME = 'vote.venue.test'
/** What a machine brings about by itself that runs other tests at the same moment; it counts where it is what is looked for. */
const BUSY = ['delay_slow', 'delay_late', 'delay_stalls', 'download_low', 'download_short', 'upload_low', 'upload_short']
/** The library by which a program is told another time; it lies in the folder of the machine's architecture. */
const faketime = readdirSync('/usr/lib').map(folder => `/usr/lib/${folder}/faketime/libfaketime.so.1`).find(existsSync) ?? ''

/**
 * @typedef {object} Way how the server is reached
 * @property {string} url
 * @property {string[]} [words] what the program is told
 * @property {Record<string, string>} [variables]
 * @property {string[]} [within]
 * @property {import('playwright-core').BrowserContextOptions} [context] how a page goes the same way
 * @property {string} [browser] what runs the page's browser
 * @property {() => Promise<unknown>} end
 */
/**
 * @typedef {object} Obstacle
 * @property {() => Promise<Way>} lay
 * @property {number} code what the program ends with
 * @property {Record<string, string>} program what it finds besides success: step and finding
 * @property {Record<string, string>} [page] what the page finds; without it, the page does not come, or `netcheck.test.js` has it
 * @property {string} [also] what else may be found, by chance
 * @property {string[]} [some] what else may be found for the same reason, in whatever step it shows
 * @property {string} [least] which of it the program finds in some step
 * @property {boolean} [apart] whether page and program would be in each other's way
 */

// They mostly wait for silences to end.
describe('the program of the network test', { concurrency: 6 }, () => {
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let server
  /** @type {Awaited<ReturnType<typeof startServer>>} */
  let secure
  /** Where it sends on to TLS. */
  let plain = ''
  /** @type {import('playwright-core').Browser} */
  let browser
  /** @type {Awaited<ReturnType<typeof wordsOf>>} */
  let t
  /** @type {Record<string, string | number>[]} */
  const table = []

  before(async () => {
    t = await wordsOf('en')
    plain = `127.0.0.1:${await closedPort()}`
    const withTls = { ...SETTINGS, PARTERRE_TLS__MODE: 'self-signed', PARTERRE_TLS__REDIRECT: plain }
    ;[server, secure, browser] = await Promise.all([startServer(SETTINGS), startServer(withTls), startBrowser()])
  })
  after(async () => {
    if (table.length > 0) console.table(table)
    await Promise.all([browser?.close(), server?.stop(), secure?.stop()])
  })

  const own = async () => ({ url: server.address, end: async () => {} })
  /** @param {Promise<{address: string, end: () => Promise<unknown>}>} box */
  const behind = async box => {
    const { address, end } = await box
    return { url: address, end }
  }
  /**
   * @param {'open' | 'password' | 'closed' | 'inspecting'} kind
   * @param {string} url
   * @param {{username?: string, password?: string}} [who]
   */
  const by = async (kind, url, who = {}) => {
    const box = await squid(kind)
    const way = new URL(box.address)
    Object.assign(way, who)
    return { url, words: ['--proxy', way.href], context: { proxy: { server: box.address, ...who }, ignoreHTTPSErrors: true }, end: box.end }
  }
  /**
   * @param {Promise<{address: string, end: () => Promise<unknown>}>} box
   * @param {number} [port]
   */
  const named = async (box, port = Number(new URL(server.address).port)) => {
    const { address, end } = await box
    return { url: `http://${NAME}:${port}`, words: ['--resolver', address], end }
  }
  /**
   * @param {string} line
   * @param {string} [name] by which it is reached, where the network has names
   */
  const along = async (line, name) => {
    const room = await network(line)
    const there = await startServer({ ...SETTINGS, ...name && { PARTERRE_LISTEN: '[::]:0' } }, room.within)
    const end = async () => {
      await there.stop()
      await room.end()
    }
    const url = name ? `http://${name}:${new URL(there.address).port}` : there.address
    return { url, within: room.within, browser: room.browser, end }
  }
  /** A server whose certificate is of an authority that the device knows, and a device whose clock is some days off. @param {string} days */
  const byAnotherClock = async days => {
    const folder = await mkdtemp(join(tmpdir(), 'parterre-clock-'))
    const make = (/** @type {string} */ words) => promisify(execFile)('openssl', words.split(' '), { cwd: folder })
    await make('req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=House -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign -keyout ca.key -out ca.pem')
    await make(`req -newkey rsa:2048 -nodes -subj /CN=${NAME} -addext subjectAltName=DNS:${NAME} -keyout key.pem -out request.pem`)
    await make('x509 -req -in request.pem -copy_extensions copy -CA ca.pem -CAkey ca.key -days 30 -out certificate.pem')
    const there = await startServer({ ...SETTINGS, PARTERRE_TLS__MODE: 'files', PARTERRE_TLS__CERTIFICATE: join(folder, 'certificate.pem'), PARTERRE_TLS__KEY: join(folder, 'key.pem') })
    const way = await named(resolver([`--address=/${NAME}/127.0.0.1`]), Number(new URL(there.address).port))
    const clock = { LD_PRELOAD: faketime, FAKETIME: days, FAKETIME_DONT_FAKE_MONOTONIC: '1', SSL_CERT_FILE: join(folder, 'ca.pem') }
    const end = () => Promise.all([way.end(), there.stop(), rm(folder, { recursive: true, force: true })])
    return { ...way, url: way.url.replace('http:', 'https:'), variables: clock, end }
  }

  /** @type {Record<string, Obstacle>} */
  const OBSTACLES = {
    // The longest first: the others go on beside them.
    'a narrow line': { lay: () => along('a narrow line'), code: 2, program: { download: 'download_low', upload: 'upload_low' }, page: { download: 'download_low', upload: 'upload_low' }, some: ['page_slow', 'messages_slow', 'delay_slow', 'delay_stalls', 'burst_slow', 'burst_late', 'resume_slow', 'websocket_slow', 'sse_held'] },
    'a line with a slow resolver': { lay: () => along('a line with a slow resolver', NAME), code: 1, program: { name: 'name_slow_by' }, page: { name: 'name_slow' } },
    'a line that drops IPv6': { lay: () => along('a line that drops IPv6', NAME), code: 1, program: { addresses: 'addresses_v6' }, page: {} },
    'a line with a captive portal': {
      lay: async () => {
        const { within, end } = await network('a line with a captive portal')
        return { url: `https://${NAME}`, within, end }
      },
      code: 2,
      program: { portal: 'portal_found', protocol: 'foreign_to' },
    },
    'a proxy that speaks HTTP/1.0': { lay: () => behind(oldProxy(server.address)), code: 1, program: { protocol: 'protocol_old', websocket: 'websocket_around' }, page: { protocol: 'protocol_old', websocket: 'websocket_around' } },
    'HTTP/1.0 to the server': { lay: () => behind(proxy('HTTP/1.0 to the server', server.address)), code: 1, program: { protocol: 'protocol_old', websocket: 'websocket_stripped' }, page: { protocol: 'protocol_old', websocket: 'websocket_around' } },
    'a proxy that counts connections': { lay: () => behind(counter(server.address, 20)), code: 2, program: { phones: 'phones_refused' }, page: { phones: 'phones_refused' }, some: ['crowded'], apart: true },
    // Too few for the parts of the page already, while what is open goes on.
    'a proxy that lets in few connections': { lay: () => behind(counter(server.address, 10)), code: 2, program: { phones: 'phones_refused' }, some: ['crowded'], least: 'crowded' },
    'a proxy that closes after each answer': { lay: () => behind(closer(server.address)), code: 0, program: {}, page: {} },
    'a proxy that keeps no connection': { lay: () => behind(proxy('no connection kept', server.address)), code: 0, program: {}, page: {} },
    'cookies taken out': { lay: () => behind(proxy('cookies taken out', server.address)), code: 2, program: { cookies: 'cookies_stripped' }, page: { cookies: 'cookies_stripped' } },
    'scripts put in': { lay: () => behind(proxy('scripts put in', server.address)), code: 1, program: { document: 'document_scripts' }, page: { document: 'document_scripts' } },
    'live connections sent to sign in': { lay: () => behind(proxy('live connections sent to sign in', server.address)), code: 1, program: { portal: 'portal_live', websocket: 'websocket_portal' }, page: { websocket: 'websocket_around' } },
    'live connections forbidden': { lay: () => behind(proxy('live connections forbidden', server.address)), code: 1, program: { websocket: 'websocket_filtered' }, page: { websocket: 'websocket_around' } },
    'live connections that cannot be passed on': { lay: () => behind(proxy('live connections that cannot be passed on', server.address)), code: 1, program: { websocket: 'websocket_gateway' } },
    'messages of 16 KB at most': { lay: () => behind(sizeLimit(server.address, 16_384)), code: 2, program: { messages: 'messages_too_big' }, page: { messages: 'messages_too_big' } },
    'a clock three days ahead': { lay: () => byAnotherClock('+3d'), code: 1, program: { certificate: 'certificate_own', clock: 'clock_off_days' } },
    'a clock three days behind': { lay: () => byAnotherClock('-3d'), code: 2, program: { certificate: 'certificate_clock', clock: 'clock_off_days' } },
    'nothing in the way': { lay: own, code: 0, program: {} },
    'nginx that passes on': { lay: () => behind(proxy('nothing in the way', server.address)), code: 0, program: {} },
    'nginx that gathers': { lay: () => behind(proxy('nginx that gathers', server.address)), code: 0, program: {} },
    'silence cut after 2 s': { lay: () => behind(proxy('silence cut after 2 s', server.address)), code: 2, program: { poll: 'gateway', idle_4: 'idle_closed' } },
    'silent death after 2 s': { lay: () => behind(forgetfulLine(server.address, 2_000)), code: 2, program: { poll: 'silent', idle_4: 'idle_silent' } },
    'answers scanned whole': { lay: () => behind(scanner(server.address)), code: 0, program: { sse: 'sse_held' } },
    'no upgrade': { lay: () => behind(proxy('no upgrade', server.address)), code: 1, program: { websocket: 'websocket_stripped' } },
    'a page to sign in on': { lay: () => behind(proxy('a page to sign in on', server.address)), code: 2, program: { portal: 'portal_found', protocol: 'foreign' } },
    'sent elsewhere to sign in': { lay: () => behind(proxy('sent elsewhere to sign in', server.address)), code: 2, program: { portal: 'portal_found', protocol: 'foreign_to' } },
    'WebSockets cut after 2 s': { lay: () => behind(cutter(server.address)), code: 2, program: { idle_4: 'idle_closed' }, page: { idle_4: 'idle_closed' } },
    'a closed port': { lay: async () => ({ url: `http://127.0.0.1:${await closedPort()}`, end: async () => {} }), code: 2, program: { addresses: 'addresses_none' } },

    'TLS of its own': { lay: async () => ({ url: secure.address, end: async () => {} }), code: 1, program: { certificate: 'certificate_own' } },
    'sent on to TLS': { lay: async () => ({ url: `http://${plain}`, end: async () => {} }), code: 1, program: { certificate: 'certificate_own' } },
    'TLS opened by nginx': { lay: () => behind(inspector(secure.address)), code: 2, program: { protocol: 'protocol_inspected', certificate: 'certificate_replaced' } },
    'TLS opened before a server without': { lay: () => behind(inspector(server.address, 'http')), code: 2, program: { certificate: 'certificate_untrusted' } },
    'TLS cut for this name': {
      lay: async () => {
        const box = await censor(secure.address, NAME)
        const way = await named(resolver([`--address=/${NAME}/127.0.0.1`]), box.port)
        return { ...way, url: way.url.replace('http:', 'https:'), end: () => Promise.all([way.end(), box.end()]) }
      },
      code: 2,
      program: { tls: 'tls_cut' },
    },
    'no TLS where it should be': { lay: async () => ({ url: server.address.replace('http:', 'https:'), end: async () => {} }), code: 2, program: { tls: 'tls_foreign' } },

    'Squid': { lay: () => by('open', server.address), code: 0, program: {}, page: {} },
    'Squid, and TLS through it': { lay: () => by('open', secure.address), code: 1, program: { certificate: 'certificate_own' }, page: {} },
    'Squid that asks for a password': { lay: () => by('password', secure.address), code: 2, program: { proxy: 'proxy_sign_in' } },
    'Squid that asks, without TLS': { lay: () => by('password', server.address), code: 2, program: { proxy: 'proxy_sign_in' } },
    'Squid that was told one': { lay: () => by('password', secure.address, desk), code: 1, program: { proxy: 'proxy_signed_in', certificate: 'certificate_own' }, page: {} },
    'Squid by the environment': {
      lay: async () => {
        const { url, words, end } = await by('password', server.address, desk)
        return { url, variables: { http_proxy: words[1] }, end }
      },
      code: 1,
      program: { proxy: 'proxy_signed_in' },
    },
    'Squid that lets nothing through': { lay: () => by('closed', secure.address), code: 2, program: { proxy: 'proxy_refused' } },
    'Squid that opens TLS': {
      lay: () => by('inspecting', secure.address),
      code: 2,
      program: { protocol: 'protocol_inspected', certificate: 'certificate_replaced', websocket: 'websocket_stripped' },
      page: { protocol: 'protocol_inspected', certificate: 'certificate_doubtful', websocket: 'websocket_around' },
    },
    'mitmproxy': {
      lay: async () => {
        const { address, end } = await mitmproxy()
        return { url: secure.address, words: ['--proxy', address], context: { proxy: { server: address }, ignoreHTTPSErrors: true }, end }
      },
      code: 2,
      // It waits for whole answers, too. A page cannot see by which certificate it came.
      program: { certificate: 'certificate_replaced', sse: 'sse_held' },
      page: { sse: 'sse_held' },
      // It is slow where others work on the same machine.
      also: 'delay_lost',
    },
    'a proxy that is not there': { lay: async () => ({ url: server.address, words: ['--proxy', `http://127.0.0.1:${await closedPort()}`], end: async () => {} }), code: 2, program: { proxy: 'proxy_away' } },

    'a name that is known': { lay: () => named(resolver([`--address=/${NAME}/127.0.0.1`])), code: 0, program: {} },
    'no upgrade for a known name': {
      lay: async () => {
        const box = await proxy('no upgrade', server.address)
        const way = await named(resolver([`--address=/${NAME}/127.0.0.1`]), Number(new URL(box.address).port))
        return { ...way, end: () => Promise.all([way.end(), box.end()]) }
      },
      code: 1,
      program: { websocket: 'websocket_stripped' },
    },
    'a name that is hidden': { lay: () => named(resolver([`--address=/${NAME}/`])), code: 2, program: { name: 'name_unknown' } },
    'a name that leads nowhere': { lay: () => named(resolver([`--address=/${NAME}/0.0.0.0`]), 1), code: 2, program: { name: 'name_sinkhole' } },
    'a resolver that says nothing': { lay: () => named(muteResolver()), code: 2, program: { name: 'name_silent' } },
    'a name that leads to a page to sign in on': {
      lay: async () => {
        const portal = await proxy('a page to sign in on', server.address, 0, '127.0.0.2')
        const way = await named(resolver([`--address=/${NAME}/127.0.0.2`]), portal.port)
        return { ...way, end: () => Promise.all([way.end(), portal.end()]) }
      },
      code: 2,
      program: { portal: 'portal_found', protocol: 'foreign' },
    },

    'a slow line': { lay: () => along('a slow line'), code: 2, program: { download: 'download_low' }, page: { download: 'download_low' } },
    // It also forgets connections that a browser keeps for its next request, if that comes late.
    'a line that forgets': { lay: () => along('a line that forgets'), code: 2, program: { poll: 'silent', idle_4: 'idle_silent' }, page: { poll: 'silent', idle_4: 'idle_silent' }, also: 'silent' },
    'a line that loses what is large': { lay: () => along('a line that loses what is large'), code: 2, program: { packets: 'packets_lost' } },
  }

  /**
   * Runs the program; gives its exit code and what it wrote.
   * @param {string[]} words
   * @param {Partial<Way>} [way]
   */
  async function run(words, { within = [], variables = {} } = {}) {
    const [first, ...rest] = [...within, netcheck, ...words]
    // No proxy of whoever runs the tests is in the way.
    const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...variables }
    const child = spawn(first, rest, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let [out, errors] = ['', '']
    child.stdout.on('data', data => (out += data))
    child.stderr.on('data', data => (errors += data))
    const code = await new Promise((resolve, reject) => (child.once('error', reject), child.once('close', resolve)))
    return { code, out, errors }
  }

  /**
   * What a document says besides success.
   * @param {any} document
   * @returns {Record<string, string>}
   */
  const alarms = document => Object.fromEntries(document.judgement.findings.filter((/** @type {any} */ it) => ['warning', 'failed'].includes(it.verdict)).map((/** @type {any} */ it) => [it.step, it.code]))

  /**
   * What the program ends with by an address of the server's own machine: that something fails there is known, but that all
   * is well says nothing of a network.
   * @param {string} url
   * @param {number} code
   */
  const codeBy = (url, code) => (code < 2 && new URL(url).hostname === '127.0.0.1' ? 3 : code)

  /**
   * What the page finds on the same way.
   * @param {Way} way
   */
  async function page(way) {
    const special = way.browser ? await startBrowser([], way.browser) : undefined
    const context = await (special ?? browser).newContext({ locale: 'en', ...way.context })
    try {
      const page = await context.newPage()
      page.setDefaultTimeout(60_000)
      await page.goto(`${way.url}/netcheck`)
      await page.getByRole('button', { name: t('netcheck.start') }).click()
      await page.getByText(t('netcheck.done')).waitFor()
      return await page.locator('li.warning, li.failed').evaluateAll(items => Object.fromEntries(items.map(item => [/** @type {HTMLElement} */ (item).dataset.step, JSON.parse(/** @type {HTMLElement} */ (item).dataset.mark ?? '{}').code])))
    } finally {
      await context.close()
      await special?.close()
    }
  }

  for (const [what, { lay, code: usual, program, page: onPage, also, some = [], least, apart }] of Object.entries(OBSTACLES)) {
    const skip = what.includes('line') && !canMakeNetworks() && 'this machine lets nobody make a network of their own'
    it(`with ${what} finds ${Object.values(program).join(', ') || 'no fault'}`, { skip }, async () => {
      const way = await lay()
      // On a line of their own they would be in each other's way, and so would those that count connections.
      const other = onPage && (way.within || apart) ? await lay() : way
      try {
        const [ran, shown] = await Promise.all([run([way.url, '--json', ...(way.words ?? [])], way), onPage ? page(other) : undefined])
        assert.ok(ran.out, ran.errors)
        const found = alarms(JSON.parse(ran.out))
        const words = (/** @type {Record<string, string> | undefined} */ all) => (all ? Object.entries(all).map(pair => pair.join(': ')).join(', ') || 'no fault' : '')
        table.push({ obstacle: what, code: Number(ran.code), program: words(found), page: words(shown) })
        /** @param {Record<string, string>} all @param {Record<string, string> | undefined} expected */
        const certain = (all, expected) => Object.fromEntries(Object.entries(all).filter(([step, finding]) => ![also, ...some, ...BUSY].includes(finding) || expected?.[step]))
        const code = codeBy(way.url, usual)
        assert.deepEqual({ code: ran.code, found: certain(found, program) }, { code, found: program })
        assert.deepEqual(shown && certain(shown, onPage), onPage)
        assert.ok(!least || Object.values(found).includes(least), `${words(found)} without ${least}`)
      } finally {
        await Promise.all([...new Set([way, other])].map(one => one.end()))
      }
    })
  }

  it('with few requests a second finds that they are limited', async () => {
    const box = await proxy('few requests a second', server.address)
    try {
      const ran = await run([box.address, '--json'])
      const found = Object.values(alarms(JSON.parse(ran.out)))
      assert.ok(found.includes('limited') && found.every(code => ['limited', 'phones_refused'].includes(code)), `${found}`)
      assert.equal(ran.code, 2)
    } finally {
      await box.end()
    }
  })

  it('opens as many connections as a room, by leave of a facilitator', async () => {
    const context = await browser.newContext({ locale: 'en' })
    const page = await context.newPage()
    await setUp(page, server.setup)
    await page.goto(`${server.address}/netcheck/token`)
    await openToAll(page, 'the page of the token')
    const command = (await page.locator('#request').textContent()) ?? ''
    await context.close()
    const [, NETCHECK_TOKEN] = /^NETCHECK_TOKEN=(\S+) netcheck \S+ --quick --phones 200$/.exec(command) ?? assert.fail(command)
    const box = await proxy('few connections an address', server.address)
    const words = ['--json', '--phones', '60']
    try {
      const [free, few, wrong] = await Promise.all([
        run([server.address, ...words], { variables: { NETCHECK_TOKEN } }),
        run([box.address, ...words], { variables: { NETCHECK_TOKEN } }),
        run([server.address, ...words, '--token', 'none']),
      ])
      const phones = (/** @type {{out: string}} */ { out }) => JSON.parse(out).judgement.findings.find((/** @type {any} */ it) => it.step === 'phones')
      assert.deepEqual([alarms(JSON.parse(free.out)), phones(free).code, free.code], [{}, 'phones_fine', codeBy(server.address, 0)])
      assert.equal(phones(free).figures.opened, 60)
      assert.deepEqual([alarms(JSON.parse(few.out)), few.code], [{ phones: 'phones_refused' }, 2])
      assert.deepEqual([phones(wrong).code, wrong.code], ['refused', codeBy(server.address, 0)])
      table.push({ obstacle: 'few connections an address', code: 2, program: 'phones: phones_refused', page: '' })
    } finally {
      await box.end()
    }
  })

  it('names who opened TLS', async () => {
    const way = await by('inspecting', secure.address)
    try {
      const { out } = await run([way.url, '--quick', '--lang', 'fr', ...way.words])
      assert.match(out.replaceAll(/\s+/g, ' '), /Inspection TLS : .* Il est signé par Venue Firewall CA \(Venue IT\)/)
      assert.doesNotMatch(out, /[{}]|netcheck\.|program\./, 'every figure is in its sentence')
      assert.ok(!out.includes('\x1b'), 'there is no colour where there is no terminal')
    } finally {
      await way.end()
    }
  })

  it('tests again and again, and raises no false alarm', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parterre-netcheck-'))
    const way = await named(resolver([`--address=/${NAME}/127.0.0.1`]))
    try {
      const file = join(folder, 'report.html')
      const ran = await run([way.url, ...way.words, '--every', '1s', '--times', '4', '--json', '--report', file, '--place', 'Salle <des> fêtes'])
      const documents = ran.out.trim().split('\n').map(line => JSON.parse(line))
      assert.deepEqual(documents.map(alarms), [{}, {}, {}, {}])
      assert.equal(ran.code, 0)
      const report = await readFile(file, 'utf8')
      assert.match(report, /Salle &#60;des&#62; fêtes/)
      assert.doesNotMatch(report.replace(/<style>.*<\/style>/s, ''), /[{}]|netcheck\.[a-z]|program\.[a-z]/)
      const page = await (await browser.newContext({ offline: true })).newPage()
      await page.goto(`file://${file}`)
      await openToAll(page, 'a report of the program')
      await becomes(() => page.locator('section.success').count(), 2)
      await page.context().close()
    } finally {
      await way.end()
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('ends with what it has when it is told to stop', async () => {
    let reached = () => {}
    const streaming = new Promise(resolve => (reached = () => resolve(0)))
    const line = createServer(near => {
      const far = connect(Number(new URL(server.address).port), '127.0.0.1')
      for (const socket of [near, far]) socket.on('error', () => (near.destroy(), far.destroy()))
      near.on('data', data => data.includes('netcheck/sse') && reached())
      near.pipe(far).pipe(near)
    })
    await new Promise(resolve => line.listen(0, '127.0.0.1', () => resolve(0)))
    const { port } = /** @type {import('node:net').AddressInfo} */ (line.address())
    const child = spawn(netcheck, [`http://127.0.0.1:${port}`, '--json'], { stdio: ['ignore', 'pipe', 'inherit'], env: { PATH: process.env.PATH } })
    let out = ''
    child.stdout.on('data', data => (out += data))
    const closed = new Promise(resolve => child.once('error', resolve).once('close', resolve))
    await Promise.race([streaming, closed])
    child.kill('SIGINT')
    const code = await closed
    line.close()
    const { judgement } = JSON.parse(out)
    const steps = judgement.findings.map((/** @type {any} */ it) => it.step)
    assert.ok(steps.includes('resume') && !steps.includes('poll'), `${steps}`)
    assert.deepEqual(alarms({ judgement }), {})
    assert.equal(code, codeBy(server.address, 0))
  })

  it('says that a test of the server by its own machine is none of the venue', async () => {
    const ran = await run([server.address, '--quick', '--lang', 'en'])
    assert.match(ran.out.replaceAll(/\s+/g, ' '), /Only the server’s own machine can reach [^ ]+; phones cannot\./)
    assert.doesNotMatch(ran.out, /[{}]|netcheck\.|program\./, 'every figure is in its sentence')
    assert.equal(ran.code, 3)
  })

  it('says what is wrong with what it was told', async () => {
    for (const words of [[], ['ftp://vote.example.org'], [server.address, '--every', '5'], [server.address, '--report', 'report.pdf']]) {
      const { code, out, errors } = await run(words)
      assert.equal(code, 3)
      assert.equal(out, '')
      assert.match(errors, /netcheck --help|--help/)
    }
    const { code, errors } = await run([server.address], { variables: { http_proxy: 'socks5://desk:secret@box' } })
    assert.equal(code, 3)
    assert.match(errors, /HTTP_PROXY/)
    assert.doesNotMatch(errors, /secret/)
    const many = await run([server.address, '--phones', '300', '--token', 'x'], { within: ['sh', '-c', 'ulimit -n 200; exec "$0" "$@"'] })
    assert.deepEqual([many.code, many.out], [3, ''])
    assert.match(many.errors, /ulimit -n 400/)
    assert.match((await run(['--help'])).out, /Exit codes/)
  })
})
