// What counts of a rating say beside their mean, for screen and studio.

import { language } from '../../js/messages.js'
import { valuesOf } from './phone.js'

const decimals = new Intl.NumberFormat(language, { maximumFractionDigits: 1 })

/**
 * The value in the middle, or between the two in the middle; a dash of nothing.
 * @param {import('../../js/wire.js').Scale} scale
 * @param {number[]} counts from the lowest value
 */
export function median(scale, counts) {
  const all = counts.reduce((sum, count) => sum + count, 0)
  if (all === 0) return '–'
  const values = valuesOf(scale)
  /** @param {number} place from 0 */
  const at = place => {
    let seen = 0
    return values[counts.findIndex(count => (seen += count) > place)] ?? 0
  }
  return decimals.format((at(Math.floor((all - 1) / 2)) + at(Math.floor(all / 2))) / 2)
}
