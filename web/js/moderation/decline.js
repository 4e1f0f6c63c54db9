// Declining questions: the reason by a quick choice, in own words, or none.

import { html, nothing } from '../html.js'
import { t } from '../studio/words.js'
import { clean, tooLong } from '../text.js'
import { performAll } from './acts.js'
import { buttons, openLive, submits } from './dialog.js'
import { areTexts, find } from './forum.js'
import { excerpt } from './words.js'

/** @import { ReasonCode } from "../wire.js" */

/** The quick choices, in the order of their keys. @type {ReasonCode[]} */
export const REASONS = ['off_topic', 'duplicate', 'answered', 'unclear', 'offensive', 'private', 'other']
/** A reason's length, in characters. */
const REASON_CHARS = 200

/**
 * Asks why, then declines.
 * @param {number[]} ids
 */
export async function decline(ids) {
  // Nothing answers a text.
  const reasons = areTexts(ids) ? REASONS.filter(reason => reason !== 'answered') : REASONS
  let code = ''
  let text = ''
  const answer = await openLive((close, rerender) => {
    const pick = (/** @type {string} */ choice) => {
      code = choice
      rerender()
    }
    const type = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
      text = currentTarget.value
      // Whoever writes a reason without choosing a kind means another one.
      if (text && !code) pick('other')
      rerender()
    }
    const long = tooLong(text, REASON_CHARS)
    const only = ids.length === 1 ? find(ids[0]) : undefined
    return html`<form @submit=${submits(() => !long && close('decline'))} @keydown=${(/** @type {KeyboardEvent} */ event) => keys(event, reasons, pick)}>
      <h2 id="dialog-title">${t('moderation.decline.title', { n: ids.length })}</h2>
      ${only ? html`<p class="about">${excerpt(only.text)}</p>` : nothing}
      <fieldset class="reasons"><legend>${t('moderation.decline.reason')}</legend>
        ${['', ...reasons].map((choice, place) => choiceOf(choice, place, choice === code, pick))}
      </fieldset>
      <div class="entry"><label for="reason-text">${t('moderation.decline.words')}</label>
        <input class="field" id="reason-text" autocomplete="off" .value=${text} @input=${type} aria-invalid=${long ? 'true' : 'false'} aria-describedby="reason-length reason-hint">
        <p class="problem" id="reason-length" role="status">${long ? t(...long) : ''}</p>
        <p class="hint" id="reason-hint">${t('moderation.decline.hint')}</p></div>
      ${buttons(close, t('moderation.decline.confirm'), 'danger')}
    </form>`
  }, 'wide')
  if (!answer) return
  const reason = code ? { code: /** @type {ReasonCode} */ (code), ...(clean(text) && { text: clean(text) }) } : undefined
  await performAll(ids, posts => ({ do: 'decline', posts, ...(reason && { reason }) }))
}

/**
 * @param {string} choice
 * @param {number} place
 * @param {boolean} on
 * @param {(choice: string) => void} pick
 */
const choiceOf = (choice, place, on, pick) => html`<label class="choice">
  <input type="radio" name="reason" value=${choice} .checked=${on} ?autofocus=${place === 0} @change=${() => pick(choice)}>
  <span>${t(choice ? `moderation.reason.${choice}` : 'moderation.decline.none')}</span>${place > 0 ? html`<kbd aria-hidden="true">${place}</kbd>` : nothing}
</label>`

/**
 * A digit chooses where nothing is typed.
 * @param {KeyboardEvent} event
 * @param {ReasonCode[]} reasons
 * @param {(choice: string) => void} pick
 */
function keys(event, reasons, pick) {
  const choice = reasons[Number(event.key) - 1]
  const typing = event.target instanceof HTMLInputElement && event.target.type !== 'radio'
  if (!choice || typing || event.ctrlKey || event.metaKey || event.altKey) return
  event.preventDefault()
  pick(choice)
}
