// The kinds of activity in the studio; nothing else in it asks of which kind an activity is.

import { kindNames, modulesOfKinds } from '../kinds.js'

/** @import { Kind } from "../studio/types.js" */
/** @import { Settings } from "../wire.js" */

const modules = await modulesOfKinds('studio')

/** The names of all kinds, in the order in which they are offered. */
export const names = kindNames

/**
 * The kind of this name.
 * @param {Settings["kind"]} name
 */
export const kindOf = name => /** @type {Kind<Settings>} */ (modules.get(name)?.kind)
