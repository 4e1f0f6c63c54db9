// What is on stage, on a phone: the activity with one's own answer and what became of it, or one sentence where there is none.

import { fetchModule } from '../live.js'
import { announce, byId, h, setText, t } from '../messages.js'
import { ReceiptBar, barWords } from './bar.js'
import { missing, notice } from './connection.js'
import { fetchKind, isFinal, views } from './kind-views.js'
import { activitySection, fieldName, idleSection } from './sections.js'
import { Unsent } from './unsent.js'
import { laterWords } from './words.js'

/** @typedef {import('../phone.js').Page} Page */
/** @typedef {import('../wire.js').StagedActivity} StagedActivity */
/** @typedef {import('../wire.js').Response} Response */

/** How long a receipt may take before the answer is said to be kept. */
const RECEIPT_TIMEOUT_MS = 4000
/** No timer is set for longer: browsers take some that are too long for none. */
const LONGEST_TIMER_MS = 3_600_000
/** Refusals after which the same may be sent again, or at least what was typed. */
const GIVEN_BACK = ['closed', 'invalid', 'stale', 'slow_down']

export class OnStage {
  #page
  /** The view on show, and the elements that it shares with all kinds. */
  #current = { key: '', activity: '', title: '', version: 0, view: /** @type {import('./types.js').PhoneView | null} */ (null), again: false }
  /** Answers whose receipt came before the topic `me` told of them. @type {Map<string, Response>} */
  #confirmed = new Map()
  /** Why the last answer in this round was refused, by activity and round. @type {Map<string, string>} */
  #refusals = new Map()
  #lastSent = 0
  /** Whether an answer can be given now. */
  #open = false
  /** The time left to answer. @type {import('../phone-clock.js').PhoneClock | undefined} */
  #clock

  #unsent
  #bar = new ReceiptBar()
  /** Whether the device may hold something unsent of what is on show. */
  #mayKeep = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #lastCall
  /** The activity as it is now: a countdown may have begun since it was put on show. @type {StagedActivity | undefined} */
  #activity
  /** When the person last marked or typed something here, by the server's clock; 0 where that was before a reload. */
  #touchedAt = 0

  /** @param {Page} page */
  constructor(page) {
    this.#page = page
    this.#unsent = new Unsent(page.state.event)
  }

  /** Whether the time to answer is up, though the server may not have said so yet. */
  get isTimeUp() {
    return this.#clock?.isUp === true
  }

  /** What has taken the place of what had the focus. */
  refuge() {
    return this.#current.view?.refuge() ?? null
  }

