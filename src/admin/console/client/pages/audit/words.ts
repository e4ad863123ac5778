/** What the details of an entry say, for people. Pure. The whole entry, as it is hashed, is what one copies. */
import type { AuditEntry } from '../../api-types.ts'

/** One value: words, a moment, what a certificate is known by, or more of them. */
export type Word =
  | { readonly kind: 'text' | 'time' | 'fingerprint'; readonly text: string }
  | { readonly kind: 'list'; readonly words: readonly Word[] }
  | { readonly kind: 'facts'; readonly facts: readonly Fact[] }

export type Fact = readonly [label: string, word: Word]

type Values = Readonly<Record<string, unknown>>

const DAY = 86_400_000
const LABELS: ReadonlyMap<string, string> = new Map([
  ['notBefore', 'Valid from'],
  ['notAfter', 'Valid until'],
  ['not_after', 'Valid until'],
  ['expiresAt', 'Valid until'],
  ['subjectDn', 'Subject'],
  ['issuerDn', 'Issuer'],
  ['issuerKeyId', 'Key of the issuer'],
  ['pin', 'Public key'],
  ['permissions', 'Databases'],
  ['predecessor', 'Renews'],
  ['undoes', 'Undoes entry'],
  ['before', 'Before'],
  ['after', 'After'],
])
const MOMENTS: ReadonlySet<string> = new Set(['notBefore', 'notAfter', 'expiresAt', 'revokedAt', 'issuedAt'])

/** Everything that an entry says beyond who, what and when. */
export function detailFacts({ details }: Pick<AuditEntry, 'details'>): readonly Fact[] {
  return factsOf(details)
}

function factsOf(values: Values): readonly Fact[] {
  return Object.entries(values)
    .filter(([name, value]) => value !== null || name !== 'predecessor')
    .toSorted(([a], [b]) => rank(a) - rank(b))
    .map(([name, value]) => [labelOf(name), wordOf(name, value)])
}

/** They come in the order of the alphabet, as they are hashed; what one looks for comes first. */
const FIRST: readonly string[] = [
  ...['name', 'role', 'change', 'message', 'detail', 'subjectDn', 'subject', 'clearance', 'permissions'],
  ...['before', 'after', 'added', 'removed', 'notBefore', 'notAfter', 'issuerDn', 'serial', 'fingerprint'],
]

const rank = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)

