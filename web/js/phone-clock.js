// The time left to answer on a phone: changed in place each second, said aloud only now and then.

import { clock, Countdown, LAST_SECONDS } from './countdown.js'
import { announce, h, setText, t } from './messages.js'

/** What is left is said at first, and then at these. */
const SAID_SECONDS = [60, 30, LAST_SECONDS]

export class PhoneClock {
  /** Whether the time is up, though the server may not have said so yet. */
  isUp = false

  #live
  #render
  #countdown
  /** @type {number | undefined} */
  #left

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
