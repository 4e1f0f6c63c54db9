// The speakers' page: the published questions of one label, or all, in large type. What is being read stays where it is.

import { stayAwake } from './awake.js'
import { Live } from './live.js'
import { alive, byId, embedded, h, number, setText, speakIn, t } from './messages.js'
import { popular, undisturbed } from './post-order.js'

/** @typedef {import('./wire.js').ShownPost} ShownPost */

/** How long a lost connection is not worth a word. */
const GRACE_MS = 2500
/** The sizes of text, as parts of the usual one, which is the second. */
const SIZES = [0.8, 1, 1.25, 1.55, 1.9, 2.4]
const USUAL = 1
const SIZE_KEY = 'parterre.speaker.size'
/** Scrolled by less than this, the page is at its top. */
const TOP_PX = 8
/** The link was revoked or has expired; the event was deleted. */
const [LINK_OVER, DELETED] = [4501, 4500]
/** What the page's address answers when the link no longer opens it. */
const CLOSED_DOORS = [401, 403, 404, 410]

const state = embedded('state')
const list = byId('questions')
const fresh = byId('fresh')

class Question {
  #text = h('p', { class: 'text', dir: 'auto' })
  #votes = h('b')
  #words = h('span')
  #name = h('span', { class: 'name', dir: 'auto' })

