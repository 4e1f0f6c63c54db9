// Words that do not come with the page: each part of them is fetched once, when it is needed or at leisure.

import { assetUrl } from '../live.js'
import { addMessages, language } from '../messages.js'

/** What is here or on its way. @type {Map<string, Promise<void>>} */
const parts = new Map()
// The page came with those of the kind with which it begins, as its style tells.
for (const link of document.querySelectorAll('link[rel=stylesheet]')) {
  const [, kind] = /\/kinds\/(\w+)\/phone-page\.css$/.exec(link.getAttribute('href') ?? '') ?? []
  if (kind) parts.set(kind, Promise.resolve())
}

/** Fetches the words of a part of the page; where that fails, the next time again. @param {string} part as the server names it */
export function fetchWords(part) {
  const words = parts.get(part) ?? fetchJson(`words/${language}/${part}.json`).then(addMessages)
  parts.set(part, words)
  words.catch(() => parts.delete(part))
  return words
}

/** @param {string} path */
async function fetchJson(path) {
  const answer = await fetch(assetUrl(path))
  if (!answer.ok) throw new Error(`${path} did not come: ${answer.status}`)
  return answer.json()
}

/** The words for what happens rarely. Says whether they are here: there may be no network. */
export const laterWords = () => fetchWords('later').then(() => true, () => false)
