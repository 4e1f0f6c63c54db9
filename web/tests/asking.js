// People without a browser who ask and support questions, as a phone without script would, for tests.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'

/** @typedef {Awaited<ReturnType<typeof asker>>} Asker */

/**
 * Lets somebody in who asks and votes.
 * @param {string} address of the server
 * @param {string} code
 */
export async function asker(address, code) {
  const json = { 'Content-Type': 'application/json' }
  const joined = await fetch(`${address}/api/v1/join`, { method: 'POST', headers: json, body: JSON.stringify({ code }) })
  assert.equal(joined.status, 200)
  const { token } = await joined.json()

  /** @param {Record<string, string>} fields */
  const send = fields => {
    const headers = { Cookie: `parterre_device=${token}`, Origin: address }
    const body = new URLSearchParams({ cid: randomUUID(), sure: 'yes', ...fields })
    return fetch(`${address}/e/${code}/questions`, { method: 'POST', headers, body, redirect: 'manual' })
  }
  /** @param {Record<string, string>} fields */
  const done = async fields => assert.equal((await send(fields)).status, 303, `${fields.do} is taken`)

  return {
    /** @param {string} text @param {string} [name] */
    ask: (text, name) => done({ do: 'ask', text, ...(name && { name, named: 'yes' }) }),
    /** Whether a question is taken. @param {string} text */
    mayAsk: async text => (await send({ do: 'ask', text })).status === 303,
    /** @param {number} post @param {'up' | 'down' | 'none'} vote */
    vote: (post, vote = 'up') => done({ do: 'vote', post: String(post), vote }),
    /** @param {number} post @param {string} text */
    edit: (post, text) => done({ do: 'edit', post: String(post), text }),
    /** @param {number} post */
    withdraw: post => done({ do: 'withdraw', post: String(post) }),
  }
}
