// Who else sees the results of an event: those with a link, and participants on their phones once it has ended. Whatever is
// changed here is stored at once.

import { live } from '../../vendor/lit-html/directives/live.js'
import { html, nothing, render } from '../html.js'
import { byId } from '../messages.js'
import { request } from '../studio/api.js'
import { day, t } from '../studio/words.js'

/**
 * As the server tells it.
 * @typedef {object} Shared
 * @property {string[]} activities
 * @property {boolean} questions
 * @property {boolean} on_phones
 * @property {{url: string, expires_at: number}} [link]
 */

/** For how many days a link is good, as one chooses. */
const DAYS = [7, 30, 90, 365]
/** For how many it is at first. */
const FIRST_DAYS = 90

/** @param {string} event its id */
export async function startSharing(event) {
  const place = byId('share')
  /** As the server has said. @type {Shared} */
  let stored
  /** With what is on its way to it. @type {Shared} */
  let shared
  /** Whether there is to be a link: its address comes from the server. */
  let hasLink = false
  let said = ''
  let last = Promise.resolve()

  const listed = () => [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-activity]'))].map(section => ({ id: section.dataset.activity ?? '', title: section.querySelector('h2')?.textContent ?? '' }))
  const hasQuestions = () => document.querySelector('#questions') !== null

  /**
   * Stores changes, in the order in which they are made.
   * @param {Partial<Shared>} changes
   * @param {{link?: {days: number} | null}} [link] what becomes of the link, which the server makes
   * @param {string} [done] what is said once they are stored
   */
  function store(changes, link = {}, done = t('results.share.saved')) {
    // Where nobody sees anything yet, what is shown first is everything.
    const isFirst = !shared.link && !shared.on_phones && shared.activities.length === 0 && !shared.questions
    const wanted = isFirst ? { activities: listed().map(({ id }) => id), questions: hasQuestions(), ...changes } : changes
    shared = { ...shared, ...wanted }
    if (link.link !== undefined) hasLink = link.link !== null
    draw()
    last = last.then(async () => {
      try {
        stored = await request('PATCH', `/${event}/shared-results`, { ...wanted, ...link })
        said = done
      } catch (error) {
        said = error instanceof Error ? error.message : ''
      }
    })
    const mine = last
    // What is shown in the end is what is stored, whatever was refused.
    void mine.then(() => {
      if (mine === last) show(stored)
      else draw()
    })
  }

  /** @param {Shared} told by the server */
  function show(told) {
    stored = shared = told
    hasLink = told.link !== undefined
    draw()
  }

  /** @param {string} url */
  async function copy(url) {
    await navigator.clipboard.writeText(url).then(
      () => (said = t('results.share.copied')),
      () => /** @type {HTMLInputElement} */ (byId('share-url')).select(),
    )
    draw()
  }

  /** @param {string} id @param {boolean} on */
  const choose = (id, on) => store({ activities: on ? [...shared.activities, id] : shared.activities.filter(other => other !== id) })

  /** @param {string} label @param {boolean} on @param {(on: boolean) => unknown} change @param {string} [dir] */
  const check = (label, on, change, dir) => html`<label class="check"><input type="checkbox" .checked=${live(on)}
    @change=${(/** @type {Event} */ { currentTarget }) => change(/** @type {HTMLInputElement} */ (currentTarget).checked)}><span dir=${dir ?? nothing}>${label}</span></label>`

  function draw() {
    const { link } = shared
    const chosen = listed().filter(({ id }) => shared.activities.includes(id)).length + Number(shared.questions && hasQuestions())
    const of = listed().length + Number(hasQuestions())
    render(html`<h2 id="share-title">${t('results.share.title')}</h2>
      ${check(t('results.share.on_phones'), shared.on_phones, on => store({ on_phones: on }))}
      ${check(t('results.share.link'), hasLink, on => store({}, { link: on ? { days: FIRST_DAYS } : null }, t(on ? 'results.share.saved' : 'results.share.revoked')))}
      ${link && hasLink ? html`<div class="address"><input class="field" id="share-url" readonly translate="no" .value=${link.url} aria-label=${t('results.share.address')}>
          <button class="button" type="button" @click=${() => copy(link.url)}>${t('results.share.copy')}</button></div>
        <p class="hint">${t('results.share.until', { date: day(link.expires_at) })}</p>
        <label class="days"><span>${t('results.share.days')}</span><select class="field" @change=${(/** @type {Event} */ { currentTarget }) => store({}, { link: { days: Number(/** @type {HTMLSelectElement} */ (currentTarget).value) } })}>
          <option value="" selected disabled>${t('results.share.days_change')}</option>
          ${DAYS.map(days => html`<option value=${days}>${t('results.share.days_n', { n: days })}</option>`)}</select></label>` : nothing}
      ${link || shared.on_phones ? html`<details><summary>${t('results.share.what', { n: chosen, of })}</summary>
        ${listed().map(({ id, title }) => check(title, shared.activities.includes(id), on => choose(id, on), 'auto'))}
        ${hasQuestions() ? check(t('results.questions'), shared.questions, on => store({ questions: on })) : nothing}</details>
        <p class="hint">${t('results.share.no_names')}</p>` : nothing}
      <p class="said" role="status">${said}</p>`, place)
  }

  show(await request('GET', `/${event}/shared-results`))
  place.hidden = false
}
