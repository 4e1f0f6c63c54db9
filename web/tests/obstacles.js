// Networks with something in the way, of real parts: nginx and HAProxy before the server, set as venues' proxies are, and a
// line that dies without a word.

import { execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What every nginx here has: nothing of the machine's own, and what a live connection needs. */
const PASS = `proxy_http_version 1.1; proxy_set_header Host $http_host;`
const UPGRADE = `proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $upgrade;`
const LIMIT = 'limit_req_zone $binary_remote_addr zone=one:1m rate=2r/s; limit_req_status 429;'

/** What stands in the way, as nginx has it. @type {Record<string, {http?: string, server: string}>} */
const NGINX = {
  'nothing in the way': { server: `location / { proxy_pass http://up; proxy_buffering off; ${PASS} ${UPGRADE} }` },
  'silence cut after 2 s': { server: `location / { proxy_pass http://up; proxy_buffering off; proxy_read_timeout 2s; ${PASS} ${UPGRADE} }` },
  // Gathering alone does not hold back: nginx passes on what it has while nothing more comes.
  'nginx that gathers': { server: `location / { proxy_pass http://up; proxy_buffering on; proxy_ignore_headers X-Accel-Buffering; ${PASS} ${UPGRADE} }` },
  'no connection kept': { server: `keepalive_timeout 0; location / { proxy_pass http://up; proxy_buffering off; ${PASS} ${UPGRADE} }` },
  'live connections sent to sign in': { server: `location / { if ($http_upgrade) { return 302 https://login.hotel.example/welcome?device=1; } proxy_pass http://up; proxy_buffering off; ${PASS} }` },
  'live connections forbidden': { server: `location / { if ($http_upgrade) { return 403; } proxy_pass http://up; proxy_buffering off; ${PASS} }` },
  'live connections that cannot be passed on': { server: `location / { if ($http_upgrade) { return 502; } proxy_pass http://up; proxy_buffering off; ${PASS} }` },
  'cookies taken out': { server: `location / { proxy_pass http://up; proxy_buffering off; proxy_set_header Cookie ""; proxy_hide_header Set-Cookie; ${PASS} ${UPGRADE} }` },
  'scripts put in': { http: 'gzip on; gzip_min_length 1;', server: `location / { proxy_pass http://up; proxy_buffering off; proxy_set_header Accept-Encoding ""; sub_filter_once on; sub_filter '</head>' '<script src="https://ads.venue.example/a.js"></script><script>window.ads = 1</script></head>'; ${PASS} ${UPGRADE} }` },
  'HTTP/1.0 to the server': { server: `location / { proxy_pass http://up; proxy_buffering off; proxy_http_version 1.0; proxy_set_header Host $http_host; }` },
  'no upgrade': { server: `location / { proxy_pass http://up; proxy_buffering off; ${PASS} proxy_set_header Upgrade ""; proxy_set_header Connection ""; }` },
  'few requests a second': { http: LIMIT, server: `location / { proxy_pass http://up; ${PASS} ${UPGRADE} } location /api/ { limit_req zone=one burst=2 nodelay; proxy_pass http://up; proxy_buffering off; ${PASS} ${UPGRADE} }` },
  'sent elsewhere to sign in': { server: `location / { return 302 http://login.hotel.example/room; }` },
  'few connections an address': { http: 'limit_conn_zone $binary_remote_addr zone=each:1m;', server: `location / { limit_conn each 20; proxy_pass http://up; proxy_buffering off; ${PASS} ${UPGRADE} }` },
  'a page to sign in on': { server: `location / { default_type text/html; return 200 "<!doctype html><title>Hotel</title><form>Room number <input></form>"; }` },
}

/**
 * Where a program is: Debian keeps some out of a user's path.
 * @param {string} name
 */
export const found = name => ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin'].map(folder => join(folder, name)).find(existsSync) ?? name
const [nginx, haproxy] = ['nginx', 'haproxy'].map(found)

/**
 * An nginx with this in the way, on this port; gives its address and how to end it.
 * @param {string} what
 * @param {string} server
 * @param {number} [port]
 * @param {string} [address]
 */
export async function proxy(what, server, port = 0, address = '127.0.0.1') {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-nginx-'))
  const listen = port || (await freePort())
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`).join(' ')
  const { http = '', server: rules } = NGINX[what]
  await writeFile(join(folder, 'nginx.conf'), `
    daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events { worker_connections 256; }
    http { access_log off; ${temporary} ${http} map $http_upgrade $upgrade { default upgrade; '' close; }
      upstream up { server ${new URL(server).host}; }
      server { listen ${address}:${listen}; client_max_body_size 10m; ${rules} } }`)
  return running(listen, folder, nginx, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')], address)
}

/**
 * An nginx that opens TLS with a certificate of its own and closes it again towards the server, as firewalls do that look into
 * traffic.
 * @param {string} server
 * @param {'http' | 'https'} [scheme] what it speaks towards the server
 */
export async function inspector(server, scheme = 'https') {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-nginx-'))
  const listen = await freePort()
  const make = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=firewall -keyout key.pem -out certificate.pem'
  await promisify(execFile)('openssl', make.split(' '), { cwd: folder })
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${folder}/${name};`).join(' ')
  await writeFile(join(folder, 'nginx.conf'), `
    daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log; events { worker_connections 256; }
    http { access_log off; ${temporary} map $http_upgrade $upgrade { default upgrade; '' close; }
      upstream up { server ${new URL(server).host}; }
      server { listen 127.0.0.1:${listen} ssl http2; ssl_certificate certificate.pem; ssl_certificate_key key.pem; client_max_body_size 10m;
        location / { proxy_pass ${scheme}://up; proxy_buffering off; ${scheme === 'https' ? 'proxy_set_header Via "1.1 firewall";' : ''} ${PASS} ${UPGRADE} } } }`)
  const { end } = await running(listen, folder, nginx, ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')])
  return { address: `https://127.0.0.1:${listen}`, port: listen, end }
}

/**
 * A HAProxy that waits for the whole of an answer that comes bit by bit, as those do that scan answers.
 * @param {string} server
 */
export const scanner = server => balancer(server, 'http', '', 'http-response wait-for-body time 8s at-least 15000 if { res.hdr(content-type) -m sub event-stream }')

/**
 * A HAProxy that cuts what has become a WebSocket after so much silence, and waits longer for answers.
 * @param {string} server
 */
export const cutter = server => balancer(server, 'http', 'timeout tunnel 2s', '')

/**
 * A HAProxy that closes the connection after each answer.
 * @param {string} server
 */
export const closer = server => balancer(server, 'http', 'timeout tunnel 60s\n  option httpclose', '')

/**
 * A HAProxy that lets an address open so many connections in ten seconds, and refuses what comes beyond.
 * @param {string} server
 * @param {number} most
 */
export const counter = (server, most) => balancer(server, 'http', `stick-table type ip size 1k expire 10s store conn_rate(10s)
  tcp-request connection track-sc0 src
  tcp-request connection reject if { sc_conn_rate(0) gt ${most} }`, '')

/**
 * A HAProxy that reads the name with which TLS begins, and cuts what is for this one.
 * @param {string} server
 * @param {string} name
 */
export const censor = (server, name) => balancer(server, 'tcp', `tcp-request inspect-delay 5s
  tcp-request content reject if { req.ssl_sni -i ${name} }
  tcp-request content accept if { req.ssl_hello_type 1 }`, '')

/**
 * A HAProxy with these rules towards the room and towards the server.
 * @param {string} server
 * @param {'http' | 'tcp'} mode
 * @param {string} front
 * @param {string} back
 */
async function balancer(server, mode, front, back) {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-haproxy-'))
  const listen = await freePort()
  const [tunnel, rules] = front.startsWith('timeout tunnel') ? [front, ''] : ['', front]
  await writeFile(join(folder, 'haproxy.cfg'), `
defaults
  mode ${mode}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  ${tunnel}
frontend in
  bind 127.0.0.1:${listen}
  ${rules}
  default_backend up
backend up
  ${back}
  server up ${new URL(server).host}
`)
  return running(listen, folder, haproxy, ['-db', '-f', join(folder, 'haproxy.cfg')])
}

/**
 * A proxy that accepts; gives its address and how to end it.
 * @param {number} port
 * @param {string} folder what is its alone
 * @param {string} program
 * @param {string[]} words
 * @param {string} [address]
 */
export async function running(port, folder, program, words, address = '127.0.0.1') {
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = new Promise(resolve => child.once('exit', resolve))
  const failed = new Promise((_, reject) => {
    child.once('error', error => reject(new Error(`This test needs ${program}: ${error.message}`)))
    child.once('exit', code => reject(new Error(`${program} ended with ${code}; see ${folder}`)))
  })
  await Promise.race([answering(port, address), failed])
  failed.catch(() => {})
  const end = async () => {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  return { address: `http://${address}:${port}`, port, end }
}

/**
 * A port on which nothing listens, below those that systems give to whoever asks for any, as other tests do meanwhile,
 * and above the last that browsers refuse.
 * @returns {Promise<number>}
 */
export async function freePort() {
  const port = randomInt(10_081, 32_000)
  const server = createServer()
  const free = await new Promise(resolve => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => resolve(true))
  })
  await new Promise(resolve => server.close(resolve))
  return free ? port : freePort()
}

