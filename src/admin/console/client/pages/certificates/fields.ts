import { html, nothing, type TemplateResult } from 'lit-html'
import type { Access, Clearance } from '../../api-types.ts'
import { button, iconButton } from '../../parts/button.ts'
import { checkField, fieldGroup, selectField, textField } from '../../parts/field.ts'
import { icon } from '../../parts/icon.ts'
import type { Edit, Files, Lifetime, Permission, Rights, Wrong } from './drafts.ts'
import { CLEARANCES } from './listing.ts'
import { whyNotGive } from './may.ts'

const CLEARANCE_HINTS: Readonly<Record<Clearance, string>> = {
  ValidUser: 'May use the databases below, and what its roles let it.',
  Operator: 'Sees the console, administers users, has Admin on every database.',
  ClusterAdmin: 'May do everything, also change roles and other administrators.',
  ClusterNode: 'As ClusterAdmin, for nodes of a cluster.',
}
const ACCESSES: readonly Access[] = ['Read', 'ReadWrite', 'Admin']

export interface RightsOptions {
  readonly rights: Rights
  readonly wrong: Wrong
  readonly nameHint: string
  readonly isNameRequired?: boolean
  changed(edit: Edit<Rights>): void
}

export function rightsFields({ rights, wrong, nameHint, isNameRequired = true, changed }: RightsOptions): TemplateResult {
  const choices = CLEARANCES.map((value) => ({ value, label: value, whyNot: whyNotGive(value) }))
  return html`
    ${textField({ name: 'name', label: 'Name', hint: nameHint, required: isNameRequired, error: wrong.get('name') ?? null, value: rights.name, changed: (name) => changed((now) => ({ ...now, name })) })}
    ${selectField({
      name: 'clearance',
      label: 'Clearance',
      hint: CLEARANCE_HINTS[rights.clearance],
      error: wrong.get('clearance') ?? null,
      value: rights.clearance,
      choices,
      changed: (clearance) => changed((now) => ({ ...now, clearance: clearance as Clearance })),
    })}
    ${permissionFields(rights, wrong, (edit) => changed((now) => ({ ...now, permissions: edit(now.permissions) })))}
  `
}

/** Only a ValidUser needs any: others have Admin everywhere. What is there stays seen. */
function permissionFields(
  { clearance, permissions }: Rights,
  wrong: Wrong,
  changed: (edit: Edit<readonly Permission[]>) => void,
): TemplateResult {
  if (clearance !== 'ValidUser' && permissions.length === 0) return html``
  const set = (at: number, change: Partial<Permission>) =>
    changed((now) => now.map((permission, index) => (index === at ? { ...permission, ...change } : permission)))
  const error = wrong.get('permissions')
  return fieldGroup(
    'Database permissions',
    html`${permissions.length === 0 ? html`<p class="field-hint">No database.</p>` : nothing}
      ${permissions.map(
        ({ database, access }, at) => html`<div class="permission">
          ${textField({ name: `permission-${at}`, label: `Database ${at + 1}`, isLabelHidden: true, placeholder: 'Database', value: database, changed: (value) => set(at, { database: value }) })}
          ${selectField({ name: `access-${at}`, label: `Access to database ${at + 1}`, isLabelHidden: true, value: access, choices: ACCESSES.map((value) => ({ value, label: value })), changed: (value) => set(at, { access: value as Access }) })}
          ${iconButton('x', `Remove database ${at + 1}`, () => changed((now) => now.toSpliced(at, 1)))}
        </div>`,
      )}
      <p class="field-error" aria-live="polite">${error === undefined ? nothing : html`${icon('alert')}${error}`}</p>
      ${button({ label: 'Add a database', icon: 'plus', act: () => changed((now) => [...now, { database: '', access: 'Read' }]) })}`,
  )
}

export interface LifetimeOptions {
  readonly lifetime: Lifetime
  readonly wrong: Wrong
  /** What it is where nothing is said. */
  readonly standard: string
  changed(edit: Edit<Lifetime>): void
}

export function lifetimeFields({ lifetime, wrong, standard, changed }: LifetimeOptions): TemplateResult {
  const { kind, days, date } = lifetime
  const error = wrong.get('lifetime') ?? null
  const choices = [
    { value: 'default', label: standard },
    { value: 'days', label: 'A number of days' },
    { value: 'date', label: 'Until a date' },
  ]
  return html`<div class="field-row">
    ${selectField({ name: 'lifetime', label: 'Lifetime', error: kind === 'default' ? error : null, value: kind, choices, changed: (value) => changed((now) => ({ ...now, kind: value as Lifetime['kind'] })) })}
    ${kind === 'days' ? textField({ name: 'days', label: 'Days', type: 'number', error, value: days, changed: (value) => changed((now) => ({ ...now, days: value })) }) : nothing}
    ${kind === 'date' ? textField({ name: 'date', label: 'Last day', type: 'date', error, value: date, changed: (value) => changed((now) => ({ ...now, date: value })) }) : nothing}
  </div>`
}

const KEY_TYPES = [
  { value: 'ec', label: 'EC P-256' },
  { value: 'rsa', label: 'RSA 2048' },
  { value: 'rsa4096', label: 'RSA 4096' },
  { value: 'ed25519', label: 'Ed25519' },
]

export function fileFields({ files, wrong, changed }: { files: Files; wrong: Wrong; changed(edit: Edit<Files>): void }): TemplateResult {
  const { passwordKind, chosen, keyType, legacy } = files
  const choices = [
    { value: 'generated', label: 'Generated, and shown once' },
    { value: 'chosen', label: 'Chosen here' },
  ]
  return html`
    <div class="field-row">
      ${selectField({ name: 'key-type', label: 'Key', error: wrong.get('key-type') ?? null, value: keyType, choices: KEY_TYPES, changed: (value) => changed((now) => ({ ...now, keyType: value })) })}
      ${selectField({ name: 'password-kind', label: 'Password of the files', value: passwordKind, error: passwordKind === 'generated' ? (wrong.get('password') ?? null) : null, choices, changed: (value) => changed((now) => ({ ...now, passwordKind: value as Files['passwordKind'] })) })}
    </div>
    ${passwordKind === 'chosen' ? textField({ name: 'password', label: 'Password', type: 'password', autocomplete: 'new-password', error: wrong.get('password') ?? null, value: chosen, changed: (value) => changed((now) => ({ ...now, chosen: value })) }) : nothing}
    ${checkField({ name: 'legacy', label: 'For old programs', hint: 'A PFX in 3DES, for what knows nothing newer.', value: legacy, changed: (value) => changed((now) => ({ ...now, legacy: value })) })}
  `
}
