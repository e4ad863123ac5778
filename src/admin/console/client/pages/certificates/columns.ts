import { html, nothing, type TemplateResult } from 'lit-html'
import type { Certificate } from '../../api-types.ts'
import { iconButton } from '../../parts/button.ts'
import { copyable } from '../../parts/copy.ts'
import type { Column } from '../../parts/table.ts'
import { date, moment } from '../../parts/time.ts'
import { nameElsewhere } from '../../session.ts'
import { nameLink, stateBadge } from './words.ts'

/** `changed`: who else changed a certificate since, by its group. */
export function columns(changed: ReadonlyMap<string, string>, act: (certificate: Certificate) => void): readonly Column<Certificate>[] {
  return [
    {
      key: 'name',
      label: 'Name',
      isSortable: true,
      isHeading: true,
      cell: (certificate) => nameCell(certificate, changed.get(certificate.group)),
    },
    { key: 'state', label: 'State', cell: (certificate) => stateBadge(certificate) },
    { key: 'clearance', label: 'Clearance', cell: ({ clearance }) => clearance },
    { key: 'permissions', label: 'Permissions', gives: 'third', cell: permissionsCell },
    {
      key: 'thumbprint',
      label: 'Thumbprint',
      gives: 'second',
      cell: ({ thumbprint }) => copyable(thumbprint, 'thumbprint', `${thumbprint.slice(0, 10)}…`),
    },
    { key: 'not_before', label: 'Valid from', gives: 'first', isSortable: true, cell: ({ not_before: notBefore }) => date(notBefore) },
    { key: 'not_after', label: 'Valid until', isSortable: true, cell: ({ not_after: notAfter }) => date(notAfter) },
    { key: 'last_seen', label: 'Last seen', isSortable: true, cell: ({ last_seen: lastSeen }) => moment(lastSeen) },
    {
      key: 'actions',
      label: 'Actions',
      cell: (certificate) => iconButton('dots', `Actions for ${certificate.name}`, () => act(certificate)),
    },
  ]
}

function nameCell(certificate: Certificate, by: string | undefined): TemplateResult {
  return html`${nameLink(certificate)}${by === undefined ? nothing : html`<span class="changed-by">changed by <bdi>${nameElsewhere(by)}</bdi></span>`}`
}

const SHOWN = 2

/** The first of them in one line; the rest is on its own page. */
function permissionsCell({ clearance, permissions }: Certificate): TemplateResult {
  const all = Object.entries(permissions)
  if (clearance !== 'ValidUser') return html`<span class="muted">all databases</span>`
  if (all.length === 0) return html`<span class="muted">none</span>`
  const told = all.map(([database, access]) => `${database}: ${access}`)
  const more = all.length - SHOWN
  const first = all
    .slice(0, SHOWN)
    .map(([database, access], at) => html`${at === 0 ? '' : ', '}<bdi>${database}</bdi> <span class="muted">${access}</span>`)
  return html`<span class="permissions-told" title=${told.join('\n')}>${first}</span>${more > 0 ? html` <span class="muted">and ${more} more</span>` : nothing}`
}
