// Writing and changing an activity. What is typed stays until it is saved or given up, whatever happens elsewhere.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { focusWhenThere as focus } from '../focus.js'
import { kindOf } from './kinds.js'
import { RequestError } from './api.js'
import { store } from './author.js'
import { ask, problemLine } from './dialogs.js'
import { problemSentence, t } from './words.js'
import { clean, isEmpty, tooLong } from '../text.js'
import { answered, event, find, rerender, studio } from './state.js'
import { toast } from './toasts.js'

/** @import { Activity, EditorContext, Editing } from "./types.js" */
/** @import { Settings } from "../wire.js" */

const TITLE_CHARS = 300

/**
 * Opens the editor with a blank activity.
 * @param {Settings["kind"]} kind
 */
export function write(kind) {
  begin(undefined, kindOf(kind).blank())
}

/**
 * Opens the editor with an activity of the rundown.
 * @param {Activity} item
 */
export async function edit(item) {
  if (await mayLeave()) begin(item.id, item.settings)
}

/**
 * @param {string | undefined} id
 * @param {Settings} question
 */
function begin(id, question) {
  studio.editing = { id, question: structuredClone(question), original: JSON.stringify(question), troubles: [] }
  if (id) studio.selected = id
  rerender()
  focus('#title')
}

/** Whether something typed would be lost. */
export const dirty = () => studio.editing !== undefined && JSON.stringify(studio.editing.question) !== studio.editing.original

/** Leaves the editor if there is one, after asking where something would be lost; whether it was left. */
export async function mayLeave() {
  const { editing } = studio
  if (!editing) return true
  const name = editing.question.title || t('studio.editor.untitled')
  const sure =
    !dirty() ||
    (await ask({
      title: t('studio.discard.title'),
      text: t('studio.discard.text', { name }),
      confirm: t('studio.discard.confirm'),
      cancel: t('studio.discard.keep'),
    }))
  if (sure) close()
  return sure
}

function close() {
  const id = studio.editing?.id ?? studio.selected
  studio.editing = undefined
  rerender()
  focus(`[data-id="${id}"] .pick`)
}

/** @param {Editing} editing */
async function save(editing) {
  if (studio.busy.has('save')) return
  editing.question = kindOf(editing.question.kind).tidy(editing.question)
  const troubles = problemsOf(editing.question).map(problem => ({ ...problem, sentence: problemSentence(problem) }))
  if (troubles.length > 0) return refuse(editing, troubles)
  const touched = touches(editing)
  if (touched.length > 0 && !(await ask({
    title: t('studio.edit.confirm_title'),
    text: touched,
    confirm: t('studio.edit.confirm'),
    cancel: t('studio.edit.confirm_back'),
  }))) return
  studio.busy.add('save')
  rerender()
  try {
    // What somebody else deleted meanwhile is added anew rather than lost.
    const stored = await store(find(editing.id)?.id, editing.question)
    studio.selected = stored.id
    close()
    toast({ text: t('studio.toast.saved') })
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    studio.busy.delete('save')
    refuse(editing, [error.trouble])
  } finally {
    studio.busy.delete('save')
    rerender()
  }
}

/** What cannot be stored of what is asked, all of it at once. @param {Settings} question */
function problemsOf(question) {
  const long = tooLong(question.title, TITLE_CHARS)
  const title = isEmpty(question.title) ? [{ code: 'problem.empty', args: { field: 'title' } }] : long ? [{ code: long[0], args: { field: 'title', ...long[1] } }] : []
  return [...title, ...kindOf(question.kind).problems(question)]
}

/**
 * Says all that is wrong, and goes to the first of it.
 * @param {Editing} editing
 * @param {import("./api.js").Trouble[]} troubles
 */
function refuse(editing, troubles) {
  editing.troubles = troubles
  rerender()
  // After the drawing, which is what marks it.
  focus('.editor [aria-invalid="true"]')
}

/** @param {Editing} editing */
function contextOf(editing) {
  /** @type {EditorContext<Settings>} */
  const context = {
    question: editing.question,
    stored: editing.id !== undefined,
    change(part) {
      editing.question = /** @type {Settings} */ ({ ...editing.question, ...part })
      // What is still empty is still missing.
      editing.troubles = editing.troubles.filter(({ code }) => code === 'problem.empty')
      rerender()
    },
    problem: field => context.trouble(field)?.sentence,
    trouble: field => editing.troubles.find(({ args }) => args?.field === field),
    focus,
  }
  return context
}

