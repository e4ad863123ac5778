import { CertgateError } from '../errors.ts'
import type { Clearance, DatabaseAccess, Rights } from '../identity/types.ts'

/**
 * The file of a registry base, numbers little-endian:
 *
 *     header       magic, format, counts, version, epoch and history of the registry; SHA-256 over all the rest
 *     records      RECORD_BYTES each, ascending by fingerprint
 *     pin index    a uint32 per record: record numbers ascending by public key, then by number
 *     SAN digests  16 bytes each; a record names its first and how many
 *     blobs        uint32 length and bytes: names, rights (each set once), keys of CAs (each once)
 */
export const MAGIC = 'certgreg'
export const FORMAT = 2

export const HEADER = { format: 8, count: 12, version: 16, sans: 24, blobs: 28, epoch: 32, history: 96, digest: 192 } as const
export const HEADER_BYTES = 224
/** UTF-8, filled up with zeros. */
export const EPOCH_BYTES = 64
/** As the epoch. */
export const HISTORY_BYTES = 96

export const RECORD = {
  fingerprint: 0,
  pin: 32,
  subject: 64,
  notBefore: 80,
  notAfter: 88,
  revokedAt: 96,
  name: 104,
  rights: 108,
  issuerKey: 112,
  sans: 116,
  sanCount: 120,
  flags: 122,
  reason: 123,
} as const
export const RECORD_BYTES = 124
export const HASH_BYTES = 32
export const NO_BLOB = 0xffff_ffff
export const MAX_SANS = 0xffff

/** KEY_*: some record with the same public key is so, this one included. */
export const FLAG = { disabled: 1, revoked: 2, keyDisabled: 4, keyRevoked: 8 } as const

/** RFC 5280 section 5.3.1, by the number that the file holds. */
export const REASONS: readonly string[] = [
  'unspecified',
  'keyCompromise',
  'caCompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
]

/** Milliseconds from the epoch that a Date can hold: what is outside cannot even be printed. */
export function isDate(time: number): boolean {
  return Math.abs(time) <= 8_640_000_000_000_000
}

const CLEARANCES: ReadonlySet<string> = new Set<Clearance>(['ClusterAdmin', 'ClusterNode', 'Operator', 'ValidUser'])
const ACCESSES: ReadonlySet<string> = new Set<DatabaseAccess>(['Admin', 'ReadWrite', 'Read'])

/** A registry base that cannot be written or must not be used: the old one stays, and without one nothing is served. */
export class RegistryBaseError extends CertgateError {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('store_corrupt', message, options)
  }
}

/** Rights as text, the same for equal rights. Throws RegistryBaseError for words that are none. */
export function encodeRights({ clearance, permissions }: Rights): string {
  const sorted = [...permissions].sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify(known([clearance, sorted]))
}

/** Throws RegistryBaseError: rights that cannot be read grant nothing. */
export function decodeRights(text: string): Rights {
  const [clearance, permissions] = known(parse(text))
  return { clearance, permissions: new Map(permissions) }
}

type EncodedRights = readonly [Clearance, readonly (readonly [string, DatabaseAccess])[]]

function known(value: unknown): EncodedRights {
  if (Array.isArray(value) && value.length === 2 && CLEARANCES.has(value[0]) && Array.isArray(value[1]) && value[1].every(isPermission)) {
    return value as unknown as EncodedRights
  }
  throw new RegistryBaseError('the registry holds rights that are not known here')
}

const isPermission = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && ACCESSES.has(value[1])

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RegistryBaseError('the registry holds rights that cannot be read', { cause })
  }
}
