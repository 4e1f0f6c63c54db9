// The participant's page, made live: joins, connects, shows what is on stage, and sends answers through the outbox.

import { isOver, onceTyping, phoneViews } from './kinds/phone.js'
import { fetchModule, keep, kept, Live, pause } from './live.js'
import { alive, announce, byId, embedded, h, has, say, stageWords, t, time } from './messages.js'
import { Outbox } from './outbox.js'

/** @typedef {import('./wire.js').StagedActivity} StagedActivity */
/** @typedef {import('./wire.js').Response} Response */

/** How long a lost connection is not worth a word: most come back sooner. */
const GRACE_MS = 2500
/** The longest name. */
const NAME_CHARS = 40
/** How long a receipt may take before the answer is said to be kept. */
const PATIENCE_MS = 4000
/** How long a finger on the page holds back what is new. */
const LONGEST_TOUCH_MS = 3000
/** After about so long a page at leisure fetches what counts down: a room does not do it in one instant. */
const LEISURE_MS = 15_000

const state = embedded('state')
let joined = /** @type {boolean} */ (state.joined)
/** Whether the page has stopped coming back by itself, and the way out is told. */
let stopped = false
/** Answers whose receipt came before the topic `me` told of them. @type {Map<string, Response>} */
const confirmed = new Map()
/** Where the device keeps how many questions there were when they were last looked at. */
const SEEN = `parterre.seen.${state.event}`
/** The room's questions, from when they are first needed. @type {Promise<import('./questions/page.js').Questions> | undefined} */
let questions
let seen = Number(kept(SEEN) ?? 0)
/** Why the last answer in this round was refused, by activity and round. @type {Map<string, string>} */
const refusals = new Map()

const live = new Live({
  path: state.live,
  topics: state.topics,
  onTopic: draw,
  onStatus: statusChanged,
  onReceipt: settled,
  onRefused: rejoin,
})
const outbox = new Outbox(state.event, live, draw, took)

/** The view on show, and the elements that it shares with all kinds. */
let current = { key: '', activity: '', version: 0, view: /** @type {import('./kinds/phone.js').PhoneView | null} */ (null), again: false, told: /** @type {string | undefined} */ (undefined) }

/** The time left to answer. @type {import('./phone-clock.js').PhoneClock | undefined} */
let clock

/** A live update waits while a finger is on the page, so that nothing moves under it. */
let touching = false
let drawLater = false

function draw() {
  if (touching) {
    drawLater = true
    return
  }
  const stage = live.topics.stage
  if (!stage) return
  say(byId('event-name'), stage.event.name)
  document.title = stage.event.name
  const activity = joined && stage.event.state !== 'ended' ? stage.activity : undefined
  const key = activity ? `${activity.id}:${activity.round}` : still(stage.event.state)
  let away = false
  keepFocus(() => {
    away = showTabs(stage, key)
    if (!away && (key !== current.key || (activity?.version ?? 0) !== current.version)) show(key, activity)
    if (activity?.closes_at && !clock) withClock()
    clock?.until(activity?.closes_at)
    if (!away && activity) update(activity)
  })
  tell(key, activity, away)
  showPill()
}

/** What those who hear the page know of the stage; nothing before the page was drawn. @type {{key: string, activity?: StagedActivity} | undefined} */
let heard

/**
 * Says aloud what has happened on stage, also to those who look at the questions meanwhile.
 * @param {string} key
 * @param {StagedActivity | undefined} activity
 * @param {boolean} away
 */
function tell(key, activity, away) {
  const before = heard
  // Nobody need wait for the server to hear that the time is up.
  heard = { key, activity: activity?.state === 'open' && clock?.isUp ? { ...activity, state: 'closed' } : activity }
  if (!before) return
  const moved = key !== before.key && key !== 'join' ? [t(`phone.${key}`)] : []
  for (const text of heard.activity ? stageWords(before.activity, heard.activity, live.now) : moved) {
    announce(away ? t('phone.said_elsewhere', { tab: t('phone.tab.now'), text }) : text)
  }
}

