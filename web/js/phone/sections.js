// The parts of the page for what is on stage, made as web/pages/phone.html has them.

import { byId, h, t } from '../messages.js'

/** @typedef {import('../wire.js').StagedActivity} StagedActivity */

/** How the field with the focus is found in a form that is made anew. @param {Element | null} element */
export function fieldName(element) {
  if (!(element instanceof HTMLInputElement)) return undefined
  return element.id ? `#${CSS.escape(element.id)}` : `[name=${CSS.escape(element.name)}][value="${CSS.escape(element.value)}"], [name=${CSS.escape(element.name)}]`
}

/**
 * @param {string} key
 * @param {StagedActivity} activity
 */
export function activitySection(key, activity) {
  return h('section', { class: 'activity', id: 'view', 'data-view': key, 'data-version': activity.version, 'data-kind': activity.prompt.kind },
    h('p', { class: 'clock', id: 'clock', role: 'timer', hidden: true }),
    h('form', { class: 'answer', id: 'answer' },
      h('fieldset', { 'aria-describedby': 'hint' },
        h('legend', {}, h('h1', { dir: 'auto' }, activity.prompt.title)),
        h('p', { class: 'how', id: 'hint' })),
      h('div', { class: 'bar' },
        h('div', { class: 'receipt', id: 'receipt', hidden: true }),
        h('button', { class: 'button primary', name: 'send', hidden: true }, t('phone.send')))),
    h('p', { class: 'quiet answered', id: 'answered', hidden: true }))
}

/**
 * @param {string} key `draft`, `waiting`, `ended` or, where they are shared by then, `shared`
 * @param {string} code of the event
 */
export function idleSection(key, code) {
  const mark = /** @type {HTMLTemplateElement} */ (byId('mark')).content.cloneNode(true)
  return h('section', { class: 'still', id: 'view', 'data-view': key },
    mark, h('h1', {}, t(`phone.${key}`)), key === 'shared'
      ? h('a', { class: 'button', href: `/e/${code}/results` }, t('phone.shared_how'))
      : h('p', { class: 'quiet' }, t(`phone.${key}_how`)))
}
