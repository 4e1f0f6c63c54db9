// How fast answers come: now, and at most since the round began.

import { answered, rerender, staged, studio } from './state.js'

/** Over how long "now" is measured: short enough to follow a burst, long enough to be read. */
const WINDOW_MS = 2_000

/** @type {{at: number, count: number}[]} */
let samples = []
let round = ''
let timer = 0

/** Takes note of the count as it stands. */
export function noteAnswers() {
  const on = staged()
  const { activity, round: counted } = studio.results
  // Until the counts are those of what is on stage, there is nothing to measure from.
  if (!on || activity !== on.id || counted !== on.round) return
  const key = `${on.id} ${on.round}`
  const at = performance.now()
  if (key !== round) {
    round = key
    samples = []
    studio.rate = { now: 0, most: 0 }
  }
  samples.push({ at, count: answered() })
  // One sample older than the window stays, as the count that the window began with.
  while (samples.length > 2 && (samples[1]?.at ?? at) <= at - WINDOW_MS) samples.shift()
  measure(at)
}

/** @param {number} at */
function measure(at) {
  const first = samples[0]
  const last = samples[samples.length - 1]
  if (!first || !last) return
  // What rose before the window began counts no more.
  const recent = at - last.at < WINDOW_MS
  const seconds = Math.max(at - first.at, 1_000) / 1_000
  const now = recent ? Math.max(0, Math.round((last.count - first.count) / Math.min(seconds, WINDOW_MS / 1_000))) : 0
  studio.rate = { now, most: Math.max(now, studio.rate.most) }
  clearTimeout(timer)
  if (now > 0) timer = window.setTimeout(settle, WINDOW_MS / 2)
}

/** Lets the rate fall when nothing comes any more. */
function settle() {
  noteAnswers()
  rerender()
}
