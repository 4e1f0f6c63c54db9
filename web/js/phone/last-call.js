// When what is marked is sent by itself, just before the time is up.

/** It is sent so long before that, for it to arrive in time also over a slow network. */
const LAST_CALL_MS = 2000
/** The phones of a room do so over this time before that, not in one instant. */
const LAST_CALL_SPREAD_MS = 1000
/** Whoever is still marking is given so long after each mark. */
const REST_MS = 800
/** What is marked later than so long before the time is up is sent by the button alone. */
const LATEST_MS = 700

const lastCallMs = LAST_CALL_MS + LAST_CALL_SPREAD_MS * Math.random()

/**
 * The moment, by the server's clock; nothing where there is none any more.
 * @param {number} end when the time is up
 * @param {number} touchedAt when the person last marked something; 0 where that was before a reload
 * @param {number} now
 */
export function lastCall(end, touchedAt, now) {
  const latest = end - LATEST_MS
  if (now >= end || touchedAt > latest) return undefined
  return Math.min(Math.max(end - lastCallMs, touchedAt + REST_MS), latest)
}
