// Readings one by one: the worst with what was found, and the slowest.

import { html, nothing } from '../html.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { t, time } from '../messages.js'
import { total } from './groups.js'

/** @import { Board, Reading, Slow } from "../wire.js" */

/** How bad, as the server orders them. */
const GRAVE = { success: 0, skipped: 1, warning: 2, failed: 3 }

/** @param {Board} board */
export function readingList(board) {
  const all = Object.entries(board.readings).sort(([, a], [, b]) => GRAVE[b.verdict] - GRAVE[a.verdict] || (b.delay_ms ?? Infinity) - (a.delay_ms ?? Infinity) || b.at - a.at)
  const more = total(board.verdicts) - all.length
  return html`<ul class="rows">${repeat(all, ([key]) => key, ([, reading]) => row(reading))}</ul>
    ${more > 0 ? html`<p class="more">${t('room_test.more', { n: more })}</p>` : nothing}`
}

/** @param {Reading} reading */
function row({ place, network, link, verdict, found, delay_ms, at }) {
  return html`<li class=${verdict}><span class="sign" aria-hidden="true"></span>
    <b class="what" dir="auto">${place || t('room_test.no_place')}</b><span class="verdict">${t(`room_test.verdict.${verdict}`)}</span>
    <span class="said">${said(verdict, found)}</span>
    <span class="about">${network || t('room_test.no_network')} · ${t(`room_test.link.${link}`)}${delay_ms === undefined ? '' : ` · ${t('room_test.ms', { ms: delay_ms })}`} · ${time(at)}</span></li>`
}

/**
 * @param {Reading['verdict']} verdict
 * @param {Reading['found']} found
 */
function said(verdict, found) {
  if (found) return `${t(`netcheck.step.${found.step}`)}: ${t(`netcheck.found.${found.code}`, /** @type {Record<string, string | number>} */ (found.figures ?? {}))}`
  return t(verdict === 'success' ? 'room_test.fine' : 'room_test.not_known')
}

/** @param {Slow[]} slowest */
export function slowList(slowest) {
  const most = slowest[0]?.delay_ms || 1
  return html`<ol class="slow">${slowest.map(({ place, network, link, delay_ms }) => html`<li>
    <b class="what" dir="auto">${place || t('room_test.no_place')}</b><span class="ms">${t('room_test.ms', { ms: delay_ms })}</span>
    <span class="about">${network || t('room_test.no_network')} · ${t(`room_test.link.${link}`)}</span>
    <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width=${(100 * delay_ms) / most} height="1"></rect></svg></li>`)}</ol>`
}
