// Keys of the board: arrows move from question to question, letters act. Single letters can be turned off (WCAG 2.1.4);
// the arrows work only where a question has the focus, so they stay.

import { html } from '../html.js'
import { open } from '../studio/dialogs.js'
import { t } from '../studio/words.js'
import { ACTIONS, allowed, possible, run } from './actions.js'
import { perform, undoLast } from './acts.js'
import { focusOn, focused, goTo, sideBySide } from './board.js'
import { LISTS, changed, forum } from './forum.js'
import { areQuestionsHere, choose, chosenList, listed, view } from './view.js'

/** Listens to the keys. */
export function listenToKeys() {
  addEventListener('keydown', event => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return
    if (document.querySelector('dialog[open], [popover]:popover-open')) return
    const target = /** @type {Element} */ (event.target)
    if (target.closest?.('input:not([type=checkbox]), textarea, select, [contenteditable], .toasts')) return
    if (byArrow(event.key) || (forum.keys && byLetter(event.key, event.repeat))) event.preventDefault()
  })
  document.addEventListener('focusin', () => {
    const list = focused()?.list
    if (list && list !== view.list) {
      view.list = list
      changed()
    }
  })
}

/** @param {string} key */
function byArrow(key) {
  if (!focused()) return false
  if (key === 'ArrowDown') step(1)
  else if (key === 'ArrowUp') step(-1)
  else if (key === 'Escape' && view.chosen.size > 0) clear()
  else if (sideBySide() && key === 'ArrowRight') aside(1)
  else if (sideBySide() && key === 'ArrowLeft') aside(-1)
  else return false
  return true
}

/** @param {string} pressed @param {boolean} repeated whether the key is being held down, which only moves */
function byLetter(pressed, repeated) {
  const key = pressed.toLowerCase()
  const list = LISTS[Number(key) - 1]
  if (key === 'j') step(1)
  else if (key === 'k') step(-1)
  else if (list) goTo(list)
  else if (repeated) return false
  else if (key === 'x') select()
  else if (key === 'z') undoLast()
  else if (key === 'g') toggleList()
  else if (key === '/') document.getElementById('search')?.focus()
  else if (key === '?') void help()
  else return act(key)
  return true
}

function clear() {
  view.chosen.clear()
  changed()
}

/** @param {number} by */
function step(by) {
  const at = focused()
  const list = at?.list ?? view.list
  const ids = listed(list).map(([id]) => id)
  const place = at ? ids.indexOf(at.id) + by : 0
  const id = ids[Math.max(0, Math.min(place, ids.length - 1))]
  if (id !== undefined) focusOn(id, list)
}

/** Goes to the next list that has something. @param {number} by */
function aside(by) {
  const at = focused()
  if (!at) return
  const lists = by > 0 ? LISTS.slice(LISTS.indexOf(at.list) + 1) : LISTS.slice(0, LISTS.indexOf(at.list)).reverse()
  const next = lists.find(list => listed(list).length > 0)
  if (next) goTo(next)
}

function select() {
  const at = focused()
  if (!at) return
  choose(at.id, at.list, !view.chosen.has(at.id))
  changed()
}

/** Acts on what is selected, else on the question that has the focus. @param {string} key */
function act(key) {
  const at = focused()
  const chosen = chosenList()
  const list = chosen ?? at?.list
  const ids = chosen ? [...view.chosen] : at ? [at.id] : []
  const action = ACTIONS.find(action => action.key === key)
  if (!action || !list || !possible(action, ids, list)) return false
  void run(action, ids)
  return true
}

/** Puts the list of questions on the screen, or takes it away. */
export function toggleList() {
  const on = forum.stage?.qa.on_screen
  if (on || (on === false && areQuestionsHere())) void perform({ do: 'show', on: !on })
}

/** @param {boolean} on */
export function setKeys(on) {
  forum.keys = on
  localStorage.setItem('parterre.keys', on ? 'on' : 'off')
  changed()
}

/** Shows all keys. */
export async function help() {
  const row = (/** @type {string} */ keys, /** @type {string} */ what) =>
    html`<div><dt>${keys.split(' ').map(key => html`<kbd>${key}</kbd>`)}</dt><dd>${what}</dd></div>`
  await open(
    (close, rerender) => html`<h2 id="dialog-title">${t('moderation.keys.title')}</h2>
      <dl class="key-list">
        ${row('J ↓', t('moderation.keys.next'))}${row('K ↑', t('moderation.keys.before'))}${row('1 2 3 4', t('moderation.keys.lists'))}
        ${row('X', t('moderation.keys.select'))}${ACTIONS.filter(allowed).map(({ key, name }) => row(key.toUpperCase(), t(`moderation.act.${name}`)))}
        ${row('G', t('moderation.on_screen'))}${row('/', t('moderation.search'))}${row('Z', t('moderation.keys.undo'))}${row('?', t('moderation.keys.help'))}
      </dl>
      <label class="check"><input type="checkbox" .checked=${forum.keys} @change=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
        setKeys(currentTarget.checked)
        rerender()
      }}><span>${t('studio.key.toggle')}</span></label>
      <div class="buttons"><button class="button primary" autofocus @click=${() => close('')}>${t('moderation.close')}</button></div>`,
    'wide',
  )
}
