import type { Access, Certificate, Clearance } from '../../api-types.ts'

/** What stands in the fields of a form. Pure. */

/** An edit, of whatever stands there by then: fields may change in one go, as when a password manager fills them in. */
export type Edit<T> = (now: T) => T

export interface Permission {
  readonly database: string
  readonly access: Access
}

export interface Rights {
  readonly name: string
  readonly clearance: Clearance
  readonly permissions: readonly Permission[]
}

export interface Lifetime {
  readonly kind: 'default' | 'days' | 'date'
  readonly days: string
  readonly date: string
}

export interface Files {
  readonly passwordKind: 'generated' | 'chosen'
  readonly chosen: string
  readonly generated: string
  readonly keyType: string
  readonly legacy: boolean
}

export const NO_RIGHTS: Rights = { name: '', clearance: 'ValidUser', permissions: [] }
export const DEFAULT_LIFETIME: Lifetime = { kind: 'default', days: '90', date: '' }

export function newFiles(): Files {
  const generated = passwordOf(crypto.getRandomValues(new Uint8Array(25)))
  return { passwordKind: 'generated', chosen: '', generated, keyType: 'ec', legacy: false }
}

const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Five groups of five without look-alikes: of each byte five bits count. */
export function passwordOf(bytes: Uint8Array): string {
  const letters = [...bytes].map((byte) => ALPHABET[byte % ALPHABET.length] ?? '').join('')
  return letters.match(/.{1,5}/g)?.join('-') ?? ''
}

export const passwordIn = ({ passwordKind, chosen, generated }: Files): string => (passwordKind === 'generated' ? generated : chosen)

export function rightsOf({ name, clearance, permissions }: Certificate): Rights {
  return { name, clearance, permissions: Object.entries(permissions).map(([database, access]) => ({ database, access })) }
}

/** Rows that were never filled in are none. */
export function permissionsBody(permissions: readonly Permission[]): Record<string, Access> {
  return Object.fromEntries(permissions.filter(({ database }) => database !== '').map(({ database, access }) => [database, access]))
}

export const rightsBody = ({ name, clearance, permissions }: Rights) => ({ name, clearance, permissions: permissionsBody(permissions) })

/** Nothing where it is the authority's, or the renewed one's, to say. */
export function lifetimeBody({ kind, days, date }: Lifetime): { readonly days?: number; readonly not_after?: string } {
  if (kind === 'days') return { days: Number(days) }
  return kind === 'date' ? { not_after: date } : {}
}

export const filesBody = (files: Files) => ({ key_type: files.keyType, password: passwordIn(files), legacy: files.legacy })

/** One name on each line, or several separated by commas. */
export function namesBody(text: string): string[] {
  const names = text.split(/[\n,]/).map((name) => name.trim())
  return names.filter((name) => name !== '')
}

/** What is wrong by field, before anybody is asked. */
export type Wrong = ReadonlyMap<string, string>

export function wrongRights({ name, permissions }: Rights): Wrong {
  const wrong = new Map<string, string>()
  if (name.trim() === '') wrong.set('name', 'A name is missing.')
  const seen = new Set<string>()
  for (const { database } of permissions) {
    const folded = database.toLowerCase()
    if (database !== '' && seen.has(folded)) wrong.set('permissions', `${database} is there twice.`)
    seen.add(folded)
  }
  return wrong
}

export function wrongLifetime({ kind, days, date }: Lifetime): Wrong {
  if (kind === 'days' && !(Number(days) > 0)) return new Map([['lifetime', 'Give a number of days.']])
  if (kind === 'date' && date === '') return new Map([['lifetime', 'Give a date.']])
  return new Map()
}

export function wrongFiles(files: Files): Wrong {
  return passwordIn(files) === '' ? new Map([['password', 'A password is missing.']]) : new Map()
}

/** What somebody changed, and what somebody else changed meanwhile. */
export interface Merge {
  readonly rights: Rights
  /** Names of fields that both changed, each to something else. */
  readonly conflicts: readonly (keyof Rights)[]
  /** Names of fields that only the other one changed: taken over. */
  readonly taken: readonly (keyof Rights)[]
}

const FIELDS = ['name', 'clearance', 'permissions'] as const

/**
 * `draft` was made of `before`, and in the gateway it is `now`. What was touched here stays in the draft; what was not becomes as it is now.
 * `earlier`: what came of the change before this one, which is still to be told.
 */
export function mergeRights(before: Rights, draft: Rights, now: Rights, earlier: Merge | null = null): Merge {
  const conflicts: (keyof Rights)[] = []
  const taken: (keyof Rights)[] = []
  let rights = draft
  for (const field of FIELDS) {
    const isChanged = !isSame(before, now, field)
    if (isSame(before, draft, field)) {
      if (isChanged) rights = { ...rights, [field]: now[field] }
      if (isChanged || earlier?.taken.includes(field)) taken.push(field)
    } else if ((isChanged || earlier?.conflicts.includes(field)) && !isSame(draft, now, field)) conflicts.push(field)
  }
  return { rights, conflicts, taken }
}

/** Only what differs: what is not sent stays. */
export function changedRights(before: Rights, draft: Rights): Partial<ReturnType<typeof rightsBody>> {
  const body = rightsBody(draft)
  return Object.fromEntries(FIELDS.filter((field) => !isSame(before, draft, field)).map((field) => [field, body[field]]))
}

export function shownRight(rights: Rights, field: keyof Rights): string {
  if (field !== 'permissions') return rights[field]
  const all = rights.permissions.filter(({ database }) => database !== '')
  return all.length === 0 ? 'none' : all.map(({ database, access }) => `${database} ${access}`).join(', ')
}

function isSame(one: Rights, other: Rights, field: keyof Rights): boolean {
  if (field !== 'permissions') return one[field] === other[field]
  const text = ({ permissions }: Rights) => JSON.stringify(Object.entries(permissionsBody(permissions)).sort())
  return text(one) === text(other)
}
