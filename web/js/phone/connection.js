// Whether a phone is connected, in words; why it is not, and what to do; and how it joins.

import { pause } from '../live.js'
import { announce, byId, h, has, isOver, onceTypingIn, setText, t } from '../messages.js'
import { laterWords } from './words.js'

/** @typedef {import('../phone.js').Page} Page */

/** How long a lost connection is not worth a word: most come back sooner. */
const GRACE_MS = 2500
/** After so long without a connection the page says what one can do about it. */
const UNREACHED_MS = 10_000
/** Why joining is tried again by itself. */
const AGAIN = ['network', 'busy', 'slow_down']
/** Why it is not, where there is more to say than that it did not work. */
const TROUBLES = ['name_needed', 'name_flagged', 'name_invalid', 'cookies']
/** The longest name. */
const NAME_CHARS = 40

/**
 * @param {string} label
 * @param {() => void} onclick
 */
const button = (label, onclick) => h('button', { class: 'button', type: 'button', onclick }, t(label))

/** A button that loads the page again. */
const reload = (label = 'phone.off.reload') => button(label, () => location.reload())

/** How often something was said, or no longer said. */
let noticed = 0

/**
 * Says something above everything else, with a way out where there is one; nothing for an empty sentence.
 * @param {string} sentence
 * @param {HTMLElement} [way]
 * @param {boolean} [calm] whether nothing is wrong
 */
export function notice(sentence, way, calm = false) {
  noticed += 1
  const box = byId('notice')
  box.classList.toggle('calm', calm)
  box.hidden = sentence === ''
  if (sentence) box.replaceChildren(h('p', {}, sentence), ...(way ? [way] : []))
}

/**
 * The same with words that are fetched for it, unless there is something else to say by then.
 * @param {string} key
 * @param {() => HTMLElement} [way]
 */
async function noticeLater(key, way) {
  const turn = (noticed += 1)
  await laterWords()
  if (turn !== noticed) return
  if (has(key)) notice(t(key), way?.())
  else missing()
}

/** Says that a part of the page did not come. */
export const missing = () => notice(t('phone.missing'), reload())

export class Connection {
  #page
  /** Whether the page has stopped coming back by itself, and the way out is told. */
  #stopped = false
  #lostAt = 0
  /** Since when there has been no connection; 0 while there is one. */
  #awaySince = Date.now()
  /** Who the server said that we are, while no connection has borne that out. @type {string | undefined} */
  #unproven
  /** How often in a row nothing came back from the server. */
  #unanswered = 0
  /** To be called where the device is somebody else now. */
  #changed

  /**
   * @param {Page} page
   * @param {() => void} changed to be called where the device turns out to be somebody else
   */
  constructor(page, changed) {
    this.#page = page
    this.#changed = changed
    setTimeout(page.render, UNREACHED_MS + 50)
  }

  /**
   * @param {import('../live.js').Status} status
   * @param {number} code
   */
  became(status, code) {
    const { outbox, render } = this.#page
    if (status === 'connected') {
      this.#unproven = undefined
      this.#stopped = false
      this.#awaySince = 0
      notice('')
      outbox.flush()
    } else if (!this.#awaySince) {
      this.#awaySince = Date.now()
      setTimeout(render, UNREACHED_MS + 50)
    }
    if (status === 'reconnecting') {
      this.#lostAt = Date.now()
      setTimeout(render, GRACE_MS + 50)
    }
    if (status === 'off') this.#stop(code)
    render()
  }

  render() {
    const { live, outbox, joined } = this.#page
    // A change of mind that waits behind the answer it changes is one answer to the person.
    const commands = outbox.entries().map(({ command }) => command)
    const waiting = new Set(commands.map(command => (command.t === 'respond' ? command.activity : command.cid))).size
    const answers = commands.every(command => command.t === 'respond')
    const over = live.topics.stage?.event.state === 'ended'
    const inGrace = live.status === 'reconnecting' && Date.now() - this.#lostAt < GRACE_MS
    let name = live.status === 'connected' || inGrace ? 'connected' : live.status === 'off' ? 'off' : live.status
    if (!navigator.onLine && name !== 'connected') name = 'offline'
    if (over) name = 'over'
    if (!joined && !over) name = this.#stopped ? 'off' : ''
    this.#showUnreached(over)
    const pill = byId('pill')
    pill.hidden = name === ''
    if (!name) return
    pill.className = `pill ${name === 'connected' ? 'good' : name === 'over' || name === 'connecting' ? '' : 'warn'}`
    if (!pill.querySelector('.dot')) pill.replaceChildren(h('span', { class: 'dot' }), h('span'))
    const status = t(`phone.pill.${name}`)
    const text = waiting > 0 && name !== 'connected' ? t(answers ? 'phone.pill.waiting' : 'phone.pill.to_send', { n: waiting, status }) : status
    setText(pill.lastElementChild, text)
  }

