// The right side: the counts as the facilitator sees them, always, the room's questions, and how to join.

import { html, nothing } from '../html.js'
import { kindOf } from './kinds.js'
import { copyLink } from './author.js'
import { copy, gear } from './icons.js'
import { questionsCard } from './questions.js'
import { t } from './words.js'
import { openSettings } from './settings.js'
import { event, find, hasNetworkTest, joinLink, staged, studio } from './state.js'

export function sidePane() {
  return html`<aside class="side">${resultsCard()}${questionsCard()}${joinCard()}</aside>`
}

export function resultsCard() {
  const on = staged()
  const { results } = studio
  // Not the prompt, which may keep something back that the facilitator is to see.
  const settings = find(on?.id)?.settings
  const current = on && results.activity === on.id && results.round === on.round
  return html`<section class="results" aria-labelledby="results-title">
    <div class="title"><h2 id="results-title">${t('studio.results.title')}</h2>
      ${on ? html`<span class="pill ${on.results ? 'live' : ''}">${t(on.results ? 'studio.results.shown' : 'studio.results.hidden')}</span>` : nothing}</div>
    ${on ? html`<p class="asked" dir="auto">${on.prompt.title}</p>` : html`<p class="quiet">${none()}</p>`}
    ${current && settings ? kindOf(settings.kind).results(settings, results) : nothing}
  </section>`
}

/** Why there are no results, and where what was sent is to be found. */
const none = () => (event().state === 'ended' ? t('studio.results.ended', { ledger: t('moderation.ledger.title') }) : t('studio.results.none'))

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
