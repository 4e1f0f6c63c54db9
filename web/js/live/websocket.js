// The transport that is tried first; the others are in js/transports.js.

/** @typedef {import('../live.js').TransportHandlers} TransportHandlers */

/** A live connection over a WebSocket. */
export class Socket {
  /** Whether it finds out by itself, by asking, that the other side is there. */
  asks = true
  /** Whether anything between here and the server accepted it. */
  opened = false

  #socket

  /** @param {(path: string) => URL} address @param {TransportHandlers} handlers */
  constructor(address, { onMessage, onClose }) {
    const url = address('')
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    this.#socket = new WebSocket(url)
    this.#socket.onopen = () => (this.opened = true)
    this.#socket.onmessage = event => onMessage(JSON.parse(event.data))
    this.#socket.onclose = event => onClose(event.code)
  }

  get open() {
    return this.#socket.readyState === WebSocket.OPEN
  }

  /** @param {import('../wire.js').ClientMessage} message */
  send(message) {
    this.#socket.send(JSON.stringify(message))
  }

  close() {
    this.#socket.close()
  }
}