  /** @param {'li' | 'article'} tag */
  constructor(tag) {
    this.element = h(tag, { class: 'post' }, this.#text,
      h('p', { class: 'about' }, h('span', { class: 'votes' }, this.#votes, ' ', this.#words), this.#name))
  }

  /** @param {ShownPost} post */
  update(post) {
    setText(this.#text, post.text)
    setText(this.#votes, number(post.votes))
    setText(this.#words, t('speaker.votes', { n: post.votes }) + (post.down ? ` · ${t('speaker.against', { n: post.down })}` : ''))
    setText(this.#name, post.name ?? '')
  }
}

/** The questions of the list. @type {Map<string, Question>} */
const rows = new Map()
/** Their order on the page. @type {string[]} */
let shown = []
/** Those that were there when the order was last as it should be. @type {Set<string>} */
let known = new Set()
/** The one that is on the screen now. */
let now = { id: '', question: new Question('article'), seen: true }
byId('now').append(now.question.element)
let over = false

const live = new Live({
  path: state.live,
  topics: state.topics,
  onTopic: render,
  onStatus: statusChanged,
  onRefused: mayComeBack,
})

function render() {
  const { stage } = live.topics
  if (!stage || over) return
  document.title = stage.event.name
  speakIn(stage.event.language)
  setText(byId('event-name'), stage.event.name)
  renderLabel(stage.qa.labels)
  notice()
  keepPlace(renderQuestions)
}

/** @param {import('./wire.js').Label[]} labels */
function renderLabel(labels) {
  if (!state.label) return
  const label = labels.find(({ id }) => id === state.label.id)
  if (!label) return setText(byId('label'), t('speaker.label_gone'))
  if (!byId('label').firstElementChild) byId('label').replaceChildren(h('span', { dir: 'auto' }))
  const tag = byId('label').firstElementChild
  tag?.setAttribute('class', `label c${label.colour}`)
  setText(tag, label.name)
}

/** The questions for this speaker: of the label, if there is one. */
function ours() {
  const { posts = {}, highlight, published = 0 } = live.topics.posts ?? {}
  const fits = (/** @type {[string, ShownPost]} */ [, post]) => !state.label || post.labels?.includes(state.label.id)
  return { posts: Object.fromEntries(Object.entries(posts).filter(fits)), highlight: String(highlight ?? ''), published }
}

function renderQuestions() {
  const { posts, highlight, published } = ours()
  const another = renderNow(highlight in posts ? highlight : '', posts[highlight])
  const wanted = popular(posts).filter(id => id !== now.id)
  // Where the top of the page changes anyway, so may all that follows.
  const settles = shown.length === 0 || document.hidden || (another && scrollY < TOP_PX)
  arrange(undisturbed(shown, wanted, settles ? 0 : read()), posts)
  offer(wanted)
  const empty = byId('empty')
  empty.hidden = wanted.length > 0 || now.id !== ''
  setText(empty, t(published > 0 ? 'speaker.all_answered' : 'speaker.none'))
}

/**
 * @param {string} id
 * @param {ShownPost | undefined} post
 * @returns {boolean} whether another is on the screen than before
 */
function renderNow(id, post) {
  const another = id !== now.id
  byId('now').hidden = !post
  if (post) now.question.update(post)
  if (another) now = { ...now, id, seen: id === '' || scrollY < TOP_PX || document.hidden }
  return another
}

/** How many questions of the list, from its first, are above the window's lower edge: they are being read. */
function read() {
  return shown.filter(id => (rows.get(id)?.element.getBoundingClientRect().top ?? Infinity) < innerHeight).length
}

/**
 * @param {string[]} order
 * @param {Record<string, ShownPost>} posts
 */
function arrange(order, posts) {
  for (const [id, { element }] of rows) {
    if (order.includes(id)) continue
    rows.delete(id)
    element.remove()
  }
  for (const [place, id] of order.entries()) {
    const row = rows.get(id) ?? new Question('li')
    rows.set(id, row)
    row.update(posts[id])
    // Only what is not in its place is moved, so that a selection or a reader's cursor stays.
    if (list.children[place] !== row.element) list.insertBefore(row.element, list.children[place] ?? null)
  }
  shown = order
}

/**
 * Says what waits behind the button: what is on the screen, new questions, another order.
 * @param {string[]} wanted
 */
function offer(wanted) {
  const settled = shown.every((id, place) => id === wanted[place])
  if (settled) known = new Set(wanted)
  const arrived = shown.filter((id, place) => !known.has(id) && id !== wanted[place]).length
  fresh.hidden = settled && now.seen
  setText(fresh, !now.seen ? t('speaker.another') : arrived > 0 ? t('speaker.new', { n: arrived }) : t('speaker.order'))
}

/** Puts all in order, and the page at its top. */
function settle() {
  shown = []
  now.seen = true
  renderQuestions()
  scrollTo({ top: 0 })
}

/**
 * Does what changes the page, and keeps what is being read where it is seen.
 * @param {() => void} change
 */
function keepPlace(change) {
  const edge = byId('main').offsetTop
  const anchors = scrollY < TOP_PX ? [] : [now.question.element, ...list.children].filter(element => element.getBoundingClientRect().bottom > edge)
  const tops = new Map(anchors.map(element => [element, element.getBoundingClientRect().top]))
  change()
  const anchor = anchors.find(element => element.isConnected && element.getClientRects().length > 0)
  if (anchor) scrollBy({ top: anchor.getBoundingClientRect().top - (tops.get(anchor) ?? 0), behavior: 'instant' })
}

/** What stands there, as it was written: a browser may have translated it. */
let [noticed, stands] = ['', '']

/** A sentence above the questions where they are not, or not surely, as they are in the room. */
function notice() {
  const words = live.status !== 'connected' && !fine() ? t('speaker.stale') : live.topics.stage?.event.state === 'ended' ? t('speaker.ended') : ''
  const box = byId('notice')
  if (noticed === words) return
  noticed = words
  keepPlace(() => {
    box.hidden = words === ''
    setText(box, words)
  })
}

/** Since when there is no connection; 0 while there is one. */
let lostAt = Date.now()
/** Whether the connection is there, or away for so short a time that nobody need know. */
const fine = () => lostAt === 0 || (navigator.onLine && Date.now() - lostAt < GRACE_MS)

/** @param {import('./live.js').Status} status @param {number} code */
function statusChanged(status, code) {
  // What was deleted is back: the page is drawn anew.
  if (status === 'connected' && over) return location.reload()
  if (status === 'connected') lostAt = 0
  else if (lostAt === 0) lostAt = Date.now()
  if (status === 'off') return end(code)
  showStatus()
  setTimeout(showStatus, GRACE_MS + 1)
}

function showStatus() {
  if (over) return
  notice()
  const kind = lostAt === 0 ? 'connected' : navigator.onLine ? 'reconnecting' : 'offline'
  const pill = byId('pill')
  const words = t(`speaker.status.${kind}`)
  // A short absence leaves the word as it was; said anew, it would be read out again.
  if ((lostAt !== 0 && fine()) || stands === words) return
  stands = words
  pill.className = kind === 'connected' ? 'pill good' : 'pill warn'
  pill.replaceChildren(h('i', { class: 'dot', 'aria-hidden': 'true' }), words)
}

/**
 * Nothing more will come: what this link no longer shows is taken away.
 * @param {number} code
 */
function end(code) {
  over = true
  const why = code === DELETED ? 'gone' : code === LINK_OVER || code === 0 ? 'link' : 'reload'
  const box = h('p', { class: 'end', role: 'alert' }, t(`speaker.over.${why}`))
  byId('main').replaceChildren(box)
  byId('pill').className = 'pill'
  setText(byId('pill'), t('speaker.status.off'))
  fresh.hidden = true
}

/** Asks the page's own address why the connection is not taken; a server that cannot be reached may come back. */
async function mayComeBack() {
  const answer = await fetch(location.href, { method: 'HEAD', redirect: 'manual' }).catch(() => undefined)
  return !answer || !CLOSED_DOORS.includes(answer.status)
}

/** The size of the text, kept on this device where it may be. */
function sizeButtons() {
  const [smaller, larger] = [byId('smaller'), byId('larger')]
  let size = USUAL
  const resize = (/** @type {number} */ to) => {
    size = Math.min(SIZES.length - 1, Math.max(0, to))
    keepPlace(() => document.body.style.setProperty('--scale', String(SIZES[size])))
    // Not `disabled`, which would take the keyboard's place away from who has just pressed it.
    smaller.setAttribute('aria-disabled', String(size === 0))
    larger.setAttribute('aria-disabled', String(size === SIZES.length - 1))
  }
  const press = (/** @type {number} */ by) => {
    resize(size + by)
    try {
      localStorage.setItem(SIZE_KEY, String(size))
    } catch {
      // A browser that keeps nothing still has the size until the page is left.
    }
  }
  smaller.addEventListener('click', () => press(-1))
  larger.addEventListener('click', () => press(1))
  try {
    const kept = Number(localStorage.getItem(SIZE_KEY) ?? USUAL)
    resize(Number.isInteger(kept) ? kept : USUAL)
  } catch {
    resize(USUAL)
  }
}

fresh.addEventListener('click', settle)
addEventListener('scroll', () => {
  if (now.seen || scrollY >= TOP_PX) return
  now.seen = true
  render()
}, { passive: true })
for (const change of ['online', 'offline']) addEventListener(change, showStatus)
sizeButtons()
render()
live.connect()
setTimeout(showStatus, GRACE_MS + 1)

stayAwake()
alive()
