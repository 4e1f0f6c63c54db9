// The settings of questions in a dialog. What nobody touches here stays current; what is touched stays as it is typed.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { embedded } from '../messages.js'
import { t } from '../studio/words.js'
import { linesOf, withoutEmptyEnd } from '../lines.js'
import { clean, isEmpty, key, tooLong } from '../text.js'
import { clash, configure, merged } from './configure.js'
import { buttons, openLive, submits } from './dialog.js'
import { settings } from './forum.js'
import { labelsEditor, troubleOf } from './labels.js'

/** @import { NamePolicy, QaSettings, QaState } from "../wire.js" */

/** The languages with a list of words. @type {string[]} */
const LANGUAGES = embedded('state').languages
/** How many own words there may be, and how long each. */
const [WORDS, WORD_CHARS] = [200, 40]

/** Opens the dialog. */
export async function openQuestionSettings() {
  const known = settings()
  if (!known) return
  let base = structuredClone(known)
  let draft = structuredClone(known)
  let words = known.filter.words.join('\n')
  let trouble = ''
  await openLive((close, rerender) => {
    const newest = settings() ?? base
    const shown = merged(newest, base, draft)
    const change = (/** @type {Partial<QaSettings>} */ part) => {
      draft = { ...draft, ...part }
      trouble = ''
      rerender()
    }
    const save = async () => {
      const labels = withoutEmptyEnd(shown.labels, label => isEmpty(label.name))
      if (labels.length < shown.labels.length) {
        change({ labels })
        shown.labels = labels
      }
      trouble = problemOf(shown, words)
      if (trouble) return rerender()
      if (JSON.stringify({ ...shown, version: 0 }) === JSON.stringify({ ...newest, version: 0 })) return close('')
      const result = await configure(shown)
      if (result === 'done') return close('saved')
      // Another's change of the same thing is shown; saving once more replaces it knowingly.
      base = structuredClone(settings() ?? base)
      trouble = result === 'stale' ? t('moderation.settings.stale') : t('studio.toast.failed')
      rerender()
    }
    const type = (/** @type {{currentTarget: HTMLTextAreaElement}} */ { currentTarget }) => {
      words = currentTarget.value
      change({ filter: { ...shown.filter, words: wordsOf(words) } })
    }
    return html`<form class="settings" @submit=${submits(() => void save())} novalidate>
      <h2 id="dialog-title">${t('moderation.settings.title')}</h2>
      ${clash(newest, base, draft) ? html`<p class="warning" role="alert">${t('moderation.settings.clash')}</p>` : nothing}
      ${choices('state', ['off', 'open', 'closed'], shown.state, state => change({ state: /** @type {QaState} */ (state) }))}
      ${choices('review', ['first', 'at_once'], shown.review ? 'first' : 'at_once', review => change({ review: review === 'first' }))}
      ${choices('names', ['anonymous', 'either', 'named'], shown.names, names => change({ names: /** @type {NamePolicy} */ (names) }))}
      ${check('downvotes', shown.downvotes, downvotes => change({ downvotes }))}
      ${labelsEditor(shown.labels, labels => change({ labels }))}
      <fieldset class="filter"><legend>${t('moderation.settings.filter')}</legend>
        ${check('filter_on', shown.filter.on, on => change({ filter: { ...shown.filter, on } }))}
        ${shown.filter.on ? html`<div class="languages">${[...new Set([...LANGUAGES, ...shown.filter.languages])].map(language => languageCheck(language, shown, change))}</div>
          <div class="entry"><label for="own-words">${t('moderation.settings.own_words')}</label>
            <textarea class="field" id="own-words" rows="3" spellcheck="false" .value=${live(words)} @input=${type} aria-describedby="own-words-hint"></textarea>
            <p class="hint" id="own-words-hint">${t('moderation.settings.own_words_hint')}</p></div>` : nothing}
      </fieldset>
      ${check('share', shown.share, share => change({ share }))}
      ${trouble ? html`<p class="problem banner" role="alert">${trouble}</p>` : nothing}
      ${buttons(close, t('studio.dialog.save'))}
    </form>`
  }, 'wide')
}

/** The words that are typed, each once. @param {string} text */
function wordsOf(text) {
  /** @type {Map<string, string>} */
  const words = new Map()
  const all = linesOf(text).flatMap(line => line.split(/[,;，；、،؛]/))
  for (const word of all.map(clean).filter(Boolean)) if (!words.has(key(word))) words.set(key(word), word)
  return [...words.values()]
}

/** What cannot be stored so, in words. @param {QaSettings} settings @param {string} words */
function problemOf({ labels }, words) {
  const own = wordsOf(words)
  if (own.length > WORDS) return t('moderation.settings.too_many_words', { max: WORDS })
  const long = own.map(word => tooLong(word, WORD_CHARS)).find(Boolean)
  if (long) return long[0] === 'problem.too_long' ? t('moderation.settings.word_too_long', { max: WORD_CHARS }) : t(...long)
  return troubleOf(labels)
}

/**
 * One of a few, side by side.
 * @param {string} name
 * @param {string[]} all
 * @param {string} now
 * @param {(choice: string) => void} pick
 */
export const choices = (name, all, now, pick) => html`<fieldset class="pick-one"><legend>${t(`moderation.settings.${name}`)}</legend>
  <div class="segments">${all.map(
    one => html`<label><input type="radio" name=${name} value=${one} .checked=${live(one === now)} @change=${() => pick(one)}><span>${t(`moderation.settings.${name}.${one}`)}</span></label>`,
  )}</div><p class="hint">${t(`moderation.settings.${name}.${now}_hint`)}</p></fieldset>`

/** @param {string} name @param {boolean} on @param {(on: boolean) => void} set */
const check = (name, on, set) =>
  html`<label class="check"><input type="checkbox" .checked=${live(on)} @change=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => set(currentTarget.checked)}><span>${t(`moderation.settings.${name}`)}</span></label>`

/** @param {string} language @param {QaSettings} shown @param {(part: Partial<QaSettings>) => void} change */
function languageCheck(language, { filter }, change) {
  const name = new Intl.DisplayNames(document.documentElement.lang, { type: 'language' }).of(language)
  const set = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
    const others = filter.languages.filter(one => one !== language)
    change({ filter: { ...filter, languages: currentTarget.checked ? [...others, language].sort() : others } })
  }
  return html`<label class="check"><input type="checkbox" .checked=${live(filter.languages.includes(language))} @change=${set}><span>${name}</span></label>`
}