/**
 * @param {Editing} editing
 * @param {unknown} steering the controls of what is on stage meanwhile
 */
export function editorPane(editing, steering) {
  const kind = kindOf(editing.question.kind)
  const args = { kind: t(`studio.kind.${editing.question.kind}`) }
  const submit = (/** @type {Event} */ sent) => {
    sent.preventDefault()
    void save(editing)
  }
  return html`<main class="stage editing">
    ${steering}
    <form class="editor" novalidate @submit=${submit} @keydown=${(/** @type {KeyboardEvent} */ event) => keys(event, editing)}>
      <div class="title"><h2>${t(editing.id ? 'studio.editor.edit' : 'studio.editor.new', args)}</h2></div>
      ${warnings(editing)}
      ${titleField(editing)}
      ${kind.form(contextOf(editing))}
      ${whole(editing)}
      <div class="buttons">
        <button type="button" class="button" @click=${() => void mayLeave()}>${t('studio.dialog.cancel')}</button>
        <button class="button primary" aria-busy=${studio.busy.has('save')}>${t('studio.dialog.save')}</button>
      </div>
    </form>
    ${phone(editing.question)}
  </main>`
}

/** @param {Editing} editing */
function titleField(editing) {
  const { change, problem } = contextOf(editing)
  const long = tooLong(editing.question.title, TITLE_CHARS)
  const trouble = long ? t(...long) : isEmpty(editing.question.title) ? problem('title') : undefined
  const type = (/** @type {{currentTarget: HTMLTextAreaElement}} */ { currentTarget }) => change({ title: currentTarget.value })
  return html`<div class="entry">
    <label for="title">${t('studio.editor.question')}</label>
    <textarea class="field" id="title" rows="2" dir="auto" .value=${live(editing.question.title)} @input=${type}
      placeholder=${t(`studio.kind.${editing.question.kind}_example`)} aria-invalid=${trouble ? 'true' : nothing}
      aria-describedby=${trouble ? 'title-problem' : nothing}></textarea>
    ${problemLine('title-problem', trouble)}
  </div>`
}

/** Fields that say themselves what is wrong with them. */
const FIELDS = ['title', 'option', 'options', 'min', 'max', 'words_per_person']

/** Problems that belong to no field. @param {Editing} editing */
const whole = ({ troubles }) =>
  troubles.filter(({ args }) => !FIELDS.includes(String(args?.field))).map(({ sentence }) => html`<p class="problem banner" role="alert">${sentence}</p>`)

/** @param {Editing} editing */
function warnings({ id, question, original }) {
  const item = find(id)
  const warn = (/** @type {string} */ text) => html`<p class="warning" role="status">${text}</p>`
  if (id && !item) return warn(t('studio.editor.deleted_elsewhere'))
  if (!item) return nothing
  return html`${JSON.stringify(item.settings) === original ? nothing : warn(t('studio.editor.changed_elsewhere'))}
    ${item.state === 'open' ? warn(t('studio.edit.open')) : nothing}
    ${touches({ id, question, original }).map(warn)}`
}

/**
 * What saving does to answers that there are, in sentences.
 * @param {Pick<Editing, 'id' | 'question' | 'original'>} editing
 */
function touches({ id, question, original }) {
  const item = find(id)
  const n = item ? answered(item) : 0
  if (!item || n === 0 || JSON.stringify(question) === original) return []
  const before = item.settings
  const { results } = studio
  const tally = results.activity === item.id && results.round === item.round ? results.tally : undefined
  const title = before.title === clean(question.title) ? [] : [t('studio.edit.title', { n, before: before.title })]
  return [...title, ...kindOf(question.kind).touches(before, question, tally)]
}

/** @param {Settings} question */
const phone = question => html`<figure class="phone" aria-hidden="true">
  <figcaption>${t('studio.editor.phone')}</figcaption>
  <div class="device"><div class="bar"><b dir="auto">${event().name}</b></div>
    <div class="page"><h3 dir="auto">${question.title || t(`studio.kind.${question.kind}_example`)}</h3>${kindOf(question.kind).phone(question)}</div></div>
</figure>`

/**
 * Enter in the question goes on instead of breaking the line; with Ctrl it saves. Escape leaves.
 * @param {KeyboardEvent} event
 * @param {Editing} editing
 */
function keys(event, editing) {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) void save(editing)
  else if (event.key === 'Enter' && event.target instanceof HTMLTextAreaElement) focus('.editor fieldset input, .editor #words')
  else if (event.key === 'Escape') void mayLeave()
  else return
  event.preventDefault()
}
