// The colours of options: one for each that a poll may have, none like another, each to be read and to be seen.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'

// What the module asks of its page.
Object.assign(globalThis, { document: { getElementById: () => null, documentElement: { lang: 'en' } } })
const { mark } = await import('../js/messages.js')

/** What two colours differ by (CIEDE2000) at least. Side by side, 2 can be seen; from memory of a legend, 10 are told apart. */
const APART = 14
/** Text on paper or surface, and text on the colour (WCAG 1.4.3); a bar on what is sunken (1.4.11). */
const [TEXT, GRAPHIC] = [4.5, 3]

const read = (/** @type {string} */ path) => readFile(new URL(path, import.meta.url), 'utf8')
const css = await read('../css/tokens.css')
/** As many options as a poll may have. */
const most = Number(/OPTIONS: [^;]*=\s*\d+\.\.=(\d+)/.exec(await read('../../server/protocol/src/limits.rs'))?.[1])

/** The tokens of a scheme: what its rule says, and else what the first one does. @param {RegExp} rule */
function tokens(rule) {
  const values = (/** @type {string} */ text) => [...text.matchAll(/--([\w-]+):\s*(#[0-9a-f]{6});/g)].map(([, name, value]) => [name, value])
  const [first, own] = [/^:root \{([^}]*)\}/m, rule].map(one => one.exec(css)?.[1] ?? '')
  return /** @type {Record<string, string>} */ (Object.fromEntries([...values(first), ...values(own)]))
}

const SCHEMES = {
  light: tokens(/^:root \{([^}]*)\}/m),
  'dark by the system': tokens(/prefers-color-scheme: dark\) \{ :root:not\(\[data-theme=light\]\) \{([^}]*)\}/),
  'dark by choice': tokens(/^:root\[data-theme=dark\] \{([^}]*)\}/m),
}

/** @param {string} colour @returns {[number, number, number]} */
const linear = colour => /** @type {[number, number, number]} */ ([1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16) / 255).map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)))

/** The contrast of two colours as WCAG has it. @param {string} one @param {string} other */
function contrast(one, other) {
  const [light, dark] = [one, other].map(linear).map(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b).sort((a, b) => b - a)
  return (light + 0.05) / (dark + 0.05)
}

/** @typedef {{l: number, a: number, b: number}} Lab */

/** A colour in CIELAB, seen in daylight (D65). @param {string} colour */
function lab(colour) {
  const [r, g, b] = linear(colour)
  const f = (/** @type {number} */ t) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116)
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047)
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b)
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883)
  return { l: 116 * y - 16, a: 500 * (x - y), b: 200 * (y - z) }
}

/** What two colours differ by: CIEDE2000, after Sharma, Wu and Dalal. @param {Lab} p @param {Lab} q */
function difference(p, q) {
  const sin = (/** @type {number} */ degrees) => Math.sin((degrees * Math.PI) / 180)
  const cos = (/** @type {number} */ degrees) => Math.cos((degrees * Math.PI) / 180)
  const faded = (/** @type {number} */ c) => Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7))
  const g = 0.5 * (1 - faded((Math.hypot(p.a, p.b) + Math.hypot(q.a, q.b)) / 2))
  const [c1, c2] = [p, q].map(({ a, b }) => Math.hypot((1 + g) * a, b))
  const [h1, h2] = [p, q].map(({ a, b }) => ((Math.atan2(b, (1 + g) * a) * 180) / Math.PI + 360) % 360)
  const turn = h2 - h1 > 180 ? h2 - h1 - 360 : h2 - h1 < -180 ? h2 - h1 + 360 : h2 - h1
  const [dl, dc, dh] = [q.l - p.l, c2 - c1, 2 * Math.sqrt(c1 * c2) * sin(turn / 2)]
  const [l, c] = [(p.l + q.l) / 2, (c1 + c2) / 2]
  const h = Math.abs(h1 - h2) <= 180 ? (h1 + h2) / 2 : (h1 + h2 + (h1 + h2 < 360 ? 360 : -360)) / 2
  const t = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.2 * cos(4 * h - 63)
  const [sl, sc, sh] = [1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2), 1 + 0.045 * c, 1 + 0.015 * c * t]
  const rotation = -2 * faded(c) * sin(60 * Math.exp(-(((h - 275) / 25) ** 2)))
  return Math.sqrt((dl / sl) ** 2 + (dc / sc) ** 2 + (dh / sh) ** 2 + rotation * (dc / sc) * (dh / sh))
}

describe('the colours of options', () => {
  it('are as many as a poll may have options, each with its class and a letter of its own', () => {
    assert.equal(most, 20)
    const marks = Array.from({ length: most }, (_, place) => mark(place))
    assert.equal(new Set(marks.map(({ colour }) => colour)).size, most)
    assert.equal(marks.map(({ letter }) => letter).join(''), 'ABCDEFGHIJKLMNOPQRST')
    for (const { colour } of marks) assert.ok(css.includes(`.${colour} { --c: var(--${colour}); }`), colour)
  })

  for (const [scheme, values] of Object.entries(SCHEMES)) {
    const colours = Array.from({ length: most }, (_, place) => values[`o${place + 1}`] ?? 'none')

    it(`can be read and seen: ${scheme}`, () => {
      for (const [place, colour] of colours.entries()) {
        for (const [ground, least] of /** @type {[string, number][]} */ ([['paper', TEXT], ['surface', TEXT], ['on-o', TEXT], ['sunken', GRAPHIC]])) {
          const found = contrast(colour, values[ground] ?? '')
          assert.ok(found >= least, `option ${place + 1}, ${colour}, on ${ground}: ${found.toFixed(2)}`)
        }
      }
    })

    it(`are told apart: ${scheme}`, () => {
      for (const [place, colour] of colours.entries()) {
        for (const [other, another] of colours.entries()) {
          if (other <= place) continue
          const found = difference(lab(colour), lab(another))
          assert.ok(found >= APART, `options ${place + 1} and ${other + 1}: ${found.toFixed(1)}`)
        }
      }
    })
  }

  it('are computed as others compute them', () => {
    assert.equal(contrast('#000000', '#ffffff'), 21)
    // Of the pairs that were published with the formula.
    const pairs = [[50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425], [50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792], [2.0776, 0.0795, -1.135, 0.9033, -0.0636, -0.5514, 0.9082]]
    for (const [l, a, b, l2, a2, b2, expected] of pairs) assert.equal(difference({ l, a, b }, { l: l2, a: a2, b: b2 }).toFixed(4), expected.toFixed(4))
  })
})
