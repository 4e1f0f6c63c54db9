// The rundown: every activity in order, to be chosen, opened, moved, copied, deleted.

import { html, nothing } from '../html.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { kindOf, names } from './kinds.js'
import { clear, duplicate, move, remove } from './author.js'
import { askCopies } from './copy-activities.js'
import { open } from './dialogs.js'
import { drag } from './drag.js'
import { edit, mayLeave, write } from './editor.js'
import { bin, copy, dots, down, eraser, grip, pencil, plus, timer, up } from './icons.js'
import { lookAt } from './looked-at.js'
import { closeMenu, putMenu } from './menu.js'
import { number, t } from './words.js'
import { askSchedule, whenLine } from './schedule.js'
import { answered, connected, event, rerender, rundown, selected, staged, studio } from './state.js'
import { openVoting, show } from './steer.js'

/** @import { Activity } from "./types.js" */

export function rundownPane() {
  const items = studio.stage.rundown
  return html`<nav class="rundown" aria-labelledby="rundown-title">
    <div class="title"><h2 id="rundown-title">${t('studio.rundown.title')}</h2>
      <button class="button quiet add" @click=${add}>${plus}${t('studio.rundown.add')}</button></div>
    ${items === undefined ? skeleton : items.length === 0 ? nothing : list(items)}
  </nav>`
}

const skeleton = html`<p class="visually-hidden">${t('studio.rundown.loading')}</p>
  <div class="skeleton" aria-hidden="true"><i></i><i></i><i></i></div>`

/** @param {Activity[]} items */
function list(items) {
  const chosen = studio.editing ? studio.editing.id : selected()?.id
  return html`<p class="visually-hidden" id="rundown-help">${t('studio.rundown.help')}</p>
    <ol class="items">${repeat(
      items,
      item => item.id,
      (item, place) => row(item, place, item.id === chosen),
    )}</ol>`
}

/**
 * @param {Activity} item
 * @param {number} place
 * @param {boolean} chosen
 */
function row(item, place, chosen) {
  const on = staged()?.id === item.id
  const { title } = item.settings
  return html`<li class="item ${item.state} ${chosen ? 'chosen' : ''} ${on ? 'on' : ''}" data-id=${item.id}
    @keydown=${(/** @type {KeyboardEvent} */ event) => keys(event, item, place)}>
    <span class="grip" title=${t('studio.rundown.drag')} @pointerdown=${(/** @type {PointerEvent} */ event) => drag(event, to => void move(item.id, to))}>${grip}</span>
    <button class="pick" aria-current=${chosen ? 'true' : nothing} aria-describedby="rundown-help" @click=${() => choose(item)}>
      <span class="n" translate="no">${number(place + 1)}</span>
      <span class="t"><span class="words" dir="auto">${title}</span><small>${summary(item)}</small>${whenLine(item)}</span>
      ${pill(item, on)}
    </button>
    <button class="small more" aria-label=${t('studio.rundown.more', { name: title })} popovertarget="menu-${item.id}">${dots}</button>
    ${menu(item, place)}
    ${
      chosen && !studio.editing
        ? html`<div class="acts">
      ${on || event().state === 'ended' ? nothing : ways(item)}
      <button class="button" @click=${() => edit(item)}>${pencil}${t('studio.rundown.edit')}</button></div>`
        : nothing
    }
  </li>`
}

/** How what is not on screen gets there. @param {Activity} item */
const ways = ({ id, state }) => html`
  <button class="button show" ?disabled=${!connected()} aria-busy=${studio.busy.has('show')} @click=${() => show(id)}>${t('studio.rundown.show')}</button>
  <button class="button open" ?disabled=${!connected()} @click=${() => openVoting(id)}>${t(state === 'closed' ? 'studio.stage.reopen' : 'studio.stage.open')}</button>`

