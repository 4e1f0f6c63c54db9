// Whether a connection that was lost comes back, and after how long.

/** A room that has lost its server comes back over this time, not in one instant. */
const FIRST_WAIT_MS = 1_000
/** Short, because a server that has much to do says itself when to come. */
const MAX_WAIT_MS = 4_000

/** Close codes after which the connection comes back; a network failure has none and is 1006 here. */
export const comesBack = (/** @type {number} */ code) =>
  [1000, 1001, 1005, 1006, 1011, 1012, 1013, 1014, 1015].includes(code) || (code >= 4000 && code < 4500)

/**
 * How long to wait after so many failures of which nobody said when to come: any time up to a bound that doubles.
 * @param {number} failures
 * @param {() => number} [random]
 */
export function pause(failures, random = Math.random) {
  return random() * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures)
}

/** Of attempts that fail, the second and then every so many-th is followed by asking why: a busy server has enough to do. */
const ASK_EACH = 5

/** @param {number} failures */
export const asksWhy = failures => failures % ASK_EACH === 2

/** A deletion may be undone: an event that is gone is looked for again, at first this soon and then ever more rarely. */
const FIRST_DELETED_RETRY_MS = 4_000
const MAX_DELETED_RETRY_MS = 300_000

/**
 * How long to wait before a deleted event is looked for again.
 * @param {number} retries
 */
export function deletedPause(retries) {
  const wait = Math.min(MAX_DELETED_RETRY_MS, FIRST_DELETED_RETRY_MS * 2 ** retries)
  return wait * (0.5 + Math.random() / 2)
}
