// A lost connection is not worth a word at once: most are back before anybody has read it.

/** How long it is kept to oneself. */
const GRACE_MS = 2500

/**
 * Tells of a status, of a lost connection only when it is not back soon.
 * @param {(status: import('./live.js').Status, code: number) => void} tell
 * @returns {(status: import('./live.js').Status, code: number) => void}
 */
export function afterGrace(tell) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer
  return (status, code) => {
    clearTimeout(timer)
    if (status === 'reconnecting') timer = setTimeout(() => tell(status, code), GRACE_MS)
    else tell(status, code)
  }
}