/**
 * Makes a change of the page. Where that takes away, hides or turns off what has the focus, it goes to what is next to it, else
 * to the heading: whoever uses a keyboard or hears the page would be thrown back to its beginning.
 * @param {() => void} change
 */
function keepFocus(change) {
  const held = document.activeElement
  const within = held?.closest('#view, #questions') ?? null
  change()
  const now = document.activeElement
  if (!held || !within || isUsable(held) || (now && now !== held && now !== document.body)) return
  const section = byId(byId('view').hidden ? 'questions' : 'view')
  // Of another question one begins with the heading.
  const next = section === within && section.id === 'view' ? current.view?.refuge() : undefined
  const place = next && isUsable(next) ? next : section.querySelector('h1')
  if (!(place instanceof HTMLElement)) return
  if (place.tabIndex < 0) place.tabIndex = -1
  place.focus({ preventScroll: true })
}

/** Whether this can have the focus. @param {Element} element */
const isUsable = element => element.isConnected && !element.matches(':disabled') && element.getClientRects().length > 0

/**
 * Where there are questions they have a tab. Says whether it is the one on show: then what happens on stage waits.
 * @param {import('./wire.js').Stage} stage
 * @param {string} key of what is on stage
 */
function showTabs(stage, key) {
  const published = live.topics.posts?.published ?? 0
  const nav = byId('tabs')
  nav.hidden = !joined || (stage.qa.state === 'off' && published === 0)
  const open = !nav.hidden && onQuestions()
  if (nav.hidden) watched = ''
  else if (!open || !watched) watched = key
  if (open) {
    document.title = `${t('phone.tab.questions')} · ${stage.event.name}`
    seen = published
    keep(SEEN, String(seen))
    withQuestions(questions => keepFocus(() => questions.draw()))
  }
  byId('view').hidden = open
  byId('questions').hidden = !open
  const fresh = [nav.hidden || key === watched ? '' : t('phone.tab.changed'), published > seen ? t('phone.tab.new', { n: published - seen }) : '']
  Array.from(nav.children, (link, place) => {
    link.setAttribute('aria-current', open === (place === 1) ? 'page' : 'false')
    say(link.querySelector('b'), fresh[place])
  })
  return open
}

/** @param {(questions: import('./questions/page.js').Questions) => void} use */
function withQuestions(use) {
  questions ??= fetchModule('./questions/page.js').then(({ Questions }) =>
    new Questions({ section: byId('questions'), event: state.event, live, outbox, redraw: draw }))
  questions.then(use, () => {
    questions = undefined
    notice(t('phone.missing'), button('phone.off.reload', () => location.reload()))
  })
}

/** What was on stage when it was last looked at, or at first. */
let watched = ''
/** How far each tab was scrolled. */
const scrolled = [0, 0]
/** Whether this page is the questions' by its address. */
const onQuestions = () => /^\/e\/[^/]+\/questions$/.test(location.pathname)

/** Another tab, without loading a page where its words are here: they are where there were questions from the first. */
byId('tabs').addEventListener('click', event => {
  const link = /** @type {HTMLElement} */ (event.target).closest('a')
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || !has('questions.ask')) return
  event.preventDefault()
  const from = onQuestions()
  if (from === link.pathname.endsWith('/questions')) return window.scrollTo({ top: 0 })
  scrolled[Number(from)] = scrollY
  history.scrollRestoration = 'manual'
  history.pushState(null, '', link.href)
  turned()
})
addEventListener('popstate', turned)

function turned() {
  touching = false
  draw()
  window.scrollTo({ top: scrolled[Number(onQuestions())] })
}

/** @param {string} eventState */
function still(eventState) {
  if (eventState === 'ended') return 'ended'
  if (!joined) return 'join'
  return eventState === 'draft' ? 'draft' : 'waiting'
}

/**
 * Puts another view on show; the one that the server drew is taken over.
 * @param {string} key
 * @param {StagedActivity | undefined} activity
 */
