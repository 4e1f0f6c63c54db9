// What moderators know of the room's questions. Both pages that moderate keep this current, and all that is drawn of
// questions comes from here.

/** @import { Act, ModeratedPost, Moderation, QaSettings, Results, Stage } from "../wire.js" */
/** @import { Receipt } from "../studio/commands.js" */
/** @import { Status } from "../studio/types.js" */
/** @typedef {"review" | "reviewed" | "published" | "bin"} List */

/** The lists, in the order in which a question passes through them. @type {List[]} */
export const LISTS = ['review', 'reviewed', 'published', 'bin']

export const forum = {
  /** The event's id. */
  event: '',
  /** Whether this is someone who runs the event: they may undo whatever anybody did, make links and export. */
  facilitator: false,
  /** Whether this is someone who may do more than review: change how questions are taken, and write what all can read. */
  full: true,
  /** Nothing before the live connection has told. @type {Moderation | undefined} */
  topic: undefined,
  /** @type {Stage | undefined} */
  stage: undefined,
  /** What people have written in answer to what is on stage. @type {Results | undefined} */
  results: undefined,
  /** @type {Status} */
  status: { kind: 'connecting', code: 0 },
  /** The questions with an act on its way. @type {Set<number>} */
  busy: new Set(),
  /** Whether single keys act. */
  keys: localStorage.getItem('parterre.keys') !== 'off',
}

/** Questions beyond the topic's windows, as they were when they were asked for. @type {Map<number, ModeratedPost>} */
let beyond = new Map()
/** All that is known, and the parts of each question; made when first asked for after a change. @type {{all: Map<number, ModeratedPost>, parts: Map<number, [number, ModeratedPost][]>} | undefined} */
let made

/**
 * Takes over what was fetched beyond the windows, in place of what was held of it.
 * @param {Map<number, ModeratedPost>} posts
 */
export function keepBeyond(posts) {
  beyond = posts
  made = undefined
}

/** All questions that are known here, the live ones first. @returns {Map<number, ModeratedPost>} */
export const known = () => index().all

/**
 * The questions that are part of this one, the oldest first.
 * @param {number} id
 */
export const partsOf = id => index().parts.get(id) ?? []

function index() {
  if (made) return made
  const all = new Map(beyond)
  for (const [id, post] of Object.entries(forum.topic?.posts ?? {})) all.set(Number(id), post)
  /** @type {Map<number, [number, ModeratedPost][]>} */
  const parts = new Map()
  for (const [id, post] of [...all].sort(([a], [b]) => a - b)) {
    let root = post.merged_into
    if (root === undefined) continue
    // What a part is merged into may be a part itself.
    for (let next = all.get(root)?.merged_into; next !== undefined; next = all.get(root)?.merged_into) root = next
    parts.set(root, [...(parts.get(root) ?? []), [id, post]])
  }
  made = { all, parts }
  return made
}

/**
 * The question with this number, where it is known.
 * @param {number | null | undefined} id
 */
export const find = id => (id === null || id === undefined ? undefined : (forum.topic?.posts[id] ?? beyond.get(id)))

/**
 * Whether the topic keeps this question current.
 * @param {number} id
 */
export const isLive = id => forum.topic?.posts[id] !== undefined

/**
 * The list in which a question is.
 * @param {ModeratedPost} post
 * @returns {List}
 */
export const listOf = ({ state }) => (state === 'review' || state === 'reviewed' || state === 'published' ? state : 'bin')

/** The place of what was sent to no activity. */
export const QUESTIONS = 'questions'

/** Where a post belongs: to the questions, or to the activity of this id. @param {ModeratedPost | undefined} post */
export const placeOf = post => post?.to?.activity ?? QUESTIONS

/** Whether a post was sent to a round that is over. @param {ModeratedPost} post */
export const isPast = ({ to }) => to !== undefined && forum.topic?.activities?.[to.activity]?.round !== to.round

/** Whether all of these are texts that were sent to an activity. @param {number[]} ids */
export const areTexts = ids => ids.every(id => placeOf(find(id)) !== QUESTIONS)

/**
 * What must happen before the screen shows a text that was chosen for it: its activity comes on stage, or its results become
 * visible. Nothing for a question, and for a text that can be seen.
 * @param {ModeratedPost | undefined} post
 * @returns {"stage" | "results" | undefined}
 */
export function awaits(post) {
  if (!post?.to) return undefined
  const { activity } = forum.stage ?? {}
  if (activity?.id !== post.to.activity || activity.round !== post.to.round) return 'stage'
  return activity.results ? undefined : 'results'
}

/** The activities that people send texts to, in the order of the rundown. */
export const activities = () => Object.entries(forum.topic?.activities ?? {}).sort(([, a], [, b]) => a.place - b.place)

/** How questions are taken, once it is known. @returns {QaSettings | undefined} */
export const settings = () => forum.topic?.settings

/**
 * The label with this id.
 * @param {number} id
 */
export const labelOf = id => settings()?.labels.find(label => label.id === id)

/** Whether acts can be sent now, or will be as soon as the connection is back. */
export const open = () => forum.status.kind !== 'off'

/** @type {(act: Act) => Promise<Receipt>} */
let sending = () => Promise.reject(new Error('not connected'))

/**
 * Says how an act is sent; what it gives is the act's receipt.
 * @param {(act: Act) => Promise<Receipt>} send
 */
export function sendWith(send) {
  sending = send
}

/** @param {Act} act */
export const send = act => sending(act)

/** @type {Set<() => void>} */
const watchers = new Set()
let scheduled = false

/**
 * Calls this whenever something here has changed; gives how to stop it.
 * @param {() => void} render
 */
export function watch(render) {
  watchers.add(render)
  return () => watchers.delete(render)
}

/** Has everything drawn again, once however much has changed. */
export function changed() {
  if (scheduled) return
  scheduled = true
  queueMicrotask(() => {
    scheduled = false
    for (const render of [...watchers]) render()
  })
}

/** Takes note of a topic that has come over the live connection. @param {Moderation} topic */
export function take(topic) {
  const before = forum.topic
  forum.topic = topic
  made = undefined
  for (const told of [...tellings]) told(before, topic)
  changed()
}

/** @type {Set<(before: Moderation | undefined, now: Moderation) => void>} */
const tellings = new Set()

/**
 * Calls this with each new version of the topic; gives how to stop it.
 * @param {(before: Moderation | undefined, now: Moderation) => void} told
 */
export function onTopic(told) {
  tellings.add(told)
  return () => tellings.delete(told)
}
