// A moderator without a page of their own, for tests: acts over the live connection, in the browser of a facilitator.

import assert from 'node:assert/strict'

/** @typedef {import('../js/wire.js').Act} Act */
/** @typedef {import('../js/wire.js').PostRef} PostRef */

/**
 * Connects as a moderator.
 * @param {import('playwright-core').Page} page one of the event's pages, with the cookie of a facilitator
 * @param {string} event
 */
export async function moderator(page, event) {
  await page.evaluate(async event => {
    const script = /** @type {HTMLScriptElement} */ (document.querySelector('script[type=module]'))
    const { Live, uuid } = await import(new URL('live.js', script.src).href)
    /** @type {Map<string, (status: string) => void>} */
    const waiting = new Map()
    const live = new Live({
      path: `/api/v1/live?event=${event}&as=moderator`,
      onReceipt: (/** @type {any} */ { cid, status, message }) => waiting.get(cid)?.(message ?? status),
    })
    const act = (/** @type {any} */ act) => new Promise(settled => {
      const cid = uuid()
      waiting.set(cid, settled)
      live.send({ t: 'moderate', cid, act })
    })
    Object.assign(window, { moderator: { live, act } })
    live.connect()
  }, event)
  await page.waitForFunction(() => /** @type {any} */ (window).moderator.live.topics.moderation)

  /** @param {Act} act */
  const act = async act => {
    assert.equal(await page.evaluate(act => /** @type {any} */ (window).moderator.act(act), act), 'stored')
  }
  /**
   * The question with this text as it is now, to be named in an act.
   * @param {string} text
   * @returns {Promise<PostRef>}
   */
  const find = async text => {
    const found = await page.waitForFunction(text => {
      const { posts } = /** @type {any} */ (window).moderator.live.topics.moderation
      const entry = Object.entries(posts).find(([, post]) => post.text === text)
      return entry && { post: Number(entry[0]), version: entry[1].version }
    }, text)
    return /** @type {Promise<PostRef>} */ (found.jsonValue())
  }
  /**
   * Does something to questions, and waits until it is seen to be done.
   * @param {(posts: PostRef[]) => Act} make
   * @param {...string} texts
   */
  const to = async (make, ...texts) => {
    const seen = await Promise.all(texts.map(find))
    await act(make(seen))
    for (const { post, version } of seen) {
      await page.waitForFunction(([post, version]) => {
        const { posts } = /** @type {any} */ (window).moderator.live.topics.moderation
        return !posts[post] || posts[post].version > version
      }, [post, version])
    }
    return seen.map(({ post }) => post)
  }
  /** @param {Partial<import('../js/wire.js').QaSettings>} changed */
  const configure = async changed => {
    const settings = await page.evaluate(() => /** @type {any} */ (window).moderator.live.topics.moderation.settings)
    await act({ do: 'configure', version: settings.version, settings: { ...settings, ...changed } })
    await page.waitForFunction(version => /** @type {any} */ (window).moderator.live.topics.moderation.settings.version > version, settings.version)
  }
  return { act, to, configure, find }
}
