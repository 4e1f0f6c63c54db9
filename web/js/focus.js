// Keeps the focus on pages that are drawn anew: what has it may be gone, hidden or turned off afterwards, and whoever uses a
// keyboard or hears the page would be thrown back to its beginning.

/** For how long something that is still to come may take the focus. */
const COMING_MS = 10_000

/** What was turned off while it had the focus, and what has it meanwhile. @type {{element: Element, instead: Element} | undefined} */
let resting
/** What is to have the focus once it is there, and what gives it up for that. @type {{selector: string, from: Element | undefined, until: number, tried: boolean} | undefined} */
let coming

/** Whether this can have the focus. @param {Element} element */
const isUsable = element => element.isConnected && !element.matches(':disabled') && element.getClientRects().length > 0

/** What has the focus because somebody put it there, and not in place of something that is gone. */
export function chosenFocus() {
  const { activeElement } = document
  const chosen = activeElement instanceof HTMLElement && activeElement !== document.body && isUsable(activeElement)
  return chosen && activeElement !== resting?.instead ? activeElement : undefined
}

/** Whether nothing has the focus that anybody has chosen. */
const isFree = () => chosenFocus() === undefined

/**
 * Gives the focus to what is found by this selector, at once or when it is drawn, unless somebody has gone elsewhere by then.
 * @param {string} selector
 * @param {Element} [from] has the focus meanwhile, and gives it up
 */
export function focusWhenThere(selector, from) {
  coming = { selector, from, until: Date.now() + COMING_MS, tried: false }
  queueMicrotask(settle)
}

/** Whether it is there by now, or will not come. */
function settle() {
  if (!coming) return
  coming.tried = true
  const element = document.querySelector(coming.selector)
  if (element instanceof HTMLElement && isUsable(element)) {
    coming = undefined
    resting = undefined
    element.focus()
  } else if (Date.now() > coming.until) coming = undefined
}

/**
 * To be called before a drawing, and what it gives after it. Where what had the focus is gone, it goes to what has come in its
 * place, else to the heading of the part in which it was.
 * @param {HTMLElement} place what is drawn
 */
export function holdFocus(place) {
  const held = document.activeElement
  const inside = held !== null && held !== document.body && place.contains(held)
  /** @type {Element[]} */
  const around = []
  for (let part = inside ? held.parentElement : null; part && part !== place; part = part.parentElement) around.push(part)
  return () => {
    if (document.querySelector('dialog[open]')) return
    if (coming && (isFree() || document.activeElement === coming.from)) settle()
    // Somebody has gone elsewhere meanwhile.
    else if (coming?.tried && document.querySelector(coming.selector)) coming = undefined
    if (resting && isFree() && isUsable(resting.element)) {
      const { element } = resting
      resting = undefined
      return /** @type {HTMLElement} */ (element).focus({ preventScroll: true })
    }
    if (!inside || isUsable(held) || !isFree()) return
    const next = twin(place, held) ?? heading(place, around)
    if (!next) return
    resting = { element: held, instead: next }
    next.focus({ preventScroll: true })
  }
}

/** What is called the same as what had the focus. @param {HTMLElement} place @param {Element} held */
function twin(place, held) {
  if (held.isConnected) return undefined
  const name = held.id ? `#${CSS.escape(held.id)}` : [...held.classList].map(one => `.${CSS.escape(one)}`).join('')
  const found = name ? [...place.querySelectorAll(held.localName + name)].filter(isUsable) : []
  // Several that are called the same are not the one.
  return found.length === 1 && found[0] instanceof HTMLElement ? found[0] : undefined
}

/** The heading of the nearest part that is still there. @param {HTMLElement} place @param {Element[]} around */
function heading(place, around) {
  for (const part of [...around.filter(one => one.isConnected), place]) {
    const found = part.querySelector('h1, h2, h3')
    if (!(found instanceof HTMLElement) || !isUsable(found)) continue
    if (found.tabIndex < 0) found.tabIndex = -1
    return found
  }
  return undefined
}

/**
 * Gives the focus to the page's heading, until there is something better: what had it is gone.
 * @param {Element} gone
 */
export function restFocus(gone) {
  const instead = heading(document.body, [])
  if (!instead) return
  resting = { element: gone, instead }
  instead.focus({ preventScroll: true })
}

addEventListener('focusin', ({ target }) => {
  if (resting && target !== resting.instead) resting = undefined
})
