// A facilitator who steers an event by the answers to requests: without a browser, for tests that are about another one than
// Chromium, where it makes the owner's account first; or with the sign-in of a page.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { owner } from './server.js'

/**
 * @param {string} address of the server
 * @param {string} setup the link that makes the owner
 */
export async function facilitator(address, setup) {
  const body = new URLSearchParams({ key: new URL(setup).searchParams.get('key') ?? '', ...owner })
  const made = await fetch(`${address}/setup`, { method: 'POST', headers: { Origin: address }, body, redirect: 'manual' })
  assert.equal(made.status, 303)
  const cookie = /parterre_session=[^;]+/.exec(made.headers.get('set-cookie') ?? '')?.[0] ?? ''

  /** @param {string} path @param {unknown} [data] @returns {Promise<any>} */
  const request = async (path, data) => {
    const headers = { Cookie: cookie, Origin: address, 'Content-Type': 'application/json' }
    const answer = await fetch(`${address}/api/v1${path}`, { headers, method: data ? 'POST' : 'GET', body: JSON.stringify(data) })
    const text = await answer.text()
    assert.ok(answer.ok, `${path}: ${answer.status} ${text}`)
    return JSON.parse(text)
  }
  return { request, ...steering(request) }
}

/**
 * The same where a page is signed in.
 * @param {import('playwright-core').Page} page
 * @param {string} address of the server
 */
export const facilitatorOf = (page, address) => steering(async (path, data) => {
  const answer = await page.request.fetch(`${address}/api/v1${path}`, { method: data ? 'POST' : 'GET', data, headers: { Origin: address } })
  assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`)
  return answer.json()
})

/** @param {(path: string, data?: unknown) => Promise<any>} request reads something, or makes it of these data */
function steering(request) {
  /** @param {string} event @param {object} command */
  const send = async (event, command) => {
    const receipt = await request(`/live?event=${event}&as=studio`, { cid: randomUUID(), ...command })
    assert.equal(receipt.status, 'stored', JSON.stringify(receipt))
  }
  /**
   * What the studio holds of this topic, once it is so.
   * @param {string} event @param {string} topic @param {(data: any) => boolean} so @returns {Promise<any>}
   */
  const held = async (event, topic, so) => {
    const messages = await request(`/live/poll?event=${event}&as=studio&again=1`)
    const { data } = messages.find((/** @type {any} */ one) => one.topic === topic) ?? {}
    return data && so(data) ? data : held(event, topic, so)
  }

  return {
    held,
    send,
    /** @param {string} event @param {object} control */
    control: (event, control) => send(event, { t: 'control', control }),
    /** Lets an event take questions, which are shown at once. @param {string} event */
    async takeQuestions(event) {
      const { settings } = await held(event, 'moderation', () => true)
      const open = { ...settings, state: 'open', review: false }
      await send(event, { t: 'moderate', act: { do: 'configure', version: settings.version, settings: open } })
    },
  }
}
