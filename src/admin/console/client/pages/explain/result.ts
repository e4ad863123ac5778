import { html, nothing, type TemplateResult } from 'lit-html'
import type { Explanation } from '../../api-types.ts'
import { sentence, spoken } from '../../format.ts'
import { copyable } from '../../parts/copy.ts'
import { icon } from '../../parts/icon.ts'
import { facts, panel } from '../../parts/panel.ts'
import { dataTable } from '../../parts/table.ts'
import { decisionPath } from './path.ts'

/** The whole answer: the verdict first, then the way to it, and what goes to the upstream. */
export function explained(explanation: Explanation): TemplateResult {
  return html`<div class="stack">
    ${verdict(explanation)}
    ${panel('How it was decided', decisionPath(explanation))}
    ${forwardedPanel(explanation)}
    ${notesPanel(explanation)}
  </div>`
}

function verdict({ allowed, identity, certificate, request, status, told, reason, detail, forwarded }: Explanation): TemplateResult {
  const who = identity?.name ?? certificate?.subject ?? 'Nobody in particular'
  const sees = allowed ? `What ${forwarded?.upstream ?? 'the upstream'} answers` : html`<strong>${status}</strong> <code>${told}</code>`
  return html`<section class="verdict" data-tone=${allowed ? 'good' : 'bad'} aria-labelledby="verdict">
    <span class="verdict-picture">${icon(allowed ? 'check' : 'slash')}</span>
    <div>
      <h2 id="verdict" tabindex="-1">${allowed ? 'Allowed' : 'Refused'}${allowed ? nothing : html`: ${spoken(reason ?? '')}`}</h2>
      <p>${who}: <code>${request.method} ${request.path ?? '(no path)'}</code></p>
      ${facts([
        ['Client sees', sees],
        detail === null ? null : ['Because', sentence(detail)],
        told === reason ? null : ['In the log', html`<code>${reason}</code>`],
      ])}
    </div>
  </section>`
}

function forwardedPanel({ forwarded }: Explanation): TemplateResult | typeof nothing {
  if (forwarded === null) return nothing
  const table = dataTable({
    caption: 'Headers that the upstream gets of the gateway',
    columns: [
      { key: 'name', label: 'Header', isHeading: true, cell: ({ name }) => name },
      {
        key: 'value',
        label: 'Value',
        cell: ({ name, value }) => (value.length > 120 ? copyable(value, name, `${value.slice(0, 117)}…`) : html`<code>${value}</code>`),
      },
    ],
    rows: forwarded.headers,
    keyOf: ({ name }) => name,
    empty: html`<p class="muted">None: no identity header is configured.</p>`,
  })
  return panel('What the upstream is told', table)
}

function notesPanel({ notes, certificate }: Explanation): TemplateResult {
  const all = [...notes, ...(certificate === null ? [] : [`not checked: ${certificate.not_checked}`])]
  return all.length === 0 ? html`` : panel('Notes', html`<ul class="notes">${all.map((note) => html`<li>${sentence(note)}</li>`)}</ul>`)
}
