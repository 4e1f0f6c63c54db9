// How readings are, group by group: counts with a sign each, and a bar beside them.

import { html, nothing, svg } from '../html.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { number, t } from '../messages.js'

/** @import { NetworkKind, NetworkGroup, PlaceGroup, Verdicts } from "../wire.js" */

/** From the best to the worst, as they are shown. */
export const VERDICTS = /** @type {const} */ (['success', 'warning', 'failed', 'skipped'])

/** As they are listed. */
const LINKS = /** @type {const} */ (['wifi', 'mobile', 'cable', 'unknown'])

/** @param {Verdicts} verdicts */
export const total = verdicts => VERDICTS.reduce((sum, name) => sum + verdicts[name], 0)

/**
 * The counts and the bar.
 * @param {Verdicts} verdicts
 */
export function counts(verdicts) {
  const met = VERDICTS.filter(name => verdicts[name] > 0)
  return html`<span class="counts">${met.map(name => html`<span class="count ${name}"><span class="sign" aria-hidden="true"></span><span aria-hidden="true">${number(verdicts[name])}</span><span class="visually-hidden">${t(`room_test.count.${name}`, { n: verdicts[name] })} </span></span>`)}</span>
    <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">${segments(verdicts)}</svg>`
}

/** @param {Verdicts} verdicts */
function segments(verdicts) {
  const all = total(verdicts)
  let x = 0
  return VERDICTS.filter(name => verdicts[name] > 0).map((name, at, met) => {
    const width = (100 * verdicts[name]) / all
    const begin = x
    x += width
    // A gap between them, so that they are told apart without their colours.
    return svg`<rect class=${name} x=${begin} width=${at < met.length - 1 ? Math.max(0, width - 0.6) : width} height="1"></rect>`
  })
}

/**
 * By network, those with most readings first.
 * @param {Record<string, NetworkGroup>} networks
 */
export function networkList(networks) {
  return list(networks, (network, group) => group.verdicts, (network, group) => html`
    <b class="what" translate="no">${network || t('room_test.no_network')}</b>
    <span class="about">${family(network)}${links(group.links)}${delay(group.delay_ms)}</span>`)
}

/** @param {string} network */
const family = network => (network ? `${network.includes(':') ? 'IPv6' : 'IPv4'} · ` : '')

/** @param {Partial<Record<NetworkKind, number>>} links */
function links(links) {
  const told = LINKS.filter(link => links[link])
  return told.map(link => t('room_test.link_count', { link: t(`room_test.link.${link}`), n: links[link] ?? 0 })).join(', ')
}

/** @param {number | undefined} ms */
const delay = ms => (ms === undefined ? '' : ` · ${t('room_test.ms', { ms })}`)

/**
 * By place, those with most readings first.
 * @param {Record<string, PlaceGroup>} places
 */
export function placeList(places) {
  return list(places, (_, group) => group.verdicts, (_, group) => html`
    <b class="what" dir="auto">${group.name || t('room_test.no_place')}</b>
    <span class="about">${t('room_test.readings', { n: total(group.verdicts) })}${delay(group.delay_ms)}</span>`)
}

/**
 * @template T
 * @param {Record<string, T>} groups
 * @param {(key: string, group: T) => Verdicts} verdicts
 * @param {(key: string, group: T) => unknown} head
 */
function list(groups, verdicts, head) {
  const sorted = Object.entries(groups).sort((a, b) => total(verdicts(...b)) - total(verdicts(...a)) || (a[0] < b[0] ? -1 : 1))
  if (sorted.length === 0) return nothing
  return html`<ul class="groups">${repeat(sorted, ([key]) => key, ([key, group]) => html`<li>${head(key, group)}${counts(verdicts(key, group))}</li>`)}</ul>`
}
