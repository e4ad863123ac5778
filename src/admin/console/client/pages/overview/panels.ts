import { html, nothing, type TemplateResult } from 'lit-html'
import type { Overview, Worker } from '../../api-types.ts'
import { count, plural } from '../../format.ts'
import { badge } from '../../parts/badge.ts'
import { facts, panel } from '../../parts/panel.ts'
import { empty } from '../../parts/states.ts'
import { type Column, dataTable } from '../../parts/table.ts'
import { moment } from '../../parts/time.ts'

export function workersPanel({ workers, snapshot }: Overview): TemplateResult {
  const columns: readonly Column<Worker>[] = [
    { key: 'pid', label: 'Worker', isHeading: true, cell: ({ pid }) => pid },
    { key: 'state', label: 'State', cell: ({ state }) => (state === 'serving' ? badge('good', state) : badge('info', state)) },
    {
      key: 'snapshot',
      label: 'Configuration',
      cell: (worker) =>
        worker.snapshot === snapshot.number
          ? `version ${worker.snapshot}`
          : badge('warn', `version ${worker.snapshot} of ${snapshot.number}`),
    },
    {
      key: 'connections',
      label: 'Connections',
      isNumeric: true,
      cell: ({ connections }) => (connections === null ? badge('warn', 'no answer') : count(connections)),
    },
    { key: 'restarts', label: 'Restarts', isNumeric: true, cell: ({ restarts }) => count(restarts) },
    { key: 'started_at', label: 'Started', cell: ({ started_at }) => moment(started_at) },
  ]
  return panel(
    'Workers',
    dataTable({ caption: 'Workers', columns, rows: workers, keyOf: ({ pid }) => pid, empty: empty('No worker runs') }),
  )
}

const OUTCOMES = {
  loaded: badge('good', 'taken up'),
  unchanged: badge('muted', 'nothing changed'),
  failed: badge('bad', 'not taken up'),
} as const
const CAUSES = { signal: 'by a signal', file: 'a file changed', command: 'by a command' } as const

export function configurationPanel({ config_file, snapshot, last_reload }: Overview): TemplateResult {
  return panel(
    'Configuration',
    facts([
      ['File', config_file === null ? 'started with flags' : html`<code>${config_file}</code>`],
      ['In force', html`version ${snapshot.number}, loaded ${moment(snapshot.loaded_at)}`],
      [
        'Last reload',
        last_reload === null
          ? 'none since the start'
          : html`${OUTCOMES[last_reload.outcome]} ${moment(last_reload.at)}, ${CAUSES[last_reload.cause]}`,
      ],
      last_reload === null ? null : ['It said', last_reload.message],
    ]),
  )
}

const KINDS = { server: 'server certificate', ca: 'CA certificate', crl: 'revocation list' } as const

export function expiringPanel({ own, clients }: Overview['expiring']): TemplateResult {
  if (own.length === 0 && clients.total === 0) return panel('Ending soon', empty('Nothing ends soon', undefined, 'check'))
  const more = clients.total - clients.first.length
  return panel(
    'Ending soon',
    html`<ul class="plain-list">
      ${own.map(
        ({ kind, name, subject, not_after, expired }) => html`<li>
          <div><strong>${name}</strong><span class="muted"> ${KINDS[kind]}</span><br><span class="muted">${subject}</span></div>
          ${expired ? badge('bad', 'ended') : badge('warn', 'ends')} ${moment(not_after)}
        </li>`,
      )}
      ${clients.first.map(
        ({ name, fingerprint, not_after }) => html`<li>
          <div><strong>${name}</strong><span class="muted"> client certificate</span><br><code class="muted">${fingerprint.slice(0, 16)}…</code></div>
          ${badge('warn', 'ends')} ${moment(not_after)}
        </li>`,
      )}
    </ul>
    ${more > 0 ? html`<p class="muted">and ${plural(more, 'more client certificate')}</p>` : nothing}`,
  )
}
