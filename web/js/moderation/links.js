// Private links: made, shown once, listed, revoked.

import { html, nothing } from '../html.js'
import { repeat } from '../../vendor/lit-html/directives/repeat.js'
import { request } from '../studio/api.js'
import { ask } from '../studio/dialogs.js'
import { copy } from '../studio/icons.js'
import { t } from '../studio/words.js'
import { clean, tooLong } from '../text.js'
import { toast } from '../studio/toasts.js'
import { openLive, submits } from './dialog.js'
import { forum, labelOf, settings } from './forum.js'
import { moment } from './words.js'

/**
 * @typedef {object} PrivateLink
 * @property {string} id
 * @property {"moderator" | "speaker"} kind
 * @property {string} name
 * @property {"review" | "full"} [scope] of a moderator's: what may be done by it
 * @property {number} [label]
 * @property {number} created_at
 * @property {number} expires_at
 * @property {number} [revoked_at]
 * @property {string} [url] only in the answer to its making
 * @property {string} [qr] the same as a QR code, an SVG
 */

/** For how long a link may be made, in hours. */
const HOURS = [4, 12, 24, 72, 168, 720]
/** A name's length, in characters. */
const NAME_CHARS = 80

const path = (rest = '') => `/${forum.event}/links${rest}`

/** Opens the dialog. */
export async function openLinks() {
  /** @type {PrivateLink[] | undefined} */
  let links
  /** @type {PrivateLink | undefined} */
  let made
  let kind = 'moderator'
  let scope = 'review'
  let trouble = ''
  await openLive((close, rerender) => {
    const load = async () => {
      try {
        const answer = await request('GET', path())
        links = answer.links ?? answer
      } catch (error) {
        trouble = /** @type {Error} */ (error).message
        links = []
      }
      rerender()
    }
    if (!links) void load()
    const make = async (/** @type {SubmitEvent} */ sent) => {
      const form = new FormData(/** @type {HTMLFormElement} */ (sent.currentTarget))
      const label = Number(form.get('label'))
      const name = clean(String(form.get('name')))
      const long = tooLong(name, NAME_CHARS)
      if (!name || long) {
        trouble = long ? t(...long) : t('moderation.links.name_needed')
        document.getElementById('link-name')?.focus()
        return rerender()
      }
      try {
        made = await request('POST', path(), { kind, name, hours: Number(form.get('hours')), ...(kind === 'moderator' ? { scope } : label > 0 && { label }) })
        trouble = ''
      } catch (error) {
        trouble = /** @type {Error} */ (error).message
      }
      await load()
      if (made) document.getElementById('link-url')?.focus()
    }
    const another = () => {
      made = undefined
      rerender()
      document.getElementById('link-name')?.focus()
    }
    return html`<h2 id="dialog-title">${t('moderation.links.title')}</h2>
      <p>${t('moderation.links.lead')}</p>
      ${made ? once(made, another) : form({ kind, scope, trouble }, to => (({ kind, scope } = { kind, scope, ...to }), rerender()), make)}
      ${list(links, made?.id, load)}
      <div class="buttons"><button class="button" @click=${() => close('')}>${t('moderation.close')}</button></div>`
  }, 'wide')
}

/**
 * @param {{kind: string, scope: string, trouble: string}} shown
 * @param {(to: {kind?: string, scope?: string}) => void} choose
 * @param {(sent: SubmitEvent) => Promise<void>} make
 */
const form = ({ kind, scope, trouble }, choose, make) => html`<form class="new-link" novalidate @submit=${(/** @type {SubmitEvent} */ sent) => {
  submits(() => {})(sent)
  void make(sent)
}}>
  <fieldset class="pick-one"><legend>${t('moderation.links.for_what')}</legend>
    <div class="segments">${['moderator', 'speaker'].map(one => html`<label><input type="radio" name="kind" value=${one} .checked=${one === kind} @change=${() => choose({ kind: one })}><span>${t(`moderation.links.${one}`)}</span></label>`)}</div>
    <p class="hint">${t(`moderation.links.${kind}_hint`)}</p></fieldset>
  ${kind === 'moderator' ? html`<fieldset class="pick-one"><legend>${t('moderation.links.scope')}</legend>
    <div class="segments">${['review', 'full'].map(one => html`<label><input type="radio" name="scope" value=${one} .checked=${one === scope} @change=${() => choose({ scope: one })}><span>${t(`moderation.links.scope.${one}`)}</span></label>`)}</div>
    <p class="hint">${t(`moderation.links.scope.${scope}_hint`)}</p></fieldset>` : nothing}
  <div class="entry"><label for="link-name">${t('moderation.links.name')}</label>
    <input class="field" dir="auto" id="link-name" name="name" autocomplete="off" placeholder=${t('moderation.links.name_example')} aria-invalid=${trouble ? 'true' : 'false'} aria-describedby="link-trouble"></div>
  ${kind === 'speaker' ? html`<div class="entry"><label for="link-label">${t('moderation.links.which')}</label>
    <select class="field" id="link-label" name="label"><option value="0">${t('moderation.links.all')}</option>${(settings()?.labels ?? []).map(({ id, name }) => html`<option dir="auto" value=${id}>${name}</option>`)}</select></div>` : nothing}
  <div class="entry"><label for="link-hours">${t('moderation.links.how_long')}</label>
    <select class="field" id="link-hours" name="hours">${HOURS.map(hours => html`<option value=${hours} ?selected=${hours === 24}>${lasting(hours)}</option>`)}</select></div>
  <p class="problem" id="link-trouble" role="alert">${trouble}</p>
  <button class="button primary">${t('moderation.links.make')}</button>
</form>`

