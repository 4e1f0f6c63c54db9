// The studio of one event: draws it from the live topics, and keeps it so.

import { html, nothing, render } from './html.js'
import { Countdown } from './countdown.js'
import { holdFocus } from './focus.js'
import { Live } from './live.js'
import { alive, speakIn } from './messages.js'
import { keepFocus, noteFocus } from './moderation/board.js'
import { changed, forum, sendWith as sendActsWith, take, watch } from './moderation/forum.js'
import { speak } from './moderation/voice.js'
import { afterGrace } from './grace.js'
import { request } from './studio/api.js'
import { receive, send, sendAgain } from './studio/commands.js'
import { dirty, editorPane } from './studio/editor.js'
import { header } from './studio/header.js'
import { listenToKeys } from './studio/keys.js'
import { questionsCard } from './studio/questions.js'
import { noteAnswers } from './studio/rate.js'
import { follow } from './studio/looked-at.js'
import { resultsCard, sidePane } from './studio/results.js'
import { rundownPane } from './studio/rundown.js'
import { controls, facts, firstSteps, fitPreview, stagePane } from './studio/stage.js'
import { renderWith, event, rerender, staged, studio } from './studio/state.js'
import { sendWith } from './studio/steer.js'
import { tellStage } from './studio/voice.js'

const place = /** @type {HTMLElement} */ (document.getElementById('studio'))
const narrow = matchMedia('(max-width: 700px)')

renderWith(() => {
  document.title = `${event().name} · Parterre`
  speakIn(event().language)
  place.dataset.layout = studio.remote ? 'remote' : 'whole'
  noteFocus()
  const keep = holdFocus(place)
  const middle = studio.editing ? editorPane(studio.editing, studio.remote || !staged() ? nothing : controls()) : undefined
  if (studio.remote) render(html`${header()}${middle ?? remote()}`, place)
  else render(html`${header()}${rundownPane()}${middle ?? stagePane()}${sidePane()}`, place)
  fitPreview()
  keepFocus()
  keep()
})
// Questions are drawn with all the rest, and whoever runs the event may do all that there is to do with them.
watch(rerender)
Object.assign(forum, { event: event().id, facilitator: true, stage: studio.stage })

/** The narrow page that steers: what is on, its counts, the rundown, and the controls under the thumb. */
function remote() {
  if (studio.stage.rundown?.length === 0) return html`<main class="remote">${firstSteps()}${questionsCard()}</main>`
  return html`<main class="remote">${resultsCard()}${facts()}${questionsCard()}${rundownPane()}</main><div class="thumb">${controls()}</div>`
}

/** Close codes that a refused connection is told as: the event is gone, the session is over. */
const [DELETED, SIGNED_OUT] = [4500, 4501]
/** How often "2 min. ago" is looked at again. */
const MINUTES_MS = 30_000

const live = new Live({
  path: `/api/v1/live?event=${event().id}&as=studio`,
  onTopic(topic) {
    // Only what has changed: an order just dragged stays until the stage that has it comes.
    const { stage, results, presence } = live.topics
    if (topic === 'stage' && stage) {
      tellStage(studio.stage, stage, live.now)
      follow(studio.stage, stage)
      studio.stage = forum.stage = stage
      countdown.until(stage.activity?.closes_at)
    }
    if (topic === 'moderation' && live.topics.moderation) take(live.topics.moderation)
    if (topic === 'results' && results) studio.results = results
    if (topic === 'presence') studio.presence = presence
    if (topic !== 'presence') noteAnswers()
    rerender()
  },
  onStatus: afterGrace((status, code) => {
    // Why a refused connection ended is known from the answer to `onRefused`.
    const known = status === 'off' && code === 0 ? studio.status.code : code
    studio.status = forum.status = { kind: status, code: known }
    if (status === 'connected') {
      sendAgain(live)
      countdown.tick()
    }
    rerender()
  }),
  onReceipt: receipt => receive(live, receipt),
  onRefused: mayComeBack,
})
const countdown = new Countdown(live, left => {
  studio.left = left
  rerender()
})
sendWith(control => send(live, { t: 'control', control }))
sendActsWith(async act => {
  const receipt = await send(live, { t: 'moderate', act })
  studio.acts += 1
  rerender()
  return receipt
})

/** Whether the server still knows this event and who is signed in; true when it cannot be reached. */
async function mayComeBack() {
  const why = await request('GET', `/${event().id}`).then(
    () => '',
    error => error.trouble?.code,
  )
  const code = { unauthorised: SIGNED_OUT, unknown: DELETED }[String(why)]
  if (code) studio.status = forum.status = { kind: 'off', code }
  return code === undefined
}

// Who has signed in again beside this page goes on here, with what was being written.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && live.status === 'off' && studio.status.code === SIGNED_OUT) live.connect()
})

narrow.addEventListener('change', layOut)
function layOut() {
  studio.remote = narrow.matches
  rerender()
}

addEventListener('resize', fitPreview)
listenToKeys()
setInterval(changed, MINUTES_MS)
addEventListener('beforeunload', leaving => dirty() && leaving.preventDefault())
speak()
layOut()
live.connect()
alive()
