// The results of the activity that the facilitator looks at: of what is on stage as they come, of all else by request.

import { forum } from '../moderation/forum.js'
import { RequestError, request } from './api.js'
import { event, rerender, selected, staged, studio } from './state.js'
import { tellResults } from './voice.js'
import { t } from './words.js'

/** @import { Results, Stage } from "../wire.js" */
/** @import { Activity } from "./types.js" */
/** @typedef {Results & {rounds: {round: number, respondents: number}[]}} RoundResults what the server tells of one round */

/** What was requested last. @type {{of: string, fresh: string, results?: RoundResults, trouble?: string}} */
let last = { of: '', fresh: '' }

/** The round that is looked at. @param {Activity} item */
export const roundOf = item => (studio.round !== undefined && studio.round < item.round ? studio.round : item.round)

/** Whether the live connection tells these results. @param {Activity} item */
const isLive = item => staged()?.id === item.id && roundOf(item) === item.round

/**
 * The results to be drawn, which are requested where that is due: nothing while they are on their way, a sentence where they
 * did not come, and the rounds in which anybody has answered.
 * @param {Activity} item
 * @returns {{results: Results | undefined, trouble: string | undefined, rounds: RoundResults["rounds"]}}
 */
export function resultsOf(item) {
  const of = `${item.id} ${roundOf(item)}`
  // With one round only, all that there is to know of it comes without asking.
  if (!isLive(item) || item.round > 1) fetchOnce(item, of)
  const { results, trouble } = last.of === of ? last : { results: undefined, trouble: undefined }
  const rounds = results?.rounds ?? []
  if (!isLive(item)) return { results, trouble, rounds }
  const told = studio.results
  return { results: told.activity === item.id && told.round === item.round ? told : undefined, trouble: undefined, rounds }
}

/**
 * Requests the results unless they are there, or on their way, as fresh as this page knows them to be.
 * @param {Activity} item
 * @param {string} of
 */
function fetchOnce(item, of) {
  const sent = forum.topic?.activities?.[item.id]
  const fresh = JSON.stringify([item.round, item.version, item.state, item.respondents, sent?.counts, studio.acts])
  if (last.of === of && last.fresh === fresh) return
  const asked = last.of === of ? { ...last, fresh } : { of, fresh }
  last = asked
  void load(item, asked)
}

/**
 * @param {Activity} item
 * @param {typeof last} asked
 */
async function load(item, asked) {
  const round = roundOf(item)
  const first = asked.results === undefined
  try {
    asked.results = await request('GET', `/${event().id}/activities/${item.id}/results?round=${round}`)
    delete asked.trouble
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    asked.trouble = error.trouble.sentence
  }
  if (last !== asked) return
  if (first && !isLive(item)) tellResults(item.settings.title, round, item.round, asked.results, asked.trouble)
  rerender()
}

/** Requests again what did not come. */
export function requestAgain() {
  last = { of: '', fresh: '' }
  rerender()
}

/**
 * Looks at an activity. Whoever chooses what is on stage follows the stage from then on.
 * @param {string} id
 */
export function lookAt(id) {
  studio.selected = staged()?.id === id ? undefined : id
  studio.round = undefined
  rerender()
}

/** Looks at a round of the activity that is looked at. @param {number} round */
export function lookAtRound(round) {
  studio.round = round === selected()?.round ? undefined : round
  rerender()
}

/** Looks at the stage again, as far as it was left. */
export function followStage() {
  const on = staged()
  if (on) lookAt(on.id)
}

/**
 * Follows the stage from where it reaches what is looked at. What was on it last is looked at after the end.
 * @param {Stage} before
 * @param {Stage} now
 */
export function follow(before, now) {
  if (now.activity?.id === studio.selected) studio.selected = undefined
  if (now.activity?.id !== before.activity?.id && studio.selected === undefined) studio.round = undefined
  if (now.event.state === 'ended') studio.selected ??= before.activity?.id
}

/** What the pill beside the title says of who sees these results. @param {Activity} item */
export function seenBy(item) {
  const on = staged()
  const shown = on?.id === item.id && on.results && roundOf(item) === item.round
  return { shown, text: t(shown ? 'studio.results.shown' : 'studio.results.hidden') }
}