/** @param {number} hours */
const lasting = hours => (hours < 24 ? t('moderation.links.hours', { n: hours }) : t('moderation.links.days', { n: hours / 24 }))

/** The link with its secret, which is never shown again. @param {PrivateLink} link @param {() => void} another */
function once(link, another) {
  const url = link.url ?? ''
  const copied = async () => {
    const done = await navigator.clipboard?.writeText(url).then(
      () => true,
      () => false,
    )
    if (!done) /** @type {HTMLInputElement | null} */ (document.getElementById('link-url'))?.select()
    toast({ text: t(done ? 'moderation.links.copied' : 'moderation.links.not_copied') })
  }
  return html`<section class="made" aria-labelledby="made-title">
    <h3 id="made-title">${t('moderation.links.made', { name: link.name })}</h3>
    <p class="warning">${t('moderation.links.once')}</p>
    <div class="how">${link.qr ? html`<img class="qr" src=${`data:image/svg+xml,${encodeURIComponent(link.qr)}`} alt=${t('moderation.links.qr')} width="150" height="150">` : nothing}
      <div class="entry"><label for="link-url">${t('moderation.links.address')}</label>
        <input class="field" id="link-url" readonly .value=${url} @focus=${(/** @type {{currentTarget: HTMLInputElement}} */ { currentTarget }) => currentTarget.select()}>
        <div class="buttons"><button type="button" class="button primary" @click=${copied}>${copy}${t('moderation.links.copy')}</button>
        <button type="button" class="button" @click=${another}>${t('moderation.links.another')}</button></div></div></div>
  </section>`
}

/**
 * @param {PrivateLink[] | undefined} links
 * @param {string | undefined} fresh the one just made
 * @param {() => Promise<void>} load
 */
function list(links, fresh, load) {
  if (!links || links.length === 0) return nothing
  const revoke = async (/** @type {PrivateLink} */ link) => {
    const sure = await ask({
      title: t('moderation.links.revoke_title', { name: link.name }),
      text: t('moderation.links.revoke_text'),
      confirm: t('moderation.links.revoke'),
    })
    if (!sure) return
    await request('DELETE', path(`/${link.id}`)).then(
      () => toast({ text: t('moderation.links.revoked_now', { name: link.name }) }),
      error => toast({ text: error.message }),
    )
    await load()
    document.querySelector('.dialog .links')?.querySelector('button')?.focus()
  }
  return html`<section class="links-there"><h3>${t('moderation.links.there')}</h3><ul class="links">${repeat(links, ({ id }) => id, link => row(link, link.id === fresh, revoke))}</ul></section>`
}

/** @param {PrivateLink} link @param {boolean} fresh @param {(link: PrivateLink) => Promise<void>} revoke */
function row(link, fresh, revoke) {
  const over = link.revoked_at !== undefined || link.expires_at < Date.now()
  const state = link.revoked_at !== undefined
    ? t('moderation.links.was_revoked', { when: moment(link.revoked_at) })
    : t(over ? 'moderation.links.expired' : 'moderation.links.expires', { when: moment(link.expires_at) })
  const label = link.kind === 'speaker' ? (link.label ? (labelOf(link.label)?.name ?? t('moderation.label.gone')) : t('moderation.links.all')) : link.scope ? t(`moderation.links.scope.${link.scope}`) : ''
  return html`<li class="${over ? 'over' : ''} ${fresh ? 'fresh' : ''}"><div><b dir="auto">${link.name}</b>
    <small>${t(`moderation.links.${link.kind}`)}${label ? ` · ${label}` : ''} · ${state}</small></div>
    ${over ? nothing : html`<button class="button" aria-label=${t('moderation.links.revoke_named', { name: link.name })} @click=${() => void revoke(link)}>${t('moderation.links.revoke_ask')}</button>`}</li>`
}
