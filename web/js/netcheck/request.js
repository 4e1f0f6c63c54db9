// What to ask of those who run the network, as one text.

import { t } from '../messages.js'

/** @typedef {import('./view.js').Finding} Finding */

/**
 * Every change once, with the line for the firewall's desk.
 * @param {Finding[]} findings
 * @param {{host: string, port: number}} server
 */
export function requestText(findings, { host, port }) {
  const server = { host, port: String(port) }
  const wanted = findings.filter(finding => finding.change && ['warning', 'failed'].includes(finding.verdict))
  if (wanted.length === 0) return t('netcheck.request_none', server)
  const lines = [...new Set(wanted.map(finding => finding.change))].map(change => {
    const found = wanted.filter(finding => finding.change === change).map(finding => t(`netcheck.found.${finding.code}`, finding.figures))
    return `- ${t(`netcheck.change.${change}`, server)}\n  ${t(`netcheck.line.${change}`, server)}\n  (${[...new Set(found)].slice(0, 3).join(' ')})`
  })
  return [t('netcheck.request_opening', server), ...lines].join('\n')
}
