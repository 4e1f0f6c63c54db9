// Small pictures for questions. Each is named by the text or label beside it, so all are hidden from screen readers.

import { html } from '../html.js'

const STAR = 'm10 3.2 2.1 4.3 4.7.7-3.4 3.3.8 4.7L10 14l-4.2 2.2.8-4.7-3.4-3.3 4.7-.7L10 3.2Z'

export const hollow = html`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" aria-hidden="true"><path d=${STAR} /></svg>`
export const filled = html`<svg class="icon" viewBox="0 0 20 20" fill="currentColor" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" aria-hidden="true"><path d=${STAR} /></svg>`
export const screen = html`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><rect x="3" y="4" width="14" height="9.5" rx="1.5" /><path d="M7 16.5h6" /></svg>`

/** @param {string} path */
const line = path =>
  html`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path} /></svg>`

/** What is to be seen no more. */
export const slashedEye = line('M8 5.2a7.6 7.6 0 0 1 2-.2c3.6 0 6.2 2.4 7.5 5a10 10 0 0 1-1.7 2.3M5.7 6.4A10 10 0 0 0 2.5 10c1.3 2.6 3.9 5 7.5 5a7.4 7.4 0 0 0 3.5-.9M8.5 8.4a2.2 2.2 0 0 0 3.1 3.1M4 3.5l12.5 13')
/** Two that become one. */
export const join = line('M4 4.5c0 3 2 5.5 6 5.5h6M4 15.5c0-3 2-5.5 6-5.5m3.5-2.7L16.2 10l-2.7 2.7')
