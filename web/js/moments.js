// Moments as people write them here: the server, which knows no time zone of theirs, says them in UTC.

import { t } from './messages.js'

const language = document.documentElement.lang || 'en'
// As the browser's own kind of the page's language has it: 29 November 2026 at 14:05, or November 29, 2026 at 2:05 PM.
const own = navigator.languages.find(tag => tag === language || tag.startsWith(`${language}-`))
const moments = new Intl.DateTimeFormat(own ?? language, { dateStyle: 'long', timeStyle: 'short' })

/** Says them within what was drawn. @param {ParentNode} place */
export function sayMoments(place) {
  for (const element of place.querySelectorAll('[data-at][data-say]')) {
    if (!(element instanceof HTMLElement)) continue
    const { at, say = '', n = 0 } = element.dataset
    element.textContent = t(say, { date: moments.format(new Date(Number(at))), n: Number(n) })
  }
}

sayMoments(document)
