// What the studio of one event knows, and what follows from it. Everything that is drawn comes from here.

/** @import { Studio } from "./types.js" */
/** @import { Stage } from "../wire.js" */

import { embedded } from '../messages.js'

/** What the page was loaded with. */
const loaded = /** @type {{stage: Stage, join_base: string}} */ (embedded('state'))

/** The studio's state. @type {Studio} */
export const studio = {
  stage: loaded.stage,
  results: { round: 0 },
  presence: undefined,
  status: { kind: 'connecting', code: 0 },
  selected: undefined,
  round: undefined,
  acts: 0,
  chosen: undefined,
  editing: undefined,
  busy: new Set(),
  remote: false,
  keys: localStorage.getItem('parterre.keys') !== 'off',
  rate: { now: 0, most: 0 },
  left: undefined,
}

let scheduled = false
/** @type {() => void} */
let renderStudio = () => {}

/**
 * Says how the studio is drawn.
 * @param {() => void} render
 */
export function renderWith(render) {
  renderStudio = render
}

/** Draws again, once however much has changed. */
export function rerender() {
  if (scheduled) return
  scheduled = true
  queueMicrotask(() => {
    scheduled = false
    renderStudio()
  })
}

/** The event. */
export const event = () => studio.stage.event

/** The address that a participant opens. */
export const joinLink = () => loaded.join_base + event().code

/** Whether this server has a network test. */
export const hasNetworkTest = document.getElementById('studio')?.hasAttribute('data-network-test') ?? false

/** Every activity in order; nothing before the rundown has come. */
export const rundown = () => studio.stage.rundown ?? []

/** What is on stage. */
export const staged = () => studio.stage.activity

/**
 * The activity with this id.
 * @param {string | undefined} id
 */
export const find = id => rundown().find(item => item.id === id)

/** The activity that the facilitator looks at: the one chosen, else the one on stage, else the first. */
export const selected = () => find(studio.selected) ?? find(staged()?.id) ?? rundown()[0]

/**
 * How many have answered an activity, as of now.
 * @param {{ id: string, round: number } | undefined} item without one, what is on stage
 */
export function answered(item = staged()) {
  if (!item) return 0
  const { activity, round, respondents = 0 } = studio.results
  return activity === item.id && round === item.round ? respondents : (find(item.id)?.respondents ?? 0)
}

/** Whether there is anything to go back to: from an activity at least the waiting screen. */
export const canGoBack = () => staged() !== undefined || rundown().some(item => item.state !== 'draft')

/** How many of those who are here have answered what is on stage; nothing until that is known. */
export function answeredHere() {
  const on = staged()
  const told = studio.presence?.respondents
  return on && told?.activity === on.id && told.round === on.round ? told.count : undefined
}

/** What the button "next" leads to: what follows the stage, from the waiting screen the first not yet shown. */
export function upNext() {
  const on = staged()
  if (!on) return rundown().find(item => item.state === 'draft')
  const place = rundown().findIndex(item => item.id === on.id)
  return rundown()[place + 1]
}

/**
 * What would be opened from the waiting screen: the one looked at, else the first not yet shown, else the first. A rundown is
 * written from top to bottom: until the event begins, what was written last is looked at, but was not chosen to begin with.
 */
export const toOpen = () => find(event().state === 'draft' ? studio.chosen : studio.selected) ?? upNext() ?? rundown()[0]

/** Whether commands can be sent. */
export const connected = () => studio.status.kind === 'connected'
