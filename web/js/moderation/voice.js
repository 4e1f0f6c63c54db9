// What happens to the room's questions, said aloud to those who moderate and do not see the lists change.

import { announce } from '../messages.js'
import { t } from '../studio/words.js'
import { LISTS, awaits, find, onTopic } from './forum.js'
import { countOf } from './view.js'
import { excerpt } from './words.js'

/** @import { Moderation } from "../wire.js" */

/** Questions that come within this time are told of together. */
const GATHERED_MS = 4_000

/** How many have come since that was last said. */
let come = 0

/** @param {Moderation} topic */
const total = ({ counts, activities = {} }) =>
  [counts, ...Object.values(activities).map(({ counts }) => counts)].reduce((sum, of) => sum + LISTS.reduce((sum, list) => sum + of[list], 0), 0)

/** Says from now on what happens. */
export function speak() {
  onTopic((before, now) => {
    if (!before) return
    gather(total(now) - total(before))
    if (before.settings.state !== now.settings.state) announce(t(`moderation.said.${now.settings.state}`))
    const shown = now.highlight === before.highlight ? undefined : find(now.highlight)
    if (shown && !awaits(shown)) announce(t('moderation.said.highlight', { text: excerpt(shown.text) }))
    else if (before.highlight !== undefined && now.highlight === undefined) announce(t('moderation.said.highlight_off'))
  })
}

/** @param {number} fresh */
function gather(fresh) {
  if (fresh <= 0) return
  if (come === 0) setTimeout(tell, GATHERED_MS)
  come += fresh
}

function tell() {
  announce(t('moderation.said.come', { n: come, review: countOf('review') }), 'questions')
  come = 0
}
