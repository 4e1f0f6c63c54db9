// The words that people have sent to a cloud, or written under "other": hidden with one click, merged, restored. Both pages
// that moderate draw them from here.

import { html, nothing } from '../html.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { focusWhenThere } from '../focus.js'
import { number, t } from '../studio/words.js'
import { styleVars } from '../studio/style-vars.js'
import { clean, fold } from '../text.js'
import { perform } from './acts.js'
import { buttons, openLive, submits } from './dialog.js'
import { forum } from './forum.js'
import { join, slashedEye } from './icons.js'
import { excerpt } from './words.js'

/** @import { About } from "./acts.js" */
/** @import { Act, Results, Written } from "../wire.js" */
/** @typedef {Extract<Act, {do: "hide_word" | "merge_word" | "restore_word"}>} WordAct */

/** How many words are offered to merge into. */
const OFFERED = 12

/** The words with an act on its way, by activity and word. @type {Set<string>} */
const busy = new Set()

/**
 * Does something to a word, unless something is being done to it already. The focus goes on to what is named.
 * @param {WordAct} act
 * @param {Pick<About, "text" | "undone" | "back"> & {next: string | undefined}} about
 */
async function act(act, about) {
  const key = `${act.activity} ${act.word}`
  if (busy.has(key)) return
  busy.add(key)
  const from = document.activeElement
  const done = await perform(act, about)
  busy.delete(key)
  const { activeElement } = document
  const stays = activeElement && activeElement !== document.body && activeElement !== from
  if (done === 'done' && !stays && about.next) focusWhenThere(about.next)
}

/** Words and their counts, the most frequent first. @template T @param {Record<string, T>} words @param {(of: T) => number} count */
const ranked = (words, count) => Object.entries(words).sort(([a, m], [b, n]) => count(n) - count(m) || a.localeCompare(b))

/** @param {Written} written */
const shownWords = written => ranked(written.shown, count => count)

/**
 * A selector of the button that does this to a word.
 * @param {string} what
 * @param {string} word
 */
const buttonOf = (what, word) => `[data-word-act="${what}"][data-word="${CSS.escape(word)}"]`

/**
 * All that people have written, with what can be done about it.
 * @param {Results} results
 */
export function writtenWords({ activity, written }) {
  if (!activity || !written) return nothing
  const words = shownWords(written)
  const most = words[0]?.[1] ?? 1
  return html`${
    words.length > 0
      ? html`<ol class="ranks sent" tabindex="0" aria-label=${t('moderation.written.shown')}>${repeat(
          words,
          ([word]) => word,
          ([word, count], place) => row(activity, word, count, count / most, (words[place + 1] ?? words[place - 1])?.[0]),
        )}</ol>`
      : nothing
  }${hidden(activity, written)}${merged(activity, written)}`
}

/**
 * @param {string} activity
 * @param {string} word
 * @param {number} count
 * @param {number} share of the most frequent one
 * @param {string | undefined} neighbour the word that has the focus once this one is gone
 */
function row(activity, word, count, share, neighbour) {
  const next = (/** @type {string} */ what) => (neighbour ? buttonOf(what, neighbour) : '.hidden-words summary')
  const hide = () => void act({ do: 'hide_word', activity, word }, { ...hiding(word), next: next('hide') })
  const hideName = t('moderation.written.hide_named', { word: excerpt(word) })
  const mergeName = t('moderation.written.merge_named', { word: excerpt(word) })
  return html`<li ${styleVars({ '--share': `${100 * share}%` })}><span class="word" dir="auto" translate="no">${word}</span><b translate="no">${number(count)}</b>
    <button class="small" data-word-act="merge" data-word=${word} aria-label=${mergeName} title=${t('moderation.written.merge')} ?disabled=${!neighbour} @click=${() => void merge(activity, word, next('merge'))}>${join}</button>
    <button class="small" data-word-act="hide" data-word=${word} aria-label=${hideName} title=${t('moderation.written.hide')} @click=${hide}>${slashedEye}</button></li>`
}

/** What is said of hiding a word. @param {string} word */
const hiding = word => ({
  text: t('moderation.done.hide_word', { word: excerpt(word) }),
  undone: t('moderation.done.restore_word', { word: excerpt(word) }),
  back: buttonOf('hide', word),
})

/** What is said of merging a word. @param {string} word @param {string} into */
const merging = (word, into) => ({
  text: t('moderation.done.merge_word', { word: excerpt(word), into: excerpt(into) }),
  undone: t('moderation.written.separated', { word: excerpt(word) }),
  back: buttonOf('merge', word),
})

/** What is hidden. @param {string} activity @param {Written} written */
function hidden(activity, { hidden = {}, hidden_words: total }) {
  if (total === 0) return nothing
  const words = ranked(hidden, ({ count }) => count)
  return html`<details class="hidden-words"><summary>${t('moderation.written.hidden', { n: total })}</summary>
    <ul>${repeat(
      words,
      ([word]) => word,
      ([word, { count, flagged }], place) => html`<li><span class="word" dir="auto" translate="no">${word}</span>${flagged ? html`<span class="pill warn">${t('moderation.mark.flagged')}</span>` : nothing}<b translate="no">${number(count)}</b>
        ${back(activity, word, 'restore', hiding(word), (words[place + 1] ?? words[place - 1])?.[0])}</li>`,
    )}</ul>
    ${total > words.length ? html`<p class="quiet">${t('moderation.written.more', { n: total - words.length })}</p>` : nothing}</details>`
}