function show(key, activity) {
  let section = byId('view')
  const restarted = activity !== undefined && activity.id === current.activity && current.key !== key
  // Of the same round: the question was changed under the person's hands. What is marked or typed goes on.
  const changed = activity !== undefined && section.dataset.view === key && Number(section.dataset.version) !== activity.version
  const draft = changed ? (current.view ?? viewOf(section, activity))?.draft() : undefined
  const field = changed ? fieldName(document.activeElement) : undefined
  if (section.dataset.view !== key || changed) {
    const fresh = activity ? activitySection(key, activity) : key === 'join' ? section : stillSection(key)
    section.replaceWith(fresh)
    section = fresh
    window.scrollTo({ top: 0 })
  }
  current = { key, activity: activity?.id ?? '', version: activity?.version ?? 0, view: null, again: restarted && hasAnswered(activity.id), told: undefined }
  if (activity) current.view = viewOf(section, activity, draft)
  if (!activity || !changed) return
  const again = field ? section.querySelector(field) : null
  if (again instanceof HTMLElement) again.focus()
}

/**
 * @param {HTMLElement} section
 * @param {StagedActivity} activity
 * @param {import('./kinds/phone.js').Draft} [draft]
 */
function viewOf(section, activity, draft) {
  const View = phoneViews[activity.question.kind]
  const form = /** @type {HTMLFormElement} */ (section.querySelector('form'))
  const send = (/** @type {import('./wire.js').Answer} */ answer) => respond(activity, answer)
  return View ? new View({ section, form, activity, draft, send, changed: () => showReceipt(activity) }) : null
}

/** How the field with the focus is found in a form that is made anew. @param {Element | null} element */
function fieldName(element) {
  if (!(element instanceof HTMLInputElement)) return undefined
  return element.id ? `#${CSS.escape(element.id)}` : `[name=${CSS.escape(element.name)}][value="${CSS.escape(element.value)}"], [name=${CSS.escape(element.name)}]`
}

/**
 * @param {string} key
 * @param {StagedActivity} activity
 */
function activitySection(key, activity) {
  return h('section', { class: 'activity', id: 'view', 'data-view': key, 'data-version': activity.version, 'data-kind': activity.question.kind },
    h('p', { class: 'clock', id: 'clock', role: 'timer', hidden: true }),
    h('form', { class: 'answer' }),
    h('div', { class: 'receipt', id: 'receipt', hidden: true }),
    h('p', { class: 'quiet answered', id: 'answered', hidden: true }))
}

/** @param {string} key `draft`, `waiting` or `ended` */
function stillSection(key) {
  const mark = /** @type {HTMLTemplateElement} */ (byId('mark')).content.cloneNode(true)
  return h('section', { class: 'still', id: 'view', 'data-view': key },
    mark, h('h1', {}, t(`phone.${key}`)), h('p', { class: 'quiet' }, t(`phone.${key}_how`)))
}

/** @param {StagedActivity} activity */
function update(activity) {
  const results = live.topics.results
  const visible = activity.results && results?.activity === activity.id && results.round === activity.round && results.tally
  const pending = pendingAnswer(activity)
  const stored = ownAnswer(activity)
  const question = activity.question
  const locked = question.kind === 'choice' && !question.changeable && (stored !== undefined || pending !== undefined)
  const open = activity.state === 'open' && !clock?.isUp && !locked
  // Made for the question as it was, the marks of what is under way may not say the same here.
  const answer = (pending && (pending.version ?? 1) === activity.version ? pending : stored)?.answer
  current.view?.update({ activity, open, answer, stored: stored !== undefined, results: visible ? results : undefined })
  say(document.getElementById('hint'), hint(activity, stored, locked))
  const answered = document.getElementById('answered')
  answered?.toggleAttribute('hidden', !visible)
  if (visible) say(answered, t('phone.answered', { n: results.answered ?? 0 }))
  showReceipt(activity)
}

/**
 * @param {StagedActivity} activity
 * @param {Response | undefined} stored
 * @param {boolean} locked
 */
function hint(activity, stored, locked) {
  if (activity.state === 'draft') return t('phone.not_open')
  if (activity.state === 'closed' || clock?.isUp) return t('phone.closed') + (stored || pendingAnswer(activity) ? '' : ` ${t('phone.unanswered')}`)
  if (locked) return t(stored ? 'phone.locked' : 'phone.unchangeable')
  return current.view?.hint() ?? ''
}

