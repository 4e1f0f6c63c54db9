// The search: rows whose name or code has what was typed. It is there only where looking would take longer.

import { announce, byId } from '../messages.js'
import { t } from '../studio/words.js'
import { fold } from '../text.js'

/** Up to so many events are found by looking. */
const FOUND_BY_LOOKING = 8

const rows = () => /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.row')])
const field = () => /** @type {HTMLInputElement | null} */ (document.querySelector('#search input'))

/** Offers it, where there are enough events. */
export function startSearch() {
  const input = field()
  if (!input || rows().length <= FOUND_BY_LOOKING) return
  byId('search').hidden = false
  input.addEventListener('input', () => {
    const found = search()
    announce(found > 0 ? t('studio.events.found', { n: found }) : t('studio.events.none_found'), 'search')
  })
}

/** Hides what is not searched for; gives how many are left. */
export function search() {
  const wanted = fold(field()?.value ?? '')
  let found = 0
  for (const row of rows()) {
    row.hidden = !fold(`${row.dataset.name} ${row.dataset.code}`).includes(wanted)
    if (!row.hidden) found += 1
  }
  for (const list of document.querySelectorAll('.rows')) {
    const part = list.closest('section') ?? list
    part.toggleAttribute('hidden', !list.querySelector('.row:not([hidden])'))
  }
  document.querySelector('.none-found')?.toggleAttribute('hidden', found > 0 || wanted === '')
  return found
}
