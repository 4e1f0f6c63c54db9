// The right side: the results of the activity that is looked at, whether others see them or not, the room's questions, and
// how to join.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { forum } from '../moderation/forum.js'
import { kindOf } from './kinds.js'
import { copyLink } from './author.js'
import { copy, gear } from './icons.js'
import { questionsCard } from './questions.js'
import { t } from './words.js'
import { followStage, lookAtRound, requestAgain, resultsOf, roundOf, seenBy } from './looked-at.js'
import { openSettings } from './settings.js'
import { event, hasNetworkTest, joinLink, selected, staged } from './state.js'

/** @import { Activity } from "./types.js" */

export function sidePane() {
  return html`<aside class="side">${resultsCard()}${questionsCard()}${joinCard()}</aside>`
}

export function resultsCard() {
  const item = selected()
  if (!item) return nothing
  const { results, trouble, rounds } = resultsOf(item)
  const { shown, text } = seenBy(item)
  // Where a word is hidden or merged, that is done to what is drawn here.
  forum.results = results
  return html`<section class="results" aria-labelledby="results-title">
    <div class="title"><h2 id="results-title">${t('studio.results.title')}</h2><span class="pill ${shown ? 'live' : ''}">${text}</span></div>
    <p class="asked" dir="auto">${item.settings.title}</p>
    ${rounds.length > 1 ? roundChoice(item, rounds) : nothing}
    ${trouble ? problem(trouble) : results ? kindOf(item.settings.kind).results(item.settings, results) : skeleton}
    <p class="ways">${elsewhere(item)}<a class="button quiet all" href="/studio/events/${event().id}/results">${t('studio.results.all')}</a></p>
  </section>`
}

const skeleton = html`<p class="visually-hidden">${t('studio.results.loading')}</p>
  <div class="skeleton" aria-hidden="true"><i></i><i></i></div>`

/** @param {string} sentence */
const problem = sentence => html`<p class="warning">${sentence}</p>
  <button class="button" @click=${requestAgain}>${t('studio.toast.retry')}</button>`

/**
 * @param {Activity} item
 * @param {{round: number, respondents: number}[]} rounds
 */
function roundChoice(item, rounds) {
  const choose = (/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => lookAtRound(Number(currentTarget.value))
  const offered = ({ round = 0, respondents = 0 }) =>
    html`<option value=${round} .selected=${live(round === roundOf(item))}>${t('studio.results.round_of', { round, n: respondents })}</option>`
  return html`<div class="rounds"><label for="round">${t('studio.results.round')}</label>
    <select class="field" id="round" @change=${choose}>${[...rounds].reverse().map(offered)}</select></div>`
}

/** The way back, for whoever looks at something else than what is on screen. @param {Activity} item */
function elsewhere(item) {
  const on = staged()
  if (!on || on.id === item.id) return nothing
  return html`<button class="button quiet follow" @click=${followStage}>${t('studio.results.follow')}</button>`
}

function joinCard() {
  const { code } = event()
  const link = joinLink()
  return html`<section class="join-card" aria-labelledby="join-title">
    <div class="title"><h2 id="join-title">${t('studio.join.title')}</h2></div>
    <img class="qr" src="/e/${code}/qr.svg" alt=${t('studio.join.qr')} width="132" height="132">
    <div class="how"><span class="code" translate="no">${code}</span><a translate="no" href=${link} target="_blank" rel="noopener">${link.replace(/^https?:\/\//, '')}</a>
      <span class="buttons"><button class="button quiet" @click=${copyLink}>${copy}${t('studio.join.copy')}</button>
      <button class="small" aria-label=${t('studio.header.settings')} title=${t('studio.header.settings')} @click=${() => openSettings()}>${gear}</button></span>
      ${hasNetworkTest ? html`<a class="network-test" href="/netcheck" target="_blank" rel="noopener">${t('common.network_test')}</a>` : nothing}</div>
  </section>`
}