/** @param {Activity} item */
function summary(item) {
  const kind = t(`studio.kind.${item.settings.kind}`)
  const n = answered(item)
  return n > 0 ? `${kind} · ${t('studio.rundown.answers', { n })}` : kind
}

/**
 * @param {Activity} item
 * @param {boolean} on
 */
function pill({ state }, on) {
  if (state === 'draft' && !on) return nothing
  const text = state === 'draft' ? 'studio.rundown.on_screen' : `studio.state.${state}`
  return html`<span class="pill ${state === 'open' ? 'live' : ''}">${t(text)}</span>`
}

/**
 * @param {Activity} item
 * @param {number} place
 */
function menu(item, place) {
  const act = (/** @type {unknown} */ icon, /** @type {string} */ key, /** @type {() => void} */ run, disabled = false) =>
    html`<button class=${key} ?disabled=${disabled} @click=${(/** @type {Event} */ event) => {
      closeMenu(event)
      run()
    }}>${icon}${t(key === 'delete' ? 'studio.delete' : `studio.rundown.${key}`)}</button>`
  return html`<div class="menu" popover id="menu-${item.id}" @beforetoggle=${putMenu}>
    ${act(pencil, 'edit', () => edit(item))}
    ${act(up, 'up', () => shift(item, place - 1), place === 0)}
    ${act(down, 'down', () => shift(item, place + 1), place === rundown().length - 1)}
    ${act(copy, 'duplicate', () => void duplicate(item))}
    ${act(timer, 'schedule', () => void askSchedule(item), item.state === 'closed' || event().state === 'ended')}
    ${act(eraser, 'clear', () => void clear(item), !hasAnswers(item))}
    ${act(bin, 'delete', () => void remove(item))}
  </div>`
}

/** Whether somebody may have answered, also in an earlier round. @param {Activity} item */
const hasAnswers = item => item.state !== 'draft' || item.round > 1

/** @param {Activity} item */
async function choose(item) {
  if (!(await mayLeave())) return
  studio.chosen = item.id
  lookAt(item.id)
}

/**
 * Alt with an arrow moves the activity, an arrow alone the focus.
 * @param {KeyboardEvent} event
 * @param {Activity} item
 * @param {number} place
 */
function keys(event, item, place) {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key]
  const inMenu = event.target instanceof Element && event.target.closest('[popover]')
  if (!by || inMenu || event.ctrlKey || event.metaKey || event.shiftKey) return
  event.preventDefault()
  if (event.altKey) shift(item, place + by)
  else focusOn(rundown()[place + by])
}

/**
 * @param {Activity} item
 * @param {number} place
 */
function shift(item, place) {
  void move(item.id, place)
  // The element has moved and lost the focus on its way.
  queueMicrotask(() => focusOn(item))
}

/** @param {Activity | undefined} item */
function focusOn(item) {
  const button = document.querySelector(`[data-id="${item?.id}"] .pick`)
  if (button instanceof HTMLElement) button.focus()
}

/** Offers the kinds, then opens the editor with a blank one. */
async function add() {
  if (!(await mayLeave())) return
  const kind = await open(
    close => html`<h2 id="dialog-title">${t('studio.add.title')}</h2>${kindCards(close)}
      <div class="buttons"><button class="button quiet from" @click=${() => close('copies')}>${copy}${t('studio.copies.open')}</button>
        <button class="button" @click=${() => close('')}>${t('studio.dialog.cancel')}</button></div>`,
    'wide',
  )
  if (kind === 'copies') return askCopies()
  const name = names.find(name => name === kind)
  if (name) write(name)
}

/**
 * One card for each kind.
 * @param {(kind: string) => void} choose
 */
export const kindCards = choose =>
  html`<div class="kinds">${names.map(
    name => html`<button class="kind-card" @click=${() => choose(name)}>${kindOf(name).picture}
    <span><b>${t(`studio.kind.${name}`)}</b><small>${t(`studio.kind.${name}_hint`)}</small></span></button>`,
  )}</div>`
