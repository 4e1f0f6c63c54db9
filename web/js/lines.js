// A list that was copied from somewhere else: its lines, each without what only marks it as one of a list.

/** What ends a line, on any system; and in a cell of a table. */
const ENDS = /\r\n|[\n\v\f\r\x85\u2028\u2029]/
/** Signs that nobody writes at the beginning of a line but to mark it, and boxes to be ticked. */
const BULLET = /^\s*(?:[•◦▪▫‣⁃·∙●○■□◆◇▶▸►➢➤✓✔☐☑☒\uf0b7\uf0a7]\s*|(?:[-*+–—]\s+)?\[[ xX✓]?\]\s+)/u
/** Signs that may be part of the text, which mark lines only where all have one. */
const DASH = /^\s*[-*+–—>]\s+/u
const NUMBER = /^\s*\(?(\d{1,3})[.)]\s+/u
const LETTER = /^\s*\(?(\p{L})\)\s+/u

/**
 * The lines of a text, without empty ones. A bullet goes; a dash, a number or a letter goes where every line has one, numbers
 * and letters only where each is the next one: “3. Platz” may be what somebody means.
 * @param {string} text
 */
export function linesOf(text) {
  const lines = text.split(ENDS).map(line => line.replace(BULLET, '').trim()).filter(Boolean)
  if (lines.length < 2) return lines
  const marker = [DASH, NUMBER, LETTER].find(marker => lines.every(line => marker.test(line)) && follows(lines.map(line => marker.exec(line)?.[1])))
  return marker ? lines.map(line => line.replace(marker, '').trim()).filter(Boolean) : lines
}

/** Whether each is the next one after the one before. @param {(string | undefined)[]} marks */
function follows(marks) {
  const ranks = marks.map(mark => (mark === undefined ? undefined : /\d/.test(mark) ? Number(mark) : mark.toLowerCase().codePointAt(0)))
  return ranks.every((rank, place) => rank === undefined || place === 0 || rank === (ranks[place - 1] ?? 0) + 1)
}

/**
 * What becomes of a field and of those after it when a list is pasted into it; nothing where the browser may paste as usual.
 * @param {ClipboardEvent} event
 * @returns {[string, ...string[]] | undefined} what the field holds then, and the lines after it
 */
export function pastedLines(event) {
  const field = /** @type {HTMLInputElement} */ (event.target)
  const [first, ...rest] = linesOf(event.clipboardData?.getData('text/plain') ?? '')
  if (first === undefined || rest.length === 0) return undefined
  event.preventDefault()
  const [start, end] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length]
  const after = field.value.slice(end)
  rest[rest.length - 1] += after
  return [field.value.slice(0, start) + first, ...rest]
}

/**
 * A list with lines put into it from a place on: the entry there is replaced, empty ones behind it are filled, and others are
 * added before what follows, up to a number.
 * @template T
 * @param {T[]} entries
 * @param {number} place
 * @param {string[]} lines
 * @param {{most: number, isEmpty: (entry: T) => boolean, filled: (entry: T, line: string) => T, added: (line: string, entries: T[]) => T}} kind
 * @returns {{entries: T[], last: T | undefined, left: number} } with the last one that was written, and how many lines found no room
 */
export function withLines(entries, place, lines, { most, isEmpty, filled, added }) {
  const next = [...entries]
  let at = place
  let written = 0
  for (const line of lines) {
    const here = next[at]
    if (here !== undefined && (at === place || isEmpty(here))) next[at] = filled(here, line)
    else if (next.length < most) next.splice(at, 0, added(line, next))
    else break
    at += 1
    written += 1
  }
  return { entries: next, last: next[at - 1], left: lines.length - written }
}

/**
 * A list without the empty entries at its end, of which so many stay at least.
 * @template T
 * @param {T[]} entries
 * @param {(entry: T) => boolean} isEmpty
 * @param {number} [least]
 */
export function withoutEmptyEnd(entries, isEmpty, least = 0) {
  let end = entries.length
  while (end > least && isEmpty(/** @type {T} */ (entries[end - 1]))) end -= 1
  return entries.slice(0, end)
}
