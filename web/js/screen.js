// The big screen: follows the stage, and steers it where a facilitator has opened it.

import { stayAwake } from './awake.js'
import { clock, Countdown, LAST_SECONDS } from './countdown.js'
import { SeatMap } from './seat-map.js'
import { modulesOfKinds } from './kinds.js'
import { Live } from './live.js'
import { alive, byId, embedded, h, number, setText, speakIn, t } from './messages.js'
import { onKeys } from './screen-keys.js'
import { Highlight, QuestionList } from './screen-questions.js'

/** How long a lost connection is not worth a word to the room. */
const GRACE_MS = 4000
/** The close code of a screen whose facilitator is signed out, and when it comes back without one. */
const [SIGNED_OUT, AGAIN_MS] = [4501, 500]
/** How long a sentence about a key that had no effect stays. */
const WORD_MS = 5000
/** The clock that this page reckons with may be behind by what a message takes. */
const CLOCK_MS = 1500
/** Titles up to this long are shown at the first size, the second, the third; longer ones at the fourth. */
const TITLE_SIZES = [42, 90, 160]
/** The same for the event's name on the waiting screen, which has less room. */
const NAME_SIZES = [34, 70]

/** Until the first questions are told. @type {import('./wire.js').Posts} */
const NO_POSTS = { posts: {}, published: 0, answered_posts: 0 }

const state = embedded('state')
const views = await modulesOfKinds('screen')
const seatMap = new SeatMap(byId('seat-map'))
const list = new QuestionList(byId('list'))
const highlight = new Highlight(byId('highlight'))
let current = { key: '', view: /** @type {import('./screen-view.js').ScreenView | null} */ (null), visible: false }
/** When the activity on show closes, or closed, by itself. @type {number | undefined} */
let end
let lostAt = 0

const live = new Live({
  path: state.live,
  topics: state.topics,
  onTopic: render,
  onStatus: statusChanged,
  onReceipt: settled,
})

const countdown = new Countdown(live, showClock)

function render() {
  const stage = live.topics.stage
  if (!stage) return
  speakIn(stage.event.language)
  const { event, activity } = stage
  const mode = modeOf(stage)
  document.body.dataset.mode = mode
  document.title = `${event.name} · ${event.code}`
  setText(byId('event-name'), event.name)
  size(byId('event-name'), NAME_SIZES)
  byId('soon').hidden = event.state !== 'draft'
  renderCode(event.code)
  const here = live.topics.presence?.here ?? 0
  if (mode === 'waiting') renderSeatMap(here)
  if (mode === 'question' && activity) renderActivity(activity, here)
  else if (current.key) clearActivity()
  countdown.until(mode === 'question' ? activity?.closes_at : undefined)
  renderQuestions(stage, mode)
}

/**
 * What the room looks at: a question full screen comes before their list, the list before the activity.
 * @param {import('./wire.js').Stage} stage
 */
function modeOf({ event, activity, qa }) {
  if (event.state === 'ended') return 'ended'
  if (qa.state !== 'off' && highlighted()) return 'highlight'
  if (qa.state !== 'off' && qa.on_screen) return 'list'
  return activity ? 'question' : 'waiting'
}

/** The number of the question full screen, if there is one. */
function highlighted() {
  const { posts, highlight } = live.topics.posts ?? NO_POSTS
  return highlight !== undefined && highlight in posts ? String(highlight) : undefined
}

/** Whether a text of the activity on show is in the spotlight. */
function litText() {
  const tally = live.topics.results?.tally
  return tally?.kind === 'open' && tally.highlight !== undefined
}

/**
 * @param {import('./wire.js').Stage} stage
 * @param {string} mode
 */
