// What happens in the event, said aloud to those who run it and do not see the page change.

import { announce, stageWords } from '../messages.js'
import { t } from './words.js'

/** @import { Stage } from "../wire.js" */

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
