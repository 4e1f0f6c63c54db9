// The keys of the big screen, which are also those of the usual presentation remotes, and the button for full screen.

import { meantPresses } from './double-press.js'
import { uuid } from './live.js'
import { byId, h, t } from './messages.js'

/** @typedef {import('./wire.js').Act} Act */
/** @typedef {import('./wire.js').Control} Control */
/**
 * @typedef {object} ScreenActions
 * @property {() => import('./wire.js').Stage | undefined} stage
 * @property {() => boolean} highlighted whether a question is full screen
 * @property {(control: Control, cid: string) => void} control
 * @property {(act: Act, cid: string) => void} moderate
 * @property {(by: number) => boolean} turn shows another page of what does not fit on one
 * @property {(text: string) => void} say a word to who pressed the key
 */

/** How long the button and the pointer stay after the mouse last moved. */
const QUIET_MS = 2500
/** How far an arrow scrolls, in parts of the window. */
const SCROLL_PART = 0.5

/**
 * @param {boolean} steers whether the keys lead through the event
 * @param {ScreenActions} actions
 */
export function onKeys(steers, actions) {
  const send = (/** @type {Control | undefined} */ control) => control && actions.control(control, uuid())
  const [moves, opens] = [meantPresses(), meantPresses()]
  const move = (/** @type {Control} */ control) => moves() && send(control)
  const help = /** @type {HTMLDialogElement} */ (byId('help'))
  /** @type {Record<string, () => void>} */
  const always = { f: fullScreen, t: theme, l: theme, b: black, '.': black, ArrowDown: () => turn(actions, 1), ArrowUp: () => turn(actions, -1), '?': () => (help.open ? help.close() : help.showModal()) }
  /** @type {Record<string, () => void>} */
  const steering = {
    ArrowRight: () => move(next(actions)),
    PageDown: () => move(next(actions)),
    n: () => move(next(actions)),
    ArrowLeft: () => move(previous(actions)),
    PageUp: () => move(previous(actions)),
    p: () => move(previous(actions)),
    ' ': () => opens() && send(toggle(actions)),
    r: () => send(results(actions)),
    q: () => questions(actions),
    h: () => unhighlight(actions),
    Escape: () => unhighlight(actions),
  }
  const keys = steers ? { ...always, ...steering } : always
  addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    if (help.open && event.key !== '?') return
    if (event.key === ' ' && event.target instanceof HTMLButtonElement) return
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!action) return
    event.preventDefault()
    // Whoever presses anything wants to see it happen.
    if (action !== black) document.body.classList.remove('black')
    action()
  })
  explain(steers)
  showButton()
}

/** @param {ScreenActions} actions @returns {Control} */
function next(actions) {
  return { do: 'next', after: actions.stage()?.activity?.id ?? null }
}

/** @param {ScreenActions} actions @returns {Control} */
function previous(actions) {
  return { do: 'previous', before: actions.stage()?.activity?.id ?? null }
}

/** @param {ScreenActions} actions @returns {Control} */
function toggle(actions) {
  const activity = actions.stage()?.activity
  if (!activity) return next(actions)
  return activity.state === 'open' ? { do: 'close', activity: activity.id } : { do: 'open', activity: activity.id }
}

/** @param {ScreenActions} actions @returns {Control | undefined} */
function results(actions) {
  const activity = actions.stage()?.activity
  return activity && { do: 'results', activity: activity.id, visible: !activity.results }
}

/** Shows the list of questions or puts it away; what stands before it is taken off. @param {ScreenActions} actions */
function questions(actions) {
  const qa = actions.stage()?.qa
  if (!qa || qa.state === 'off') return actions.say(t('screen.questions_off'))
  const before = actions.highlighted()
  unhighlight(actions)
  if (!before || !qa.on_screen) actions.moderate({ do: 'show', on: !qa.on_screen }, uuid())
}

/** @param {ScreenActions} actions */
function unhighlight(actions) {
  if (actions.highlighted()) actions.moderate({ do: 'highlight', post: null }, uuid())
}

/** @param {ScreenActions} actions @param {number} by */
function turn(actions, by) {
  // In a window that is enlarged, the page is longer than the window.
  if (!actions.turn(by)) scrollBy({ top: by * innerHeight * SCROLL_PART })
}

/** Nothing to be seen until the next key, as remotes have it for a speaker whom all should look at. */
function black() {
  document.body.classList.toggle('black')
}

function fullScreen() {
  if (document.fullscreenElement) document.exitFullscreen()
  else document.documentElement.requestFullscreen?.().catch(() => {})
}

/** Dark or light, remembered in the address so that loading again keeps it. */
function theme() {
  const light = document.documentElement.dataset.theme !== 'light'
  document.documentElement.dataset.theme = light ? 'light' : 'dark'
  const url = new URL(location.href)
  if (light) url.searchParams.set('theme', 'light')
  else url.searchParams.delete('theme')
  history.replaceState(null, '', url)
}

/** @param {boolean} steers */
function explain(steers) {
  const lines = [['↓ · ↑', 'pages'], ['B · .', 'black'], ['F', 'full'], ['T', 'theme'], ['?', 'help']]
  if (steers) lines.unshift(['→ · N · Page ↓', 'next'], ['← · P · Page ↑', 'previous'], [t('screen.key.space'), 'toggle'], ['R', 'results'], ['Q', 'questions'],
    [`H · ${t('screen.key.escape')}`, 'highlight'])
  byId('keys').append(...lines.flatMap(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, t(`screen.key.${what}`))]))
}

/** The button comes with the mouse and goes with it. */
function showButton() {
  const button = byId('full-screen')
  button.addEventListener('click', fullScreen)
  let timer = /** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined)
  const rest = () => {
    button.hidden = true
    document.body.classList.add('quiet-pointer')
  }
  addEventListener('pointermove', () => {
    button.hidden = !document.fullscreenEnabled || !!document.fullscreenElement
    document.body.classList.remove('quiet-pointer')
    clearTimeout(timer)
    timer = setTimeout(rest, QUIET_MS)
  })
}
