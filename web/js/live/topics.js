// The topics that a page holds, each with its rev, and what a delta does to one.

/** @typedef {import('../wire.js').Topic} Topic */

/**
 * Applies a JSON merge patch (RFC 7396) and returns the result; what it was made from is left as it is.
 * @param {any} target
 * @param {any} patch
 * @returns {any}
 */
export function merge(target, patch) {
  if (patch === null || typeof patch !== 'object' || Array.isArray(patch)) return patch
  const isObject = target !== null && typeof target === 'object' && !Array.isArray(target)
  const merged = isObject ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = merge(merged[key], value)
  }
  return merged
}

export class HeldTopics {
  /** The topics by name. @type {import('./types.js').Topics} */
  current = {}
  /** Their revs. @type {Partial<Record<Topic, number>>} */
  revs = {}

  /** @param {Topic} topic @param {number} rev @param {any} data */
  hold(topic, rev, data) {
    this.revs[topic] = rev
    this.current[topic] = data
  }

  /** @param {Topic} topic */
  forget(topic) {
    delete this.revs[topic]
    delete this.current[topic]
  }

  /** Takes a whole topic, unless it is older than what is held. @param {Extract<import('../wire.js').ServerMessage, {t: 'full'}>} message */
  takeFull({ topic, rev, data }) {
    if (rev < (this.revs[topic] ?? 0) && topic !== 'presence') return false
    this.hold(topic, rev, data)
    return true
  }

  /** Takes a change, unless it is one of another version. @param {Extract<import('../wire.js').ServerMessage, {t: 'delta'}>} message */
  takeDelta({ topic, from, rev, patch }) {
    if (this.revs[topic] !== from) return false
    this.hold(topic, rev, merge(this.current[topic], patch))
    return true
  }
}
