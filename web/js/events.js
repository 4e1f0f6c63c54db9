// The list of events: dates as people write them here, and deletion that can be undone.

import { RequestError, request } from './studio/api.js'
import { ask } from './studio/dialogs.js'
import { day, number, t } from './studio/words.js'
import { toast } from './studio/toasts.js'

for (const time of document.querySelectorAll('time[data-at]:not([data-say])')) {
  if (!(time instanceof HTMLTimeElement)) continue
  const at = Number(time.dataset.at)
  time.dateTime = new Date(at).toISOString()
  time.textContent = t('studio.events.made', { date: day(at) })
  time.hidden = false
}

for (const row of document.querySelectorAll('.bin [data-event]')) {
  const button = row.querySelector('[data-restore]')
  if (!(row instanceof HTMLElement) || !(button instanceof HTMLElement)) continue
  button.hidden = false
  // The list of events is the server's to draw.
  button.addEventListener('click', () => attempt(async () => {
    await request('POST', `/${row.dataset.event}/restore`)
    location.reload()
  }, () => button.click()))
}

for (const row of document.querySelectorAll('.events [data-event]')) {
  const button = row.querySelector('[data-delete]')
  if (!(row instanceof HTMLElement) || !(button instanceof HTMLElement)) continue
  button.hidden = false
  button.addEventListener('click', () => remove(row))
}

/** @param {HTMLElement} row */
async function remove(row) {
  const { event, name = '' } = row.dataset
  if (!(await isSure(row))) return
  await attempt(
    async () => {
      await request('DELETE', `/${event}`)
      row.hidden = true
      count(1)
      toast({
        text: t('studio.toast.deleted', { name }),
        action: { label: t('studio.toast.undo'), run: () => restore(row) },
        focus: true,
      })
    },
    () => remove(row),
  )
}

/** Asks first where people are in it now, or have been. @param {HTMLElement} row */
async function isSure(row) {
  const { name = '', participants = '0' } = row.dataset
  const live = row.dataset.live !== undefined
  if (!live && participants === '0') return true
  return ask({
    title: t('studio.events.delete_title', { name }),
    text: t(live ? 'studio.events.delete_live' : 'studio.events.delete_answered', { n: Number(participants) }),
    confirm: t('studio.delete'),
  })
}

/** How many are in the bin; those of this visit are listed there with the next one. @param {number} more */
function count(more) {
  const [bin, binned] = [document.getElementById('bin'), document.getElementById('binned')]
  if (!bin || !binned) return
  const now = Number(binned.dataset.n ?? binned.textContent) + more
  binned.dataset.n = String(now)
  binned.textContent = number(now)
  bin.hidden = now === 0
}

/** @param {HTMLElement} row */
async function restore(row) {
  const { event, name = '' } = row.dataset
  await attempt(
    async () => {
      await request('POST', `/${event}/restore`)
      row.hidden = false
      count(-1)
      row.querySelector('a')?.focus()
      toast({ text: t('studio.toast.restored', { name }) })
    },
    () => restore(row),
  )
}

/**
 * Does something; says in words why not, with a way to try again.
 * @param {() => Promise<void>} work
 * @param {() => void} again
 */
async function attempt(work, again) {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    toast({ text: error.trouble.sentence, action: { label: t('studio.toast.retry'), run: again }, lasting: true })
  }
}
