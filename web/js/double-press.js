// Remotes send a press twice, and fingers press twice where the first press seemed to do nothing: by then what the second one would
// do has become something else.

/** So soon after another no press is meant. */
const TWICE_MS = 400

/** Says of each press whether it is meant. */
export function meantPresses() {
  let last = -Infinity
  return () => {
    const now = performance.now()
    const meant = now - last >= TWICE_MS
    if (meant) last = now
    return meant
  }
}
