// The right side: the counts as the facilitator sees them, always, the room's questions, and how to join.

import { html, nothing } from '../html.js'
import { kindOf } from '../kinds/editor.js'
import { copyLink } from './author.js'
import { copy, gear } from './icons.js'
import { questionsCard } from './questions.js'
import { say } from './say.js'
import { openSettings } from './settings.js'
import { event, hasNetworkTest, joinLink, staged, studio } from './state.js'

export function sidePane() {
  return html`<aside class="side">${resultsCard()}${questionsCard()}${joinCard()}</aside>`
}

export function resultsCard() {
  const on = staged()
  const { results } = studio
  const current = on && results.activity === on.id && results.round === on.round
  return html`<section class="results" aria-labelledby="results-title">
    <div class="title"><h2 id="results-title">${say('studio.results.title')}</h2>
      ${on ? html`<span class="pill ${on.results ? 'live' : ''}">${say(on.results ? 'studio.results.shown' : 'studio.results.hidden')}</span>` : nothing}</div>
    ${on ? html`<p class="asked" dir="auto">${on.question.title}</p>` : html`<p class="quiet">${say('studio.results.none')}</p>`}
    ${current ? kindOf(on.question.kind).results(on.question, results) : nothing}
  </section>`
}

function joinCard() {
  const { code } = event()
  const link = joinLink()
  return html`<section class="join-card" aria-labelledby="join-title">
    <div class="title"><h2 id="join-title">${say('studio.join.title')}</h2></div>
    <img class="qr" src="/e/${code}/qr.svg" alt=${say('studio.join.qr')} width="132" height="132">
    <div class="how"><span class="code" translate="no">${code}</span><a translate="no" href=${link} target="_blank" rel="noopener">${link.replace(/^https?:\/\//, '')}</a>
      <span class="buttons"><button class="button quiet" @click=${copyLink}>${copy}${say('studio.join.copy')}</button>
      <button class="small" aria-label=${say('studio.header.settings')} title=${say('studio.header.settings')} @click=${() => openSettings()}>${gear}</button></span>
      ${hasNetworkTest ? html`<a class="network-test" href="/netcheck" target="_blank" rel="noopener">${say('common.network_test')}</a>` : nothing}</div>
  </section>`
}
