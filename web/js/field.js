// A field that says how much it takes: more is neither cut nor sent, and the field names the limit and what it holds. With the
// rules of texts, for pages that fetch both only where something is typed.

import { h, setText, t } from './messages.js'
import { tooLong } from './text.js'

export * from './text.js'

/**
 * Has a field of the page say beside it when it holds more than it may. Gives what looks at it anew and says whether it does.
 * @param {HTMLInputElement | HTMLTextAreaElement} field
 * @param {number} max in characters as people see them
 */
export function limited(field, max) {
  const id = `${field.id || field.name}-length`
  // There before it speaks, since a region that appears with its words is not read out.
  const note = h('p', { class: 'problem', id, role: 'status' })
  field.removeAttribute('maxlength')
  field.after(note)
  const described = field.getAttribute('aria-describedby')
  field.setAttribute('aria-describedby', described ? `${described} ${id}` : id)
  const look = () => {
    const trouble = tooLong(field.value, max)
    field.setAttribute('aria-invalid', String(trouble !== undefined))
    setText(note, trouble ? t(...trouble) : '')
    return trouble !== undefined
  }
  field.addEventListener('input', look)
  look()
  return look
}
