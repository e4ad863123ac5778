import { html, nothing, type TemplateResult } from 'lit-html'
import { badge, type Tone } from './badge.ts'

/** A part of a page, with a heading of its own. */
export function panel(title: string, content: unknown, beside: unknown = nothing): TemplateResult {
  return html`<section class="panel">
    <header class="panel-head"><h2>${title}</h2>${beside}</header>
    <div class="panel-body">${content}</div>
  </section>`
}

export interface Tile {
  readonly label: string
  readonly value: string
  readonly tone?: Tone
  readonly note?: string
  readonly picture?: unknown
}

const WORDS: Readonly<Record<Tone, string>> = { good: 'ok', warn: 'attention', bad: 'problem', muted: '', info: '' }

/** One figure that is looked at from afar. */
export function tile({ label, value, tone, note, picture }: Tile): TemplateResult {
  return html`<section class="tile" data-tone=${tone ?? nothing}>
    <h2>${label}</h2>
    <p class="tile-value"><span>${value}</span>${tone === undefined || WORDS[tone] === '' ? nothing : badge(tone, WORDS[tone])}</p>
    ${note === undefined ? nothing : html`<p class="tile-note">${note}</p>`}${picture ?? nothing}
  </section>`
}

/** Names and what they stand for; null is left out. */
export function facts(pairs: readonly (readonly [name: string, value: unknown] | null)[]): TemplateResult {
  return html`<dl class="facts">${pairs.map((pair) => (pair === null ? nothing : html`<div><dt>${pair[0]}</dt><dd>${pair[1]}</dd></div>`))}</dl>`
}
