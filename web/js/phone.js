// The participant's page, made live: joins, connects, shows what is on stage, and sends answers through the outbox. Its parts
// are in the folder `phone`; what a kind of activity shows is in its folder of `web/kinds`, and fetched when it is needed.

import { Live, fetchModule } from './live.js'
import { alive, announce, byId, embedded, onceTyping, setText, speakIn, stageWords, t } from './messages.js'
import { Outbox } from './phone/outbox.js'
import { Connection, missing, notice } from './phone/connection.js'
import { fetchKind } from './phone/kind-views.js'
import { OnStage } from './phone/stage.js'
import { fetchWords, laterWords } from './phone/words.js'

/** @typedef {import('./wire.js').StagedActivity} StagedActivity */
/**
 * What the parts of the page share.
 * @typedef {object} Page
 * @property {any} state what the server wrote into the page
 * @property {boolean} joined
 * @property {Live} live
 * @property {Outbox} outbox
 * @property {() => void} render
 * @property {(part: string) => Promise<void>} fetchWords
 */

/** How long a finger on the page holds back what is new. */
const LONGEST_TOUCH_MS = 3000
/** After about so long a page at leisure fetches what it may need later: a room does not do it in one instant. */
const PREFETCH_SPREAD_MS = 15_000

const state = embedded('state')
const live = new Live({
  path: state.live,
  topics: state.topics,
  onTopic: render,
  onStatus: (status, code) => connection.became(status, code),
  onReceipt: settled,
  onRefused: () => connection.rejoin(),
})
/** @type {Page} */
const page = { state, joined: state.joined, live, outbox: new Outbox(state.event, live, render, took), render, fetchWords }
const stage = new OnStage(page)
const connection = new Connection(page, () => stage.forget())
/** Once they were needed. @type {import('./phone-tabs.js').Tabs | undefined} */
let tabs
/** @type {Promise<void> | undefined} */
let fetchingTabs

/** A live update waits while a finger is on the page, so that nothing moves under it. */
let touching = false
let renderLater = false

function render() {
  if (touching) {
    renderLater = true
    return
  }
  const now = live.topics.stage
  if (!now) return
  setText(byId('event-name'), now.event.name)
  document.title = now.event.name
  speakIn(now.event.language)
  const activity = page.joined && now.event.state !== 'ended' ? now.activity : undefined
  const key = activity ? `${activity.id}:${activity.round}` : idleView(now.event)
  let away = false
  keepFocus(() => {
    away = renderTabs(now, key)
    stage.render(key, activity, away)
  })
  tell(key, activity, away)
  connection.render()
}

/**
 * The tabs, where there are questions. Says whether the other one is on show.
 * @param {import('./wire.js').Stage} now
 * @param {string} key
 */
function renderTabs(now, key) {
  if (tabs) return tabs.render(now, key)
  const asks = page.joined && (now.qa.state !== 'off' || (live.topics.posts?.published ?? 0) > 0)
  byId('tabs').hidden = !asks
  if (asks) fetchTabs().then(render, () => live.status === 'connected' && missing())
  return !byId('questions').hidden
}

function fetchTabs() {
  const onNavigate = () => {
    touching = false
    render()
  }
  fetchingTabs ??= fetchModule('./phone-tabs.js').then(({ Tabs }) => {
    tabs = new Tabs(page, { keepFocus, onNavigate, notice, missing })
  })
  fetchingTabs.catch(() => (fetchingTabs = undefined))
  return fetchingTabs
}

/** @param {import('./wire.js').Event} event */
function idleView({ state, results_shared: shared }) {
  if (state === 'ended') return shared ? 'shared' : 'ended'
  if (!page.joined) return 'join'
  return state === 'draft' ? 'draft' : 'waiting'
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
  heard = { key, activity: activity?.state === 'open' && stage.isTimeUp ? { ...activity, state: 'closed' } : activity }
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
  const next = section === within && section.id === 'view' ? stage.refuge() : undefined
  const place = next && isUsable(next) ? next : section.querySelector('h1')
  if (!(place instanceof HTMLElement)) return
  if (place.tabIndex < 0) place.tabIndex = -1
  place.focus({ preventScroll: true })
}

/** Whether this can have the focus. @param {Element} element */
const isUsable = element => element.isConnected && !element.matches(':disabled') && element.getClientRects().length > 0

/** @param {import('./live.js').Receipt} receipt */
function settled(receipt) {
  const command = page.outbox.settle(receipt)
  if (command && receipt.status !== 'later') took(command, receipt)
}

/**
 * What became of a command, whichever tab has learnt it.
 * @param {import('./phone/outbox.js').Command} command
 * @param {import('./live.js').Receipt & ({status: 'stored'} | {status: 'refused'})} receipt
 */
function took(command, receipt) {
  if (command.t === 'respond') stage.settled(command, receipt)
  else if (!stage.settledPost(command, receipt)) fetchTabs().then(() => tabs?.settled(command, receipt), () => {})
}

/** The finger is gone, or rests. */
function released() {
  touching = false
  if (!renderLater) return
  renderLater = false
  render()
}

let restTimer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)
addEventListener('pointerdown', () => {
  touching = true
  clearTimeout(restTimer)
  restTimer = setTimeout(released, LONGEST_TOUCH_MS)
}, { capture: true, passive: true })
// After the click that follows, so that it lands where the finger was.
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => setTimeout(released, 30), { capture: true, passive: true })

setTimeout(() => {
  stage.loadCountdown()
  for (const kind of state.kinds) fetchKind(kind).catch(() => {})
  onceTyping(() => {})
  laterWords()
}, PREFETCH_SPREAD_MS * (0.5 + Math.random()))

function begin() {
  render()
  if (page.joined) live.connect()
  else connection.start()
  alive()
}

// The page asked for the kind on stage with its other modules; without it the form works as it was drawn.
const staged = live.topics.stage?.activity
if (staged) fetchKind(staged.prompt.kind).then(begin, begin)
else begin()
