import { html, type TemplateResult } from 'lit-html'
import { selectField, textField } from '../../parts/field.ts'
import type { Filters } from './filters.ts'

/** What the gateway writes; `.*` stands for all that begin so. */
const ACTIONS: readonly (readonly [value: string, label: string])[] = [
  ['certificate.*', 'Certificates: all'],
  ['certificate.add', 'certificate.add'],
  ['certificate.edit', 'certificate.edit'],
  ['certificate.renew', 'certificate.renew'],
  ['certificate.revoke', 'certificate.revoke'],
  ['certificate.disable', 'certificate.disable'],
  ['certificate.enable', 'certificate.enable'],
  ['certificate.remove', 'certificate.remove'],
  ['certificate.purge', 'certificate.purge'],
  ['certificate.enrol', 'certificate.enrol'],
  ['mapping.*', 'Roles: all'],
  ['mapping.edit', 'mapping.edit'],
  ['mapping.undo', 'mapping.undo'],
  ['token.*', 'Enrolment tokens: all'],
  ['issuance.*', 'Issued and revoked serials: all'],
  ['authority.*', 'Authority: all'],
  ['server.*', "The gateway's own certificate: all"],
  ['configuration.*', 'Configuration: all'],
  ['store.*', 'Backup and restore: all'],
  ['access', 'access (refused)'],
]

/** One line of fields. `changed`: something was typed or chosen. */
export function filterForm(filters: Filters, changed: (filter: Partial<Filters>) => void): TemplateResult {
  const set =
    (name: keyof Filters) =>
    (value: string): void =>
      changed({ [name]: value })
  const isKnown = filters.action === '' || ACTIONS.some(([value]) => value === filters.action)
  const actions = [
    { value: '', label: 'Any' },
    ...(isKnown ? [] : [{ value: filters.action, label: filters.action }]),
    ...ACTIONS.map(([value, label]) => ({ value, label })),
  ]
  return html`<form class="audit-filters" role="search" aria-label="Audit log" @submit=${(event: Event) => event.preventDefault()}>
    ${textField({ name: 'text', label: 'Search', type: 'search', value: filters.text, placeholder: 'Words anywhere in an entry', changed: set('text') })}
    ${selectField({ name: 'action', label: 'Action', value: filters.action, choices: actions, changed: set('action') })}
    ${textField({ name: 'actor', label: 'Who', value: filters.actor, placeholder: 'Exact name', changed: set('actor') })}
    ${textField({ name: 'target', label: 'On', value: filters.target, placeholder: 'Fingerprint, file, …', monospaced: true, changed: set('target') })}
    ${textField({ name: 'since', label: 'Since', type: 'date', value: filters.since, changed: set('since') })}
    ${textField({ name: 'until', label: 'Until', type: 'date', value: filters.until, changed: set('until') })}
  </form>`
}