function withClock() {
  fetchModule('./phone-clock.js').then(({ PhoneClock }) => {
    clock ??= new PhoneClock(live, draw)
    draw()
  }, () => live.status === 'connected' && live.topics.stage?.activity?.closes_at && notice(t('phone.missing'), button('phone.off.reload', () => location.reload())))
}

/** The newest of what `me` and the receipts say. @param {StagedActivity} activity */
function ownAnswer(activity) {
  const known = [live.topics.me?.responses[activity.id], confirmed.get(activity.id)]
  const ofThisRound = known.filter(response => response?.round === activity.round)
  return ofThisRound.sort((a, b) => (b?.at ?? 0) - (a?.at ?? 0))[0]
}

/** @param {string} activity */
const hasAnswered = activity => confirmed.has(activity) || live.topics.me?.responses[activity] !== undefined

/** @param {StagedActivity} activity */
function pendingAnswer(activity) {
  const ours = outbox.entries().map(entry => entry.command).filter(command =>
    command.t === 'respond' && command.activity === activity.id && command.round === activity.round)
  return /** @type {import('./outbox.js').Respond | undefined} */ (ours[ours.length - 1])
}

/** What became of the own answer, in a sentence that stays. @param {StagedActivity} activity */
function showReceipt(activity) {
  const box = document.getElementById('receipt')
  if (!box) return
  const pending = pendingAnswer(activity)
  const stored = ownAnswer(activity)
  const refused = refusals.get(current.key)
  if (pending) {
    const kept = !live.ready || Date.now() - lastSent > PATIENCE_MS
    receipt(box, kept ? 'warn' : 'busy', t(kept ? 'phone.kept' : 'phone.sending'), kept ? t('phone.kept_how') : '')
  } else if (refused) receipt(box, 'bad', t('phone.not_counted'), t(`phone.refused.${refused}`))
  else if (stored) {
    const takenBack = stored.answer.kind === 'words' && stored.answer.words.length === 0
    const unsent = current.view?.unsent() && stored.answer.kind === 'choice'
    const sentence = t(unsent ? 'phone.stored_changed' : 'phone.stored_at', { time: time(stored.at) })
    receipt(box, 'good', t(takenBack ? 'phone.taken_back' : 'phone.stored'), takenBack ? '' : sentence)
  } else if (current.again) receipt(box, 'info', t('phone.again'), '')
  else {
    box.hidden = true
    current.told = ''
  }
}

const TICKS = { good: '✓', warn: '↻', busy: '…', bad: '!', info: '↻' }

/**
 * @param {HTMLElement} box
 * @param {keyof typeof TICKS} tone
 * @param {string} heading
 * @param {string} sentence
 */
function receipt(box, tone, heading, sentence) {
  box.hidden = false
  box.className = `receipt ${tone}`
  // Said aloud where it changes under the person's hands. That something is on its way is over before it is heard.
  const told = [heading, sentence].filter(Boolean).join('. ')
  if (current.told !== undefined && current.told !== told && tone !== 'busy') announce(told, 'receipt')
  current.told = told
  if (!box.querySelector('.tick')) {
    box.replaceChildren(h('span', { class: 'tick', 'aria-hidden': 'true' }), h('div', {}, h('b'), h('p')))
  }
  say(box.querySelector('.tick'), TICKS[tone])
  say(box.querySelector('b'), heading)
  say(box.querySelector('p'), sentence)
}

let lastSent = 0

/**
 * @param {StagedActivity} activity
 * @param {import('./wire.js').Answer} answer
 */
function respond(activity, answer) {
  refusals.delete(current.key)
  lastSent = Date.now()
  outbox.add({ t: 'respond', activity: activity.id, round: activity.round, version: activity.version, answer })
  setTimeout(draw, PATIENCE_MS + 50)
}

/** @param {import('./live.js').Receipt} receipt */
function settled(receipt) {
  const command = outbox.settle(receipt)
  if (command && receipt.status !== 'later') took(command, receipt)
}