function renderQuestions({ qa }, mode) {
  const posts = live.topics.posts ?? NO_POSTS
  const id = highlighted()
  list.update(posts, qa, mode === 'list')
  if (mode === 'highlight' && id) highlight.show(id, posts.posts[id], qa)
  else highlight.clear()
  const questions = mode === 'list' || mode === 'highlight'
  byId('ask').hidden = !questions || qa.state !== 'open'
  if (!questions) return
  const answered = posts.answered_posts > 0 ? ` · ${t('screen.questions_answered', { n: posts.answered_posts })}` : ''
  strip({
    phase: qa.state === 'closed' ? t('screen.questions_closed') : '',
    count: mode === 'list' ? number(posts.published) : '',
    words: mode === 'list' ? t('screen.questions_total', { n: posts.published }) + answered : '',
    part: 0,
  })
}

/** The code may be changed while the screen is on. @param {string} code */
function renderCode(code) {
  for (const place of document.querySelectorAll('.code')) setText(place, code)
  const picture = `/e/${code}/qr.svg`
  for (const qr of document.querySelectorAll('img.qr')) if (qr.getAttribute('src') !== picture) qr.setAttribute('src', picture)
}

/**
 * @param {HTMLElement} heading
 * @param {number[]} sizes
 */
function size(heading, sizes) {
  const length = heading.textContent?.length ?? 0
  heading.dataset.size = String(sizes.filter(most => length > most).length + 1)
}

/** @param {number} here */
function renderSeatMap(here) {
  seatMap.fill(here, here)
  setText(byId('here'), number(here))
  setText(byId('here-words'), t('screen.here', { n: here }))
  setText(byId('per-seat'), seatMap.perSeat > 1 ? t('screen.per_seat', { n: seatMap.perSeat }) : '')
}

/**
 * @param {import('./wire.js').StagedActivity} activity
 * @param {number} here
 */
function renderActivity(activity, here) {
  const key = `${activity.id}:${activity.round}:${activity.version}`
  const body = byId('body')
  if (key !== current.key) {
    clearActivity()
    const View = views.get(activity.prompt.kind)?.View
    current = { key, view: View ? new View(body, activity) : null, visible: false }
    const { title } = activity.prompt
    setText(byId('title'), title)
    size(byId('title'), TITLE_SIZES)
    current.view?.fit()
  }
  if (activity.state !== 'closed') end = activity.closes_at
  const ours = live.topics.results?.activity === activity.id && live.topics.results.round === activity.round
  const results = ours ? live.topics.results : undefined
  const answered = results?.respondents ?? 0
  const visible = activity.results && results?.tally !== undefined
  const told = live.topics.presence?.respondents
  const answeredHere = told?.activity === activity.id && told.round === activity.round ? Math.min(told.count, here) : undefined
  current.view?.update({ activity, results: visible ? results : undefined, answered, answeredHere, here })
  if (visible !== current.visible) {
    current.visible = visible
    current.view?.fit()
  }
  renderStrip(activity, answered, answeredHere, here)
}

function clearActivity() {
  end = undefined
  byId('body').replaceChildren()
  current = { key: '', view: null, visible: false }
}

/**
 * The time left to answer, and that it is up: also once the activity has closed by itself, which takes its moment away.
 * @param {number | undefined} left
 */
function showClock(left) {
  const box = byId('clock')
  const up = left === 0 || isUp()
  box.hidden = left === undefined && !up
  box.className = `clock ${up ? 'up' : left !== undefined && left <= LAST_SECONDS ? 'last' : ''}`
  setText(box.querySelector('b'), up ? t('screen.time_up') : clock(left ?? 0))
  setText(box.querySelector('span'), up ? '' : t('screen.time_left'))
}

/** Whether the activity on show was closed by its countdown. */
const isUp = () =>
  current.key !== '' && live.topics.stage?.activity?.state === 'closed' && end !== undefined && (live.now ?? 0) >= end - CLOCK_MS

/**
 * The foot of an activity: how many of those here have answered, how many answers there are in all where others have left, and
 * whether one still can.
 * @param {import('./wire.js').StagedActivity} activity
 * @param {number} answered
 * @param {number | undefined} answeredHere unknown for a moment, while other nodes have not told
 * @param {number} here
 */
