// Where the words of a cloud stand. A word keeps its place as long as no larger one needs the room, and nothing is left
// to chance: the same words in the same order stand in the same places on every screen.

/** A word's box, in parts of its size: its height, and the air around it. */
const LINE = 1.14
const AIR = 0.16
/** The smallest word in parts of the largest; where every word came once, all have the size between. */
const SMALLEST = 0.26
const ALIKE = 0.5
/** How much of the room words may take; more does not pack. */
const PACKED = 0.56
/** The largest size in parts of the room's height, and the widest word in parts of its width. */
const TALLEST = 0.31
const WIDEST = 0.86
/** The whole cloud grows and shrinks in steps of about this part, so that it does not breathe with every word. */
const STEP = 0.09
const SPIRAL_STEPS = 1500
/** How many steps smaller the cloud gets so that nobody's word is left out. */
const SMALLER = 5

/** @typedef {{word: string, count: number}} Word */
/** @typedef {{x: number, y: number, size: number, width: number, height: number}} Place from the middle of the room */
/** @typedef {{unit: number, places: Map<string, Place>}} Cloud `unit` is the size of the largest word */

/**
 * Places words, the most frequent first, each where it was or as near to it as there is room. Where some find none, all
 * get a little smaller, but none smaller than what can be read; if even that does not help, those are left out.
 * @param {Word[]} words the most frequent first
 * @param {{width: number, height: number}} room
 * @param {(word: string) => number} measure a word's width at size 1
 * @param {Cloud} former
 * @param {number} [least] no word is smaller
 * @returns {Cloud}
 */
export function layout(words, room, measure, former, least = 0) {
  if (words.length === 0) return { unit: former.unit, places: new Map() }
  const most = words[0].count
  const boxes = words.map(({ word, count }) => {
    const size = most === 1 ? ALIKE : SMALLEST + (1 - SMALLEST) * Math.sqrt((count - 1) / (most - 1))
    return { word, size, width: measure(word) + AIR }
  })
  const unit = largest(boxes, room)
  let best = place(boxes, room, unit, former, least)
  for (let step = 1; step <= SMALLER && best.places.size < words.length; step++) {
    const smaller = place(boxes, room, unit * Math.exp(-STEP * step), former, least)
    if (smaller.places.size > best.places.size) best = smaller
  }
  return best
}

/**
 * @param {{word: string, size: number, width: number}[]} boxes
 * @param {{width: number, height: number}} room
 * @param {number} unit
 * @param {Cloud} former
 * @param {number} least
 * @returns {Cloud}
 */
function place(boxes, room, unit, former, least) {
  /** @type {Map<string, Place>} */
  const places = new Map()
  const zoom = former.places.size > 0 ? unit / former.unit : 1
  for (const { word, size: part, width } of boxes) {
    const size = Math.max(least, unit * part)
    const box = { size, width: size * width, height: size * (LINE + AIR) }
    const before = former.places.get(word) ?? { x: 0, y: 0 }
    const spot = nearest(box, { x: before.x * zoom, y: before.y * zoom }, room, [...places.values()])
    if (spot) places.set(word, { ...box, ...spot })
  }
  return { unit, places }
}

/**
 * The size of the largest word with which all have room.
 * @param {{size: number, width: number}[]} boxes
 * @param {{width: number, height: number}} room
 */
function largest(boxes, room) {
  const area = boxes.reduce((sum, { size, width }) => sum + size * size * width * (LINE + AIR), 0)
  const widest = Math.max(...boxes.map(({ size, width }) => size * width))
  const size = Math.min(Math.sqrt((PACKED * room.width * room.height) / area), (WIDEST * room.width) / widest, TALLEST * room.height)
  return Math.exp(Math.floor(Math.log(size) / STEP) * STEP)
}

/**
 * The free spot nearest to a point, looked for along a spiral as wide as the room.
 * @param {{width: number, height: number}} box
 * @param {{x: number, y: number}} from
 * @param {{width: number, height: number}} room
 * @param {Place[]} others
 */
function nearest(box, from, room, others) {
  const halfX = (room.width - box.width) / 2
  const halfY = (room.height - box.height) / 2
  if (halfX < 0 || halfY < 0) return undefined
  const aspect = room.width / room.height
  for (let step = 0; step < SPIRAL_STEPS; step++) {
    const angle = Math.sqrt(step) * 2.4
    const radius = (room.height / 1.4) * (step / SPIRAL_STEPS) ** 0.62
    const x = Math.max(-halfX, Math.min(halfX, from.x + radius * aspect * Math.cos(angle)))
    const y = Math.max(-halfY, Math.min(halfY, from.y + radius * Math.sin(angle)))
    const free = others.every(other =>
      Math.abs(other.x - x) * 2 >= other.width + box.width || Math.abs(other.y - y) * 2 >= other.height + box.height)
    if (free) return { x, y }
  }
  return undefined
}