/**
 * What became of a command, whichever tab has learnt it.
 * @param {import('./outbox.js').Command} command
 * @param {import('./live.js').Receipt & ({status: 'stored'} | {status: 'refused'})} receipt
 */
function took(command, receipt) {
  if (command.t === 'post') {
    if (receipt.status === 'refused' && byId('questions').hidden) notice(t('phone.tab.refused'))
    return withQuestions(questions => questions.settled(command, receipt))
  }
  const { activity, round, answer } = command
  if (receipt.status === 'stored') confirmed.set(activity, { round, answer, at: receipt.at })
  else if (current.key === `${activity}:${round}`) refusals.set(current.key, receipt.code)
  else notice(`${t('phone.not_counted')}. ${t(`phone.refused.${receipt.code}`)}`)
  draw()
}

let lostAt = 0

/**
 * @param {import('./live.js').Status} status
 * @param {number} code
 */
function statusChanged(status, code) {
  if (status === 'connected') {
    unproven = undefined
    stopped = false
    notice('')
    outbox.flush()
  }
  if (status === 'reconnecting') {
    lostAt = Date.now()
    setTimeout(draw, GRACE_MS + 50)
  }
  if (status === 'off') stop(code)
  draw()
}

function showPill() {
  // A change of mind that waits behind the answer it changes is one answer to the person.
  const commands = outbox.entries().map(({ command }) => command)
  const waiting = new Set(commands.map(command => (command.t === 'respond' ? command.activity : command.cid))).size
  const answers = commands.every(command => command.t === 'respond')
  const over = live.topics.stage?.event.state === 'ended'
  const inGrace = live.status === 'reconnecting' && Date.now() - lostAt < GRACE_MS
  let name = live.status === 'connected' || inGrace ? 'connected' : live.status === 'off' ? 'off' : live.status
  if (!navigator.onLine && name !== 'connected') name = 'offline'
  if (over) name = 'over'
  if (!joined && !over) name = stopped ? 'off' : ''
  const pill = byId('pill')
  pill.hidden = name === ''
  if (!name) return
  pill.className = `pill ${name === 'connected' ? 'good' : name === 'over' || name === 'connecting' ? '' : 'warn'}`
  if (!pill.querySelector('.dot')) pill.replaceChildren(h('span', { class: 'dot' }), h('span'))
  const status = t(`phone.pill.${name}`)
  const text = waiting > 0 && name !== 'connected' ? t(answers ? 'phone.pill.waiting' : 'phone.pill.to_send', { n: waiting, status }) : status
  say(pill.lastElementChild, text)
}

/**
 * Says something above everything else, with a way out where there is one; nothing for an empty sentence.
 * @param {string} sentence
 * @param {HTMLElement} [way]
 * @param {boolean} [calm] whether nothing is wrong
 */
function notice(sentence, way, calm = false) {
  const box = byId('notice')
  box.classList.toggle('calm', calm)
  box.hidden = sentence === ''
  if (sentence) box.replaceChildren(h('p', {}, sentence), ...(way ? [way] : []))
}

/**
 * The connection will not come back by itself: say why, and what to do.
 * @param {number} code the close code
 */
function stop(code) {
  if (code === 4502) notice(t('phone.off.replaced'), button('phone.off.use_here', () => live.connect()))
  else if (code === 4500) gone()
  else if (code === 4501) notice(t('phone.off.unknown'), button('phone.off.join_again', () => location.reload()))
  else if (code !== 0) notice(t('phone.off.faulty'), button('phone.off.reload', () => location.reload()))
}

/**
 * @param {string} label
 * @param {() => void} onclick
 */
const button = (label, onclick) => h('button', { class: 'button', type: 'button', onclick }, t(label))

function gone() {
  stopped = true
  notice(t('phone.off.gone'), h('a', { class: 'button', href: '/' }, t('phone.off.home')))
}

/** Who the server said that we are, while no connection has borne that out. @type {string | undefined} */
let unproven

/** How often in a row nothing came back from the server. */
let unanswered = 0

/**
 * Joins, or finds out whether this device is still known: joining again gives the same participant.
 * @param {string} [name]
 * @param {string} [told] what the server gave to show when coming at this moment
 * @returns {Promise<{code: string, wait: number, participant?: string, told?: string}>} `joined`, or why not, and after how
 *   long to try again
 */
