// What happens in the event, said aloud to those who run it and do not see the page change.

import { announce, stageWords } from '../messages.js'
import { t } from './words.js'

/** @import { Results, Stage } from "../wire.js" */

/**
 * Says what has changed on stage, whoever has changed it.
 * @param {Stage} before
 * @param {Stage} now
 * @param {number | undefined} clock the server's
 */
export function tellStage(before, now, clock) {
  if (before.event.state !== now.event.state) announce(t(`studio.said.${now.event.state}`))
  if (now.activity) for (const words of stageWords(before.activity, now.activity, clock)) announce(words)
  else if (before.activity && now.event.state === 'live') announce(t('studio.said.lobby'))
}

/**
 * Says which results are shown now, or why they are not.
 * @param {string} name of the activity
 * @param {number} round
 * @param {number} current the round that it is in
 * @param {Results | undefined} results
 * @param {string | undefined} trouble
 */
export function tellResults(name, round, current, results, trouble) {
  const of = current > 1 ? t('studio.said.results_of_round', { name, round }) : t('studio.said.results', { name })
  announce(`${of} ${trouble ?? t('studio.said.answers', { n: results?.respondents ?? 0 })}`, 'results')
}
