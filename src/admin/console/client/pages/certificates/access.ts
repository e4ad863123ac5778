import { html, nothing, type TemplateResult } from 'lit-html'
import type { CertificateAccess, RouteAccess } from '../../api-types.ts'
import { badge } from '../../parts/badge.ts'
import { panel } from '../../parts/panel.ts'
import { empty, whenLoaded } from '../../parts/states.ts'
import { type Column, dataTable } from '../../parts/table.ts'
import type { Resource } from '../../store.ts'

const COLUMNS: readonly Column<RouteAccess>[] = [
  { key: 'route', label: 'Route', isHeading: true, cell: ({ route }) => html`<bdi>${route}</bdi>` },
  {
    key: 'path',
    label: 'Path',
    cell: ({ path, hosts }) =>
      html`<code>${path}</code>${hosts.length === 0 ? nothing : html` <span class="muted">on ${hosts.join(', ')}</span>`}`,
  },
  {
    key: 'methods',
    label: 'Methods',
    cell: ({ methods }) => (methods.length === 0 ? html`<span class="muted">any</span>` : methods.join(', ')),
  },
  { key: 'listener', label: 'Listener', cell: ({ listener }) => listener },
  { key: 'access', label: 'Access', cell: ({ access }) => BADGES[access] },
  {
    key: 'why',
    label: 'Why',
    cell: ({ detail }) => html`<bdi>${detail}</bdi>`,
  },
]

const BADGES: Readonly<Record<RouteAccess['access'], TemplateResult>> = {
  allowed: badge('good', 'allowed'),
  conditional: badge('info', 'by database', 'list'),
  denied: badge('muted', 'denied', 'x'),
}

/** What its holder may do on each route. */
export function accessPanel(
  access: Resource<CertificateAccess>,
  page: { readonly from: number; readonly size: number },
  turn: (from: number) => void,
): TemplateResult {
  const view = ({ routes, total, by_address: byAddress }: CertificateAccess) => html`
    ${dataTable({
      caption: 'Access by route',
      columns: COLUMNS,
      rows: routes,
      isBusy: access.isBusy,
      keyOf: ({ route, listener }) => `${route} ${listener}`,
      empty: empty('No route is configured', undefined, 'route'),
      ...(total > page.size ? { paging: { ...page, total, turn } } : {}),
    })}
    <p class="panel-note muted">Each route by itself, asked from the gateway's own machine${byAddress ? '; some roles depend on the address' : ''}.</p>`
  return panel(
    'Access by route',
    whenLoaded(access.state, view, () => void access.load()),
  )
}