/** What is counted as another. @param {string} activity @param {Written} written */
function merged(activity, { merged = {} }) {
  const words = Object.entries(merged).sort(([a], [b]) => a.localeCompare(b))
  if (words.length === 0) return nothing
  return html`<details class="merged-words"><summary>${t('moderation.written.merged', { n: words.length })}</summary>
    <ul>${repeat(
      words,
      ([word]) => word,
      ([word, into], place) => html`<li><span class="word">${t('moderation.written.counted_as', { word: excerpt(word), into: excerpt(into) })}</span>
        ${back(activity, word, 'separate', merging(word, into), (words[place + 1] ?? words[place - 1])?.[0])}</li>`,
    )}</ul></details>`
}

/**
 * The button that shows a word as itself again.
 * @param {string} activity
 * @param {string} word
 * @param {"restore" | "separate"} what
 * @param {About} before what was said when it was taken away: to undo this is to do that again
 * @param {string | undefined} neighbour
 */
function back(activity, word, what, before, neighbour) {
  const about = { text: before.undone ?? '', undone: before.text, back: buttonOf(what, word), next: neighbour ? buttonOf(what, neighbour) : before.back }
  return html`<button class="button quiet" data-word-act=${what} data-word=${word} aria-label=${t(`moderation.written.${what}_named`, { word: excerpt(word) })}
    @click=${() => void act({ do: 'restore_word', activity, word }, about)}>${t(`moderation.written.${what}`)}</button>`
}

/** What is known now of this activity's words: while a dialog is open they go on coming. @param {string} activity */
const now = activity => (forum.results?.activity === activity ? forum.results.written : undefined)

/**
 * Asks which word stays, then merges.
 * @param {string} activity
 * @param {string} word
 * @param {string} next
 */
async function merge(activity, word, next) {
  let into = ''
  let query = ''
  const answer = await openLive((close, rerender) => {
    const search = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
      query = currentTarget.value
      rerender()
    }
    const written = now(activity)
    const all = written ? shownWords(written).filter(([other]) => other !== word) : []
    const offers = offered(word, all, query)
    const chosen = all.find(([other]) => other === into)
    const sum = (written?.shown[word] ?? 0) + (chosen?.[1] ?? 0)
    return html`<form class="merge" @submit=${submits(() => chosen && close('merge'))}>
      <h2 id="dialog-title">${t('moderation.written.merge_title', { word: excerpt(word) })}</h2>
      <div class="entry"><label for="word-search">${t('moderation.written.search')}</label>
        <input class="field" dir="auto" id="word-search" type="search" autocomplete="off" autofocus .value=${query} @input=${search}></div>
      <fieldset class="offers"><legend>${t('moderation.written.which')}</legend>
        ${offers.map(
          ([other, count]) => html`<label class="choice"><input type="radio" name="into" value=${other} .checked=${other === into} @change=${() => {
            into = other
            rerender()
          }}><span class="text"><bdi translate="no">${other}</bdi></span><b class="n" translate="no">${number(count)}</b></label>`,
        )}
        ${offers.length === 0 ? html`<p class="quiet">${t('moderation.written.nothing')}</p>` : nothing}
      </fieldset>
      <p class="sum" role="status">${chosen ? t('moderation.written.sum', { into: excerpt(into), n: sum }) : t('moderation.written.choose')}</p>
      ${buttons(close, t('moderation.merge.confirm'))}
    </form>`
  })
  if (!answer) return
  await act({ do: 'merge_word', activity, word, into }, { ...merging(word, into), next })
}

/**
 * The words that are offered: what is searched for, else those that are spelt much alike first, then the most frequent.
 * @param {string} word
 * @param {[string, number][]} all
 * @param {string} query
 */
function offered(word, all, query) {
  const wanted = fold(query)
  if (clean(query)) return all.filter(([other]) => fold(other).includes(wanted)).slice(0, OFFERED)
  const alike = new Map(all.map(([other]) => [other, likeness(fold(word), fold(other))]))
  return [...all].sort(([a], [b]) => (alike.get(b) ?? 0) - (alike.get(a) ?? 0)).slice(0, OFFERED)
}

/** How much two words are spelt alike: whether one holds the other, else how much of their pairs of letters they share. @param {string} a @param {string} b */
function likeness(a, b) {
  if (a.includes(b) || b.includes(a)) return 1
  const pairs = (/** @type {string} */ text) => new Set([...text].map((letter, place) => letter + ([...text][place + 1] ?? '')))
  const [one, other] = [pairs(a), pairs(b)]
  const share = (2 * [...one].filter(pair => other.has(pair)).length) / (one.size + other.size)
  return share >= 0.4 ? share : 0
}

/** On the moderators' page: the words of what is on stage. */
export function wordsOnStage() {
  const on = forum.stage?.activity
  const { results } = forum
  if (!on || !results?.written || results.activity !== on.id || results.round !== on.round) return nothing
  const { shown, hidden_words: hidden } = results.written
  const title = on.prompt.kind === 'words' ? 'moderation.written.title' : 'moderation.written.title_other'
  return html`<section class="written" aria-labelledby="written-title"><header><h2 id="written-title" tabindex="-1">${t(title)}</h2><p class="quiet" dir="auto">${on.prompt.title}</p></header>
    ${Object.keys(shown).length === 0 && hidden === 0 ? html`<p class="quiet">${t('moderation.written.none')}</p>` : writtenWords(results)}</section>`
}
