// A resolver that answers as another one does, only later: node slow-resolver.js PORT OTHER MILLISECONDS PIDFILE

import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'

const [port, other, ms, file] = process.argv.slice(2)
const room = createSocket('udp4')
room.on('message', (question, { port: from, address }) => {
  const asking = createSocket('udp4')
  asking.once('message', answer => {
    asking.close()
    setTimeout(() => room.send(answer, from, address), Number(ms))
  })
  asking.send(question, Number(other), '127.0.0.1')
})
room.bind(Number(port), '127.0.0.1', () => writeFileSync(file, String(process.pid)))
