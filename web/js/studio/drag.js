// Dragging an activity to another place, with mouse, pen or finger. Nothing in the page's structure changes until it is let
// go: the dragged one follows the pointer, the others make room.

/**
 * Follows the pointer from its press on the handle of an item of an ordered list; tells the place where it was let go.
 * @param {PointerEvent} start
 * @param {(place: number) => void} drop
 */
export function drag(start, drop) {
  const item = /** @type {HTMLElement} */ (start.currentTarget).closest('li')
  const list = item?.parentElement
  if (!item || !list || start.button !== 0) return
  start.preventDefault()
  const items = /** @type {HTMLElement[]} */ ([...list.children])
  const boxes = items.map(one => one.getBoundingClientRect())
  const from = items.indexOf(item)
  const own = boxes[from]
  if (!own) return
  const gap = 4
  let to = from
  item.classList.add('dragged')
  list.classList.add('dragging')

  const follow = (/** @type {PointerEvent} */ event) => {
    const by = event.clientY - start.clientY
    const middle = own.top + own.height / 2 + by
    to = boxes.filter((box, place) => place !== from && box.top + box.height / 2 < middle).length
    items.forEach((one, place) => {
      const aside = place > from && place <= to ? -1 : place < from && place >= to ? 1 : 0
      const shift = one === item ? by : aside * (own.height + gap)
      one.style.setProperty('--shift', `${shift}px`)
    })
  }
  const end = (/** @type {boolean} */ dropped) => {
    controller.abort()
    item.classList.remove('dragged')
    list.classList.remove('dragging')
    for (const one of items) one.style.removeProperty('--shift')
    if (dropped && to !== from && item.isConnected) drop(to)
  }
  const controller = new AbortController()
  const { signal } = controller
  window.addEventListener('pointermove', follow, { signal })
  window.addEventListener('pointerup', () => end(true), { signal })
  window.addEventListener('pointercancel', () => end(false), { signal })
  window.addEventListener('keydown', event => event.key === 'Escape' && end(false), { signal })
}
