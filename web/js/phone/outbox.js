// Answers, questions and votes on their way to the server. Each is kept on the device from before it is sent until its
// receipt, so that a reload, a locked screen or a night without network loses nothing. They go out one at a time, in the
// order in which they were made: with two under way, a `later` for the first would let the second overtake it.
//
// Tabs of the same event share one outbox. Two tabs may send the same command; it has one id and is stored once. A tab
// may learn only a moment later what another has kept or let go of, so each command is kept under a name of its own: what
// one tab writes never undoes what another does.

import { uuid } from '../live.js'

/** @typedef {Extract<import('../wire.js').ClientMessage, {t: 'respond'}>} Respond */
/** @typedef {Extract<import('../wire.js').ClientMessage, {t: 'post'}>} Post */
/** @typedef {Respond | Post} Command */
/** @typedef {import('../live.js').Receipt & {status: 'stored'}} Stored */
/** @typedef {{command: Command, sent: boolean, place: number}} Entry `place` is where it stands in the order */

/** A command without a receipt for this long is sent again, though the connection lives. */
const AGAIN_MS = 15_000
/** What another tab has kept is sent from here too when it is still there after this long: that tab may be gone. */
const ADOPT_MS = 5_000

/** What the server reads as a command's id: it hangs up on who sends another. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * What a command decides, of which only the last word counts: an answer to an activity, a vote on a question, the wording
 * of one's own post. Nothing for one that is sent: each is one more.
 * @param {Command} command
 */
function about(command) {
  if (command.t === 'respond') return command.activity
  const { post } = command
  return post.do === 'ask' || post.do === 'send' ? undefined : `${post.do} ${post.post}`
}

/** @param {string | null} kept @returns {(Entry & {receipt?: Stored}) | undefined} nothing where it is not what was kept */
function read(kept) {
  try {
    const entry = JSON.parse(kept ?? '')
    const { t, cid, post } = entry.command
    return UUID.test(cid) && Number.isFinite(entry.place) && (t === 'respond' || (t === 'post' && post.do)) ? entry : undefined
  } catch {
    return undefined
  }
}

export class Outbox {
  /** With what the names begin under which the device keeps the commands. @type {string} */
  #prefix
  /** @type {import('../live.js').Live} */
  #live
  /** @type {(entries: Entry[]) => void} */
  #onChange
  /** @type {(command: Command, receipt: Stored) => void} */
  #onStored
  /** What the device does not keep: a private window may have no storage, and storage may be full. @type {Map<string, Entry>} */
  #unkept = new Map()
  /** The command that waits for its receipt. @type {string | null} */
  #underWay = null
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #againTimer

  /**
   * @param {string} event whose commands
   * @param {import('../live.js').Live} live how they go out
   * @param {(entries: Entry[]) => void} onChange
   * @param {(command: Command, receipt: Stored) => void} onStored what another tab has learnt
   */
  constructor(event, live, onChange, onStored) {
    this.#prefix = `parterre.outbox.${event}.`
    this.#live = live
    this.#onChange = onChange
    this.#onStored = onStored
    window.addEventListener('storage', change => {
      if (!change.key?.startsWith(this.#prefix)) return
      const { command, receipt } = read(change.newValue) ?? {}
      if (command && receipt) return this.#onStored(command, receipt)
      this.#onChange(this.entries())
      setTimeout(() => this.#next(), ADOPT_MS)
    })
  }

  /** What has no receipt yet, oldest first. @returns {Entry[]} */
  entries() {
    const entries = [...this.#kept(), ...this.#unkept.values()]
    return entries.sort((a, b) => a.place - b.place || (a.command.cid < b.command.cid ? -1 : 1))
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
    const entries = this.entries()
    // Behind all others, also where the device's clock was set back.
    this.#keep({ command, sent: false, place: Math.max(Date.now(), 1 + (entries.at(-1)?.place ?? 0)) })
    for (const entry of entries) {
      if (!entry.sent && subject !== undefined && about(entry.command) === subject) this.#letGo(entry.command.cid)
    }
    this.#onChange(this.entries())
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
   * @param {import('../live.js').Receipt} receipt
   */
  settle(receipt) {
    const entry = this.entries().find(entry => entry.command.cid === receipt.cid)
    if (receipt.status === 'later') {
      this.#again(receipt.retry_ms)
      return undefined
    }
    if (receipt.cid === this.#underWay) this.#underWay = null
    if (entry) {
      // The server may tell other tabs a little later: until then they would show the answer before this one.
      if (receipt.status === 'stored') this.#keep({ ...entry, receipt })
      this.#letGo(receipt.cid)
      this.#onChange(this.entries())
    }
    this.#next()
    return entry?.command
  }

  #next() {
    const [first] = this.entries()
    if (this.#underWay || !first || !this.#live.ready) return
    if (!first.sent) {
      // Before it is sent: from now on it may be stored, and must not be replaced.
      this.#keep({ ...first, sent: true })
      this.#onChange(this.entries())
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

  /** What the device keeps. @returns {Entry[]} */
  #kept() {
    try {
      const names = Object.keys(localStorage).filter(name => name.startsWith(this.#prefix))
      return names.flatMap(name => read(localStorage.getItem(name)) ?? []).filter(entry => !entry.receipt)
    } catch {
      return []
    }
  }

  /** @param {Entry & {receipt?: Stored}} entry */
  #keep(entry) {
    const { cid } = entry.command
    try {
      localStorage.setItem(this.#prefix + cid, JSON.stringify(entry))
      this.#unkept.delete(cid)
    } catch {
      this.#unkept.set(cid, entry)
    }
  }

  /** @param {string} cid */
  #letGo(cid) {
    this.#unkept.delete(cid)
    try {
      localStorage.removeItem(this.#prefix + cid)
    } catch {
      // Then it was not kept.
    }
  }
}
