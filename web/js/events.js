// The list of events: dates as people write them here, and deletion that can be undone.

import { RequestError, request } from './studio/api.js'
import { day, say } from './studio/say.js'
import { toast } from './studio/toasts.js'

for (const time of document.querySelectorAll('time[data-at]')) {
  if (!(time instanceof HTMLTimeElement)) continue
  const at = Number(time.dataset.at)
  time.dateTime = new Date(at).toISOString()
  time.textContent = say('studio.events.made', { date: day(at) })
  time.hidden = false
}

for (const row of document.querySelectorAll('[data-event]')) {
  const button = row.querySelector('[data-delete]')
  if (!(row instanceof HTMLElement) || !(button instanceof HTMLElement)) continue
  button.hidden = false
  button.addEventListener('click', () => remove(row))
}

/** @param {HTMLElement} row */
async function remove(row) {
  const { event, name = '' } = row.dataset
  await attempt(
    async () => {
      await request('DELETE', `/${event}`)
      row.hidden = true
      toast({
        text: say('studio.toast.deleted', { name }),
        action: { label: say('studio.toast.undo'), run: () => restore(row) },
        focus: true,
      })
    },
    () => remove(row),
  )
}

/** @param {HTMLElement} row */
async function restore(row) {
  const { event, name = '' } = row.dataset
  await attempt(
    async () => {
      await request('POST', `/${event}/restore`)
      row.hidden = false
      row.querySelector('a')?.focus()
      toast({ text: say('studio.toast.restored', { name }) })
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
    toast({ text: error.trouble.sentence, action: { label: say('studio.toast.retry'), run: again }, lasting: true })
  }
}
