// Copies a text that stands on the page. By plain HTTP browsers have no clipboard for scripts: then the old way.

import { byId, setText, t } from '../messages.js'

const request = byId('request')
const button = byId('copy')
button.hidden = false
button.addEventListener('click', async () => setText(byId('copied'), t((await copied()) ? 'netcheck.copied' : 'netcheck.copy_failed')))

async function copied() {
  try {
    await navigator.clipboard.writeText(request.textContent ?? '')
    return true
  } catch {
    const details = request.closest('details')
    if (details) details.open = true
    getSelection()?.selectAllChildren(request)
    return document.execCommand('copy')
  }
}
