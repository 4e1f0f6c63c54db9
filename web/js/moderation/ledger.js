// The ledger: who did what when, in words; undone from here by those who run the event; exported.

import { html, nothing } from '../html.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { request } from '../studio/api.js'
import { t } from '../studio/words.js'
import { undo } from './acts.js'
import { openLive } from './dialog.js'
import { activities, find, forum } from './forum.js'
import { aboutOf, actText, excerpt, moment, nameOf } from './words.js'

/** @import { Entry } from "./stale.js" */

/** Opens the dialog. */
export async function openLedger() {
  /** @type {Entry[]} */
  let entries = []
  /** @type {number | undefined} */
  let next
  let [loaded, loading, trouble] = [false, false, '']
  let [who, what] = ['', '']
  await openLive((close, rerender) => {
    const load = async (/** @type {number | undefined} */ before) => {
      loading = true
      rerender()
      try {
        const answer = await request('GET', `/${forum.event}/ledger${before ? `?before=${before}` : ''}`)
        entries = before ? [...entries, ...answer.acts] : answer.acts
        next = answer.next
        trouble = ''
      } catch (error) {
        trouble = /** @type {Error} */ (error).message
      }
      ;[loaded, loading] = [true, false]
      rerender()
    }
    if (!loaded && !loading) queueMicrotask(() => void load(undefined))
    const undone = new Map(entries.flatMap(({ act, actor }) => (act.do === 'undo' ? [[act.cid, actor]] : [])))
    const byCid = (/** @type {string} */ cid) => entries.find(entry => entry.cid === cid)?.act
    const shown = entries.filter(({ actor, act }) => (!who || actor === who) && (!what || nameOf(act) === what))
    const takeBack = async (/** @type {Entry} */ { cid, act }) => {
      await undo({ cids: [cid], text: actText(act, byCid) })
      await load(undefined)
    }
    const pick = (/** @type {string} */ key, /** @type {string} */ now, /** @type {[string, string][]} */ all, /** @type {(value: string) => void} */ set) =>
      html`<select class="field" aria-label=${t(`moderation.ledger.${key}`)} @change=${(/** @type {{currentTarget: HTMLSelectElement}} */ { currentTarget }) => {
        set(currentTarget.value)
        rerender()
      }}><option value="">${t(`moderation.ledger.${key}_all`)}</option>${all.map(([value, text]) => html`<option value=${value} ?selected=${value === now}>${text}</option>`)}</select>`
    const people = [...new Set(entries.map(({ actor }) => actor))].sort().map(one => /** @type {[string, string]} */ ([one, one]))
    const kinds = [...new Set(entries.map(({ act }) => nameOf(act)))].sort().map(one => /** @type {[string, string]} */ ([one, t(`moderation.kind.${one}`)]))
    return html`<h2 id="dialog-title">${t('moderation.ledger.title')}</h2>
      <p>${t('moderation.ledger.lead')}</p>
      <div class="ledger-tools">${pick('who', who, people, value => (who = value))}${pick('what', what, kinds, value => (what = value))}</div>
      ${trouble ? html`<p class="problem banner" role="alert">${trouble}</p>` : nothing}
      ${loaded && shown.length === 0 && !trouble ? html`<p class="quiet">${t('moderation.ledger.empty')}</p>` : nothing}
      <ol class="ledger" tabindex="0" aria-labelledby="dialog-title">${repeat(shown, ({ cid }) => cid, entry => row(entry, undone.get(entry.cid), byCid, takeBack))}</ol>
      ${next === undefined ? nothing : html`<button class="button" aria-busy=${loading} @click=${() => void load(next)}>${t('moderation.more')}</button>`}
      ${forum.facilitator ? exports() : nothing}
      <div class="buttons"><button class="button" autofocus @click=${() => close('')}>${t('moderation.close')}</button></div>`
  }, 'large')
}

/**
 * @param {Entry} entry
 * @param {string | undefined} undoneBy
 * @param {(cid: string) => import("../wire.js").Act | undefined} byCid
 * @param {(entry: Entry) => Promise<void>} takeBack
 */
function row(entry, undoneBy, byCid, takeBack) {
  const { act, actor, at } = entry
  const post = find(aboutOf(act)[0])
  const words = actText(act, byCid)
  return html`<li class=${undoneBy ? 'undone' : ''}><div><p><b><bdi>${actor}</bdi></b> ${words}</p>
    ${post ? html`<p class="quiet">${excerpt(post.text)}</p>` : nothing}
    <small><time>${moment(at)}</time>${undoneBy ? html` · ${t('moderation.ledger.undone_by', { actor: undoneBy })}` : nothing}</small></div>
    ${forum.facilitator && !undoneBy ? html`<button class="button quiet" aria-label=${t('moderation.ledger.undo_named', { what: words })} @click=${() => void takeBack(entry)}>${t('moderation.undo')}</button>` : nothing}</li>`
}

/** Where the questions, the texts of activities and the ledger can be had as files. */
const exports = () => html`<div class="exports">${['questions', ...(activities().length > 0 ? ['texts'] : []), 'ledger'].map(
  what => html`<p><span>${t(`moderation.export.${what}`)}</span>${['xlsx', 'csv', 'json'].map(kind => {
    const name = t('moderation.export.as', { what: t(`moderation.export.${what}`), kind: kind.toUpperCase() })
    return html`<a class="button" download aria-label=${name} href=${`/api/v1/events/${forum.event}/export/${what}.${kind}`}>${kind.toUpperCase()}</a>`
  })}</p>`,
)}<small class="hint">${t('moderation.export.hint')}</small></div>`
