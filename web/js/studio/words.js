// The studio's words: the page's messages, and the sentences for what could not be accepted.

import { has, language, t } from '../messages.js'

export { has, number, share, t } from '../messages.js'

// As the browser's own kind of the page's language has it: 29 November 2026, or November 29, 2026.
const own = navigator.languages.find(tag => tag === language || tag.startsWith(`${language}-`))
const days = new Intl.DateTimeFormat(own ?? language, { dateStyle: 'long' })

/**
 * A day, from milliseconds.
 * @param {number} at
 */
export const day = at => days.format(new Date(at))

/**
 * The sentence for something that could not be accepted.
 * @param {{code: string, args?: Record<string, string | number>}} problem
 */
export function problemSentence({ code, args = {} }) {
  const own = `${code}.${args.field}`
  if (has(own)) return t(own, args)
  if (has(code)) return t(code, args)
  const told = `studio.toast.${code}`
  return t(has(told) ? told : 'studio.toast.failed')
}
