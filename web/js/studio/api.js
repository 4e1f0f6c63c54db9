// Requests to the studio's API, and what became of them in words.

import { problemSentence, t } from './words.js'

/**
 * What cannot be stored: the code of its sentence, and the arguments with the field that it is about.
 * @typedef {{code: string, args: Record<string, string | number>}} Problem
 */
/**
 * What went wrong with a request.
 * @typedef {object} Trouble
 * @property {string} code names it for programs; `network` where no answer came
 * @property {Record<string, string | number>} [args] the arguments of its sentence
 * @property {string} sentence what happened and what to do
 */

/** A request that was not done. */
export class RequestError extends Error {
  /** @param {Trouble} trouble */
  constructor(trouble) {
    super(trouble.sentence)
    this.trouble = trouble
  }
}

/** A server that says nothing for so long is taken for unreachable. */
const REQUEST_TIMEOUT_MS = 15_000

/**
 * Asks for something to be done; gives the answer's JSON, or nothing where there is none.
 * @param {"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} method
 * @param {string} path after `/api/v1/events`
 * @param {unknown} [body]
 */
export async function request(method, path, body) {
  /** @type {RequestInit} */
  const init = { method, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) }
  if (body !== undefined) {
    init.body = JSON.stringify(body)
    init.headers = { 'Content-Type': 'application/json' }
  }
  const answer = await fetch(`/api/v1/events${path}`, init).catch(() => {
    throw new RequestError({ code: 'network', sentence: t('studio.toast.network') })
  })
  const json = answer.headers.get('Content-Type')?.includes('json') ? await answer.json().catch(() => null) : null
  if (!answer.ok) throw new RequestError(trouble(answer.status, json))
  return json
}

/** A file of a large event is begun before this. */
const FILE_TIMEOUT_MS = 300_000

/**
 * Asks for a file; gives it with its name, once it is complete.
 * @param {string} path after `/api/v1/events`
 * @returns {Promise<{name: string, file: Blob}>}
 */
export async function fetchFile(path) {
  const failed = () => {
    throw new RequestError({ code: 'network', sentence: t('studio.toast.network') })
  }
  const answer = await fetch(`/api/v1/events${path}`, { signal: AbortSignal.timeout(FILE_TIMEOUT_MS) }).catch(failed)
  if (!answer.ok) throw new RequestError(trouble(answer.status, await answer.json().catch(() => null)))
  const name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? ''
  return { name, file: await answer.blob().catch(failed) }
}

/**
 * @param {number} status
 * @param {{code?: string, args?: Record<string, string | number>} | null} json
 * @returns {Trouble}
 */
function trouble(status, json) {
  if (status === 401) return { code: 'unauthorised', sentence: t('studio.toast.signed_out') }
  if (status === 404) return { code: 'unknown', sentence: t('studio.toast.unknown') }
  const code = json?.code ?? 'failed'
  const args = json?.args ?? {}
  return { code, args, sentence: problemSentence({ code, args }) }
}
