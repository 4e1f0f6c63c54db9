// The seat map: rows curved around the stage, lit as people arrive or answer. In a small room a seat is a person
// and seats are large; as the room grows there are more, and then a seat stands for several people.

const SVG = 'http://www.w3.org/2000/svg'
/** The drawing, in its own units: the stage is below the middle. */
const CENTRE = { x: 500, y: 1000 }
const FIRST_ROW = 300
const DEPTH = 560
const HALF_WIDTH = 462
/** Distances between seats: a small map, a middling one, a large one. */
const SEAT_DISTANCES = [86, 62, 42]
/** Of all seats, how many may be taken before a larger map is needed, or fewer before a smaller one will do. */
const FULL = 0.94
const EMPTY = 0.25

/** @typedef {{x: number, y: number, row: number, rank: number}} Seat */

/**
 * The seats of a map in the order in which they fill: by chance, though rather from the front.
 * @param {number} distance
 * @returns {Seat[]}
 */
function seats(distance) {
  const rows = Math.floor(DEPTH / distance) + 1
  /** @type {Seat[]} */
  const all = []
  for (let row = 0; row < rows; row++) {
    const radius = FIRST_ROW + row * distance
    const half = Math.min(Math.PI * 0.33, Math.asin(HALF_WIDTH / radius))
    const places = Math.round((2 * half * radius) / distance)
    for (let place = 0; place < places; place++) {
      const angle = Math.PI / 2 + half - (2 * half * place) / (places - 1)
      const chance = Math.abs((Math.sin(row * 12.9 + place * 78.2) * 43758.5) % 1)
      all.push({ x: CENTRE.x + radius * Math.cos(angle), y: CENTRE.y - radius * Math.sin(angle), row: row / rows, rank: chance + row / rows })
    }
  }
  return all.sort((a, b) => a.rank - b.rank)
}

/** How many people a seat may stand for: 1 to 6, 8, 10, 20, 30 and so on. */
function* steps() {
  for (let ten = 1; ; ten *= 10) yield* [1, 2, 3, 4, 5, 6, 8].map(n => n * ten)
}

export class SeatMap {
  /** How many people a seat stands for. */
  perSeat = 1
  #svg
  /** @type {SVGCircleElement[]} */
  #circles = []
  #size = -1

  /** @param {Element} svg with the view box 0 0 1000 1040 */
  constructor(svg) {
    this.#svg = svg
  }

  /**
   * @param {number} lit how many have arrived, or answered
   * @param {number} present how many are in the room
   */
  fill(lit, present) {
    this.#choose(Math.max(lit, present))
    const lights = Math.ceil(lit / this.perSeat)
    const taken = Math.ceil(present / this.perSeat)
    this.#circles.forEach((circle, place) => {
      circle.setAttribute('class', place < lights ? 'lit' : place < taken ? 'taken' : '')
    })
  }

  /** @param {number} people */
  #choose(people) {
    const capacity = this.#circles.length * this.perSeat
    if (this.#size >= 0 && people <= capacity * FULL && (people >= capacity * EMPTY || capacity === 0)) return
    for (const [size, distance] of SEAT_DISTANCES.entries()) {
      const layout = seats(distance)
      if (people <= layout.length * FULL) return this.#build(size, layout, 1)
    }
    const layout = seats(SEAT_DISTANCES[SEAT_DISTANCES.length - 1])
    for (const perSeat of steps()) {
      if (people <= layout.length * FULL * perSeat) return this.#build(SEAT_DISTANCES.length - 1, layout, perSeat)
    }
  }

  /**
   * @param {number} size
   * @param {Seat[]} layout
   * @param {number} perSeat
   */
  #build(size, layout, perSeat) {
    this.perSeat = perSeat
    if (size === this.#size) return
    this.#size = size
    this.#circles = layout.map(seat => {
      const circle = /** @type {SVGCircleElement} */ (document.createElementNS(SVG, 'circle'))
      circle.setAttribute('cx', seat.x.toFixed(1))
      circle.setAttribute('cy', seat.y.toFixed(1))
      circle.setAttribute('r', (SEAT_DISTANCES[size] * 0.25).toFixed(1))
      circle.style.setProperty('--depth', (1 - 0.42 * seat.row).toFixed(2))
      return circle
    })
    this.#svg.replaceChildren(...this.#circles)
  }
}
