// What stands in a venue's network, of real parts: a Squid as the proxy that devices are told to use, which may ask for a password
// or open TLS; a dnsmasq that answers names; and a network of its own whose line is slow, forgets, or loses what is large.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { found, freePort, running } from './obstacles.js'

const execute = promisify(execFile)
/** Whom the Squid lets through that asks. */
export const desk = { username: 'desk', password: 'a p@ss:word' }
/** What every Squid here has: nothing of the machine's own, nothing kept, everybody of this machine. */
const QUIET = 'cache deny all\ncache_mem 1 MB\naccess_log none\npinger_enable off\nshutdown_lifetime 0 seconds\nvisible_hostname proxy.venue.test\nmax_filedescriptors 1024\ncoredump_dir none'

/**
 * A Squid that devices are told to use.
 * @param {'open' | 'password' | 'closed' | 'inspecting'} kind
 */
export async function squid(kind) {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-squid-'))
  const listen = await freePort()
  // Started as root it becomes another user, who reads and writes here.
  await chmod(folder, 0o777)
  const port = { port: `http_port 127.0.0.1:${listen}`, more: 'http_access allow all' }
  if (kind === 'password') {
    const { stdout } = await execute('openssl', ['passwd', '-apr1', desk.password])
    await writeFile(join(folder, 'people'), `${desk.username}:${stdout}`, { mode: 0o644 })
    port.more = `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder}/people\nauth_param basic realm venue\nacl people proxy_auth REQUIRED\nhttp_access allow people\nhttp_access deny all`
  }
  if (kind === 'closed') port.more = 'acl tunnel method CONNECT\nhttp_access deny tunnel\nhttp_access allow all'
  if (kind === 'inspecting') {
    await authority(folder)
    await execute('/usr/lib/squid/security_file_certgen', ['-c', '-s', join(folder, 'made'), '-M', '4MB'])
    await execute('chmod', ['-R', 'a+rwX', folder])
    port.port += ` ssl-bump generate-host-certificates=on tls-cert=${folder}/authority.pem tls-key=${folder}/authority.key`
    port.more += `\nsslcrtd_program /usr/lib/squid/security_file_certgen -s ${folder}/made -M 4MB\nsslcrtd_children 1\nssl_bump bump all\nsslproxy_cert_error allow all\ntls_outgoing_options flags=DONT_VERIFY_PEER`
  }
  await writeFile(join(folder, 'squid.conf'), `${port.port}\n${QUIET}\npid_filename ${folder}/pid\ncache_log ${folder}/cache.log\n${port.more}\n`)
  return running(listen, folder, found('squid'), ['-N', '-f', join(folder, 'squid.conf')])
}

/** A mitmproxy that devices are told to use: it opens TLS, and tells nobody so. */
export async function mitmproxy() {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-mitmproxy-'))
  const listen = await freePort()
  const words = ['--quiet', '--listen-host', '127.0.0.1', '--listen-port', String(listen), '--ssl-insecure', '--set', `confdir=${folder}`]
  return running(listen, folder, found('mitmdump'), words)
}

/**
 * A mitmproxy before the server that speaks HTTP/1.0 on both sides and closes after each answer, as proxies of old do.
 * @param {string} server
 */
export async function oldProxy(server) {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-mitmproxy-'))
  const listen = await freePort()
  await writeFile(join(folder, 'old.py'), `
def request(flow):
    flow.request.http_version = "HTTP/1.0"
    for name in ("connection", "upgrade"):
        flow.request.headers.pop(name, None)

def responseheaders(flow):
    flow.response.stream = True
    flow.response.http_version = "HTTP/1.0"
    flow.response.headers["connection"] = "close"
`)
  const words = ['--quiet', '--mode', `reverse:${server}`, '--set', 'keep_host_header=true', '--listen-host', '127.0.0.1', '--listen-port', String(listen), '--set', `confdir=${folder}`, '--scripts', join(folder, 'old.py')]
  return running(listen, folder, found('mitmdump'), words)
}

/**
 * An authority of a venue's firewall, that nobody else knows.
 * @param {string} folder
 */
async function authority(folder) {
  const make = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/O=Venue IT/CN=Venue Firewall CA', '-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-keyout', 'authority.key', '-out', 'authority.pem']
  await execute('openssl', make, { cwd: folder })
}

/**
 * A dnsmasq that answers as these words of its command line say.
 * @param {string[]} words
 */
export async function resolver(words) {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-dnsmasq-'))
  const port = await freePort()
  // It keeps nothing of the machine's own.
  const own = ['--keep-in-foreground', '--conf-file=/dev/null', '--pid-file', '--no-resolv', '--no-hosts', '--listen-address=127.0.0.1', '--bind-interfaces', `--port=${port}`, '--log-facility=/dev/null', '--user=root']
  const box = await running(port, folder, found('dnsmasq'), [...own, ...words])
  return { ...box, address: `127.0.0.1:${port}` }
}

/** A resolver that hears and says nothing. */
export async function muteResolver() {
  const socket = createSocket('udp4')
  await new Promise(resolve => socket.bind(0, '127.0.0.1', () => resolve(0)))
  return { address: `127.0.0.1:${socket.address().port}`, end: async () => void socket.close() }
}