  /** What one can do where the server cannot be reached. The network test is another page: here nothing is lost by it. @param {boolean} over */
  #showUnreached(over) {
    const { live, joined } = this.#page
    const tries = joined ? live.status === 'connecting' || live.status === 'reconnecting' : this.#unanswered > 0
    const away = this.#awaySince > 0 && Date.now() - this.#awaySince > UNREACHED_MS
    const box = byId('unreached')
    const tells = tries && away && !over && !this.#stopped
    if (tells && box.hidden) announce(Array.from(box.querySelectorAll('p'), one => one.textContent).join(' '), 'connection')
    box.hidden = !tells
  }

  /**
   * The connection will not come back by itself: say why, and what to do.
   * @param {number} code the close code
   */
  #stop(code) {
    if (code === 4502) noticeLater('phone.off.replaced', () => button('phone.off.use_here', () => this.#page.live.connect()))
    else if (code === 4500) this.#gone()
    else if (code === 4501) noticeLater('phone.off.unknown', () => reload('phone.off.join_again'))
    else if (code !== 0) noticeLater('phone.off.faulty', reload)
  }

  #gone() {
    this.#stopped = true
    noticeLater('phone.off.gone', () => h('a', { class: 'button', href: '/' }, t('phone.off.home')))
  }

  /**
   * Joins, or finds out whether this device is still known: joining again gives the same participant.
   * @param {string} [name]
   * @param {string} [told] what the server gave to show when coming at this moment
   * @returns {Promise<{code: string, wait: number, participant?: string, told?: string}>} `joined`, or why not, and after how
   *   long to try again
   */
  async #join(name, told) {
    try {
      const answer = await fetch(`/api/v1/join${told ? `?retry=${told}` : ''}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ code: this.#page.state.code, ...(name ? { name } : {}) }),
      })
      this.#unanswered = 0
      if (answer.ok) return { code: 'joined', wait: 0, participant: (await answer.json()).participant }
      const { code, retry_ms, retry: shown } = await answer.json().catch(() => ({ code: 'other' }))
      return { code, told: shown, wait: retry_ms ?? 1000 * Number(answer.headers.get('Retry-After') ?? 2) * (1 + Math.random()) }
    } catch {
      return { code: 'network', wait: pause(this.#unanswered++) }
    }
  }

  /** A connection was not taken: says whether to go on trying. */
  async rejoin() {
    const { live, state } = this.#page
    const { code, participant } = await this.#join(live.topics.me?.name)
    if (code === 'joined' && this.#unproven !== undefined && participant !== this.#unproven) {
      // We are somebody else each time that we ask: the browser keeps no cookie, so no connection will be taken.
      this.#stopped = true
      noticeLater('phone.join_trouble.cookies', reload)
      return false
    }
    if (code === 'joined') this.#unproven = participant
    if (code === 'joined' && participant !== live.topics.me?.participant) this.#changed()
    if (code === 'unknown_event') this.#gone()
    if (code === 'ended') this.#over()
    // The server is asked whether the cookie of a moment ago came back; it says so where it did not.
    if (code === 'name_needed' || code === 'name_flagged') location.replace(this.#unproven === undefined ? location.pathname : `/e/${state.code}?joined`)
    return !['unknown_event', 'ended', 'name_needed', 'name_flagged'].includes(code)
  }

  #over() {
    const { live, render } = this.#page
    const { stage } = live.topics
    if (stage) live.topics.stage = { ...stage, event: { ...stage.event, state: 'ended' }, activity: undefined }
    render()
  }

  /** Joins by itself where no name is asked, else when the form is sent; tries again until it works or cannot. */
  start() {
    const form = /** @type {HTMLFormElement | null} */ (document.querySelector('.join form'))
    if (!form) return
    const name = /** @type {HTMLInputElement | null} */ (form.querySelector('[name=name]'))
    if (name) onceTypingIn(name, ({ limited }) => limited(name, NAME_CHARS))
    form.addEventListener('submit', event => {
      event.preventDefault()
      if (!isOver(name)) this.#attempt(form)
    })
    if (!name) this.#attempt(form)
  }

  /**
   * @param {HTMLFormElement} form
   * @param {string} [shown]
   */
  async #attempt(form, shown) {
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'))
    button.disabled = true
    setText(button, t('phone.joining'))
    const given = /** @type {HTMLInputElement | null} */ (form.querySelector('[name=name]'))?.value.trim()
    const { code, wait, participant, told } = await this.#join(given, shown)
    if (code === 'joined') {
      this.#page.joined = true
      this.#unproven = participant
      notice('')
      this.#page.live.connect()
      return this.#page.render()
    }
    if (code === 'unknown_event') return this.#gone()
    if (code === 'ended') return this.#over()
    if (code === 'queued') {
      notice(t('phone.queued', { n: Math.ceil(wait / 1000) }), undefined, true)
      setTimeout(() => this.#attempt(form, told), wait)
      return
    }
    const again = AGAIN.includes(code)
    if (again) notice(t(`phone.join_trouble.${code}`))
    else noticeLater(`phone.join_trouble.${TROUBLES.includes(code) ? code : 'other'}`)
    this.render()
    if (again) {
      setTimeout(() => this.#attempt(form), wait)
      return
    }
    button.disabled = false
    setText(button, t('phone.join'))
  }
}
