// A screen that a room looks at must not go dark while nobody touches its machine.

/** Keeps the screen on for as long as the page is the one in view, where the browser can. */
export function stayAwake() {
  // A picture of the screen within the studio keeps nobody's machine awake.
  if (window.top !== window || !navigator.wakeLock) return
  const hold = () => {
    if (document.visibilityState !== 'visible') return
    // Refused to save power, or because the page is not safe: then the machine's own setting is left.
    navigator.wakeLock.request('screen').catch(() => {})
  }
  // The browser lets go whenever the page is out of view.
  document.addEventListener('visibilitychange', hold)
  hold()
}
