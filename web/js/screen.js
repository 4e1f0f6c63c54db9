// The big screen: follows the stage, and steers it where a facilitator has opened it.

import { House } from './house.js'
import { screenViews } from './kinds/screen.js'
import { Live } from './live.js'
import { byId, embedded, h, number, say, t } from './messages.js'
import { onKeys } from './screen-keys.js'

/** How long a lost connection is not worth a word to the room. */
const GRACE_MS = 4000
/** How long a sentence about a key that had no effect stays. */
const WORD_MS = 5000
/** Titles up to this long are shown at the first size, the second, the third; longer ones at the fourth. */
const TITLE_SIZES = [42, 90, 160]
/** The same for the event's name on the waiting screen, which has less room. */
const NAME_SIZES = [34, 70]

const state = embedded('state')
const house = new House(byId('house'))
let current = { key: '', view: /** @type {import('./kinds/screen.js').ScreenView | null} */ (null), visible: false }
let lostAt = 0

const live = new Live({
  path: state.live,
  topics: state.topics,
  onTopic: draw,
  onStatus: statusChanged,
  onReceipt: receipt => receipt.status === 'refused' && trouble(t(`screen.refused.${receipt.code}`), WORD_MS),
})

function draw() {
  const stage = live.topics.stage
  if (!stage) return
  const { event, activity } = stage
  const mode = event.state === 'ended' ? 'ended' : activity ? 'question' : 'waiting'
  document.body.dataset.mode = mode
  document.title = `${event.name} · ${event.code}`
  say(byId('event-name'), event.name)
  size(byId('event-name'), NAME_SIZES)
  byId('soon').hidden = event.state !== 'draft'
  const here = live.topics.presence?.here ?? 0
  if (mode === 'waiting') drawHouse(here)
  if (mode === 'question' && activity) drawActivity(activity, here)
  else if (current.key) clearActivity()
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
function drawHouse(here) {
  house.fill(here, here)
  say(byId('here'), number(here))
  say(byId('here-words'), t('screen.here', { n: here }))
  say(byId('per-seat'), house.perSeat > 1 ? t('screen.per_seat', { n: house.perSeat }) : '')
}

/**
 * @param {import('./wire.js').StagedActivity} activity
 * @param {number} here
 */
function drawActivity(activity, here) {
  const key = `${activity.id}:${activity.round}`
  const body = byId('body')
  if (key !== current.key) {
    clearActivity()
    const View = screenViews[activity.question.kind]
    current = { key, view: View ? new View(body, activity) : null, visible: false }
    const { title } = activity.question
    say(byId('title'), title)
    size(byId('title'), TITLE_SIZES)
    current.view?.fit()
  }
  const ours = live.topics.results?.activity === activity.id && live.topics.results.round === activity.round
  const results = ours ? live.topics.results : undefined
  const answered = results?.answered ?? 0
  const visible = activity.results && results?.tally !== undefined
  current.view?.update({ activity, results: visible ? results : undefined, answered, here })
  if (visible !== current.visible) {
    current.visible = visible
    current.view?.fit()
  }
  drawStrip(activity, answered, here)
}

function clearActivity() {
  byId('body').replaceChildren()
  current = { key: '', view: null, visible: false }
}

/**
 * The foot: how many have answered, and whether one still can.
 * @param {import('./wire.js').StagedActivity} activity
 * @param {number} answered
 * @param {number} here
 */
function drawStrip(activity, answered, here) {
  const phase = byId('phase')
  phase.hidden = activity.state === 'open'
  say(phase, activity.state === 'closed' ? t('screen.closed') : activity.state === 'draft' ? t('screen.not_open') : '')
  const tally = byId('tally')
  if (!tally.querySelector('b')) tally.replaceChildren(h('b'), h('span'))
  // Those who answered and left are still counted, so there may be more answers than people.
  const ofAll = here >= answered && here > 0
  say(tally.querySelector('b'), ofAll ? t('screen.answered_of', { n: answered, here }) : number(answered))
  say(tally.querySelector('span'), t('screen.have_answered', { n: answered }))
  byId('strip').style.setProperty('--part', `${ofAll ? (100 * answered) / here : 100}%`)
}

/** @param {import('./live.js').Status} status @param {number} code */
function statusChanged(status, code) {
  if (status === 'connected') trouble('')
  if (status === 'reconnecting') {
    lostAt = Date.now()
    setTimeout(() => live.status === 'reconnecting' && Date.now() - lostAt >= GRACE_MS && trouble(t('screen.reconnecting')), GRACE_MS)
  }
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
  say(box, text)
  if (ms) troubleTimer = setTimeout(() => trouble(live.status === 'reconnecting' ? t('screen.reconnecting') : ''), ms)
}

onKeys(state.steers, {
  stage: () => live.topics.stage,
  control: (/** @type {import('./wire.js').Control} */ control, /** @type {string} */ cid) => {
    if (!live.send({ t: 'control', cid, control })) trouble(t('screen.reconnecting'), WORD_MS)
  },
})

addEventListener('resize', () => current.view?.fit())
document.fonts?.ready.then(() => current.view?.fit())
draw()
live.connect()
