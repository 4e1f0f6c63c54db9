// The person's own votes: shown at once, said to be on their way until their receipt, and counted once.

/** @typedef {import('../wire.js').Vote} Vote */
/** @typedef {import('../wire.js').ShownPost} ShownPost */

/** After this long what the server tells holds a vote that it has confirmed. */
const COUNTED_MS = 5000
/** After this long a vote without receipt is said to be kept. */
const RECEIPT_TIMEOUT_MS = 2500

export class Votes {
  #live
  #outbox
  #rerender
  /** Votes whose receipt came before `me` told of them. @type {Map<number, {vote: Vote, before: Vote, at: number}>} */
  #confirmed = new Map()
  /** The vote that the shown count holds, while it is another than one's own. @type {Map<number, {vote: Vote, settled: number}>} */
  #counted = new Map()
  /** The newest `me` that was looked at. @type {import('../wire.js').Me | undefined} */
  #me
  /** Votes that were not taken. @type {Set<number>} */
  #refused = new Set()
  #sentAt = 0
  /** @type {Map<number, Vote> | undefined} */
  #pending

  /**
   * @param {import('../live.js').Live} live
   * @param {import('../phone/outbox.js').Outbox} outbox
   * @param {() => void} rerender
   */
  constructor(live, outbox, rerender) {
    this.#live = live
    this.#outbox = outbox
    this.#rerender = rerender
  }

  /**
   * The own vote, whether it waits for its receipt or, for some time, for a connection, and whether the last was refused.
   * @param {number} post
   */
  of(post) {
    const pending = this.pending().get(post)
    const waits = pending !== undefined
    const kept = waits && (!this.#live.ready || Date.now() - this.#sentAt > RECEIPT_TIMEOUT_MS)
    return { vote: pending ?? this.#stored(post), waits, kept, refused: !waits && this.#refused.has(post) }
  }

  /** The votes without a receipt, read from the device once for all that is drawn now. @returns {Map<number, Vote>} */
  pending() {
    if (this.#pending) return this.#pending
    const pending = new Map()
    this.#pending = pending
    queueMicrotask(() => (this.#pending = undefined))
    for (const { command } of this.#outbox.entries()) {
      if (command.t === 'post' && command.post.do === 'vote') pending.set(command.post.post, command.post.vote)
    }
    return pending
  }

  /** Every question with a vote that may have changed since. @returns {number[]} */
  touched() {
    return [...this.pending().keys(), ...this.#confirmed.keys(), ...this.#counted.keys(), ...this.#refused]
  }

  /**
   * How many are for and against a question, oneself included.
   * @param {number} post
   * @param {ShownPost} shown
   * @param {number} received when that was told
   */
  count(post, shown, received) {
    const { vote } = this.of(post)
    const held = this.#counted.get(post)
    const settled = held && (held.settled < received || held.settled + COUNTED_MS < Date.now())
    const counted = held ? (settled ? vote : held.vote) : this.#stored(post)
    const change = (/** @type {Vote} */ one) => Number(vote === one) - Number(counted === one)
    return { up: Math.max(0, shown.votes + change('up')), down: Math.max(0, (shown.down ?? 0) + change('down')) }
  }

  /**
   * @param {number} post
   * @param {Vote} vote
   */
  give(post, vote) {
    if (!this.#counted.has(post)) this.#counted.set(post, { vote: this.of(post).vote, settled: Infinity })
    this.#sentAt = Date.now()
    this.#refused.delete(post)
    this.#outbox.add({ t: 'post', post: { do: 'vote', post, vote } })
    this.#pending = undefined
    setTimeout(this.#rerender, RECEIPT_TIMEOUT_MS + 50)
  }

  /**
   * @param {number} post
   * @param {Vote} vote
   * @param {boolean} stored or refused
   */
  settled(post, vote, stored) {
    const now = Date.now()
    this.#pending = undefined
    if (stored) this.#confirmed.set(post, { vote, before: this.#told(post), at: now })
    else this.#refused.add(post)
    if (this.pending().has(post)) return
    const held = this.#counted.get(post)
    if (!stored) this.#counted.delete(post)
    else if (held) {
      held.settled = now
      setTimeout(this.#rerender, COUNTED_MS + 50)
    }
  }

  /** @param {number} post @returns {Vote} */
  #told(post) {
    return this.#live.topics.me?.votes?.[post] ?? 'none'
  }

  /** What the server has, as far as it told. @param {number} post */
  #stored(post) {
    this.#heed()
    return this.#confirmed.get(post)?.vote ?? this.#told(post)
  }

  /** A new `me` knows of what was confirmed before, unless it was on its way already. */
  #heed() {
    const { me } = this.#live.topics
    if (me === this.#me) return
    this.#me = me
    const now = Date.now()
    for (const [post, { before, at }] of this.#confirmed) {
      if (this.#told(post) !== before || now - at > COUNTED_MS) this.#confirmed.delete(post)
    }
  }
}
