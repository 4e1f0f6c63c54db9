// Small pictures for buttons. Each is named by the text or label beside it, so all are hidden from screen readers.

import { html, svg } from '../html.js'

/** @param {unknown} shapes */
const line = shapes =>
  html`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${shapes}</svg>`

export const up = line(svg`<path d="M10 15V5M5.5 9.5 10 5l4.5 4.5" />`)
export const down = line(svg`<path d="M10 5v10m-4.5-4.5L10 15l4.5-4.5" />`)
export const cross = line(svg`<path d="m5.5 5.5 9 9m0-9-9 9" />`)
export const plus = line(svg`<path d="M10 4.5v11M4.5 10h11" />`)
export const pencil = line(svg`<path d="m4 16 .8-3.4 8-8a1.6 1.6 0 0 1 2.3 0l.3.3a1.6 1.6 0 0 1 0 2.3l-8 8L4 16Z" />`)
export const copy = line(
  svg`<rect x="7" y="7" width="9" height="9" rx="2" /><path d="M13 7V5.5A1.5 1.5 0 0 0 11.5 4h-6A1.5 1.5 0 0 0 4 5.5v6A1.5 1.5 0 0 0 5.5 13H7" />`,
)
export const bin = line(svg`<path d="M4.5 6h11M8 6V4.5h4V6m-6 0 .6 9.5h6.8L14 6" />`)
export const eraser = line(svg`<path d="m8 16-4-4a1.4 1.4 0 0 1 0-2l6-6a1.4 1.4 0 0 1 2 0l4 4a1.4 1.4 0 0 1 0 2l-6 6H8Zm-1.5-8.5 6 6M10 16h6" />`)
export const gear = line(
  svg`<path d="M4 6h12M4 14h12" /><circle cx="8" cy="6" r="1.9" fill="var(--surface)" /><circle cx="12.5" cy="14" r="1.9" fill="var(--surface)" />`,
)
export const timer = line(svg`<circle cx="10" cy="11" r="5.8" /><path d="M10 8v3l2 1.4M8 2.6h4" />`)
export const outward = line(
  svg`<path d="M8 5H5.5A1.5 1.5 0 0 0 4 6.5v8A1.5 1.5 0 0 0 5.5 16h8a1.5 1.5 0 0 0 1.5-1.5V12M11.5 4H16v4.5M16 4l-7 7" />`,
)

export const dots = html`<svg class="icon" viewBox="0 0 20 20" fill="currentColor" aria-hidden="true"><circle cx="4.5" cy="10" r="1.5" /><circle cx="10" cy="10" r="1.5" /><circle cx="15.5" cy="10" r="1.5" /></svg>`
export const grip = html`<svg class="icon" viewBox="0 0 20 20" fill="currentColor" aria-hidden="true"><circle cx="7.5" cy="5" r="1.4" /><circle cx="12.5" cy="5" r="1.4" /><circle cx="7.5" cy="10" r="1.4" /><circle cx="12.5" cy="10" r="1.4" /><circle cx="7.5" cy="15" r="1.4" /><circle cx="12.5" cy="15" r="1.4" /></svg>`

/** Where the logo's seats are, as in `img/mark.svg`. */
const seats = [
  [10.1, 25.3],
  [17, 22],
  [23.9, 25.3],
  [4.3, 20.5],
  [10, 16.1],
  [17, 14.5],
  [24, 16.1],
  [29.7, 20.5],
  [-1.5, 15.7],
  [3.7, 11],
  [10.1, 8],
  [17, 7],
  [23.9, 8],
  [30.3, 11],
  [35.5, 15.7],
]

/** The logo: rows of seats. */
export const mark = html`<svg class="mark" viewBox="-4 4 42 26" fill="currentColor" aria-hidden="true">
  ${seats.map(([x, y]) => svg`<circle cx=${x} cy=${y} r="2.4" />`)}
</svg>`