async function join(name, told) {
  try {
    const answer = await fetch(`/api/v1/join${told ? `?told=${told}` : ''}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ code: state.code, ...(name ? { name } : {}) }),
    })
    unanswered = 0
    if (answer.ok) return { code: 'joined', wait: 0, participant: (await answer.json()).participant }
    const { code, retry_ms, told: shown } = await answer.json().catch(() => ({ code: 'other' }))
    return { code, told: shown, wait: retry_ms ?? 1000 * Number(answer.headers.get('Retry-After') ?? 2) * (1 + Math.random()) }
  } catch {
    return { code: 'network', wait: pause(unanswered++) }
  }
}

/** A connection was not taken: says whether to go on trying. */
async function rejoin() {
  const { code, participant } = await join(live.topics.me?.name)
  if (code === 'joined' && unproven !== undefined && participant !== unproven) {
    // We are somebody else each time that we ask: the browser keeps no cookie, so no connection will be taken.
    stopped = true
    notice(t('phone.join_trouble.cookies'), button('phone.off.reload', () => location.reload()))
    return false
  }
  if (code === 'joined') unproven = participant
  if (code === 'joined' && participant !== live.topics.me?.participant) {
    // The browser has lost who we were; the answers of before are no longer ours.
    live.forget('me')
    confirmed.clear()
    draw()
  }
  if (code === 'unknown_event') gone()
  if (code === 'ended') over()
  // The server is asked whether the cookie of a moment ago came back; it says so where it did not.
  if (code === 'name_needed') location.replace(unproven === undefined ? location.pathname : `/e/${state.code}?joined`)
  return !['unknown_event', 'ended', 'name_needed'].includes(code)
}

function over() {
  const stage = live.topics.stage
  if (stage) live.topics.stage = { ...stage, event: { ...stage.event, state: 'ended' }, activity: undefined }
  draw()
}

/** Joins by itself where no name is asked, else when the form is sent; tries again until it works or cannot. */
function startJoining() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector('.join form'))
  if (!form) return
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'))
  /** @param {string} [shown] */
  const attempt = async shown => {
    button.disabled = true
    say(button, t('phone.joining'))
    const name = /** @type {HTMLInputElement | null} */ (form.querySelector('[name=name]'))?.value.trim()
    const { code, wait, participant, told } = await join(name, shown)
    if (code === 'joined') {
      joined = true
      unproven = participant
      notice('')
      live.connect()
      return draw()
    }
    if (code === 'unknown_event') return gone()
    if (code === 'ended') return over()
    if (code === 'in_line') {
      notice(t('phone.in_line', { n: Math.ceil(wait / 1000) }), undefined, true)
      setTimeout(attempt, wait, told)
      return
    }
    const known = `phone.join_trouble.${code}`
    notice(t(t(known) === known ? 'phone.join_trouble.other' : known))
    if (['network', 'busy', 'slow_down'].includes(code)) {
      setTimeout(attempt, wait)
      return
    }
    button.disabled = false
    say(button, t('phone.join'))
  }
  const name = /** @type {HTMLInputElement | null} */ (form.querySelector('[name=name]'))
  if (name) onceTyping(({ limited }) => limited(name, NAME_CHARS))
  form.addEventListener('submit', event => {
    event.preventDefault()
    if (!isOver(name)) attempt()
  })
  if (!name) attempt()
}

/** The finger is gone, or rests. */
function released() {
  touching = false
  if (!drawLater) return
  drawLater = false
  draw()
}

let restTimer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)
addEventListener('pointerdown', () => {
  touching = true
  clearTimeout(restTimer)
  restTimer = setTimeout(released, LONGEST_TOUCH_MS)
}, { capture: true, passive: true })
// After the click that follows, so that it lands where the finger was.
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => setTimeout(released, 30), { capture: true, passive: true })

setTimeout(withClock, LEISURE_MS * (0.5 + Math.random()))
draw()
if (joined) live.connect()
else startJoining()
alive()
