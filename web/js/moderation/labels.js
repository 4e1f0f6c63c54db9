// The editor of labels: each has a name, one of eight colours, and is for all to see or for moderators and speakers alone.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { cross, plus } from '../studio/icons.js'
import { t } from '../studio/words.js'
import { toast } from '../studio/toasts.js'
import { pastedLines, withLines } from '../lines.js'
import { clean, isEmpty, key, tooLong } from '../text.js'

/** @import { Label } from "../wire.js" */

/** How many labels there may be, how long a name, how many colours. */
const [LABELS, CHARS, COLOURS] = [20, 30, 8]
/** Ids are given at random out of so many: one that was used for a label now gone must not come again. */
const IDS = 60_000

/** @param {Label[]} labels @returns {Label} */
function blank(labels) {
  const used = new Set(labels.map(({ id }) => id))
  const colours = Array.from({ length: COLOURS }, (_, place) => place + 1)
  let id = 0
  do id = 1 + Math.floor(Math.random() * IDS)
  while (used.has(id))
  const least = (/** @type {number} */ colour) => labels.filter(label => label.colour === colour).length
  return { id, name: '', colour: colours.sort((a, b) => least(a) - least(b) || a - b)[0] ?? 1, public: true }
}

/** What cannot be stored of labels, in words; empty if all can. @param {Label[]} labels */
export function troubleOf(labels) {
  const names = labels.map(({ name }) => clean(name))
  if (names.some(name => !name)) return t('moderation.labels.empty')
  const long = names.map(name => tooLong(name, CHARS)).find(Boolean)
  if (long) return long[0] === 'problem.too_long' ? t('moderation.labels.too_long', { max: CHARS }) : t(...long)
  /** @type {Map<string, string>} */
  const known = new Map()
  for (const value of names) {
    const first = known.get(key(value))
    if (first !== undefined) return `${t('moderation.labels.twice')} ${first === value ? '' : t('problem.alike', { first, value })}`.trim()
    known.set(key(value), value)
  }
  return ''
}

/**
 * @param {Label[]} labels
 * @param {(labels: Label[]) => void} change
 */
export function labelsEditor(labels, change) {
  const add = () => {
    const label = blank(labels)
    change([...labels, label])
    focus(`label-${label.id}`)
  }
  return html`<fieldset class="labels-editor"><legend>${t('moderation.labels.title')}</legend>
    ${labels.length > 0 ? html`<ol>${labels.map(label => row(label, labels, change))}</ol>` : html`<p class="hint">${t('moderation.labels.none')}</p>`}
    ${labels.length < LABELS ? html`<button type="button" class="button quiet" id="add-label" @click=${add}>${plus}${t('moderation.labels.add')}</button>` : nothing}
  </fieldset>`
}

/**
 * @param {Label} label
 * @param {Label[]} labels
 * @param {(labels: Label[]) => void} change
 */
function row(label, labels, change) {
  const set = (/** @type {Partial<Label>} */ part) => change(labels.map(one => (one === label ? { ...one, ...part } : one)))
  const remove = () => {
    change(labels.filter(one => one !== label))
    focus('add-label')
  }
  const paste = (/** @type {ClipboardEvent} */ event) => {
    const lines = pastedLines(event)
    if (!lines) return
    const { entries, last, left } = withLines(labels, labels.indexOf(label), lines, {
      most: LABELS,
      isEmpty: one => isEmpty(one.name),
      filled: (one, name) => ({ ...one, name }),
      added: (name, others) => ({ ...blank(others), name }),
    })
    change(entries)
    focus(`label-${last?.id}`)
    if (left > 0) toast({ text: t('moderation.labels.cut', { n: left, max: LABELS }), lasting: true })
  }
  const name = label.name || t('moderation.labels.new')
  return html`<li>
    <input dir="auto" class="field label-name c${label.colour}" id="label-${label.id}" aria-label=${t('moderation.labels.name')} autocomplete="off" aria-invalid=${tooLong(label.name, CHARS) ? 'true' : nothing}
      .value=${live(label.name)} @paste=${paste} @input=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => set({ name: currentTarget.value })}>
    <select class="field" aria-label=${t('moderation.labels.colour', { name })} @change=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => set({ colour: Number(currentTarget.value) })}>
      ${Array.from({ length: COLOURS }, (_, place) => html`<option value=${place + 1} .selected=${live(place + 1 === label.colour)}>${t(`moderation.colour.${place + 1}`)}</option>`)}
    </select>
    <select class="field" aria-label=${t('moderation.labels.who', { name })} @change=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => set({ public: currentTarget.value === 'public' })}>
      ${['public', 'private'].map(who => html`<option value=${who} .selected=${live((who === 'public') === label.public)}>${t(`moderation.labels.${who}`)}</option>`)}
    </select>
    <button type="button" class="small" aria-label=${t('moderation.labels.remove', { name })} title=${t('moderation.labels.remove', { name })} @click=${remove}>${cross}</button>
  </li>`
}

/** @param {string} id */
const focus = id => queueMicrotask(() => document.getElementById(id)?.focus())
