// Networks that let no WebSocket through, or hold back what comes bit by bit, behind a real nginx: whoever is there takes
// part all the same, and uses the WebSocket again once it is open.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { becomes } from './looks.js'
import { setUp, startBrowser, startServer } from './server.js'

/** @typedef {import('playwright-core').Page} Page */

/** An address of this machine at which nothing else asks for a port. */
const HOST = '127.0.0.77'
const PHONE = { viewport: { width: 390, height: 844 }, locale: 'en', hasTouch: true, isMobile: true }

/** What a network lets through: everything, no WebSocket, and no stream bit by bit either. */
const ALL = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;'
const NO_SOCKET = 'proxy_set_header Upgrade ""; proxy_set_header Connection ""; proxy_buffering off;'
const NO_STREAM = `${NO_SOCKET}
  location /api/v1/live/sse {
    proxy_pass $server; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;
    proxy_hide_header Content-Encoding; gzip on; gzip_types text/event-stream; gzip_min_length 0;
  }`

/** @type {Awaited<ReturnType<typeof startServer>>} */
let server
/** @type {import('playwright-core').Browser} */
let browser
/** @type {Page} */
let desk
/** @type {Awaited<ReturnType<typeof startNetwork>>} */
let network

/** A venue's network before the server; what it lets through can change. */
async function startNetwork() {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-network-'))
  const free = createServer().listen(0, HOST)
  await once(free, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (free.address())
  free.close()
  await once(free, 'close')
  const file = join(folder, 'nginx.conf')
  let version = 0
  const lets = (/** @type {string} */ through) =>
    writeFile(file, `
      daemon off; worker_processes 1; pid ${folder}/pid; error_log stderr;
      events { worker_connections 256; }
      http {
        access_log off; client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f;
        uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
        server {
          listen ${HOST}:${port};
          proxy_http_version 1.1; proxy_set_header Host $http_host; add_header X-Network ${++version} always;
          ${through.replace('$server', server.address)}
          location / { proxy_pass ${server.address}; }
        }
      }`)
  await lets(ALL)
  const nginx = spawn('nginx', ['-p', folder, '-c', file, '-e', 'stderr'], { stdio: 'ignore' })
  const address = `http://${HOST}:${port}`
  const there = async () => {
    const seen = () => fetch(`${address}/healthz`).then(answer => answer.headers.get('x-network'), () => null)
    while ((await seen()) !== String(version)) assert.equal(nginx.exitCode, null, 'nginx runs')
  }
  await there()
  return {
    address,
    /** Lets this through from now on. @param {string} through */
    async become(through) {
      await lets(through)
      nginx.kill('SIGHUP')
      await there()
    },
    async stop() {
      nginx.kill()
      await once(nginx, 'exit')
      await rm(folder, { recursive: true })
    },
  }
}

/** @param {string} path @param {unknown} data */
async function make(path, data) {
  const answer = await desk.request.post(`${server.address}/api/v1/${path}`, { data, headers: { Origin: server.address } })
  assert.equal(answer.status(), 201, await answer.text())
  return answer.json()
}

/** A phone in the venue. */
async function phone() {
  const page = await (await browser.newContext(PHONE)).newPage()
  page.setDefaultTimeout(60_000)
  return page
}

/** Which transport a page has used. @param {Page} page */
function transportsOf(page) {
  /** @type {string[]} */
  const taken = []
  page.on('websocket', socket => socket.on('framereceived', () => taken.push('socket')))
  page.on('requestfinished', request => request.url().includes('/live/poll') && taken.push('poll'))
  page.on('response', answer => answer.url().includes('/live/sse') && answer.ok() && taken.push('sse'))
  return taken
}

/** Waits until the page says this. @param {Page} page @param {string} text */
const says = (page, text) => page.getByText(text, { exact: false }).locator('visible=true').first().waitFor()

before(async () => {
  server = await startServer()
  browser = await startBrowser()
  desk = await (await browser.newContext({ viewport: { width: 1600, height: 1000 }, locale: 'en' })).newPage()
  await setUp(desk, server.setup)
  network = await startNetwork()
  const event = await make('events', { name: 'Annual meeting 2026', code: 'TULIP' })
  const options = [{ id: 1, text: 'By the sea' }, { id: 2, text: 'In the mountains' }]
  await make(`events/${event.id}/activities`, { settings: { kind: 'choice', title: 'Where should we meet?', options, min: 1, max: 1, changeable: true } })
  const connected = new Promise(resolve => desk.once('websocket', socket => socket.once('framereceived', resolve)))
  await desk.goto(`${server.address}/e/TULIP/screen`)
  // A key that is pressed before that does nothing.
  await connected
})

after(async () => {
  await browser?.close()
  await network?.stop()
  await server?.stop()
})

/** @type {Page} */
let first
/** @type {string[]} */
let taken

describe('on a network without WebSockets', () => {
  it('a participant takes part by Server-Sent Events', async () => {
    await network.become(NO_SOCKET)
    await desk.keyboard.press('PageDown')
    first = await phone()
    taken = transportsOf(first)
    await first.goto(`${network.address}/e/TULIP`)
    await says(first, 'Connected')
    await first.getByText('In the mountains').tap()
    await says(first, 'Your answer is in')
    await says(desk, '1 of 1')
    assert.deepEqual(new Set(taken), new Set(['sse']))
  })

  it('and does not try in vain again with the next page', async () => {
    let tried = false
    first.once('websocket', () => { tried = true })
    await first.reload()
    await says(first, 'Connected')
    await becomes(() => first.getByRole('radio', { name: 'In the mountains' }).isChecked(), true)
    await first.getByText('By the sea').tap()
    await first.waitForFunction(() => !Object.keys(localStorage).some(key => key.includes('outbox')))
    assert.ok(!tried)
  })
})

describe('on a network that holds back what comes bit by bit', () => {
  it('a participant takes part by long polling, and stays in the room', async () => {
    await network.become(NO_STREAM)
    const second = await phone()
    const taken = transportsOf(second)
    await second.goto(`${network.address}/e/TULIP`)
    await says(second, 'Connected')
    await second.getByText('In the mountains').tap()
    await says(second, 'Your answer is in')
    await says(desk, '2 of 2')
    await desk.keyboard.press('r')
    await says(second, '50')
    assert.deepEqual(new Set(taken), new Set(['poll']))
    await second.context().close()
  })
})

describe('once the network lets WebSockets through', () => {
  it('a participant comes back to them, and has lost nothing', async () => {
    await network.become(ALL)
    const heard = new Promise(resolve => first.on('websocket', socket => socket.once('framereceived', resolve)))
    await first.context().setOffline(true)
    await first.context().setOffline(false)
    await heard
    await says(first, 'Connected')
    await first.getByText('In the mountains').tap()
    await says(desk, 'In the mountains')
    await first.waitForFunction(() => !Object.keys(localStorage).some(key => key.includes('outbox')))
    assert.equal(await first.evaluate(() => localStorage.getItem('parterre.transport')), null)
  })
})