/** `crossCertificate`, `cross_certificate` -> `Cross certificate`. */
export function labelOf(name: string): string {
  const known = LABELS.get(name)
  if (known !== undefined) return known
  const words = name.replaceAll('_', ' ').replace(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`
}

function wordOf(name: string, value: unknown): Word {
  if (name === 'permissions' && isPairs(value)) return text(permissionWords(value))
  if (name === 'changes' && isValues(value))
    return facts(Object.entries(value).map(([key, change]) => [labelOf(key), changeWord(key, change)]))
  if (name === 'fields' && isValues(value))
    return facts(Object.entries(value).map(([field, change]) => [labelOf(field), text(fieldWords(change))]))
  if (typeof value === 'number' && MOMENTS.has(name)) return { kind: 'time', text: new Date(value).toISOString() }
  if (typeof value === 'number' && name === 'lifetime') return text(daysWords(value))
  if (typeof value === 'string') return stringWord(value)
  if (Array.isArray(value)) return value.length === 0 ? text('none') : { kind: 'list', words: value.map((one) => wordOf('', one)) }
  if (isValues(value)) return Object.keys(value).length === 0 ? text('none') : facts(factsOf(value))
  return text(plain(value))
}

function stringWord(value: string): Word {
  if (/^[0-9a-f]{64}$/.test(value)) return { kind: 'fingerprint', text: value }
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value)) return { kind: 'time', text: value }
  return text(value === '' ? 'empty' : value)
}

function changeWord(name: string, change: unknown): Word {
  const [before, after] = Array.isArray(change) && change.length === 2 ? change : [undefined, change]
  return text(`${sideWords(name, before)} → ${sideWords(name, after)}`)
}

const sideWords = (name: string, value: unknown): string =>
  name === 'permissions' && isPairs(value) ? permissionWords(value) : plain(value)

/** Of one field of a role: what came and what went. */
function fieldWords(change: unknown): string {
  if (!isValues(change)) return plain(change)
  const { added, removed } = change
  const moved = [...listed(added).map((one) => `+${one}`), ...listed(removed).map((one) => `−${one}`)]
  if (moved.length > 0) return moved.join(' ')
  return 'after' in change ? `${plain(change.before)} → ${plain(change.after)}` : 'in another order'
}

/** One line that says what the rest of a row does not. */
export function summary({ details, target }: Pick<AuditEntry, 'details' | 'target'>): string {
  const parts = Object.entries(details)
    .filter(([name, value]) => value !== null && value !== target && !UNTOLD.has(name))
    .toSorted(([a], [b]) => Number(LEADING.has(b)) - Number(LEADING.has(a)))
    .map(([name, value]) => summaryPart(name, value))
  return parts
    .filter((part) => part !== '')
    .join(' · ')
    .slice(0, 400)
}

/** What it is about is told first, and needs no label. */
const LEADING: ReadonlySet<string> = new Set(['name', 'subject', 'subjectDn', 'message', 'detail'])

/** For whoever opens it. */
const UNTOLD: ReadonlySet<string> = new Set(['before', 'after', 'code', 'issuerKeyId', 'pin', 'snapshot'])

function summaryPart(name: string, value: unknown): string {
  if (name === 'certificates' && Array.isArray(value)) return value.filter(isValues).map(certificateWords).join('; ')
  if (name === 'permissions' && isPairs(value)) return permissionWords(value)
  if (name === 'roles' && Array.isArray(value)) return value.map(roleWords).join('; ')
  if (name === 'changes' && isValues(value))
    return Object.entries(value)
      .map(([key, change]) => `${labelOf(key).toLowerCase()} ${(changeWord(key, change) as { text: string }).text}`)
      .join(', ')
  if (typeof value === 'number' && MOMENTS.has(name)) return `${labelOf(name).toLowerCase()} ${new Date(value).toISOString().slice(0, 10)}`
  if (typeof value === 'number' && name === 'lifetime') return `for ${daysWords(value)}`
  if (Array.isArray(value)) return value.length === 0 ? '' : `${labelOf(name).toLowerCase()} ${short(value)}`
  return LEADING.has(name) ? short(value) : `${labelOf(name).toLowerCase()} ${short(value)}`
}

function certificateWords({ name, clearance, permissions, notAfter }: Values): string {
  const rights = [clearance, ...(isPairs(permissions) && permissions.length > 0 ? [permissionWords(permissions)] : [])].filter(
    (word) => typeof word === 'string',
  )
  const until = typeof notAfter === 'number' ? ` until ${new Date(notAfter).toISOString().slice(0, 10)}` : ''
  return `${plain(name)}${rights.length === 0 ? '' : ` (${rights.join(', ')})`}${until}`
}

function roleWords(role: unknown): string {
  if (!isValues(role)) return short(role)
  const fields = isValues(role.fields) ? Object.entries(role.fields).map(([field, change]) => `${field} ${fieldWords(change)}`) : []
  return `role ${plain(role.role)} ${plain(role.change)}${fields.length === 0 ? '' : `: ${fields.join(', ')}`}`
}

const text = (words: string): Word => ({ kind: 'text', text: words })
const facts = (all: readonly Fact[]): Word => ({ kind: 'facts', facts: all })
const isValues = (value: unknown): value is Values => typeof value === 'object' && value !== null && !Array.isArray(value)
const isPairs = (value: unknown): value is readonly (readonly unknown[])[] => Array.isArray(value) && value.every(Array.isArray)
const listed = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(plain) : [])
const permissionWords = (pairs: readonly (readonly unknown[])[]): string =>
  pairs.length === 0 ? 'no databases' : pairs.map((pair) => pair.map(plain).join(':')).join(', ')

function daysWords(milliseconds: number): string {
  const days = Math.round((milliseconds / DAY) * 10) / 10
  return `${days} ${days === 1 ? 'day' : 'days'}`
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(plain).join(', ')
  if (isValues(value))
    return Object.entries(value)
      .map(([name, one]) => `${labelOf(name).toLowerCase()} ${plain(one)}`)
      .join(', ')
  return String(value)
}

/** A digest is known by its beginning. */
const short = (value: unknown): string => plain(value).replace(/\b([0-9a-f]{12})[0-9a-f]{28,52}\b/g, '$1…')
