// What a person has marked or typed and not sent, kept on the device.

import { storageGet, storageSet } from '../live.js'

/** @typedef {import('./types.js').Draft} Draft */
/** @typedef {Draft & {activity: string, round: number}} Kept */

/** It is kept of so many activities at most: what was left lying longest goes. */
const MAX_UNSENT = 20

/**
 * A reload, a closed page or another question on stage in between takes nothing of it away. It is let go of when it is sent, and
 * when the round that it was for is over.
 */
export class Unsent {
  #name

  /** @param {string} event whose activities */
  constructor(event) {
    this.#name = `parterre.unsent.${event}`
  }

  /** @returns {Kept[]} what was kept, the newest last; nothing of what is not understood */
  #all() {
    try {
      const all = JSON.parse(storageGet(this.#name) ?? '[]')
      return Array.isArray(all) ? all.filter(one => typeof one?.activity === 'string' && Number.isInteger(one.round)) : []
    } catch {
      return []
    }
  }

  /**
   * What was kept for this round of an activity.
   * @param {string} activity
   * @param {number} round
   * @returns {Draft | undefined}
   */
  of(activity, round) {
    return this.#all().find(one => one.activity === activity && one.round === round)
  }

  /**
   * Keeps what is not sent, in place of what was kept for this activity before; lets go of it where there is nothing.
   * @param {string} activity
   * @param {number} round
   * @param {Draft | undefined} draft
   */
  keep(activity, round, draft) {
    const all = this.#all()
    const others = all.filter(one => one.activity !== activity)
    if (!draft && others.length === all.length) return
    const now = draft ? [...others, { ...draft, activity, round }] : others
    storageSet(this.#name, now.length > 0 ? JSON.stringify(now.slice(-MAX_UNSENT)) : '')
  }
}
