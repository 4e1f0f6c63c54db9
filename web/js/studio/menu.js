// Menus: popovers that open beside their button.

/** About how tall a menu may get, and how far it stays from the window's edge. */
const [HEIGHT, EDGE] = [240, 8]

/**
 * Closes the menu in which something was chosen.
 * @param {Event} event
 */
export function closeMenu(event) {
  const popover = /** @type {HTMLElement} */ (event.currentTarget).closest('[popover]')
  if (popover instanceof HTMLElement) popover.hidePopover()
}

/**
 * Puts the menu beside the button that opens it: for its `beforetoggle`.
 * @param {ToggleEvent} event
 */
export function putMenu(event) {
  const popover = /** @type {HTMLElement} */ (event.currentTarget)
  const button = document.querySelector(`[popovertarget="${popover.id}"]`)
  if (event.newState !== 'open' || !button) return
  const { bottom, top, right } = button.getBoundingClientRect()
  const tall = Number(popover.dataset.height ?? HEIGHT)
  const above = bottom + tall > innerHeight && top > innerHeight - bottom
  popover.style.setProperty('top', above ? 'auto' : `${bottom + 4}px`)
  popover.style.setProperty('bottom', above ? `${innerHeight - top + 4}px` : 'auto')
  // It is not drawn yet: its style says how wide it will be.
  const left = Math.min(right, innerWidth - EDGE) - parseFloat(getComputedStyle(popover).width)
  popover.style.setProperty('left', `${Math.max(EDGE, left)}px`)
}
