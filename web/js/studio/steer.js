// Steering the event: commands over the live connection, and what became of them in words.

import { meantPresses } from '../double-press.js'
import { ask } from './dialogs.js'
import { has, t } from './words.js'
import { answered, canGoBack, connected, event, rerender, staged, studio, toOpen, upNext } from './state.js'
import { toast } from './toasts.js'

/** @import { Control } from "../wire.js" */
/** @typedef {(control: Control) => Promise<{status: string, code?: string}>} Send */

/** @type {Send} */
let send = () => Promise.reject(new Error('not connected'))

/**
 * Says how a command is sent; what it gives is the command's receipt.
 * @param {Send} sending
 */
export function sendWith(sending) {
  send = sending
}

/**
 * Sends one command; a second press while the first is on its way does nothing.
 * @param {Control} control
 */
async function steer(control) {
  if (!connected()) return toast({ text: t('studio.toast.not_connected') })
  if (studio.busy.has(control.do)) return
  studio.busy.add(control.do)
  rerender()
  const receipt = await send(control).catch(() => ({ status: 'lost', code: undefined }))
  studio.busy.delete(control.do)
  rerender()
  if (receipt.status === 'refused') refused(control.do, receipt.code ?? '')
  if (receipt.status === 'lost') toast({ text: t('studio.toast.not_connected') })
}

/**
 * Says why not: in the facilitator's terms where they differ from those of a participant.
 * @param {string} what was to be done
 * @param {string} code
 */
function refused(what, code) {
  const own = [`studio.refusal.${what}.${code}`, `studio.refusal.${code}`].find(has)
  toast({ text: t(own ?? `refusal.${code}`) })
}

/**
 * Puts the activity on stage and opens it.
 * @param {string} activity
 */
export function openVoting(activity) {
  studio.selected = undefined
  return steer({ do: 'open', activity })
}

/**
 * Puts the activity on stage as it is, with its results where they are visible.
 * @param {string} activity
 */
export function show(activity) {
  studio.selected = undefined
  return steer({ do: 'show', activity })
}

/** Opens what is on stage, or closes it if it is open; from the waiting screen opens what is selected. */
export function toggleVoting() {
  const on = staged()
  if (on?.state === 'open') return steer({ do: 'close', activity: on.id })
  const activity = on?.id ?? toOpen()?.id
  return activity && event().state !== 'ended' ? openVoting(activity) : undefined
}

/**
 * Has the activity close by itself after this time, opening it where it is not open.
 * @param {string} activity
 * @param {number} seconds
 */
export function countDown(activity, seconds) {
  studio.selected = undefined
  return steer({ do: 'countdown', activity, seconds })
}

/**
 * Sets when the activity opens and closes by itself; what is left out is taken away.
 * @param {string} activity
 * @param {{opens_at?: number, closes_at?: number}} moments
 */
export const schedule = (activity, moments) => steer({ do: 'schedule', activity, ...moments })

const [isMeant, isMeantBack] = [meantPresses(), meantPresses()]

/** Goes on to the next activity. */
export function next() {
  const after = staged()?.id
  const following = upNext()
  if (!following || event().state === 'ended' || !isMeant()) return undefined
  studio.selected = undefined
  // After the waiting screen the server would begin with the first activity again; the show goes on where it was.
  return after ? steer({ do: 'next', after }) : openVoting(following.id)
}

/** Goes back to what was on stage before, opening nothing. */
export function previous() {
  if (!canGoBack() || event().state === 'ended' || !isMeantBack()) return undefined
  studio.selected = undefined
  return steer({ do: 'previous', before: staged()?.id ?? null })
}

/** Shows the results of what is on stage to the room, or hides them. */
export function toggleResults() {
  const on = staged()
  return on && steer({ do: 'results', activity: on.id, visible: !on.results })
}

/** Shows the waiting screen. */
export const lobby = () => (staged() ? steer({ do: 'lobby' }) : undefined)

/** Makes the event live, or live again. */
export const start = () => steer({ do: 'start' })

/** Begins a new round of what is on stage, after asking. */
export async function reset() {
  const on = staged()
  if (!on) return
  const text = t('studio.reset.text', { n: answered(), name: on.prompt.title })
  const sure = await ask({ title: t('studio.reset.title'), text, confirm: t('studio.reset.confirm') })
  if (sure) await steer({ do: 'reset', activity: on.id, round: on.round })
}

/** Ends the event, after asking. */
export async function end() {
  const sure = await ask({ title: t('studio.end.title'), text: t('studio.end.text'), confirm: t('studio.end.confirm') })
  if (sure) await steer({ do: 'end' })
}
