import { createHash } from 'node:crypto'
import type { SQLInputValue } from 'node:sqlite'
import type { Row } from './connection.ts'
import { StoreError } from './failure.ts'
import type { Actor, Clearance, DatabaseAccess, KeyRefusal, NewEntry, RegistryEntry, RegistryRecord, RevocationReason } from './types.ts'

/** Of the table `entry`, for `recordOf`. */
const COLUMNS = `entry.id, fingerprint, thumbprint, name, subject_dn, issuer_dn, serial, pin, spki, sans, not_before, not_after, clearance,
  permissions, origin, predecessor, leaf_group, disabled, revoked_at, revoked_reason, created_at, created_by, last_seen, version`

/** Followed by a condition, for `recordOf`. */
export const SELECT_RECORD = `SELECT ${COLUMNS} FROM entry LEFT JOIN issuer_key ON issuer_key.id = issuer_key_ref`

/** Followed by a condition, for `entryOf`. */
export const SELECT_ENTRY = `SELECT ${COLUMNS}, key_refusal, der FROM entry JOIN entry_der USING (id) LEFT JOIN issuer_key ON issuer_key.id = issuer_key_ref`

/** Of `revoked_at` and `revoked_reason`, which entries and issuances both have. */
export function revokedOf(row: Row): { readonly at: number; readonly reason: RevocationReason } | null {
  return row.revoked_at === null ? null : { at: row.revoked_at as number, reason: row.revoked_reason as RevocationReason }
}

export function recordOf(row: Row): RegistryRecord {
  return {
    fingerprint: row.fingerprint as string,
    thumbprint: row.thumbprint as string,
    name: row.name as string,
    subjectDn: row.subject_dn as string,
    issuerDn: row.issuer_dn as string,
    serial: row.serial as string,
    pin: row.pin as string,
    issuerKey: row.spki === null ? null : bufferOf(row.spki as Uint8Array),
    sans: row.sans === '[]' ? [] : JSON.parse(row.sans as string),
    notBefore: row.not_before as number,
    notAfter: row.not_after as number,
    clearance: row.clearance as Clearance,
    permissions: permissionsOf(row.permissions as string),
    origin: row.origin as RegistryEntry['origin'],
    predecessor: row.predecessor as string | null,
    group: row.leaf_group as string,
    disabled: row.disabled === 1,
    revoked: revokedOf(row),
    createdAt: row.created_at as number,
    createdBy: row.created_by as string,
    lastSeen: row.last_seen as number | null,
    version: row.version as number,
  }
}

export function entryOf(row: Row): RegistryEntry {
  return { ...recordOf(row), keyRefusal: row.key_refusal as KeyRefusal | null, der: bufferOf(row.der as Uint8Array) }
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Most entries have the permissions of many others: each text is read once, and its map shared. */
const readPermissions = new Map<string, ReadonlyMap<string, DatabaseAccess>>()
const KEPT_PERMISSIONS = 1000

export function permissionsOf(text: string): ReadonlyMap<string, DatabaseAccess> {
  let permissions = readPermissions.get(text)
  if (permissions === undefined) {
    permissions = new Map(JSON.parse(text))
    if (readPermissions.size >= KEPT_PERMISSIONS) readPermissions.clear()
    readPermissions.set(text, permissions)
  }
  return permissions
}

/** As pairs: an object would lose `__proto__`. Throws `entry_refused` where two names differ only in ASCII case, or one is empty. */
export function permissionsText(permissions: ReadonlyMap<string, DatabaseAccess>): string {
  const seen = new Set<string>()
  for (const [database, access] of permissions) {
    const folded = database.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    if (database === '') throw refused('a database name is empty')
    if (seen.has(folded)) throw refused(`database "${database}" is named twice`)
    if (access !== 'Admin' && access !== 'ReadWrite' && access !== 'Read') throw refused(`"${access}" is no access to a database`)
    seen.add(folded)
  }
  return JSON.stringify([...permissions])
}

export interface Stamp {
  readonly group: string
  readonly createdAt: number
  readonly createdBy: string
  readonly version: number
  /** Where the key of its CA is kept. */
  readonly issuerKeyRef: number | null
}

export function fingerprintOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex')
}

export function thumbprintOf(der: Uint8Array): string {
  return createHash('sha1').update(der).digest('hex').toUpperCase()
}

/** Who did it, as one string for people. */
export function actorText(actor: Actor): string {
  return actor.fingerprint === null ? actor.name : `${actor.name} ${actor.fingerprint}`
}

const INSERTED = `fingerprint, thumbprint, name, name_key, subject_dn, issuer_dn, serial, pin, issuer_key_ref, sans, not_before, not_after, clearance,
  permissions, origin, predecessor, leaf_group, created_at, created_by, version`

export const INSERT_ENTRY = `INSERT INTO entry (${INSERTED}) VALUES (${INSERTED.split(',').fill('?').join(', ')}) RETURNING id`

/** The values of `INSERT_ENTRY`. */
export function rowOf(entry: NewEntry, fingerprint: string, stamp: Stamp): SQLInputValue[] {
  return [
    fingerprint,
    thumbprintOf(entry.der),
    storable(entry.name, 'name'),
    foldForSearch(entry.name),
    storable(entry.subjectDn, 'subject'),
    storable(entry.issuerDn, 'issuer'),
    entry.serial,
    entry.pin,
    stamp.issuerKeyRef,
    JSON.stringify(entry.sans),
    entry.notBefore,
    entry.notAfter,
    entry.clearance,
    permissionsText(entry.permissions),
    entry.origin,
    entry.predecessor ?? null,
    stamp.group,
    stamp.createdAt,
    stamp.createdBy,
    stamp.version,
  ]
}

/** What a free text search looks at; changes with the name. */
export function searchText(entry: Pick<RegistryEntry, 'name' | 'subjectDn' | 'sans' | 'serial' | 'thumbprint' | 'fingerprint'>): string {
  return foldForSearch([entry.name, entry.subjectDn, ...entry.sans, entry.serial, entry.thumbprint, entry.fingerprint].join('\n'))
}

/** Upper and lower case alike, in every script; only for finding and sorting, never for deciding. */
export function foldForSearch(text: string): string {
  return text.normalize('NFC').toLowerCase().toWellFormed()
}

/** Throws `entry_refused` for text that would not come back as it was: a NUL, or half of a surrogate pair. */
export function storable(text: string, what: string): string {
  if (text.includes('\0') || !text.isWellFormed()) throw refused(`the ${what} has a character that cannot be stored`)
  return text
}

function refused(message: string): StoreError {
  return new StoreError('entry_refused', message)
}
