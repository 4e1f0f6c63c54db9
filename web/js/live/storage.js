// What a page keeps on the device, where it keeps anything.

/** What the device keeps under a name, where it keeps anything. @param {string} name */
export function storageGet(name) {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

/**
 * Keeps a text on the device, where it keeps anything; nothing for an empty one.
 * @param {string} name
 * @param {string} value
 */
export function storageSet(name, value) {
  try {
    if (value) localStorage.setItem(name, value)
    else localStorage.removeItem(name)
  } catch {
    // A private window keeps nothing; all else works.
  }
}
