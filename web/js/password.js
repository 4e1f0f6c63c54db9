// Shows what is typed in a password field, and hides it again.

for (const button of document.querySelectorAll('button[data-shows]')) {
  if (!(button instanceof HTMLButtonElement)) continue
  const field = document.getElementById(button.dataset.shows ?? '')
  if (!(field instanceof HTMLInputElement)) continue
  const name = () => {
    const hidden = field.type === 'password'
    button.textContent = (hidden ? button.dataset.show : button.dataset.hide) ?? ''
    button.setAttribute('aria-pressed', String(!hidden))
  }
  button.addEventListener('click', () => {
    field.type = field.type === 'password' ? 'text' : 'password'
    name()
  })
  // Sent as a password field, so that the browser's keeper of passwords knows it.
  field.form?.addEventListener('submit', () => (field.type = 'password'))
  name()
  button.hidden = false
}
