// Rewording a question and replying to it. What is typed stays, whatever comes in meanwhile; who else changed the same
// text is shown before it is replaced.

import { html, nothing } from '../html.js'
import { t } from '../studio/words.js'
import { characters, clean, tooLong } from '../text.js'
import { performOne } from './acts.js'
import { buttons, openLive, submits } from './dialog.js'
import { changed, find } from './forum.js'
import { news } from './stale.js'
import { excerpt } from './words.js'

/** @import { ModeratedPost } from "../wire.js" */

/** How long they may be, in characters. */
const CHARS = { edit: 300, reply: 1000 }

/** @param {number} id */
export const edit = id => write('edit', id, post => post.text)

/** @param {number} id */
export const reply = id => write('reply', id, post => post.reply ?? '')

/**
 * @param {"edit" | "reply"} what
 * @param {number} id
 * @param {(post: ModeratedPost) => string} textOf what is written, as it is now
 */
async function write(what, id, textOf) {
  const post = find(id)
  if (!post) return
  // What the text was when the writer last saw it, and what is being typed.
  let [base, typed] = [textOf(post), textOf(post)]
  let sending = false
  await openLive((close, rerender) => {
    const now = find(id)
    const newest = now ? textOf(now) : base
    const most = CHARS[what]
    const [length, long] = [characters(clean(typed)), tooLong(typed, most)]
    const save = async () => {
      if (sending || long || (what === 'edit' && !clean(typed))) return
      if (!now || typed === newest) return close('')
      sending = true
      const result = await store(what, id, clean(typed), textOf)
      sending = false
      if (result === 'done') return close('saved')
      // Another text has come: the dialog shows it, and saving once more replaces it knowingly.
      base = newest
      changed()
    }
    const type = (/** @type {{currentTarget: HTMLTextAreaElement}} */ { currentTarget }) => {
      typed = currentTarget.value
      rerender()
    }
    const keys = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== 'Enter' || event.shiftKey || (what === 'reply' && !event.ctrlKey && !event.metaKey)) return
      event.preventDefault()
      void save()
    }
    const adopt = () => {
      ;[base, typed] = [newest, newest]
      rerender()
    }
    return html`<form class="write" @submit=${submits(() => void save())}>
      <h2 id="dialog-title">${t(`moderation.${what}.title`)}</h2>
      ${what === 'reply' ? html`<p class="about">${excerpt(now?.text ?? post.text)}</p>` : nothing}
      ${now ? nothing : html`<p class="warning" role="alert">${t('moderation.write.gone')}</p>`}
      ${newest === base || newest === typed ? nothing : theirs(newest, adopt)}
      <div class="entry"><label for="write-text">${t(`moderation.${what}.label`)}</label>
        <textarea class="field" dir="auto" id="write-text" rows="4" autofocus aria-describedby="write-hint write-count" aria-invalid=${long !== undefined}
          .value=${typed} @input=${type} @keydown=${keys}></textarea>
        <p class="hint"><span id="write-hint">${t(`moderation.${what}.hint`)}</span> <span class="count ${long ? 'over' : ''}" id="write-count">${long?.[0] === 'problem.too_many_bytes' ? t(...long) : t('moderation.write.count', { n: length, most })}</span></p></div>
      ${what === 'edit' && (now ?? post).original ? html`<p class="hint">${t('moderation.edit.original')} ${excerptAll((now ?? post).original)}</p>` : nothing}
      ${buttons(close, t('studio.dialog.save'))}
    </form>`
  }, 'wide')
}

/**
 * Sends the text; once more where something else of the question has changed, which this does not touch.
 * @param {"edit" | "reply"} what
 * @param {number} id
 * @param {string} text
 * @param {(post: ModeratedPost) => string} textOf
 */
async function store(what, id, text, textOf) {
  for (;;) {
    let seen = find(id)
    const result = await performOne(
      [id],
      () => {
        seen = find(id)
        return seen && { do: what, post: { post: id, version: seen.version }, text }
      },
      { quiet: true },
    )
    if (result !== 'stale' || !seen) return result
    await news([id], new Map([[id, seen]]))
    const now = find(id)
    if (!now || now.version === seen.version || textOf(now) !== textOf(seen)) return result
  }
}

/** @param {string | undefined} text */
const excerptAll = text => html`<q dir="auto">${text}</q>`

/**
 * What somebody else wrote meanwhile.
 * @param {string} newest
 * @param {() => void} adopt
 */
const theirs = (newest, adopt) => html`<div class="warning" role="alert">
  <p>${t('moderation.write.changed')}</p><p class="newest"><q dir="auto">${newest}</q></p>
  <button type="button" class="button" @click=${adopt}>${t('moderation.write.adopt')}</button>
</div>`
