// A question as its moderators see it: what it says, all that is known of it, and what can be done.

import { html, nothing } from '../html.js'
import { live } from '../../vendor/lit-html/directives/live.js'
import { dots } from '../studio/icons.js'
import { closeMenu, putMenu } from '../studio/menu.js'
import { t } from '../studio/words.js'
import { ACTIONS, isOn, possible, run, titleKey } from './actions.js'
import { performAll } from './acts.js'
import { areTexts, awaits, changed, forum, listOf, partsOf } from './forum.js'
import { filled, hollow, screen } from './icons.js'
import { chips } from './label.js'
import { choose, view } from './view.js'
import { agreeing, excerpt, moment, reasonText, since, support } from './words.js'

/** @import { ModeratedPost } from "../wire.js" */
/** @import { Action } from "./actions.js" */

/** About how tall a menu item may be, so that a menu opens where there is room. */
const ITEM_PX = 30

/**
 * @param {number} id
 * @param {ModeratedPost} post
 */
export function card(id, post) {
  const list = listOf(post)
  const chosen = view.chosen.has(id)
  const select = (/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => {
    choose(id, list, currentTarget.checked)
    changed()
  }
  return html`<li class="question ${chosen ? 'chosen' : ''} ${forum.topic?.highlight === id ? 'lit' : ''}" data-post=${id} tabindex="-1"
    aria-busy=${forum.busy.has(id)} aria-labelledby="text-${id}">
    <label class="select"><input type="checkbox" .checked=${live(chosen)} @change=${select} aria-label=${t('moderation.card.select', { text: excerpt(post.text) })}></label>
    <div class="what">
      <p class="text" id="text-${id}" dir="auto">${post.text}</p>
      <p class="meta"><span class="support">${support(post)}</span><bdi>${post.name ?? t('moderation.card.anonymous')}</bdi><time title=${moment(post.at)}>${since(post.at)}</time><span class="number" translate="no">#${id}</span></p>
      ${marks(id, post)}
      ${post.original ? html`<p class="aside">${t('moderation.card.original')} <q dir="auto">${post.original}</q></p>` : nothing}
      ${post.reason ? html`<p class="aside">${t('moderation.card.declined')} ${reasonText(post.reason)}</p>` : nothing}
      ${post.reply ? html`<p class="aside reply"><b>${t('moderation.card.reply')}</b> <bdi>${post.reply}</bdi></p>` : nothing}
      ${parts(id)}
    </div>
    ${star(id, post)}
    ${doings(id, list)}
  </li>`
}

/**
 * What was said about it in one word each, and its labels.
 * @param {number} id
 * @param {ModeratedPost} post
 */
function marks(id, post) {
  const pill = (/** @type {string} */ key, kind = '', icon = /** @type {unknown} */ (nothing)) =>
    html`<span class="pill ${kind}">${icon}${t(agreeing(`moderation.mark.${key}`, areTexts([id])))}</span>`
  const activity = view.of === '' && post.to ? forum.topic?.activities?.[post.to.activity] : undefined
  const shown = [
    activity ? html`<span class="pill place"><bdi>${activity.title}</bdi></span>` : nothing,
    forum.topic?.highlight !== id ? nothing : awaits(post) ? pill('lit_later', 'warn', screen) : pill('highlight', 'live', screen),
    post.flagged ? pill('flagged', 'warn') : nothing,
    post.pinned ? pill('pinned') : nothing,
    post.answered ? pill('answered', 'good') : nothing,
    post.state === 'hidden' ? pill('hidden') : nothing,
    post.state === 'declined' ? pill('declined') : nothing,
    post.blocked ? pill('blocked', 'warn') : nothing,
    ...chips(post.labels),
  ]
  return shown.every(one => one === nothing) ? nothing : html`<p class="marks">${shown}</p>`
}

/** @param {number} id */
function parts(id) {
  const all = partsOf(id)
  if (all.length === 0) return nothing
  const separate = (/** @type {number} */ part) => void performAll([part], posts => ({ do: 'unmerge', posts }))
  return html`<details class="parts" open><summary>${t(`moderation.card.parts${areTexts([id]) ? '_texts' : ''}`, { n: all.length })}</summary><ul>${all.map(
    ([part, { text, name }]) => html`<li><span><bdi>${text}</bdi> <small><bdi>${name ?? t('moderation.card.anonymous')}</bdi> · #${part}</small></span>
      <button class="button quiet" aria-label=${t('moderation.card.separate_named', { text: excerpt(text) })} @click=${() => separate(part)}>${t('moderation.card.separate')}</button></li>`,
  )}</ul></details>`
}

/** @param {number} id @param {ModeratedPost} post */
function star(id, post) {
  const give = () => void performAll([id], posts => ({ do: 'star', posts, on: !post.starred }))
  return html`<button class="small star" aria-pressed=${post.starred === true} title=${t('moderation.act.star')}
    aria-label=${t('moderation.card.star', { text: excerpt(post.text) })} @click=${give}>${post.starred ? filled : hollow}</button>`
}

/** @param {Action} action @param {number[]} ids */
export const title = (action, ids) =>
  html`${t(titleKey(action, ids))}${forum.keys ? html`<kbd aria-hidden="true">${action.key.toUpperCase()}</kbd>` : nothing}`

/**
 * The buttons of a card: a menu beside it, and under it what is most often done.
 * @param {number} id
 * @param {import("./forum.js").List} list
 */
function doings(id, list) {
  const can = (/** @type {boolean} */ ahead) =>
    ACTIONS.filter(action => (action.ahead?.includes(list) ?? false) === ahead && possible(action, [id], list))
  // Hundreds of menus that are never opened are not drawn.
  const rest = openMenu === id ? can(false) : []
  const menu = `menu-${id}`
  return html`<button class="small more" aria-label=${t('moderation.card.more')} popovertarget=${menu}>${dots}</button>
    <div class="menu" popover id=${menu} data-height=${ACTIONS.length * ITEM_PX} @beforetoggle=${(/** @type {ToggleEvent} */ event) => toggleMenu(event, id)}>
      ${rest.map(action => html`<button data-act=${action.name} @click=${(/** @type {Event} */ event) => {
        closeMenu(event)
        void run(action, [id])
      }}>${title(action, [id])}</button>`)}
    </div>
    <div class="acts">${can(true).map((action, place) => html`<button class="button ${place === 0 ? 'yes' : ''} ${isOn(action, [id]) ? 'on' : ''}" data-act=${action.name} @click=${() => void run(action, [id])}>${title(action, [id])}</button>`)}</div>`
}

/** The question whose menu is open, or was last. */
let openMenu = 0

/** @param {ToggleEvent} event @param {number} id */
function toggleMenu(event, id) {
  if (event.newState === 'open') {
    openMenu = id
    changed()
  }
  putMenu(event)
}
