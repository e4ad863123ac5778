import { html, nothing, type TemplateResult } from 'lit-html'
import type { AuditEntry, Certificate, CertificateDetails } from '../../api-types.ts'
import { badge } from '../../parts/badge.ts'
import { panel } from '../../parts/panel.ts'
import { empty } from '../../parts/states.ts'
import { type Column, dataTable } from '../../parts/table.ts'
import { date, moment } from '../../parts/time.ts'
import { historyText, nameLink, stateBadge } from './words.ts'

const ACTIONS: ReadonlyMap<string, string> = new Map([
  ['certificate.add', 'Added'],
  ['certificate.renew', 'Made as a renewal'],
  ['certificate.edit', 'Edited'],
  ['certificate.disable', 'Disabled'],
  ['certificate.enable', 'Enabled'],
  ['certificate.revoke', 'Revoked'],
  ['certificate.remove', 'Removed'],
])

const COLUMNS: readonly Column<AuditEntry>[] = [
  { key: 'at', label: 'When', cell: ({ at }) => moment(at) },
  {
    key: 'action',
    label: 'What',
    isHeading: true,
    cell: ({ action, outcome }) => html`${ACTIONS.get(action) ?? action} ${outcome === 'refused' ? badge('bad', 'refused') : nothing}`,
  },
  {
    key: 'actor',
    label: 'By',
    cell: ({ actor }) =>
      html`<bdi>${actor.name}</bdi>${from(actor) === null ? nothing : html` <span class="muted"><bdi>${from(actor)}</bdi></span>`}`,
  },
  { key: 'details', label: 'Details', cell: (entry) => html`<bdi>${historyText(entry)}</bdi>` },
]

/** Whence: an address, or the user of the machine as the command told. */
const from = ({ remote, os_user: user }: AuditEntry['actor']): string | null => user ?? remote

export function historyPanel(history: readonly AuditEntry[]): TemplateResult {
  return panel(
    'History',
    dataTable({
      caption: 'History',
      columns: COLUMNS,
      rows: history,
      keyOf: ({ sequence }) => sequence,
      empty: empty('The audit log has nothing of it', undefined, 'list'),
    }),
  )
}

interface Relative {
  readonly certificate: Certificate
  readonly is: string
}

/** What it renews and what renewed it, the newest first, itself among them. */
export function lineagePanel(certificate: CertificateDetails): TemplateResult | typeof nothing {
  const { others, predecessor, renewals } = certificate
  if (others.length === 0 && predecessor === null && renewals.length === 0) return nothing
  const known = new Set(others.map(({ fingerprint }) => fingerprint))
  const isOf = ({ fingerprint }: Certificate): string =>
    fingerprint === predecessor ? 'renewed by this' : renewals.includes(fingerprint) ? 'renews this' : 'further away'
  const rows: Relative[] = [{ certificate, is: 'this one' }, ...others.map((other) => ({ certificate: other, is: isOf(other) }))]
  const sorted = rows.toSorted((a, b) => Date.parse(b.certificate.created_at) - Date.parse(a.certificate.created_at))
  // Of another name by now, or no longer there: only the fingerprint is known.
  const elsewhere = [...(predecessor === null ? [] : [predecessor]), ...renewals].filter((one) => !known.has(one))
  return panel(
    'Renewals',
    html`${dataTable({ caption: 'Renewals', columns: LINEAGE, rows: sorted, keyOf: (row) => row.certificate.fingerprint })}
      ${elsewhere.map((one) => html`<p class="muted">Also related, under another name: <a href="/console/certificates/${one}"><code>${one.slice(0, 16)}…</code></a></p>`)}`,
  )
}

const LINEAGE: readonly Column<Relative>[] = [
  {
    key: 'name',
    label: 'Certificate',
    isHeading: true,
    cell: ({ certificate, is }) => (is === 'this one' ? html`<bdi class="name">${certificate.name}</bdi>` : nameLink(certificate)),
  },
  { key: 'is', label: 'Is', cell: ({ is }) => is },
  { key: 'state', label: 'State', cell: ({ certificate }) => stateBadge(certificate) },
  { key: 'created_at', label: 'Made', cell: ({ certificate }) => moment(certificate.created_at) },
  { key: 'not_after', label: 'Valid until', cell: ({ certificate }) => date(certificate.not_after) },
]
