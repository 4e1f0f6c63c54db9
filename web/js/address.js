// Shows the note that the page was opened by another address than the server knows of, where that is so: behind a proxy only
// the browser can tell.

for (const note of document.querySelectorAll('[data-address]')) {
  if (!(note instanceof HTMLElement)) continue
  const here = note.querySelector('[data-here]')
  if (here) here.textContent = location.origin
  note.hidden = note.dataset.address === location.origin
}
