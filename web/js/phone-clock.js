// The time left to answer on a phone: changed in place each second, said aloud only now and then; and when what is marked is sent
// by itself, just before the time is up.

import { clock, Countdown, LAST_SECONDS } from './countdown.js'
import { announce, h, setText, t } from './messages.js'

/** What is left is said at first, and then at these. */
const SAID_SECONDS = [60, 30, LAST_SECONDS]

/** What is marked is sent so long before the time is up, for it to arrive in time also over a slow network. */
const LAST_CALL_MS = 2000
/** The phones of a room do so over this time before that, not in one instant. */
const LAST_CALL_SPREAD_MS = 1000
/** Whoever is still marking is given so long after each mark. */
const REST_MS = 800
/** What is marked later than so long before the time is up is sent by the button alone. */
const LATEST_MS = 700

export class PhoneClock {
  /** Whether the time is up, though the server may not have said so yet. */
  isUp = false

  #live
  #render
  #countdown
  /** @type {number | undefined} */
  #left
  #lastCallMs = LAST_CALL_MS + LAST_CALL_SPREAD_MS * Math.random()

  /**
   * @param {{now: number | undefined}} live
   * @param {() => void} render called when the time is up, or is no more
   */
  constructor(live, render) {
    this.#live = live
    this.#render = render
    this.#countdown = new Countdown(live, left => this.#show(left))
  }

  /**
   * Shows the time left until this moment of the server's clock.
   * @param {number | undefined} end
   */
  until(end) {
    this.#countdown.until(end)
  }

  /**
   * When what is marked is sent by itself, by the server's clock; nothing where it is too late for that.
   * @param {number} end when the time is up
   * @param {number} touchedAt when the person last marked something; 0 where that was before a reload
   * @param {number} now
   */
  lastCall(end, touchedAt, now) {
    const latest = end - LATEST_MS
    if (now >= end || touchedAt > latest) return undefined
    return Math.min(Math.max(end - this.#lastCallMs, touchedAt + REST_MS), latest)
  }

  /** @param {number | undefined} left */
  #show(left) {
    const before = this.#left
    this.#left = left
    const box = document.getElementById('clock')
    // What the server drew stays until its clock is known.
    if (!box || this.#live.now === undefined) return
    box.hidden = left === undefined
    if (left !== undefined) this.#write(box, left, before)
    if (this.isUp !== (left === 0)) {
      this.isUp = left === 0
      this.#render()
    }
  }

  /**
   * @param {HTMLElement} box
   * @param {number} left
   * @param {number | undefined} before
   */
  #write(box, left, before) {
    const last = left <= LAST_SECONDS
    const words = left === 0 ? t('phone.time_up') : t(last ? 'phone.seconds_left' : 'phone.time_left', { n: left })
    box.className = `clock ${last ? 'last' : ''}`
    if (!box.querySelector('b')) box.replaceChildren(h('b'), h('span'))
    setText(box.querySelector('b'), left === 0 ? '' : last ? String(left) : clock(left))
    setText(box.querySelector('span'), words)
    // That the time is up is said with what follows from it: that no more answers are taken.
    if (left === before || left === 0) return
    if (before === undefined || SAID_SECONDS.includes(left)) announce(`${left} ${t('phone.seconds_left', { n: left })}`, 'time')
  }
}
