// Texts as people see and write them.

import { t } from '../messages.js'

/** The longest question. */
export const LONGEST = 300
/** The longest name. */
export const LONGEST_NAME = 40

const language = document.documentElement.lang || 'en'
const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter(language) : undefined
const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
const calendar = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' })

/**
 * How many characters a text has, as people see them: a flag, or a letter with its accents, is one.
 * @param {string} text
 */
export const characters = text => (segmenter ? [...segmenter.segment(text)].length : [...text].length)

/**
 * A text as it is sent: in one line.
 * @param {string} text
 */
export const oneLine = text => text.replace(/\s+/g, ' ').trim()

/**
 * A moment as the time of day, with the day where it is not today.
 * @param {number} millis
 */
export function moment(millis) {
  const day = calendar.format(millis)
  return day === calendar.format(Date.now()) ? clock.format(millis) : `${day}, ${clock.format(millis)}`
}

/**
 * What a field says of the length of its text.
 * @param {string} text
 */
export function length(text) {
  const n = characters(text)
  return { tooLong: n > LONGEST, sentence: n > LONGEST ? t('questions.too_long', { n: n - LONGEST }) : t('questions.length', { n, max: LONGEST }) }
}
