// The kinds of activity in the studio. A kind has one file here with its editor (`editor-choice.js`), one with its view on
// the phone and one with its view on the screen; nothing else in the studio asks what kind an activity is of.

import { choice } from './editor-choice.js'
import { words } from './editor-words.js'

/** @import { Kind } from "../studio/types.js" */
/** @import { Settings } from "../wire.js" */

/**
 * Every kind by its name on the wire, in the order in which they are offered. Readings are a room test's, which has a page of
 * its own.
 * @type {Partial<Record<Settings["kind"], unknown>>}
 */
const kinds = { choice, words }

/** The names of all kinds. */
export const names = /** @type {Settings["kind"][]} */ (Object.keys(kinds))

/**
 * The kind of this name.
 * @param {Settings["kind"]} name
 */
export const kindOf = name => /** @type {Kind<Settings>} */ (kinds[name])