  /**
   * What is on stage now.
   * @param {string} key of the activity and its round, or of a sentence
   * @param {StagedActivity | undefined} activity
   * @param {boolean} away whether another tab is on show
   */
  render(key, activity, away) {
    const kind = activity?.prompt.kind
    // What was on show stays until there is a view of what comes.
    if (kind && !views.has(kind)) return this.#withKind(kind)
    if (!away && (key !== this.#current.key || (activity?.version ?? 0) !== this.#current.version)) this.#show(key, activity)
    if (activity?.closes_at && !this.#clock) this.loadCountdown()
    this.#clock?.until(activity?.closes_at)
    if (!away && activity) this.#update(activity)
  }

  /** Fetches the view of a kind, and draws by it. @param {string} kind */
  #withKind(kind) {
    const { live, render } = this.#page
    fetchKind(kind).then(render, () => live.status === 'connected' && missing())
  }

  /** Fetches what counts down. */
  loadCountdown() {
    const { live, render } = this.#page
    Promise.all([fetchModule('./phone-clock.js'), laterWords()]).then(([{ PhoneClock }]) => {
      this.#clock ??= new PhoneClock(live, render)
      render()
    }, () => live.status === 'connected' && live.topics.stage?.activity?.closes_at && missing())
  }

  /** The device is somebody else now: the answers of before are no longer ours. */
  forget() {
    this.#page.live.forget('me')
    this.#confirmed.clear()
    this.#page.render()
  }

  /**
   * An answer has its receipt.
   * @param {import('./outbox.js').Respond} command
   * @param {import('../live.js').Receipt & ({status: 'stored'} | {status: 'refused'})} receipt
   */
  settled({ activity, round, version, answer }, receipt) {
    const shown = this.#current.key === `${activity}:${round}`
    if (receipt.status === 'stored') this.#confirmed.set(activity, { round, answer, at: receipt.at })
    else {
      const told = laterWords()
      if (shown) {
        this.#refusals.set(this.#current.key, receipt.code)
        told.then(this.#page.render)
      } else told.then(here => notice(`${t('phone.not_counted')}. ${here ? t(`phone.refused.${receipt.code}`) : ''}`))
      const draft = GIVEN_BACK.includes(receipt.code) ? views.get(answer.kind)?.draftOf(answer, version, this.#confirmed.get(activity)?.answer ?? this.#page.live.topics.me?.responses[activity]?.answer) : undefined
      if (draft && !this.#unsent.of(activity, round)) this.#unsent.keep(activity, round, draft)
      if (draft && shown) this.#current.view?.restore(draft)
      this.#mayKeep ||= shown
    }
    this.#page.render()
  }

  /**
   * Puts another view on show; the one that the server drew is taken over.
   * @param {string} key
   * @param {StagedActivity | undefined} activity
   */
  #show(key, activity) {
    let section = byId('view')
    const current = this.#current
    const restarted = activity !== undefined && activity.id === current.activity && current.key !== key
    // Of the same round: the question was changed under the person's hands. What is marked or typed goes on.
    const changed = activity !== undefined && section.dataset.view === key && Number(section.dataset.version) !== activity.version
    const draft = changed ? (current.view ?? this.#viewOf(section, activity))?.draft() : undefined
    if (activity?.id !== current.activity) this.#tellOfUnsent()
    if (current.key !== key) this.#touchedAt = 0
    const field = changed ? fieldName(document.activeElement) : undefined
    if (section.dataset.view !== key || changed) {
      const fresh = activity ? activitySection(key, activity) : key === 'join' ? section : idleSection(key, this.#page.live.topics.stage?.event.code ?? '')
      section.replaceWith(fresh)
      section = fresh
      window.scrollTo({ top: 0 })
    }
    this.#current = { key, activity: activity?.id ?? '', title: activity?.prompt.title ?? '', version: activity?.version ?? 0, view: null, again: restarted && this.#hasAnswered(activity.id) }
    this.#bar.forget()
    this.#activity = activity
    this.#mayKeep = false
    if (activity) {
      const kept = draft ?? this.#unsent.of(activity.id, activity.round)
      this.#mayKeep = kept !== undefined
      this.#current.view = this.#viewOf(section, activity, kept)
      // As it says now: of another round, or of what the question no longer says, nothing is kept.
      if (draft || !kept) this.#keep(activity)
    }
    if (!activity || !changed) return
    const again = field ? section.querySelector(field) : null
    if (again instanceof HTMLElement) again.focus()
  }

  /**
   * What was done with a post has its receipt. Says whether that was sent to an activity, and is no question.
   * @param {import('./outbox.js').Post} command
   * @param {import('./types.js').Receipt} receipt
   */
  settledPost(command, receipt) {
    const { post } = command
    const to = post.do === 'send' ? post.to : 'post' in post && this.#page.live.topics.me?.posts?.[post.post]?.to
    if (!to) return false
    const { activity, round } = to
    const { key, view } = this.#current
    if (view?.settled && key === `${activity}:${round}`) view.settled(command, receipt)
    else if (receipt.status === 'refused' && 'text' in post) {
      // It is kept for when its activity is on show again.
      const before = this.#unsent.of(activity, round)
      this.#unsent.keep(activity, round, { ...before, marks: [...(before?.marks ?? []), { id: receipt.code, text: post.text }] })
      this.#tell('phone.text_refused', { text: post.text })
    }
    return true
  }

  /**
   * @param {HTMLElement} section
   * @param {StagedActivity} activity
   * @param {import('./types.js').Draft} [draft]
   */
  #viewOf(section, activity, draft) {
    const View = views.get(activity.prompt.kind)
    const form = /** @type {HTMLFormElement} */ (section.querySelector('form'))
    const send = (/** @type {import('../wire.js').Answer} */ answer) => this.#respond(activity, answer)
    return View ? new View({ section, form, activity, draft, send, page: this.#page, changed: () => this.#touched() }) : null
  }

  /** Says where what the person marked or typed is left behind as the room goes on. */
  #tellOfUnsent() {
    const { view, title } = this.#current
    if (view?.unsent()) this.#tell('phone.moved_on', { title })
  }

  /** Says what stays until it is read. @param {string} key @param {Record<string, string>} args */
  #tell(key, args) {
    laterWords().then(here => {
      if (!here) return
      const told = t(key, args)
      notice(told, h('button', { class: 'button', type: 'button', onclick: () => notice('') }, t('phone.understood')), true)
      announce(told, 'receipt')
    })
  }

  /** The person has marked or typed something. */
  #touched() {
    const activity = this.#activity
    if (!activity) return
    this.#touchedAt = this.#page.live.now ?? 0
    this.#refusals.delete(this.#current.key)
    this.#keep(activity)
    this.#showBar(activity)
  }

  /** What is not sent stays on the device. @param {StagedActivity} activity */
  #keep({ id, round }) {
    const draft = this.#current.view?.draft()
    this.#mayKeep = draft !== undefined
    this.#unsent.keep(id, round, draft)
  }

  /** @param {StagedActivity} activity */
  #update(activity) {
    this.#activity = activity
    const { results } = this.#page.live.topics
    const visible = activity.results && results?.activity === activity.id && results.round === activity.round && results.tally
    const pending = this.#pending(activity)
    const stored = this.#stored(activity)
    const locked = isFinal(activity) && (stored !== undefined || pending !== undefined)
    this.#open = activity.state === 'open' && !this.isTimeUp && !locked
    // Voting goes on after all: what came too late can be sent again.
    if (this.#open && !pending && this.#refusals.get(this.#current.key) === 'closed') this.#refusals.delete(this.#current.key)
    // Made for the question as it was, the marks of what is under way may not say the same here.
    const answer = (pending && (pending.version ?? 1) === activity.version ? pending : stored)?.answer
    const { view } = this.#current
    view?.update({ activity, open: this.#open, final: locked, answer, stored: stored !== undefined, results: visible ? results : undefined })
    // It was sent from another tab, or can no longer be.
    if (this.#mayKeep && !view?.draft() && !pending) this.#keep(activity)
    setText(document.getElementById('hint'), this.#hint(activity, stored, locked))
    const answered = document.getElementById('answered')
    answered?.toggleAttribute('hidden', !visible)
    if (visible) setText(answered, t('phone.answered', { n: results.respondents ?? 0 }))
    this.#showBar(activity)
  }

  /**
   * @param {StagedActivity} activity
   * @param {Response | undefined} stored
   * @param {boolean} locked
   */
  #hint(activity, stored, locked) {
    if (activity.state === 'draft') return t('phone.not_open')
    if (activity.state === 'closed' || this.isTimeUp) {
      const silent = !stored && !this.#pending(activity) && !this.#current.view?.unsent() && !this.#current.view?.hasSent?.()
      return silent ? `${t('phone.closed')} ${t('phone.unanswered')}` : t('phone.closed')
    }
    if (locked) return t(stored ? 'phone.locked' : 'phone.unchangeable')
    return this.#current.view?.hint() ?? ''
  }

  /** The newest of what `me` and the receipts say. @param {StagedActivity} activity */
  #stored(activity) {
    const known = [this.#page.live.topics.me?.responses[activity.id], this.#confirmed.get(activity.id)]
    const ofThisRound = known.filter(response => response?.round === activity.round)
    return ofThisRound.sort((a, b) => (b?.at ?? 0) - (a?.at ?? 0))[0]
  }

  /** @param {string} activity */
  #hasAnswered(activity) {
    return this.#confirmed.has(activity) || this.#page.live.topics.me?.responses[activity] !== undefined
  }

  /** @param {StagedActivity} activity */
  #pending(activity) {
    const ours = this.#page.outbox.entries().map(entry => entry.command).filter(command =>
      command.t === 'respond' && command.activity === activity.id && command.round === activity.round)
    return /** @type {import('./outbox.js').Respond | undefined} */ (ours[ours.length - 1])
  }

  /** The bar at the lower edge, and its button. @param {StagedActivity} activity */
  #showBar(activity) {
    const button = /** @type {HTMLButtonElement | null} */ (document.querySelector('#view button[name=send]'))
    const { view, key, again } = this.#current
    const unsent = view?.unsent()
    const [pending, stored] = [this.#pending(activity)?.answer, this.#stored(activity)]
    const offers = this.#open && unsent !== undefined && unsent.word === undefined
    if (button) {
      button.hidden = !offers
      button.disabled = !unsent?.whole
      setText(button, t(stored ? 'phone.send_change' : 'phone.send'))
    }
    const late = !this.#page.live.ready || Date.now() - this.#lastSent > RECEIPT_TIMEOUT_MS
    const goesAtEnd = this.#lastCallOf(activity, unsent) !== undefined
    this.#bar.show(barWords({ activity, view, open: this.#open, unsent, offers, goesAtEnd, pending, late, stored, refused: this.#refusals.get(key), again }))
    this.#callLast(activity)
  }

  /** What is marked is sent just before the time is up, by the server's clock; never after, when it would be refused. @param {StagedActivity} activity */
  #callLast(activity) {
    clearTimeout(this.#lastCall)
    const { now } = this.#page.live
    const { view } = this.#current
    const at = this.#lastCallOf(activity, view?.unsent())
    if (now === undefined || at === undefined) return
    if (at <= now) view?.send()
    else this.#lastCall = setTimeout(() => this.#activity && this.#showBar(this.#activity), Math.min(at - now, LONGEST_TIMER_MS))
  }

  /**
   * When what is marked is sent by itself, by the server's clock; undefined where it is not: it is not whole, is being typed,
   * was marked too late, was refused, or is older than an answer that was given elsewhere.
   * @param {StagedActivity} activity
   * @param {import('./types.js').Waiting | undefined} unsent
   */
  #lastCallOf({ closes_at, ...activity }, unsent) {
    const { now } = this.#page.live
    if (!this.#open || now === undefined || closes_at === undefined || !unsent?.whole || unsent.typing) return undefined
    const stored = this.#stored(activity)
    if (this.#refusals.has(this.#current.key) || (stored && stored.at > this.#touchedAt)) return undefined
    return this.#clock?.lastCall(closes_at, this.#touchedAt, now)
  }

  /**
   * @param {StagedActivity} activity
   * @param {import('../wire.js').Answer} answer
   */
  #respond(activity, answer) {
    const { outbox, render } = this.#page
    this.#refusals.delete(this.#current.key)
    this.#lastSent = Date.now()
    outbox.add({ t: 'respond', activity: activity.id, round: activity.round, version: activity.version, answer })
    this.#keep(activity)
    setTimeout(render, RECEIPT_TIMEOUT_MS + 50)
  }
}
