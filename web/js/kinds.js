// What a page needs of every kind of activity: the module of that name in the kind's folder of `web/kinds`. Which kinds there
// are the server says.

import { fetchModule } from './live.js'
import { embedded } from './messages.js'

/** Their names, in the order in which they are offered. @type {import('./wire.js').KindName[]} */
export const kindNames = embedded('state').kinds ?? []

/**
 * Fetches this module of every kind.
 * @param {string} module
 * @returns {Promise<Map<string, any>>}
 */
export async function modulesOfKinds(module) {
  const each = kindNames.map(async kind => /** @type {const} */ ([kind, await fetchModule(`../kinds/${kind}/${module}.js`)]))
  return new Map(await Promise.all(each))
}
