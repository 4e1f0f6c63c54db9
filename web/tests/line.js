// A line to the server that can be cut and mended, with and without WebSockets.

import { EventEmitter, on } from 'node:events'
import { connect, createServer } from 'node:net'

/** What a WebSocket begins with. */
const UPGRADE = /upgrade: *websocket/i

/** @param {string} server */
export async function startLine(server) {
  /** @type {Set<import('node:net').Socket>} */
  const open = new Set()
  const refused = new EventEmitter()
  let carries = { all: true, upgrades: true }
  const line = createServer(near => {
    // Whoever is refused has said what for: a test may wait for it.
    if (!carries.all) return near.on('error', () => {}).once('data', data => (near.destroy(), refused.emit('request', String(data))))
    const far = connect(Number(new URL(server).port), '127.0.0.1')
    const drop = () => (near.destroy(), far.destroy())
    for (const socket of [near, far]) {
      open.add(socket)
      socket.on('error', drop)
      socket.on('close', () => (open.delete(socket), drop()))
    }
    far.pipe(near)
    near.on('data', data => {
      if (!carries.upgrades && UPGRADE.test(data.toString('latin1'))) drop()
      else far.write(data)
    })
  })
  await new Promise(resolve => line.listen(0, '127.0.0.1', () => resolve(0)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (line.address())
  const cut = () => {
    carries.all = false
    for (const socket of open) socket.destroy()
  }
  return {
    address: `http://127.0.0.1:${port}`,
    cut,
    /** Cuts it, and waits until a request was refused that begins like this. @param {RegExp} request */
    async cutFor(request) {
      const requests = on(refused, 'request')
      cut()
      for await (const [head] of requests) if (request.test(head)) return
    },
    /** It carries again what it did, or all but WebSockets. @param {boolean} upgrades */
    mend(upgrades) {
      carries = { all: true, upgrades }
    },
    async end() {
      cut()
      await new Promise(resolve => line.close(resolve))
    },
  }
}