/**
 * @param {number} port
 * @param {string} address
 */
async function answering(port, address) {
  for (;;) {
    const there = await new Promise(resolve => {
      const socket = connect(port, address, () => (socket.destroy(), resolve(true)))
      socket.once('error', () => resolve(false))
    })
    if (there) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

/**
 * A line to the server of which each connection is joined in a way of its own.
 * @param {string} server
 * @param {(near: import('node:net').Socket, far: import('node:net').Socket) => void} join
 */
async function lineTo(server, join) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set()
  const line = createServer(near => {
    const far = connect(Number(new URL(server).port), '127.0.0.1')
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
    }
    join(near, far)
  })
  await new Promise(resolve => line.listen(0, '127.0.0.1', () => resolve(0)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (line.address())
  const end = async () => {
    for (const socket of open) socket.destroy()
    await new Promise(resolve => line.close(resolve))
  }
  return { address: `http://127.0.0.1:${port}`, port, end }
}

/**
 * A proxy that closes a WebSocket with 1009 at a message that is longer than this, as those do that limit them.
 * @param {string} server
 * @param {number} most
 */
export function sizeLimit(server, most) {
  return lineTo(server, (near, far) => {
    let [head, held] = [true, Buffer.alloc(0)]
    for (const socket of [near, far]) for (const over of ['error', 'close']) socket.on(over, () => (near.destroy(), far.destroy()))
    far.pipe(near)
    near.on('data', data => {
      if (head) {
        head = !/upgrade: *websocket/i.test(data.toString('latin1'))
        return far.write(data)
      }
      // Frames of a client (RFC 6455, 5.2): two bytes, perhaps a longer length, the mask, the payload.
      for (held = Buffer.concat([held, Buffer.from(data)]); held.length >= 14 || held.length >= 6 && (held[1] & 127) < 126; ) {
        const short = held[1] & 127
        const [length, from] = short < 126 ? [short, 2] : short === 126 ? [held.readUInt16BE(2), 4] : [Number(held.readBigUInt64BE(2)), 10]
        if (length > most) {
          far.unpipe(near)
          near.end(Buffer.from([0x88, 2, 1009 >> 8, 1009 & 255]))
          return far.destroy()
        }
        const end = from + 4 + length
        if (held.length < end) return
        far.write(held.subarray(0, end))
        held = held.subarray(end)
      }
    })
  })
}

/**
 * A line to the server on which everything takes so long each way.
 * @param {string} server
 * @param {number} ms
 */
export function slowLine(server, ms) {
  return lineTo(server, (near, far) => {
    for (const [from, to] of [[near, far], [far, near]]) {
      const later = (/** @type {() => unknown} */ pass) => setTimeout(() => to.destroyed || pass(), ms)
      from.on('data', data => later(() => to.write(data)))
      from.on('end', () => later(() => to.end()))
      from.on('error', () => to.destroy())
      from.on('close', () => later(() => to.destroy()))
    }
  })
}

/**
 * A line to the server that stalls for so long in the middle of the first stream of Server-Sent Events, and never again.
 * @param {string} server
 * @param {number} ms
 */
export function stallingLine(server, ms) {
  let stalled = false
  return lineTo(server, (near, far) => {
    near.pipe(far).pipe(near)
    far.on('data', data => {
      if (stalled || !/"n":5\D/.test(data.toString('latin1'))) return
      stalled = true
      far.unpipe(near)
      far.pause()
      setTimeout(() => far.pipe(near), ms)
    })
    for (const socket of [near, far]) for (const over of ['error', 'close']) socket.on(over, () => (near.destroy(), far.destroy()))
  })
}

/**
 * A line to the server on which a connection that was silent for so long carries nothing any more, and nobody is told.
 * @param {string} server
 * @param {number} ms
 */
export function forgetfulLine(server, ms) {
  return lineTo(server, (near, far) => {
    let [last, dead] = [Date.now(), false]
    for (const [from, to] of [[near, far], [far, near]]) {
      from.on('data', data => {
        dead ||= Date.now() - last > ms
        last = Date.now()
        if (!dead) to.write(data)
      })
      from.on('end', () => dead || to.end())
      from.on('error', () => to.destroy())
      from.on('close', () => dead || to.destroy())
    }
  })
}
