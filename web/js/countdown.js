// The time left until a moment, by the server's clock. Nothing is sent for it: each page counts by itself.

/** From here on every second counts. */
export const LAST_SECONDS = 10
/** The server's clock is known as late as its word of it took to come: so much is not worth a second more. */
const SLACK_MS = 200

/**
 * A time left, as a clock counts it down.
 * @param {number} seconds
 */
export function clock(seconds) {
  const two = (/** @type {number} */ n) => String(n % 60).padStart(2, '0')
  const minutes = Math.floor(seconds / 60)
  return `${minutes < 60 ? minutes : `${Math.floor(minutes / 60)}:${two(minutes)}`}:${two(seconds)}`
}

export class Countdown {
  #live
  #tell
  /** @type {number | undefined} */
  #end
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer

  /**
   * @param {{now: number | undefined}} live what knows the server's clock
   * @param {(left: number | undefined) => void} tell told of the whole seconds left whenever they are asked for or change,
   *   down to 0; of nothing where there is no moment, or the clock is not known yet
   */
  constructor(live, tell) {
    this.#live = live
    this.#tell = tell
  }

  /**
   * Counts to this moment from now on, and no more to another.
   * @param {number | undefined} end
   */
  until(end) {
    this.#end = end
    this.tick()
  }

  /** Tells anew: to be called as well when the clock becomes known. */
  tick() {
    clearTimeout(this.#timer)
    const { now } = this.#live
    if (this.#end === undefined || now === undefined) return this.#tell(undefined)
    const left = Math.max(0, this.#end - now)
    const seconds = left > 0 ? Math.max(1, Math.ceil((left - SLACK_MS) / 1000)) : 0
    if (left > 0) this.#timer = setTimeout(() => this.tick(), seconds > 1 ? left - SLACK_MS - (seconds - 1) * 1000 : left)
    this.#tell(seconds)
  }
}
