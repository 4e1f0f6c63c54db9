// Commands on their way: each keeps its id until its receipt has come, through any number of reconnections.

import { uuid } from '../live.js'

/** @import { Live } from "../live.js" */
/** @import { Control, ServerMessage } from "../wire.js" */
/** @typedef {Extract<ServerMessage, {t: "receipt"}>} Receipt */

/** The commands without a receipt, in the order in which they were made. @type {Map<string, {control: Control, told: (receipt: Receipt) => void}>} */
const underway = new Map()

/**
 * Sends a command; what it gives is the final receipt.
 * @param {Live} live
 * @param {Control} control
 * @returns {Promise<Receipt>}
 */
export function command(live, control) {
  const cid = uuid()
  return new Promise(told => {
    underway.set(cid, { control, told })
    live.send({ t: 'control', cid, control })
  })
}

/**
 * Sends again what has no receipt: after a reconnection nobody knows what became of it.
 * @param {Live} live
 */
export function sendAgain(live) {
  for (const [cid, { control }] of underway) live.send({ t: 'control', cid, control })
}

/**
 * Takes a receipt; a command that the server could not do just now is sent again when it says.
 * @param {Live} live
 * @param {Receipt} receipt
 */
export function receive(live, receipt) {
  const sent = underway.get(receipt.cid)
  if (!sent) return
  if (receipt.status === 'later') {
    setTimeout(() => live.send({ t: 'control', cid: receipt.cid, control: sent.control }), receipt.retry_ms)
    return
  }
  underway.delete(receipt.cid)
  sent.told(receipt)
}
