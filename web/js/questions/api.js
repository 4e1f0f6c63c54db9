// The room's questions over HTTP: what the topic `posts` does not hold, asked for when it is looked at.

/** @typedef {import('../wire.js').ShownPost} ShownPost */
/** @typedef {ShownPost & {post: number}} Listed a question with its number */
/** @typedef {'popular' | 'recent' | 'oldest' | 'answered'} Sort */
/** @typedef {{sort: Sort, label: number, q: string}} Wanted what the list is to hold; 0 and an empty text: all */

export class Api {
  #path

  /** @param {string} event */
  constructor(event) {
    this.#path = `/api/v1/events/${event}/questions`
  }

  /**
   * The next of a list.
   * @param {Wanted} wanted
   * @param {string | undefined} after where the former ended
   * @param {AbortSignal} signal
   * @returns {Promise<{posts: Listed[], total: number, next?: string}>}
   */
  page({ sort, label, q }, after, signal) {
    return this.#get('', { sort, label: label ? String(label) : '', q, after: after ?? '' }, signal)
  }

  /**
   * Those of these that are still there.
   * @param {number[]} posts at most 50
   * @returns {Promise<Listed[]>}
   */
  async some(posts) {
    return (await this.#get('', { posts: posts.join() })).posts
  }

  /**
   * Questions that say about the same.
   * @param {string} q
   * @param {AbortSignal} signal
   * @returns {Promise<Listed[]>}
   */
  async similar(q, signal) {
    return (await this.#get('/similar', { q }, signal)).posts
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   */
  async #get(path, query, signal) {
    const fields = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== ''))
    const answer = await fetch(`${this.#path}${path}?${fields}`, { signal })
    if (answer.status === 429) {
      // Somebody searches faster than the server lets one; nobody has to know. What is typed meanwhile ends this search.
      const seconds = Number(answer.headers.get('Retry-After')) || 1
      await new Promise(resume => setTimeout(resume, seconds * 1000))
      signal?.throwIfAborted()
      return this.#get(path, query, signal)
    }
    if (!answer.ok) throw new Error(`${answer.status}`)
    return answer.json()
  }
}
