// People without a browser, for tests: each joins, is connected and answers as a phone without script would.

import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { get } from 'node:http'

/** @typedef {Awaited<ReturnType<typeof newcomer>>} Newcomer */

/**
 * Lets so many people in.
 * @param {string} address of the server
 * @param {string} code
 * @param {number} size
 */
export const crowd = (address, code, size) => Promise.all(Array.from({ length: size }, () => newcomer(address, code)))

/**
 * @param {string} address
 * @param {string} code
 */
async function newcomer(address, code) {
  const headers = { 'Content-Type': 'application/json' }
  const joined = await fetch(`${address}/api/v1/join`, { method: 'POST', headers, body: JSON.stringify({ code }) })
  assert.equal(joined.status, 200)
  const { token, live } = await joined.json()
  const connection = await connected(address + live, token)

  /**
   * Sends a form.
   * @param {'respond' | 'questions'} what
   * @param {[string, string][]} fields
   */
  const send = async (what, fields) => {
    const body = new URLSearchParams([['cid', randomUUID()], ...fields])
    const headers = { Cookie: `parterre_device=${token}`, Origin: address }
    const done = await fetch(`${address}/e/${code}/${what}`, { method: 'POST', headers, body, redirect: 'manual' })
    assert.equal(done.status, 303)
  }
  /**
   * @param {{id: string, round: number, version: number, settings: {kind: string}}} activity
   * @param {[string, string][]} answer the fields of the form
   */
  const respond = (activity, answer) =>
    send('respond', [['activity', activity.id], ['round', String(activity.round)], ['version', String(activity.version)], ['kind', activity.settings.kind], ...answer])
  /**
   * @param {string} text
   * @param {string} [name]
   */
  const ask = (text, name = '') => send('questions', [['do', 'ask'], ['sure', 'yes'], ['text', text], ['name', name]])
  /** @param {number} post */
  const support = post => send('questions', [['do', 'vote'], ['post', String(post)], ['vote', 'up']])
  return { respond, ask, support, leave: () => connection.destroy() }
}

/**
 * A live connection that reads whatever comes and says nothing.
 * @param {string} address
 * @param {string} token
 * @returns {Promise<import('node:stream').Duplex>}
 */
function connected(address, token) {
  const key = randomBytes(16).toString('base64')
  const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': key }
  return new Promise((resolve, reject) => {
    const request = get(address, { headers: { ...upgrade, Authorization: `Bearer ${token}` } })
    request.once('error', reject)
    request.once('response', answer => reject(new Error(`refused: ${answer.statusCode}`)))
    request.once('upgrade', (_, socket) => {
      // The server may go first, which is no news to someone who has left.
      socket.on('error', () => {})
      resolve(socket.resume())
    })
  })
}
