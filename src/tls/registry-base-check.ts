import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { DIGEST_BYTES } from './name-digest.ts'
import {
  EPOCH_BYTES,
  FLAG,
  FORMAT,
  HASH_BYTES,
  HEADER,
  HEADER_BYTES,
  HISTORY_BYTES,
  isDate,
  MAGIC,
  NO_BLOB,
  REASONS,
  RECORD,
  RECORD_BYTES,
  RegistryBaseError,
} from './registry-layout.ts'
import { inSlices } from './slices.ts'

/** Where the parts of a base begin. */
export interface BaseHeader {
  readonly count: number
  readonly epoch: string
  readonly history: string
  readonly version: number
  readonly pins: number
  readonly sans: number
  readonly blobs: number
  readonly sanCount: number
  readonly blobBytes: number
}

/** Work between two turns of the event loop: a few milliseconds, as a worker goes on serving meanwhile. */
const SLICE_BYTES = 1 << 22
const SLICE_RECORDS = 1 << 14

/** Throws RegistryBaseError where the header is not ours or does not fit the length. */
export function readHeader(bytes: Buffer): BaseHeader {
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new RegistryBaseError('it is not a registry base')
  }
  const format = bytes.readUInt32LE(HEADER.format)
  if (format !== FORMAT) throw new RegistryBaseError(`it has format ${format}, and ${FORMAT} is read here`)
  const count = bytes.readUInt32LE(HEADER.count)
  const sanCount = bytes.readUInt32LE(HEADER.sans)
  const blobBytes = bytes.readUInt32LE(HEADER.blobs)
  const pins = HEADER_BYTES + RECORD_BYTES * count
  const sans = pins + 4 * count
  const blobs = sans + DIGEST_BYTES * sanCount
  if (blobs + blobBytes !== bytes.length) {
    throw new RegistryBaseError(`it has ${bytes.length} bytes, and its header speaks of ${blobs + blobBytes}`)
  }
  const version = bytes.readDoubleLE(HEADER.version)
  if (!Number.isSafeInteger(version) || version < 0) throw new RegistryBaseError('its version is not a number')
  const text = (start: number, length: number) => bytes.toString('utf8', start, start + length).replace(/\0+$/, '')
  const epoch = text(HEADER.epoch, EPOCH_BYTES)
  const history = text(HEADER.history, HISTORY_BYTES)
  return { count, epoch, history, version, pins, sans, blobs, sanCount, blobBytes }
}

/** The digest covers everything but itself. Made in slices, so that nobody waits for it long. */
export async function checkBase(bytes: Buffer): Promise<void> {
  const header = readHeader(bytes)
  const digest = createHash('sha256').update(bytes.subarray(0, HEADER.digest))
  for (let start = HEADER_BYTES; start < bytes.length; start += SLICE_BYTES) {
    digest.update(bytes.subarray(start, start + SLICE_BYTES))
    await nextTurn()
  }
  if (!digest.digest().equals(bytes.subarray(HEADER.digest, HEADER_BYTES))) {
    throw new RegistryBaseError('its checksum is wrong: it is damaged')
  }
  await inSlices(header.count, SLICE_RECORDS, (index) => {
    checkRecord(bytes, header, index)
    checkPlace(bytes, header, index)
  })
}

/** Ascending, so that looking up finds what is there; and no reference leads outside. */
function checkRecord(bytes: Buffer, header: BaseHeader, index: number): void {
  const start = HEADER_BYTES + RECORD_BYTES * index
  if (index > 0 && compareHashes(bytes, start - RECORD_BYTES + RECORD.fingerprint, start + RECORD.fingerprint) >= 0) {
    throw new RegistryBaseError(`its certificates are not in order (record ${index})`)
  }
  const issuerKey = bytes.readUInt32LE(start + RECORD.issuerKey)
  const lastSan = bytes.readUInt32LE(start + RECORD.sans) + bytes.readUInt16LE(start + RECORD.sanCount)
  const sound =
    isBlob(bytes, header, bytes.readUInt32LE(start + RECORD.name)) &&
    isBlob(bytes, header, bytes.readUInt32LE(start + RECORD.rights)) &&
    (issuerKey === NO_BLOB || isBlob(bytes, header, issuerKey)) &&
    lastSan <= header.sanCount &&
    (bytes[start + RECORD.reason] as number) < REASONS.length &&
    isDate(bytes.readDoubleLE(start + RECORD.notBefore)) &&
    isDate(bytes.readDoubleLE(start + RECORD.notAfter)) &&
    isDate(bytes.readDoubleLE(start + RECORD.revokedAt))
  if (!sound) throw new RegistryBaseError(`its record ${index} makes no sense`)
}

/**
 * Strictly ascending by public key and number, so that each record is in it once; and all records of one key carry the same KEY_*
 * flags, at least their own: a revoked key must not be missed.
 */
function checkPlace(bytes: Buffer, { count, pins }: BaseHeader, place: number): void {
  const record = bytes.readUInt32LE(pins + 4 * place)
  if (record >= count) throw new RegistryBaseError(`its index of public keys refers to nothing (place ${place})`)
  const start = HEADER_BYTES + RECORD_BYTES * record
  const flags = bytes[start + RECORD.flags] as number
  const own = flags & (FLAG.disabled | FLAG.revoked)
  if ((flags & (own << 2)) !== own << 2) throw new RegistryBaseError(`its record ${record} contradicts itself`)
  if (place === 0) return
  const before = bytes.readUInt32LE(pins + 4 * (place - 1))
  const beforeStart = HEADER_BYTES + RECORD_BYTES * before
  const order = compareHashes(bytes, beforeStart + RECORD.pin, start + RECORD.pin)
  if (order > 0 || (order === 0 && before >= record)) {
    throw new RegistryBaseError(`its index of public keys is not in order (place ${place})`)
  }
  const keyFlags = FLAG.keyDisabled | FLAG.keyRevoked
  if (order === 0 && (flags & keyFlags) !== ((bytes[beforeStart + RECORD.flags] as number) & keyFlags)) {
    throw new RegistryBaseError(`its records ${before} and ${record} contradict each other`)
  }
}

function isBlob(bytes: Buffer, { blobs, blobBytes }: BaseHeader, offset: number): boolean {
  return offset + 4 <= blobBytes && offset + 4 + bytes.readUInt32LE(blobs + offset) <= blobBytes
}

function compareHashes(bytes: Buffer, a: number, b: number): number {
  for (let index = 0; index < HASH_BYTES; index++) {
    const difference = (bytes[a + index] as number) - (bytes[b + index] as number)
    if (difference !== 0) return difference
  }
  return 0
}
