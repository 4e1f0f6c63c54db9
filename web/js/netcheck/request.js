// What to ask of those who run the network, as one text.

import { t } from '../messages.js'

/**
 * The title of a step.
 * @param {string} step
 */
export function title(step) {
  const [kind, seconds] = step.split('_')
  return t(`netcheck.step.${kind}`, { seconds: Number(seconds) })
}

/** @typedef {import('./view.js').Finding} Finding */

/**
 * What was found, with the step in which.
 * @param {Finding} finding
 */
export const reason = finding => t('netcheck.why', { step: title(finding.step), found: t(`netcheck.found.${finding.code}`, finding.figures) })

/**
 * Every change once, with the line for the firewall's desk.
 * @param {Finding[]} findings
 * @param {{host: string, port: number}} server
 * @param {boolean} open whether something was not measured yet
 */
export function requestText(findings, { host, port }, open) {
  const server = { host, port: String(port) }
  const wanted = findings.filter(finding => finding.change && ['warning', 'failed'].includes(finding.verdict))
  if (wanted.length === 0) return t(open ? 'netcheck.request_none_yet' : 'netcheck.request_none', server)
  const lines = [...new Set(wanted.map(finding => finding.change))].map(change => {
    const found = wanted.filter(finding => finding.change === change).map(reason)
    return `- ${t(`netcheck.change.${change}`, server)}\n  ${t(`netcheck.line.${change}`, server)}\n  (${[...new Set(found)].slice(0, 3).join(' ')})`
  })
  return [t('netcheck.request_opening', server), ...lines].join('\n')
}
