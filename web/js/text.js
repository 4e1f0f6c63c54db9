// Text as people type it: when it is empty, how long it is, and when two of them are the same. The server's rules, by
// Unicode's own properties; server/protocol/text-cases.json has the cases that both are tried with.

/** The bytes that a character may take on average, in a short text and in a long one, and those that a text of up to 300 may. */
const [BYTES, BYTES_OF_MANY, BYTES_OF_A_TEXT] = [32, 16, 4800]

/** Shows nothing by itself, but shapes its neighbours. */
const SHAPES = /[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u200b-\u200f\u2060\ufe00-\ufe0f\u{13430}-\u{1343f}\u{e0100}-\u{e01ef}]/u
const SPACE = /[\p{White_Space}\p{Cc}\u2800\u3164\uffa0]/u
// Format controls that are drawn around digits can be seen.
const INVISIBLE = /(?![\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{DI}\p{Cf}\p{NChar}\u{1d159}]/gu
const UNSEEN = new RegExp(`^(?:${SPACE.source}|${INVISIBLE.source}|\\p{M})*$`, 'u')
/** Punctuation, but for the signs that make another word of what they stand at. */
const AROUND = /(?![#%&@§‰‱٪])[\p{P}\p{White_Space}❓-❕❗`´]/u.source
// What is punctuation only here, or only in the key, stays in both: a prime, a wave dash, an overline.
const STAYS = /[\u2017\u203e\u301c\u3030\ufe49-\ufe4c]/u.source
const BEFORE = new RegExp(`^(?:(?!${STAYS})${AROUND})+`, 'u')
const AFTER = new RegExp(`(?:(?!${STAYS})${AROUND})+$`, 'u')
/** No letter, nor anything else that would tell its key from that of any other sign. */
const NOTHING = new RegExp(`^(?:${SPACE.source}|${INVISIBLE.source}|${AROUND}|[\\p{M}\u0640\u07fa])*$`, 'u')
const ACCENTS = /[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g
/** Letters that are one letter with another's name. @type {Record<string, string>} */
const LETTERS = { œ: 'oe', æ: 'ae', ø: 'o', đ: 'd', ħ: 'h', ł: 'l' }

const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter() : undefined
const encoder = new TextEncoder()

/**
 * A text as it is stored: in one line, without what is not seen and changes nothing that is.
 * @param {string} text
 */
export function clean(text) {
  let line = ''
  let last = ''
  for (const c of text) {
    if (SPACE.test(c)) last = ''
    else {
      const seen = c.search(INVISIBLE) < 0
      const shapes = /[\u{e0020}-\u{e007f}]/u.test(c) ? /[\u{1f3f4}\u{e0020}-\u{e007f}]/u.test(last) : SHAPES.test(c)
      if (!seen && !(last && shapes)) continue
      line += last || !line ? c : ` ${c}`
      last = c
    }
  }
  return isEmpty(line) ? '' : line.replace(/[\xad\u034f\u200b\u2060]+$/, '').normalize('NFC')
}

/** Whether nothing can be seen of a text. @param {string} text */
export const isEmpty = text => UNSEEN.test(text)

/** How many characters a text has, as people see them: a flag, or a letter with its accents, is one. @param {string} text */
export const characters = text => (segmenter ? Array.from(segmenter.segment(text)).length : Array.from(text.normalize('NFC').replace(/\p{M}|\u200d./gu, '')).length)

/** How many bytes a text takes. @param {string} text */
export const bytes = text => encoder.encode(text).length

/** The bytes that a text of at most so many characters may take. @param {number} most */
export const bytesOf = most => Math.max(Math.min(most * BYTES, BYTES_OF_A_TEXT), most * BYTES_OF_MANY)

/**
 * Why a text is not taken that may have so many characters: the message and its arguments; nothing where it is.
 * @param {string} text
 * @param {number} max
 * @returns {[key: 'problem.too_long' | 'problem.too_many_bytes', args: {max: number, length: number}] | undefined}
 */
export function tooLong(text, max) {
  const line = clean(text)
  const length = characters(line)
  if (length > max) return ['problem.too_long', { max, length }]
  return bytes(line) > bytesOf(max) ? ['problem.too_many_bytes', { max: bytesOf(max), length: bytes(line) }] : undefined
}

/** Apostrophes, quotation marks and dashes as the plain ones of a keyboard. @param {string} text */
const plainSigns = text =>
  text
    .replace(/[`´\u02b9\u02bb-\u02bd\u02c8\u0374\u055a\u05f3\u07f4\u07f5\u1fbd\u1fbf\u2018-\u201b\u2032\u2035\u2039\u203a\ua78b\ua78c]/g, "'")
    .replace(/[«»\u05f4\u201c-\u201f\u2033\u2036\u301d-\u301f]/g, '"')
    .replace(/[\u301c\u3030]/g, '~')
    .replace(/[\p{Pd}\u02d7\u2043\u2212]/gu, '-')

/** What all spellings of a text have in common. @param {string} text */
export function key(text) {
  if (/^[\x20-\x7e]*$/.test(text)) return text.toLowerCase().replace(/`/g, "'").replace(/ +/g, ' ').trim()
  const seen = plainSigns(plainSigns(clean(text)).normalize('NFKC')).replace(INVISIBLE, '').replace(/[\u0640\u07fa]/g, '')
  const folded = seen.toLowerCase().toUpperCase().toLowerCase().replace(/ς/g, 'σ').replace(/i\u0307+/g, 'i')
  return folded.normalize('NFKC').replace(/\p{White_Space}+/gu, ' ').trim()
}

/** The same for what people choose from: there a power or an index is not the digit that it is made of. @param {string} text */
export const lookKey = text => key(text.replace(/[²³¹\u2070-\u207f]/g, '^$&').replace(/[\u2080-\u208e]/g, '_$&'))

/** A word without the punctuation around it; nothing else is left out. @param {string} whole */
function bareWord(whole) {
  const bare = whole.replace(BEFORE, '').replace(AFTER, '')
  return NOTHING.test(plainSigns(bare.normalize('NFKC'))) ? whole : bare
}

/** The same for a word: also the punctuation around it makes no difference. @param {string} word */
export function wordKey(word) {
  const whole = key(word)
  // An accent by itself, such as ¨, is a space and a mark by compatibility.
  return isEmpty(whole) ? clean(word) : bareWord(whole)
}

/**
 * The option that says the same as an own one, and is what it counts as. The punctuation around an own option makes no difference,
 * unless it is what tells two options apart.
 * @template {{text: string}} T
 * @param {T[]} options
 * @param {string} own
 */
export function listed(options, own) {
  const [whole, bare] = [lookKey, (/** @type {string} */ text) => bareWord(lookKey(text))].map(keyOf => options.filter(option => keyOf(option.text) === keyOf(own)))
  return whole[0] ?? (bare.length === 1 ? bare[0] : undefined)
}

/** What spellings of the same text have in common for a search: no accents either. @param {string} text */
export const fold = text => key(text).normalize('NFKD').replace(ACCENTS, '').toLowerCase().replace(/[œæøđħł]/g, letter => LETTERS[letter] ?? letter)
