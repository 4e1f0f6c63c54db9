// Small pictures for questions. Each is named by the text or label beside it, so all are hidden from screen readers.

import { html } from '../html.js'

const STAR = 'm10 3.2 2.1 4.3 4.7.7-3.4 3.3.8 4.7L10 14l-4.2 2.2.8-4.7-3.4-3.3 4.7-.7L10 3.2Z'

export const hollow = html`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" aria-hidden="true"><path d=${STAR} /></svg>`
export const filled = html`<svg class="icon" viewBox="0 0 20 20" fill="currentColor" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" aria-hidden="true"><path d=${STAR} /></svg>`
export const screen = html`<svg class="icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><rect x="3" y="4" width="14" height="9.5" rx="1.5" /><path d="M7 16.5h6" /></svg>`
