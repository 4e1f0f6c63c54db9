// The moderators' page: the room's questions in four lists, for a tablet, a laptop or a phone, by a private link or an
// account. Draws from the live topics and keeps it so.

import { html, nothing, render } from './html.js'
import { holdFocus } from './focus.js'
import { Live } from './live.js'
import { alive, embedded, speakIn } from './messages.js'
import { board, keepFocus, noteFocus } from './moderation/board.js'
import { changed, forum, sendWith, take, watch } from './moderation/forum.js'
import { head, tools } from './moderation/head.js'
import { listenToKeys } from './moderation/keys.js'
import { countOf, lookAt, tidy } from './moderation/view.js'
import { speak } from './moderation/voice.js'
import { wordsOnStage } from './moderation/written.js'
import { afterGrace } from './grace.js'
import { request } from './studio/api.js'
import { receive, send, sendAgain } from './studio/commands.js'
import { number, t } from './studio/words.js'

const place = /** @type {HTMLElement} */ (document.getElementById('moderation'))
const loaded = embedded('state')

/** Close codes: the event is gone; the link or the session is no longer good. */
const [DELETED, UNKNOWN] = [4500, 4501]
/** How often "2 min. ago" is looked at again. */
const MINUTES_MS = 30_000

forum.event = loaded.event
forum.facilitator = loaded.me?.facilitator === true
forum.full = loaded.me?.scope !== 'review'
forum.stage = loaded.topics?.stage?.data

// A link leads to the texts of one activity.
const wanted = new URLSearchParams(location.hash.slice(1)).get('of')
if (wanted) lookAt(wanted)

watch(() => {
  tidy()
  const waiting = forum.topic && countOf('review')
  document.title = `${waiting ? `(${number(waiting)}) ` : ''}${t('moderation.title')} · ${forum.stage?.event.name ?? ''} · Parterre`
  speakIn(forum.stage?.event.language)
  noteFocus()
  const keep = holdFocus(place)
  render(html`${head()}<main class="moderation">${forum.status.kind === 'off' ? over() : html`${tools()}${wordsOnStage()}${board()}`}</main>`, place)
  keepFocus()
  keep()
})

/** Why nothing more can be done here, and the way on. */
function over() {
  const { code } = forum.status
  const why = code === DELETED ? 'deleted' : code !== UNKNOWN ? 'stopped' : forum.facilitator ? 'signed_out' : 'link'
  return html`<section class="over" role="alert"><h2>${t(`moderation.ended.${why}.title`)}</h2><p>${t(`moderation.ended.${why}.text`)}</p>
    ${why === 'signed_out' ? html`<a class="button primary" href="/login" target="_blank">${t('moderation.ended.sign_in')}</a>` : nothing}
    ${why === 'stopped' ? html`<a class="button primary" href="">${t('moderation.ended.reload')}</a>` : nothing}</section>`
}

const live = new Live({
  path: loaded.live,
  topics: loaded.topics,
  onTopic(topic) {
    if (topic === 'stage') forum.stage = live.topics.stage
    if (topic === 'results') forum.results = live.topics.results
    if (topic === 'moderation' && live.topics.moderation) take(live.topics.moderation)
    changed()
  },
  onStatus: afterGrace((status, code) => {
    // Why a refused connection ended is known from the answer to `onRefused`.
    const known = status === 'off' && code === 0 ? forum.status.code : code
    forum.status = { kind: status, code: known }
    if (status === 'off' && !mayReturn()) closeDialogs()
    if (status === 'connected') sendAgain(live)
    changed()
  }),
  onReceipt: receipt => receive(live, receipt),
  onRefused: mayComeBack,
})
sendWith(act => send(live, { t: 'moderate', act }))

/** Whether all goes on once somebody has signed in again. */
const mayReturn = () => forum.status.code === UNKNOWN && forum.facilitator

// Who has signed in again beside this page goes on here, with what was being written.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible' && live.status === 'off' && mayReturn()) live.connect()
})

/** What is being written can no longer be sent; the page says why. */
function closeDialogs() {
  for (const dialog of document.querySelectorAll('dialog')) dialog.close()
}

/** Whether the server still takes this moderator; true when it cannot be reached. */
async function mayComeBack() {
  const why = await request('GET', `/${forum.event}/moderation?list=review`).then(
    () => '',
    error => error.trouble?.code,
  )
  const code = { unauthorised: UNKNOWN, forbidden: UNKNOWN, unknown: DELETED }[String(why)]
  if (code) forum.status = { kind: 'off', code }
  return code === undefined
}

if (loaded.topics?.moderation) take(loaded.topics.moderation.data)
setInterval(changed, MINUTES_MS)
listenToKeys()
speak()
live.connect()
changed()
alive()
