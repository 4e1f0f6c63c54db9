// The word cloud in the studio.

import { html, nothing } from '../../js/html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { writtenWords } from '../../js/moderation/written.js'
import { problemLine } from '../../js/studio/dialogs.js'
import { t } from '../../js/studio/words.js'

/** @import { EditorContext, Kind } from "../../js/studio/types.js" */
/** @import { Results, Settings } from "../../js/wire.js" */
/** @typedef {Extract<Settings, {kind: "words"}>} Cloud */

const MAX_WORDS = 10

const picture = html`<svg class="kind" viewBox="0 0 48 32" aria-hidden="true">
  <rect class="c1" x="12" y="11" width="26" height="8" rx="3" /><rect class="c3" x="4" y="22" width="16" height="5" rx="2.5" />
  <rect class="c2" x="23" y="22" width="20" height="6" rx="3" /><rect class="c4" x="19" y="3" width="13" height="5" rx="2.5" />
  <rect class="c2" x="6" y="5" width="9" height="4" rx="2" />
</svg>`

/** @param {EditorContext<Cloud>} context */
function form({ question, change, problem }) {
  const words = question.words_per_person
  const set = (/** @type {number} */ n) => change({ words_per_person: Math.min(MAX_WORDS, Math.max(1, n)) })
  const trouble = problem('words_per_person')
  return html`<div class="entry">
    <label for="words">${t('studio.words.per_person')}</label>
    <div class="stepper">
      <button type="button" class="button" aria-label=${t('studio.words.fewer')} ?disabled=${words <= 1} @click=${() => set(words - 1)}>−</button>
      <input class="field" id="words" type="number" min="1" max=${MAX_WORDS} inputmode="numeric" .value=${live(String(words))}
        aria-describedby="words-hint${trouble ? ' words-problem' : ''}" aria-invalid=${trouble ? 'true' : nothing}
        @change=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => set(currentTarget.valueAsNumber || 1)}>
      <button type="button" class="button" aria-label=${t('studio.words.more')} ?disabled=${words >= MAX_WORDS} @click=${() => set(words + 1)}>+</button>
    </div>
    ${problemLine('words-problem', trouble)}
    <p class="hint" id="words-hint">${t('studio.words.per_person_hint')}</p>
  </div>`
}

/** @param {Cloud} cloud */
const phone = ({ words_per_person: n }) => html`
  <p class="how">${t('studio.words.how', { n })}</p>
  ${Array.from({ length: Math.min(n, 4) }, (_, place) => html`<div class="slot">${t('studio.words.word', { n: place + 1 })}</div>`)}`

/**
 * @param {Cloud} _cloud
 * @param {Results} results
 */
function results(_cloud, results) {
  const { tally } = results
  if (tally?.kind !== 'words') return html``
  const lead = tally.distinct > 0 ? t('studio.results.distinct', { n: tally.distinct }) : results.respondents ? '' : t('studio.results.waiting')
  return html`${lead ? html`<p class="quiet">${lead}</p>` : nothing}${writtenWords(results)}`
}

/**
 * What a change does to words that there are, in sentences.
 * @param {Cloud} before
 * @param {Cloud} after
 */
const touches = (before, after) => (after.words_per_person < before.words_per_person ? [t('studio.edit.fewer_words')] : [])

/** @type {Kind<Cloud>} */
export const kind = {
  blank: () => ({ kind: 'words', title: '', words_per_person: 3 }),
  form,
  tidy: cloud => cloud,
  problems: () => [],
  touches,
  phone,
  results,
  picture,
}
