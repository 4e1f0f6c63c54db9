// The choice poll in the studio: its counts, and what a phone will show.

import { html, nothing } from '../../js/html.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { mark } from '../../js/messages.js'
import { writtenWords } from '../../js/moderation/written.js'
import { number, share, t } from '../../js/studio/words.js'
import { styleVars } from '../../js/studio/style-vars.js'

/** @import { Results, Settings } from "../../js/wire.js" */
/** @typedef {Extract<Settings, {kind: "choice"}>} Poll */

/** A picture of the kind. */
export const picture = html`<svg class="kind" viewBox="0 0 48 32" aria-hidden="true">
  <rect class="c1" x="4" y="4" width="28" height="6" rx="3" /><rect class="c2" x="4" y="13" width="40" height="6" rx="3" />
  <rect class="c3" x="4" y="22" width="17" height="6" rx="3" />
</svg>`

/** @param {Poll} poll */
function how({ min, max }) {
  if (max === 1) return t('studio.choice.how_one')
  if (min === max) return t('studio.choice.how_exactly', { n: max })
  return t('studio.choice.how_range', { min, max })
}

/**
 * What a phone will show.
 * @param {Poll} poll
 */
export const phone = poll => html`
  <p class="how">${how(poll)}</p>
  ${repeat(
    poll.options,
    option => option.id,
    (option, place) => html`
    <div class="choice ${mark(place).colour}"><span class="letter" translate="no">${mark(place).letter}</span><span dir="auto">${option.text}</span></div>`,
  )}
  ${poll.other ? html`<div class="choice o-own"><span class="letter">+</span><span>${t('studio.results.other')}</span></div>` : nothing}`

/**
 * The counts. Bars keep the order of the options, so that nothing jumps while people vote.
 * @param {Poll} poll
 * @param {Results} results
 */
export function results(poll, results) {
  const { tally, respondents = 0 } = results
  if (tally?.kind !== 'choice') return html``
  const bar = (
    /** @type {string} */ name,
    /** @type {string} */ text,
    /** @type {number} */ count,
    /** @type {string} */ colour,
  ) => {
    const { percent, text: inPercent } = share(count, respondents)
    return html`<li class=${colour} ${styleVars({ '--share': `${percent}%` })}>
      <span class="letter" aria-hidden="true" translate="no">${name}</span><span class="text" dir="auto">${text}</span>
      <span class="share" translate="no">${inPercent}</span><i class="bar"></i><span class="count" translate="no">${number(count)}</span></li>`
  }
  const { written } = results
  const hasWritten = written !== undefined && Object.keys(written.shown).length + written.hidden_words > 0
  return html`<ol class="bars">
      ${repeat(
        poll.options,
        option => option.id,
        (option, place) => bar(mark(place).letter, option.text, tally.counts[option.id] ?? 0, mark(place).colour),
      )}
      ${poll.other ? bar('+', t('studio.results.other'), tally.other ?? 0, 'o-own') : nothing}
    </ol>
    ${hasWritten ? html`<h3>${t('studio.results.own_texts')}</h3>${writtenWords(results)}` : nothing}`
}
