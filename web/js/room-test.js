// The board of a room test: drawn from the live topics, and kept so.

import { html, nothing, render } from './html.js'
import { holdFocus } from './focus.js'
import { Live } from './live.js'
import { alive, announce, byId, embedded, number, t } from './messages.js'
import { afterGrace } from './grace.js'
import { counts, networkList, placeList } from './room-test/groups.js'
import { readingList, slowList } from './room-test/readings.js'
import { request } from './studio/api.js'
import { receive, send, sendAgain } from './studio/commands.js'
import { ask } from './studio/dialogs.js'
import { toast } from './studio/toasts.js'

/** @import { Board, Control } from "./wire.js" */

/** @type {{event: string, code: string, live: string, join: string, host: string, topics: any}} */
const state = embedded('state')
const place = byId('board')
/** Over so long it is reckoned how many join per second. */
const RATE_MS = 10_000
/** How often that is looked at again, and how often a listener is told how things stand. */
const [REFRESH_INTERVAL_MS, TELL_MS] = [1_000, 5_000]
/** Close codes of a session that is over and of an event that is gone. */
const [SIGNED_OUT, DELETED] = [4501, 4500]

/** How many had joined, and when that was known. @type {[number, number][]} */
const joined = []
let status = /** @type {import('./live.js').Status} */ ('connecting')
let busy = false

const live = new Live({
  path: state.live,
  topics: state.topics,
  onTopic() {
    note()
    renderPage()
  },
  onStatus: afterGrace((now, code) => {
    status = now
    if (now === 'connected') sendAgain(live)
    if (code === DELETED) location.assign('/studio/room-tests')
    if (code === SIGNED_OUT) location.assign('/login')
    renderPage()
  }),
  onReceipt: receipt => receive(live, receipt),
  onRefused: mayComeBack,
})

/** Whether the server still knows this test and who is signed in; true when it cannot be reached. */
async function mayComeBack() {
  const why = await request('GET', `/${state.event}`).then(() => '', error => error.trouble?.code)
  if (why === 'unauthorised') location.assign('/login')
  if (why === 'unknown') location.assign('/studio/room-tests')
  return !['unauthorised', 'unknown'].includes(why)
}

/** The readings. @returns {Board | undefined} */
function board() {
  const tally = live.topics.results?.tally
  return tally?.kind === 'readings' ? tally : undefined
}

/** Takes down how many have joined by now. */
function note() {
  const count = live.topics.presence?.joined
  if (count !== undefined && count !== joined.at(-1)?.[0]) joined.push([count, performance.now()])
}

/** How many join per second, of late. */
function rate() {
  const since = performance.now() - RATE_MS
  while (joined.length > 1 && joined[1][1] < since) joined.shift()
  return joined.length < 2 ? 0 : (joined[joined.length - 1][0] - joined[0][0]) / (RATE_MS / 1000)
}

function renderPage() {
  const { stage, presence } = live.topics
  if (!stage) return
  document.title = `${stage.event.name} · Parterre`
  const over = stage.event.state === 'ended'
  const keep = holdFocus(place)
  render(html`${head(stage.event.name, over)}<main class=${over ? 'over' : ''}>${entrance(over, presence?.here ?? 0)}${figures()}${content()}</main>`, place)
  keep()
}

/** @param {string} name @param {boolean} over */
function head(name, over) {
  const lost = status !== 'connected'
  return html`<header class="top">
    <a class="button quiet" href="/studio/room-tests">${t('room_test.tests')}</a>
    <h1 dir="auto">${name}</h1>
    <span class="pill ${over ? '' : 'live'}">${over ? nothing : html`<span class="dot"></span>`}${t(`room_test.state.${over ? 'ended' : 'live'}`)}</span>
    <span class="pill ${lost ? 'warn' : 'good'}" role="status"><span class="dot"></span>${t(`room_test.status.${status}`)}</span>
    <span class="grow"></span>
    <button class="button" ?disabled=${busy || lost} @click=${over ? goOn : end}>${t(over ? 'room_test.go_on' : 'room_test.end')}</button>
    <button class="button quiet danger" ?disabled=${busy} @click=${remove}>${t('room_test.delete')}</button>
  </header>`
}

