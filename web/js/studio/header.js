// The studio's head: which event, how it stands, who is here, whether everything is stored.

import { html, nothing } from '../html.js'
import { copyLink } from './author.js'
import { mark, outward, pencil } from './icons.js'
import { number, t } from './words.js'
import { openSettings } from './settings.js'
import { event, studio } from './state.js'
import { end, start } from './steer.js'

/** @import { Status } from "./types.js" */

/** Closing codes that mean: this is over for a reason that the facilitator can do something about. */
const [DELETED, SIGNED_OUT] = [4500, 4501]

export function header() {
  const { id, name, code, state } = event()
  return html`<header class="top">
    <a class="home" href="/studio" aria-label=${t('studio.header.all_events')} title=${t('studio.header.all_events')}>${mark}</a>
    <h1><button class="name" title=${`${name} · ${t('studio.header.rename')}`} @click=${() => openSettings()}><span dir="auto">${name}</span>${pencil}</button></h1>
    <span class="pill ${state}">${state === 'live' ? html`<span class="dot"></span>` : nothing}${t(`common.event_state.${state}`)}</span>
    <button class="join" title=${t('studio.header.copy_link')} @click=${copyLink}>${t('studio.header.code')} <b class="code" translate="no">${code}</b></button>
    <span class="grow"></span>
    <span class="here">${here()}</span>
    ${connection(studio.status)}
    ${state === 'ended' ? html`<a class="button" href="/studio/events/${id}/results">${t('studio.header.results')}</a>` : nothing}
    <a class="button screen" href="/e/${code}/screen" target="_blank" rel="noopener">${t('studio.header.screen')}${outward}</a>
    ${ends(state)}
    ${studio.presence?.degraded ? html`<p class="degraded" role="status"><b>${t('studio.degraded.title')}</b> ${t('studio.degraded.text')}</p>` : nothing}
    ${studio.presence?.clock_differs ? html`<p class="degraded clock" role="status"><b>${t('studio.clock_differs.title')}</b> ${t('studio.clock_differs.text')}</p>` : nothing}
  </header>`
}

function here() {
  if (!studio.presence) return nothing
  const { here, arriving } = studio.presence
  return arriving > 0 ? t('studio.header.arriving', { n: arriving, here: number(here) }) : t('studio.header.in_room', { n: here })
}

/** @param {Status} status */
function connection(status) {
  const pill = (/** @type {string} */ kind, /** @type {string} */ text) =>
    html`<span class="pill ${kind}" role="status"><span class="dot"></span>${t(`studio.connection.${text}`)}</span>`
  if (status.kind === 'connected') return pill('good', event().state === 'live' ? 'stored' : 'ready')
  if (status.kind === 'connecting') return pill('', 'connecting')
  if (status.kind === 'reconnecting') return pill('warn', navigator.onLine ? 'reconnecting' : 'offline')
  if (status.code === SIGNED_OUT)
    return html`${pill('warn', 'signed_out')}<a href="/login" target="_blank" title=${t('studio.connection.kept')}>${t('studio.connection.sign_in')}</a>`
  return pill('warn', status.code === DELETED ? 'deleted' : 'stopped')
}

/** @param {"draft" | "live" | "ended"} state */
function ends(state) {
  if (state === 'live') return html`<button class="button end" @click=${end}>${t('studio.header.end')}</button>`
  const text = state === 'draft' ? 'start' : 'reopen'
  return html`<button class="button end" @click=${start} aria-busy=${studio.busy.has('start')}>${t(`studio.header.${text}`)}</button>`
}
