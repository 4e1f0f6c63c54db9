// The list of events, which the server draws: what a row's menu does, with undo; and the search.

import { byId } from './messages.js'
import { sayMoments } from './moments.js'
import { RequestError, request } from './studio/api.js'
import { clearAnswers } from './studio/clear.js'
import { ask } from './studio/dialogs.js'
import { exportResults } from './studio/export.js'
import { closeMenu, putMenu } from './studio/menu.js'
import { day, t } from './studio/words.js'
import { toast } from './studio/toasts.js'
import { askCopy, askName } from './events/forms.js'
import { search, startSearch } from './events/search.js'

/** @typedef {import('./events/forms.js').Row} Row */

/** How tall a row's menu is. */
const MENU_HEIGHT = '355'

startSearch()
wire(document)

/** Makes what was drawn work. @param {ParentNode} place */
function wire(place) {
  for (const time of place.querySelectorAll('time[data-at]:not([data-say])')) {
    if (!(time instanceof HTMLTimeElement)) continue
    const at = Number(time.dataset.at)
    time.dateTime = new Date(at).toISOString()
    time.textContent = t('studio.events.made', { date: day(at) })
    time.hidden = false
  }
  for (const scripted of place.querySelectorAll('[data-scripted]')) scripted.toggleAttribute('hidden', false)
  for (const menu of place.querySelectorAll('.menu')) {
    if (!(menu instanceof HTMLElement)) continue
    menu.dataset.height = MENU_HEIGHT
    menu.addEventListener('beforetoggle', event => putMenu(/** @type {ToggleEvent} */ (event)))
  }
  for (const button of place.querySelectorAll('[data-act]')) {
    button.addEventListener('click', event => {
      closeMenu(event)
      const row = /** @type {Row} */ (button.closest('[data-event]'))
      void ACTS[/** @type {HTMLElement} */ (button).dataset.act ?? '']?.(row)
    })
  }
}

/** @type {Record<string, (row: Row) => Promise<unknown>>} */
const ACTS = { copy, link, rename, export: saveResults, clear, remove, restore: row => restore(row.dataset.event ?? '', row.dataset.name ?? '') }

/**
 * Has the server draw the lists anew, and gives the focus to an event's row.
 * @param {string} [id]
 */
async function redraw(id) {
  const drawn = (await page())?.getElementById('lists')
  if (!drawn) return location.reload()
  const fresh = document.adoptNode(drawn)
  byId('lists').replaceWith(fresh)
  wire(fresh)
  sayMoments(fresh)
  search()
  if (id) byRow(id)?.querySelector('a')?.focus()
}

/**
 * This page as the server draws it now. The browser parses it while it comes: a text must not become a page.
 * @returns {Promise<Document | null>}
 */
const page = () =>
  new Promise(resolve => {
    const wanted = new XMLHttpRequest()
    wanted.open('GET', '/studio')
    wanted.responseType = 'document'
    wanted.onloadend = () => resolve(wanted.status === 200 ? wanted.responseXML : null)
    wanted.send()
  })

/** @param {string} id */
const byRow = id => document.querySelector(`.row[data-event="${id}"]`)

/** A copy of the event, which can be taken back with its code. @param {Row} row */
async function copy(row) {
  const { event = '', code = '' } = row.dataset
  const made = await askCopy(row)
  if (!made) return
  await redraw(made.id)
  const undo = async () => {
    await request('DELETE', `/${made.id}`)
    if (made.code === code) await request('PATCH', `/${event}`, { code })
    await redraw(event)
  }
  toast({ text: t('studio.toast.duplicated', { name: made.name }), action: { label: t('studio.toast.undo'), run: () => void attempt(undo) } })
}

/** @param {Row} row */
async function link(row) {
  const link = `${byId('lists').dataset.joinBase}${row.dataset.code}`
  const copied = await navigator.clipboard?.writeText(link).then(
    () => true,
    () => false,
  )
  toast({ text: copied ? t('studio.toast.copied') : t('studio.toast.not_copied', { link }), lasting: !copied })
}

/** @param {Row} row */
async function rename(row) {
  if (!(await askName(row))) return
  await redraw(row.dataset.event)
  toast({ text: t('studio.toast.saved') })
}

/** Saves the results as a file. @param {Row} row */
function saveResults({ dataset: { event = '', name = '' } }) {
  return exportResults(event, name)
}

/** Deletes all answers and questions, after asking. @param {Row} row */
async function clear({ dataset: { event = '', name = '' } }) {
  await attempt(async () => {
    if (!(await clearAnswers(event, name))) return
    await redraw(event)
    toast({ text: t('studio.clear.done', { name }) })
  })
}

/** @param {Row} row */
async function remove(row) {
  const { event = '', name = '' } = row.dataset
  if (!(await isSure(row))) return
  await attempt(async () => {
    await request('DELETE', `/${event}`)
    await redraw()
    const undo = { label: t('studio.toast.undo'), run: () => void restore(event, name) }
    toast({ text: t('studio.toast.deleted', { name }), action: undo, focus: true })
  })
}

/** Asks first where people are in it now, or have been. @param {Row} row */
async function isSure({ dataset: { name = '', participants = '0', state } }) {
  if (state !== 'live' && participants === '0') return true
  return ask({
    title: t('studio.events.delete_title', { name }),
    text: t(state === 'live' ? 'studio.events.delete_live' : 'studio.events.delete_answered', { n: Number(participants) }),
    confirm: t('studio.delete'),
  })
}

/** @param {string} event @param {string} name */
const restore = (event, name) =>
  attempt(async () => {
    await request('POST', `/${event}/restore`)
    await redraw(event)
    toast({ text: t('studio.toast.restored', { name }) })
  })

/**
 * Does something; says in words why not, with a way to try again.
 * @param {() => Promise<void>} work
 */
async function attempt(work) {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    toast({ text: error.trouble.sentence, action: { label: t('studio.toast.retry'), run: () => void attempt(work) }, lasting: true })
  }
}
