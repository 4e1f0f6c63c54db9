// The order of questions, as docs/protocol.md has it for the topic `posts`.

/** @typedef {import('./wire.js').ShownPost} ShownPost */

/**
 * The questions that wait for an answer, by number, the most wanted first: pinned ones, then by votes for less votes
 * against, then those sent first.
 * @param {Record<string, ShownPost>} posts
 */
export function popular(posts) {
  return Object.entries(posts)
    .filter(([, post]) => !post.answered)
    .map(([id, post]) => ({ id, pinned: post.pinned === true, votes: post.votes - (post.down ?? 0) }))
    .sort((a, b) => Number(b.pinned) - Number(a.pinned) || b.votes - a.votes || Number(a.id) - Number(b.id))
    .map(({ id }) => id)
}

/**
 * An order in which nothing moves that is being read: the first ones stay as they are, as far as they are still there;
 * all others come after them as they should be.
 * @param {string[]} shown as it is on the page
 * @param {string[]} wanted as it should be
 * @param {number} read how many of those shown, from the first, must stay
 */
export function undisturbed(shown, wanted, read) {
  const there = new Set(wanted)
  const stay = shown.slice(0, read).filter(id => there.has(id))
  const staying = new Set(stay)
  return [...stay, ...wanted.filter(id => !staying.has(id))]
}
