// The text wall in the studio: its form, and its texts with what can be done about them.

import { html, nothing } from '../../js/html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { find, forum, placeOf } from '../../js/moderation/forum.js'
import { onScreen } from '../../js/moderation/head.js'
import { firstPosts } from '../../js/studio/questions.js'
import { problemLine } from '../../js/studio/dialogs.js'
import { outward } from '../../js/studio/icons.js'
import { number, t } from '../../js/studio/words.js'

/** @import { EditorContext, Kind } from "../../js/studio/types.js" */
/** @import { NamePolicy, Results, Settings, ShownText, Texts } from "../../js/wire.js" */
/** @typedef {Extract<Settings, {kind: "open"}>} Wall */

const MOST_TEXTS = 10
/** @type {NamePolicy[]} */
const NAMES = ['anonymous', 'either', 'named']

const picture = html`<svg class="kind" viewBox="0 0 48 32" aria-hidden="true">
  <rect class="c1" x="4" y="4" width="12" height="10" rx="2" /><rect class="c2" x="4" y="16" width="12" height="12" rx="2" opacity=".5" />
  <rect class="c2" x="18" y="4" width="12" height="14" rx="2" opacity=".5" /><rect class="c1" x="18" y="20" width="12" height="8" rx="2" opacity=".7" />
  <rect class="c3" x="32" y="4" width="12" height="8" rx="2" opacity=".7" /><rect class="c1" x="32" y="14" width="12" height="14" rx="2" opacity=".4" />
</svg>`

/** @param {EditorContext<Wall>} context */
function form({ question: wall, change, problem }) {
  const trouble = problem('texts_per_person')
  const limit = (/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => change({ texts_per_person: Number(currentTarget.value) || undefined })
  return html`<div class="entry"><label for="limit">${t('studio.open.limit')}</label>
      <select class="field" id="limit" aria-invalid=${trouble ? 'true' : nothing} @change=${limit}>
        ${Array.from({ length: MOST_TEXTS }, (_, place) => place + 1).map(n => html`<option value=${n} .selected=${live(n === wall.texts_per_person)}>${number(n)}</option>`)}
        <option value="0" .selected=${live(wall.texts_per_person === undefined)}>${t('studio.open.no_limit')}</option>
      </select>${problemLine('limit-problem', trouble)}</div>
    <fieldset class="names-form"><legend>${t('studio.open.names')}</legend>
      <div class="segments">${NAMES.map(one => html`<label><input type="radio" name="names" .checked=${live(one === wall.names)} @change=${() => change({ names: one })}>
        <span>${t(`studio.open.names.${one}`)}</span></label>`)}</div></fieldset>
    <label class="check"><input type="checkbox" .checked=${live(wall.review)} @change=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => change({ review: currentTarget.checked })}>
      <span>${t('studio.open.review')}</span></label>`
}

/** What a phone will show. @param {Wall} wall */
const phone = ({ texts_per_person: n }) => html`
  <p class="how">${n === undefined ? t('studio.open.how_any') : t('studio.open.how', { n })}</p>
  <div class="slot text">${t('studio.open.field')}</div>`

/**
 * The texts that wait and those on the wall, with what can be done about them; the rest on the moderators' page.
 * @param {Wall} _wall
 * @param {Results} results
 */
function results(_wall, { activity = '', round, tally }) {
  const known = forum.topic?.activities?.[activity]
  if (tally?.kind === 'open' && known?.round !== round) return earlier(tally)
  if (!known) return html`<p class="quiet">${t('studio.open.none')}</p>`
  const { counts } = known
  const empty = Object.values(counts).every(n => n === 0)
  return html`${empty ? html`<p class="quiet">${t('studio.open.none')}</p>` : html`<p class="quiet">${t('studio.open.counts', { shown: number(counts.published), review: number(counts.review) })}</p>`}
    ${placeOf(find(forum.topic?.highlight)) === activity ? onScreen() : nothing}
    ${firstPosts({ to: activity, list: 'review', total: counts.review, title: t('studio.open.review_list'), acts: ['publish', 'merge', 'decline'] })}
    ${firstPosts({ to: activity, list: 'published', total: counts.published, title: t('studio.open.published_list'), acts: ['highlight', 'hide', 'merge'] })}
    <p class="ways"><a class="button quiet" href="/moderate/${forum.event}#of=${activity}" target="_blank" rel="noopener">${t('studio.open.all')}${outward}</a></p>`
}

/** The texts of a round that is over, which nobody moderates any more. @param {Texts} texts */
function earlier({ texts, shown }) {
  const sent = Object.entries(texts).reverse()
  if (sent.length === 0) return html`<p class="quiet">${t('studio.open.none')}</p>`
  const who = (/** @type {ShownText} */ { people, name }) =>
    people > 1 ? html`<b translate="no">${number(people)}</b>` : name ? html`<small dir="auto">${name}</small>` : nothing
  return html`<p class="quiet">${t('studio.open.counts', { shown: number(shown), review: number(0) })}</p>
    <ul class="ranks">${sent.map(([, text]) => html`<li><span dir="auto">${text.text}</span>${who(text)}</li>`)}</ul>`
}

/**
 * What a change does to texts that there are, in sentences.
 * @param {Wall} before
 * @param {Wall} after
 */
function touches(before, after) {
  const most = (/** @type {Wall} */ wall) => wall.texts_per_person ?? Infinity
  return [...(most(after) < most(before) ? [t('studio.open.fewer')] : []), ...(before.names !== after.names ? [t('studio.open.names_stay')] : [])]
}

/** @type {Kind<Wall>} */
export const kind = {
  blank: () => ({ kind: 'open', title: '', texts_per_person: 3, review: false, names: 'anonymous' }),
  form,
  tidy: wall => wall,
  problems: () => [],
  touches,
  phone,
  results,
  picture,
}
