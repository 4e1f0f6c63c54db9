// Answers, questions and votes on their way to the server. Each is kept on the device from before it is sent until its
// receipt, so that a reload, a locked screen or a night without network loses nothing. They go out one at a time, in the
// order in which they were made: with two under way, a `later` for the first would let the second overtake it.
//
// Tabs of the same event share one outbox. Two tabs may send the same command; it has one id and is stored once.

import { uuid } from './live.js'

/** @typedef {Extract<import('./wire.js').ClientMessage, {t: 'respond'}>} Respond */
/** @typedef {Extract<import('./wire.js').ClientMessage, {t: 'post'}>} Post */
/** @typedef {Respond | Post} Command */
/** @typedef {{command: Command, sent: boolean}} Entry */

/** A command without a receipt for this long is sent again, though the connection lives. */
const AGAIN_MS = 15_000
/** What another tab has kept is sent from here too when it is still there after this long: that tab may be gone. */
const ADOPT_MS = 5_000

/**
 * What a command decides, of which only the last word counts: an answer to an activity, a vote on a question, the wording
 * of one's own. Nothing for a question that is asked: each is one more.
 * @param {Command} command
 */
function about(command) {
  if (command.t === 'respond') return command.activity
  const { post } = command
  return post.do === 'ask' ? undefined : `${post.do} ${post.post}`
}

export class Outbox {
  /** @type {string} */
  #key
  /** @type {import('./live.js').Live} */
  #live
  /** @type {(entries: Entry[]) => void} */
  #onChange
  /** Used instead of the device's storage where a private window has none. @type {Entry[] | null} */
  #memory = null
  /** The command that waits for its receipt. @type {string | null} */
  #underWay = null
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #againTimer

  /**
   * @param {string} event whose commands
   * @param {import('./live.js').Live} live how they go out
   * @param {(entries: Entry[]) => void} onChange
   */
  constructor(event, live, onChange) {
    this.#key = `parterre.outbox.${event}`
    this.#live = live
    this.#onChange = onChange
    window.addEventListener('storage', change => {
      if (change.key !== this.#key) return
      this.#onChange(this.entries())
      setTimeout(() => this.#next(), ADOPT_MS)
    })
  }

  /** What has no receipt yet, oldest first. @returns {Entry[]} */
  entries() {
    if (this.#memory) return this.#memory
    try {
      return JSON.parse(localStorage.getItem(this.#key) ?? '[]')
    } catch {
      return (this.#memory = [])
    }
  }

  /**
   * Keeps a command and sends it as soon as can be. It takes the place of one about the same that was never sent; one
   * that was sent stays until its receipt, since it may be stored already.
   * @param {Omit<Respond, 'cid'> | Omit<Post, 'cid'>} made
   * @returns {string} its id
   */
  add(made) {
    const command = /** @type {Command} */ ({ cid: uuid(), ...made })
    const subject = about(command)
    const others = this.entries().filter(entry => entry.sent || subject === undefined || about(entry.command) !== subject)
    this.#write([...others, { command, sent: false }])
    this.#next()
    return command.cid
  }

  /** Sends what waits: to be called on each new connection, on which nothing is under way. */
  flush() {
    clearTimeout(this.#againTimer)
    this.#underWay = null
    this.#next()
  }

  /**
   * Takes note of a receipt and returns the command that it is for, where it is still here.
   * @param {import('./live.js').Receipt} receipt
   */
  settle(receipt) {
    const entries = this.entries()
    const entry = entries.find(entry => entry.command.cid === receipt.cid)
    if (receipt.status === 'later') {
      this.#again(receipt.retry_ms)
      return undefined
    }
    if (receipt.cid === this.#underWay) this.#underWay = null
    if (entry) this.#write(entries.filter(other => other !== entry))
    this.#next()
    return entry?.command
  }

  #next() {
    const entries = this.entries()
    const first = entries[0]
    if (this.#underWay || !first || !this.#live.ready) return
    if (!first.sent) {
      // Before it is sent: from now on it may be stored, and must not be replaced.
      first.sent = true
      this.#write(entries)
    }
    this.#underWay = first.command.cid
    this.#live.send(first.command)
    this.#again(AGAIN_MS)
  }

  /** @param {number} ms */
  #again(ms) {
    clearTimeout(this.#againTimer)
    this.#againTimer = setTimeout(() => this.flush(), ms)
  }

  /** @param {Entry[]} entries */
  #write(entries) {
    try {
      if (this.#memory) this.#memory = entries
      else localStorage.setItem(this.#key, JSON.stringify(entries))
    } catch {
      this.#memory = entries
    }
    this.#onChange(entries)
  }
}
