// The page of results of an event, which the server draws: its times as people write them here, printing, and, while the
// event runs, what has changed. Nothing that is being read moves: only parts whose content differs are put in place.

import { byId, language, t } from './messages.js'
import { sayMoments } from './moments.js'
import { startSharing } from './results/share.js'
import { exportResults } from './studio/export.js'

/** How often the page asks for what has changed: a table is read, not watched. */
const REFRESH_MS = 5000

const own = navigator.languages.find(tag => tag === language || tag.startsWith(`${language}-`)) ?? language
const days = new Intl.DateTimeFormat(own, { dateStyle: 'long', timeStyle: 'short' })
const times = new Intl.DateTimeFormat(own, { timeStyle: 'short' })

/** Says from when to when. @param {ParentNode} place */
function saySpans(place) {
  for (const element of place.querySelectorAll('[data-from][data-to]')) {
    if (!(element instanceof HTMLElement)) continue
    const [from, to] = [element.dataset.from, element.dataset.to].map(at => new Date(Number(at)))
    const within = from.toDateString() === to.toDateString() ? times : days
    element.textContent = t('results.times', { from: within.format(from), to: within.format(to) })
  }
}

/** What the server drew of each part, before the times in it were put into words. @type {Map<string, string>} */
const drawn = new Map()
const parts = (/** @type {ParentNode} */ place) => /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll('[data-part]'))

/** The page as the server draws it now. Not by a parser: the policy of the page forbids that. @returns {Promise<Document>} */
const page = () => new Promise((resolve, reject) => {
  const request = new XMLHttpRequest()
  request.open('GET', location.href)
  request.responseType = 'document'
  // A page to sign in has no results.
  request.onload = () => (request.responseXML?.getElementById('results') ? resolve(request.responseXML) : reject(new Error()))
  request.onerror = reject
  request.send()
})

async function refresh() {
  const fresh = await page()
  const names = (/** @type {ParentNode} */ place) => [...parts(place)].map(part => part.dataset.part).join()
  if (names(fresh) !== names(document)) return location.reload()
  for (const part of parts(fresh)) {
    const name = part.dataset.part ?? ''
    if (drawn.get(name) === part.innerHTML) continue
    drawn.set(name, part.innerHTML)
    const here = /** @type {HTMLElement} */ (document.querySelector(`[data-part="${name}"]`))
    const focused = [...here.querySelectorAll('[tabindex], a')].indexOf(/** @type {Element} */ (document.activeElement))
    here.replaceChildren(...[...part.childNodes].map(node => document.adoptNode(node)))
    sayMoments(here)
    saySpans(here)
    if (focused >= 0) /** @type {HTMLElement} */ ([...here.querySelectorAll('[tabindex], a')][focused])?.focus({ preventScroll: true })
  }
  byId('results').dataset.state = fresh.getElementById('results')?.dataset.state
}

/** Asks again and again, until the event is over; not where nobody looks. */
async function follow() {
  if (byId('results').dataset.state !== 'live') return
  const stale = /** @type {HTMLElement} */ (document.querySelector('.stale'))
  if (document.visibilityState === 'visible') {
    const failed = await refresh().then(() => false, () => true)
    if (stale.hidden === failed) {
      stale.textContent = failed ? t('results.stale') : ''
      stale.hidden = !failed
    }
  }
  setTimeout(follow, REFRESH_MS)
}

saySpans(document)
const event = byId('share').dataset.event ?? ''
// Without an answer the card stays away: there is nothing in it that could be trusted.
startSharing(event).catch(() => {})
byId('export').hidden = false
byId('export').addEventListener('click', () => void exportResults(event, byId('export').dataset.name ?? ''))
byId('print').hidden = false
byId('print').addEventListener('click', () => print())
setTimeout(follow, REFRESH_MS)