/** How phones come in. @param {boolean} over @param {number} here */
function entrance(over, here) {
  if (over) return nothing
  return html`<section class="entrance" aria-label=${t('room_test.join')}>
    <p class="scan">${t('room_test.join')}</p>
    <img src="/e/${state.code}/qr.svg" alt=${t('room_test.qr', { address: state.join })}>
    <p class="address">${state.host}<br><span class="word">${t('room_test.code')}</span> <b class="code" translate="no">${state.code}</b></p>
    <p class="here">${t('room_test.here', { n: here })}</p>
  </section>`
}

function figures() {
  const shown = board()
  const { delay, busiest } = shown ?? {}
  const now = rate()
  const tile = (/** @type {string} */ value, /** @type {string} */ name, /** @type {string} */ more = '') =>
    html`<div class="tile"><b>${value}</b><span>${name}</span>${more ? html`<small>${more}</small>` : nothing}</div>`
  return html`<section class="figures">
    ${tile(number(live.topics.presence?.joined ?? 0), t('room_test.joined'))}
    ${tile(number(shown?.phones ?? 0), t('room_test.read'))}
    ${tile(number(Math.round(now * 10) / 10), t('room_test.rate'), busiest?.second ? t('room_test.busiest', { ...busiest }) : '')}
    ${tile(delay ? t('room_test.ms', { ms: delay.middle_ms }) : '–', t('room_test.delay'), delay ? t('room_test.tenth', { ms: delay.slowest_tenth_ms }) : '')}
    ${shown?.phones ? html`<div class="whole">${counts(shown.verdicts)}</div>` : nothing}
  </section>`
}

function content() {
  const shown = board()
  const here = live.topics.presence?.here ?? 0
  if (!shown?.phones) {
    return html`<section class="empty"><h2>${here > 0 ? t('room_test.waiting', { n: here }) : t('room_test.empty')}</h2>${here > 0 ? nothing : html`<p>${t('room_test.empty_lead')}</p>`}</section>`
  }
  const panel = (/** @type {string} */ name, /** @type {string} */ area, /** @type {unknown} */ body) =>
    html`<section class="panel ${area}" aria-labelledby=${area}><h2 id=${area}>${t(`room_test.${name}`)}</h2><div class="scroll" tabindex="0" role="region" aria-labelledby=${area}>${body}</div></section>`
  return html`${panel('by_network', 'networks', networkList(shown.networks))}${panel('by_place', 'places', placeList(shown.places))}
    ${panel('slowest', 'slowest', slowList(shown.slowest))}${panel('found', 'found', readingList(shown))}`
}

/** @param {Control[]} controls */
async function steer(...controls) {
  busy = true
  renderPage()
  for (const control of controls) {
    const receipt = await send(live, { t: 'control', control })
    if (receipt.status === 'refused') toast({ text: t('room_test.not_done') })
  }
  busy = false
  renderPage()
}

const end = () => steer({ do: 'end' })

function goOn() {
  const activity = live.topics.results?.activity
  if (activity) steer({ do: 'start' }, { do: 'open', activity })
}

async function remove() {
  const [title, text, confirm] = ['delete_title', 'delete_text', 'delete_yes'].map(key => t(`room_test.${key}`))
  if (!(await ask({ title, text, confirm }))) return
  busy = true
  renderPage()
  try {
    await request('DELETE', `/${state.event}`)
    location.assign('/studio/room-tests')
  } catch {
    toast({ text: t('room_test.not_done') })
    busy = false
    renderPage()
  }
}

/** What was told of the readings. */
let told = ''

/** Tells who listens how things stand, now and then. */
function tell() {
  const shown = board()
  if (!shown?.phones) return
  const { success, warning, failed } = shown.verdicts
  const count = (/** @type {string} */ name, /** @type {number} */ n) => t(`room_test.count.${name}`, { n })
  const words = t('room_test.announce', { phones: t('room_test.phones', { n: shown.phones }), success: count('success', success), warning: count('warning', warning), failed: count('failed', failed) })
  if (words !== told) announce((told = words), 'readings')
}

setInterval(renderPage, REFRESH_INTERVAL_MS)
setInterval(tell, TELL_MS)
note()
renderPage()
live.connect()
alive()
