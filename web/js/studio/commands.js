// Commands on their way: each keeps its id until its receipt has come, through any number of reconnections.

import { uuid } from '../live.js'

/** @import { Live } from "../live.js" */
/** @import { Act, Control, ServerMessage } from "../wire.js" */
/** @typedef {Extract<ServerMessage, {t: "receipt"}>} Receipt */
/** @typedef {{t: "control", control: Control} | {t: "moderate", act: Act}} Command without its id, which it is given here */

/** The commands without a receipt, in the order in which they were made. @type {Map<string, {command: Command, told: (receipt: Receipt) => void}>} */
const underway = new Map()

/**
 * Sends a command; what it gives is the final receipt, which names the command's id.
 * @param {Live} live
 * @param {Command} command
 * @returns {Promise<Receipt>}
 */
export function send(live, command) {
  const cid = uuid()
  return new Promise(told => {
    underway.set(cid, { command, told })
    live.send({ ...command, cid })
  })
}

/**
 * Sends again what has no receipt: after a reconnection nobody knows what became of it.
 * @param {Live} live
 */
export function sendAgain(live) {
  for (const [cid, { command }] of underway) live.send({ ...command, cid })
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
    setTimeout(() => live.send({ ...sent.command, cid: receipt.cid }), receipt.retry_ms)
    return
  }
  underway.delete(receipt.cid)
  sent.told(receipt)
}
