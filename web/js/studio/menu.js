// Menus: popovers that open beside their button.

/** The menu's width, as its style has it, and about how tall one may get. */
const [WIDTH, HEIGHT] = [200, 240]

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
  popover.style.setProperty('left', `${Math.max(8, right - WIDTH)}px`)
}
