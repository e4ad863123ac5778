import { html, nothing, type TemplateResult } from 'lit-html'
import { repeat } from 'lit-html/directives/repeat.js'
import type { AccessCell, AccessMatrix, AccessRow } from '../../api-types.ts'
import { spoken } from '../../format.ts'
import { certificateBadge } from '../../parts/badge.ts'
import { type IconName, icon } from '../../parts/icon.ts'
import { type Asked, explainLink } from '../explain/question.ts'
import { cellWords } from './csv.ts'

type Told = AccessCell['access']

const PICTURES: Readonly<Record<Told, IconName>> = { allowed: 'check', denied: 'x', conditional: 'list' }
const LEGEND: readonly (readonly [Told, string])[] = [
  ['allowed', 'Allowed'],
  ['conditional', 'By database'],
  ['denied', 'Denied'],
]

export function legend(): TemplateResult {
  return html`<ul class="matrix-legend" aria-label="Legend">${LEGEND.map(([access, words]) => html`<li><span class="matrix-key" data-access=${access}>${icon(PICTURES[access])}</span>${words}</li>`)}</ul>`
}

/** Who by what; each cell leads to why. On a phone a list by identity. Roles are said, as a table that is laid out otherwise loses them. */
export function matrixTable({ routes, identities }: AccessMatrix, isBusy: boolean): TemplateResult {
  return html`<div class="matrix-frame" tabindex="0" role="region" aria-label="Identities by routes" aria-busy=${isBusy}>
    <table class="matrix" role="table">
      <caption class="visually-hidden">Which identity gets through which route</caption>
      <thead role="rowgroup"><tr role="row">
        <th scope="col" role="columnheader" class="matrix-corner">Identity</th>
        ${routes.map(({ name, path }) => html`<th scope="col" role="columnheader" title=${`${name} ${path}`}><span class="matrix-route">${name}</span>${name === path ? nothing : html`<code>${path}</code>`}</th>`)}
      </tr></thead>
      <tbody role="rowgroup">${repeat(
        identities,
        ({ fingerprint, name }) => fingerprint ?? `mapping ${name}`,
        (row) => html`<tr role="row">${heading(row)}${row.cells.map((cell, index) => bodyCell(cell, row, routes[index]?.name ?? ''))}</tr>`,
      )}</tbody>
    </table>
  </div>`
}

function heading({ source, name, state, identity, roles }: AccessRow): TemplateResult {
  const mark = state === null || state === 'valid' || state === 'expiring' ? nothing : certificateBadge(state)
  const who = [
    ...(identity === null || identity === name ? [] : [`as ${identity}`]),
    roles.length === 0 ? 'no role' : roles.join(', '),
  ].join(', ')
  return html`<th scope="row" role="rowheader"><span class="matrix-name" title=${name}>${name}</span>${mark}<span class="matrix-who" title=${who}>${who}</span>${source === 'mapping' ? UNREGISTERED : nothing}</th>`
}

const UNREGISTERED = html`<span class="matrix-unregistered">${icon('users')}<span>named in the mapping, no certificate registered</span></span>`

function bodyCell(cell: AccessCell, row: AccessRow, route: string): TemplateResult {
  const { access, detail, example } = cell
  const content = (words: string): TemplateResult =>
    html`<span class="matrix-label" aria-hidden="true">${route}</span>${icon(PICTURES[access])}<span class="matrix-words" aria-hidden="true">${shortWords(cell)}</span><span class="visually-hidden">${words}</span>`
  const words = cellWords(cell)
  if (example === null) {
    const note = 'earlier routes take its requests'
    return html`<td role="cell" data-access=${access}><span class="matrix-cell" title=${`${detail}; ${note}`}>${content(`${words}; ${note}`)}</span></td>`
  }
  const link = explainLink({ ...claimOf(row), ...example })
  return html`<td role="cell" data-access=${access}><a class="matrix-cell" href=${link} title=${detail}>${content(`${words}; explain ${row.name} on ${route}`)}</a></td>`
}

/** Of whom explain says the same. */
function claimOf({ fingerprint, name, subject }: AccessRow): Partial<Asked> {
  if (fingerprint !== null) return { who: 'registered', fingerprint }
  return name === subject ? { who: 'dn', dn: subject } : { who: 'name', cn: name }
}

/** Beside the picture: which methods, or why not. */
function shortWords({ access, methods, reason }: AccessCell): string {
  if (access === 'denied') return spoken(reason ?? '')
  if (methods.length > 0) return methods.join(' ')
  return access === 'allowed' ? 'all methods' : 'by database'
}
