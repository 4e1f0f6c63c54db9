// The views of the kinds of activity: each is fetched once, with its style and its words, when it is needed or at leisure.

import { assetUrl, fetchModule } from '../live.js'
import { h } from '../messages.js'
import { fetchWords } from './words.js'

/** The views of the kinds that were fetched, by their name. @type {Map<string, import('./types.js').KindView>} */
export const views = new Map()

/** Fetches the view of a kind, its style and its words, once. @param {string} kind */
export async function fetchKind(kind) {
  if (views.has(kind)) return
  const [{ View }] = await Promise.all([fetchModule(`../kinds/${kind}/phone.js`), fetchStyle(kind), fetchWords(kind)])
  views.set(kind, View)
}

/** Has the style of a kind apply, if the page did not come with it. @param {string} kind */
function fetchStyle(kind) {
  const [href = '', ofPage] = ['phone', 'phone-page'].map(name => assetUrl(`kinds/${kind}/${name}.css`).href)
  if (Array.from(document.querySelectorAll('link')).some(link => link.rel === 'stylesheet' && [href, ofPage].includes(link.href))) return
  const link = document.head.appendChild(h('link', { rel: 'stylesheet', href }))
  return new Promise((resolve, reject) => {
    link.onload = resolve
    link.onerror = () => (link.remove(), reject(new Error(`${href} did not come`)))
  })
}

/** Whether an answer to it is the last. @param {import('../wire.js').StagedActivity} activity */
export const isFinal = ({ prompt }) => views.get(prompt.kind)?.isFinal(prompt) ?? false
