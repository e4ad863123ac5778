import type { AuditLine } from './api-types.ts'

/** In words, and without what the columns beside it say; --json has all of it. */
export function detailText(details: AuditLine['details'], target: string | null): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== target)
    .toSorted(([a], [b]) => Number(LEADING.has(b)) - Number(LEADING.has(a)))
    .map(([key, value]) => (key === 'certificates' && Array.isArray(value) ? value.map(certificateWords).join('; ') : detail(key, value)))
    .join(', ')
}

/** Of one that was added or purged: what the columns beside it do not say. */
function certificateWords(certificate: unknown): string {
  if (typeof certificate === 'string') return certificate
  const { name = '', clearance, permissions, notAfter, predecessor } = certificate as Readonly<Record<string, unknown>>
  const rights = [clearance, ...(Array.isArray(permissions) ? permissions.map(pairWords) : [])].filter((word) => word !== undefined)
  return [
    `${name}${rights.length === 0 ? '' : ` (${rights.join(', ')})`}`,
    ...(typeof notAfter === 'number' ? [`until ${day(notAfter)}`] : []),
    ...(typeof predecessor === 'string' ? [`renews ${predecessor.slice(0, 12)}`] : []),
  ].join(' ')
}

function detail(key: string, value: unknown): string {
  if (key === 'permissions' && Array.isArray(value)) return value.length === 0 ? 'no databases' : value.map(pairWords).join(', ')
  if (key === 'changes' && typeof value === 'object')
    return Object.entries(value ?? {})
      .map(changeWords)
      .join(', ')
  if (key === 'roles' && Array.isArray(value)) return value.map(roleWords).join(', ')
  if (typeof value === 'number' && /^(notAfter|expiresAt)$/.test(key)) return `${LABELS.get(key)} ${moment(value)}`
  if (typeof value === 'number' && key === 'lifetime') return `for ${lifeText(value)}`
  return `${LABELS.get(key) ?? key.replaceAll('_', ' ')} ${words(value)}`
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Whole days, and of less than two of them hours or minutes. */
function lifeText(milliseconds: number): string {
  const days = Math.round(milliseconds / DAY)
  if (milliseconds >= 2 * DAY || milliseconds === DAY) return `${days} day${days === 1 ? '' : 's'}`
  return milliseconds >= 2 * HOUR ? `${Math.round(milliseconds / HOUR)} h` : `${Math.round(milliseconds / 60_000)} min`
}

/** What it is about is told first. */
const LEADING: ReadonlySet<string> = new Set(['name', 'subject', 'subjectDn'])

/** Keys that do not read as words. */
const LABELS: ReadonlyMap<string, string> = new Map([
  ['notAfter', 'until'],
  ['expiresAt', 'until'],
  ['subjectDn', 'subject'],
  ['issuerKeyId', 'issuer'],
  ['pin', 'key'],
])

/** Old and new value of what was edited. */
function changeWords([key, change]: [string, unknown]): string {
  const [before, after] = Array.isArray(change) ? change : [undefined, change]
  const side = (value: unknown) =>
    key === 'permissions' && Array.isArray(value) ? value.map(pairWords).join(', ') || 'none' : words(value)
  return `${key === 'permissions' ? 'databases' : key} from ${side(before)} to ${side(after)}`
}

/** `role readall changed: users +CLIENT1 -bob`. */
function roleWords(role: unknown): string {
  if (typeof role === 'string') return role
  const { role: name, change, fields } = role as Readonly<Record<string, unknown>>
  const moved = Object.entries((fields ?? {}) as Readonly<Record<string, FieldChange>>).map(([field, { added, removed, ...other }]) => {
    const values = [...(added ?? []).map((value) => `+${value}`), ...(removed ?? []).map((value) => `-${value}`)]
    if (values.length > 0) return `${field} ${values.join(' ')}`
    return 'after' in other ? `${field} from ${words(other.before)} to ${words(other.after)}` : `${field} in another order`
  })
  return `role ${words(name)} ${words(change)}${moved.length === 0 ? '' : `: ${moved.join(', ')}`}`
}

interface FieldChange {
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
  readonly before?: unknown
  readonly after?: unknown
}

const pairWords = (pair: unknown): string => (Array.isArray(pair) ? pair.join('=') : words(pair))

/** A digest is known by its beginning. */
function words(value: unknown): string {
  if (typeof value === 'string') return /^[0-9a-f]{40,64}$/.test(value) ? value.slice(0, 12) : value
  if (Array.isArray(value)) return value.map(words).join(' ')
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, one]) => `${key} ${words(one)}`)
      .join(' ')
  return String(value)
}

const day = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)

const moment = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')