/**
 * What has a dnsmasq answer names in a network of its own, by its system's resolver. Not as a daemon, for it may not become another
 * user there.
 * @param {string} addresses
 * @param {number} [port]
 */
function names(addresses, port = 53) {
  return `mount --bind "$FOLDER/resolv.conf" /etc/resolv.conf
    dnsmasq --no-daemon --conf-file=/dev/null --no-resolv --no-hosts --listen-address=127.0.0.1 --bind-interfaces --port=${port} --log-facility=/dev/null ${addresses} &
    echo $! > "$FOLDER/dnsmasq.pid"
    until ss -Hlun "sport = :${port}" | grep -q .; do sleep 0.05; done`
}

/** What the line of a network does, as its own tools are told. @type {Record<string, string>} */
const LINES = {
  'a slow line': 'tc qdisc add dev lo root tbf rate 3mbit burst 32kb latency 500ms',
  'a narrow line': 'tc qdisc add dev lo root tbf rate 256kbit burst 16kb latency 800ms',
  // A name with an address of each kind, of which packets to one are dropped.
  'a line that drops IPv6': `ip addr add 2001:db8::7/128 dev lo
    nft 'add table inet box; add chain inet box in { type filter hook input priority 0; }; add rule inet box in ip6 daddr 2001:db8::7 tcp dport 1-65535 drop'
    ${names('--address=/vote.venue.test/127.0.0.1 --address=/vote.venue.test/2001:db8::7')}`,
  // A resolver that takes four seconds for each answer.
  'a line with a slow resolver': `${names('--address=/vote.venue.test/127.0.0.1', 5353)}
    node "${new URL('slow-resolver.js', import.meta.url).pathname}" 53 5353 4000 "$FOLDER/slow.pid" &
    until test -e "$FOLDER/slow.pid"; do sleep 0.1; done`,
  // Before anybody has signed in, only port 80 is open, where somebody else answers.
  'a line with a captive portal': `ip addr add 192.0.2.7/32 dev lo
    nft 'add table inet box; add chain inet box in { type filter hook input priority 0; }; add rule inet box in tcp dport 443 drop'
    ${names('--address=/vote.venue.test/192.0.2.7')}
    printf 'user root root; pid %s/nginx.pid; error_log %s/error.log; events {} http { access_log off; client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s; uwsgi_temp_path %s; scgi_temp_path %s; server { listen 80; return 302 http://login.hotel.example/room?device=1; } }' "$FOLDER" "$FOLDER" "$FOLDER" "$FOLDER" "$FOLDER" "$FOLDER" "$FOLDER" > "$FOLDER/nginx.conf"
    nginx -p "$FOLDER" -c "$FOLDER/nginx.conf" -e "$FOLDER/error.log"`,
  // A firewall that forgets who was silent, and drops who is not known to it.
  'a line that forgets': `echo 2 > /proc/sys/net/netfilter/nf_conntrack_tcp_timeout_established
    echo 0 > /proc/sys/net/netfilter/nf_conntrack_tcp_loose
    nft 'add table inet box; add chain inet box in { type filter hook input priority 0; }; add rule inet box in ct state invalid drop; add rule inet box in ct state established accept'`,
  // A tunnel that holds less than it is given and does not say so.
  'a line that loses what is large': `nft 'add table inet box; add chain inet box in { type filter hook input priority 0; }; add rule inet box in meta length > 1450 drop'`,
}

/**
 * A network of its own, with nothing in it but a line. Gives the words that run something in it, and a browser of it.
 * @param {string} line
 */
export async function network(line) {
  const folder = await mkdtemp(join(tmpdir(), 'parterre-network-'))
  await writeFile(join(folder, 'resolv.conf'), 'nameserver 127.0.0.1\noptions timeout:10 attempts:1\n')
  // What is sent here is no larger than on a real line. What runs in it ends with it, however that ends.
  const lay = `export PATH="$PATH:/usr/sbin:/sbin"
    trap 'for pid in "$FOLDER"/*.pid; do if test -e "$pid"; then kill "$(cat "$pid")" || true; fi; done' EXIT
    ip link set lo up mtu 1500; ${LINES[line]}\necho ready; cat`
  const room = spawn('unshare', ['--net', '--mount', '--map-root-user', 'sh', '-ec', lay], { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, FOLDER: folder } })
  const ended = new Promise(resolve => room.once('exit', resolve))
  const ready = new Promise(resolve => room.stdout.once('data', () => resolve(true)))
  const failed = ended.then(code => Promise.reject(new Error(`No network of its own can be made here: unshare, ip, tc or nft ended with ${code}.`)))
  await Promise.race([ready, failed])
  failed.catch(() => {})
  const within = ['nsenter', '--user', '--preserve-credentials', '--mount', '--net', `--wdns=${process.cwd()}`, '--target', String(room.pid)]
  const browser = join(folder, 'chromium')
  const chromium = process.env.PARTERRE_CHROMIUM ?? '/usr/bin/chromium'
  await writeFile(browser, `#!/bin/sh\nexec ${within.join(' ')} ${chromium} "$@"\n`, { mode: 0o755 })
  const end = async () => {
    room.stdin.end()
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  return { within, browser, end }
}

/** A port on which nobody listens. */
export const closedPort = freePort

/** Whether this machine lets us make a network. */
export function canMakeNetworks() {
  try {
    execFileSync('unshare', ['--net', '--map-root-user', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