function renderStrip(activity, answered, answeredHere, here) {
  const others = answeredHere !== undefined && answered > answeredHere ? ` · ${t('screen.in_all', { n: answered })}` : ''
  const isKnown = answeredHere !== undefined && here > 0
  strip({
    phase: isUp() ? '' : activity.state === 'closed' ? t('screen.closed') : activity.state === 'draft' ? t('screen.not_open') : '',
    count: isKnown ? t('screen.answered_of', { n: answeredHere, here }) : number(answered),
    words: isKnown ? t('screen.have_answered', { n: here }) + others : t('screen.answers', { n: answered }),
    part: isKnown ? (100 * answeredHere) / here : 0,
  })
}

/**
 * The foot: a word on how far it is, a count, and the same as a line.
 * @param {{phase: string, count: string, words: string, part: number}} foot
 */
function strip({ phase, count, words, part }) {
  byId('phase').hidden = phase === ''
  setText(byId('phase'), phase)
  const tally = byId('tally')
  if (!tally.querySelector('b')) tally.replaceChildren(h('b'), h('span'))
  setText(tally.querySelector('b'), count)
  setText(tally.querySelector('span'), words)
  byId('strip').style.setProperty('--part', `${part}%`)
}

/** @param {import('./live.js').Status} status @param {number} code */
function statusChanged(status, code) {
  if (status === 'connected') {
    trouble('')
    countdown.tick()
  }
  if (status === 'reconnecting') {
    lostAt = Date.now()
    setTimeout(() => live.status === 'reconnecting' && Date.now() - lostAt >= GRACE_MS && trouble(t('screen.reconnecting')), GRACE_MS)
  }
  // The facilitator who opened it is signed out: it goes on as a screen that anybody may look at.
  if (status === 'off' && code === SIGNED_OUT) return void setTimeout(() => live.connect(), AGAIN_MS)
  if (status === 'off') trouble(t(code === 4500 ? 'screen.off.gone' : 'screen.off.reload'))
}

let troubleTimer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)

/**
 * A discreet word at the edge, for a time or until the next one.
 * @param {string} text
 * @param {number} [ms]
 */
function trouble(text, ms) {
  clearTimeout(troubleTimer)
  const box = byId('trouble')
  box.hidden = text === ''
  setText(box, text)
  if (ms) troubleTimer = setTimeout(() => trouble(live.status === 'reconnecting' ? t('screen.reconnecting') : ''), ms)
}

/** Commands that have no receipt. @type {Map<string, import('./wire.js').ClientMessage>} */
const underWay = new Map()

/** @param {Extract<import('./wire.js').ClientMessage, {cid: string}>} message */
function send(message) {
  if (!live.send(message)) return trouble(t('screen.reconnecting'), WORD_MS)
  underWay.set(message.cid, message)
}

/** @param {import('./live.js').Receipt} receipt */
function settled(receipt) {
  const message = underWay.get(receipt.cid)
  if (receipt.status === 'later') {
    if (message) setTimeout(() => live.send(message), receipt.retry_ms)
    return
  }
  underWay.delete(receipt.cid)
  if (receipt.status === 'refused') trouble(t(`screen.refused.${receipt.code}`), WORD_MS)
}

stayAwake()
onKeys(state.can_control, {
  stage: () => live.topics.stage,
  highlighted: () => highlighted() !== undefined || litText(),
  control: (control, cid) => send({ t: 'control', cid, control }),
  moderate: (act, cid) => send({ t: 'moderate', cid, act }),
  turn: by => current.view?.turn?.(by) ?? false,
  say: text => trouble(text, WORD_MS),
})

function fit() {
  current.view?.fit()
  list.fit()
  highlight.fit()
}

addEventListener('resize', fit)
document.fonts?.ready.then(fit)
render()
live.connect()
alive()
