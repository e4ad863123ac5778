import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { Rights } from '../identity/types.ts'
import { LruMap } from './lru.ts'
import { DIGEST_BYTES } from './name-digest.ts'
import { checkBase, readHeader } from './registry-base-check.ts'
import {
  decodeRights,
  FLAG,
  FORMAT,
  HASH_BYTES,
  HEADER,
  HEADER_BYTES,
  MAGIC,
  NO_BLOB,
  REASONS,
  RECORD,
  RECORD_BYTES,
  RegistryBaseError,
} from './registry-layout.ts'
import type { Registered } from './registry-types.ts'

/** Sets of rights that are kept decoded; most registries have a handful. */
const MAX_RIGHTS = 1_024

/**
 * All registered certificates as of one version, in one sealed buffer: nothing is parsed before it is asked for, so a million cost
 * their bytes and no objects. Looking up takes a logarithmic number of comparisons and allocates nothing.
 */
export class RegistryBase {
  /** Versions count within it: a registry that was restored has another one. */
  readonly epoch: string
  /** Of BaseContent. */
  readonly history: string
  readonly version: number
  readonly size: number
  readonly #bytes: Buffer
  readonly #pins: number
  readonly #sans: number
  readonly #blobs: number
  readonly #key = Buffer.alloc(HASH_BYTES)
  readonly #rights = new LruMap<number, Rights>(MAX_RIGHTS)

  /** Of bytes that checkBase has passed; see parseBase and openBase. */
  constructor(bytes: Buffer) {
    const header = readHeader(bytes)
    this.epoch = header.epoch
    this.history = header.history
    this.version = header.version
    this.size = header.count
    this.#bytes = bytes
    this.#pins = header.pins
    this.#sans = header.sans
    this.#blobs = header.blobs
  }

  /** As it was sealed; not to be changed. */
  get bytes(): Uint8Array {
    return this.#bytes
  }

  /** The record of a certificate (SHA-256, lower-case hex); -1: it has none. */
  find(fingerprint: string): number {
    if (!this.#readKey(fingerprint)) return -1
    const at = this.#lowerBound(false, RECORD.fingerprint)
    return at < this.size && this.#compare(at, RECORD.fingerprint) === 0 ? at : -1
  }

  /** Place in the pin index of the first record with this public key (SHA-256, lower-case hex); -1: there is none. */
  firstWithPin(pin: string): number {
    if (!this.#readKey(pin)) return -1
    const at = this.#lowerBound(true, RECORD.pin)
    return at < this.size && this.#compare(this.recordAt(at), RECORD.pin) === 0 ? at : -1
  }

  /** The record at a place in the pin index. */
  recordAt(place: number): number {
    return this.#bytes.readUInt32LE(this.#pins + 4 * place)
  }

  /** The place after this one if it has the same public key, else -1. */
  nextWithPin(place: number): number {
    if (place + 1 >= this.size) return -1
    const here = this.#offset(this.recordAt(place)) + RECORD.pin
    const there = this.#offset(this.recordAt(place + 1)) + RECORD.pin
    const same = this.#bytes.compare(this.#bytes, there, there + HASH_BYTES, here, here + HASH_BYTES) === 0
    return same ? place + 1 : -1
  }

  /** Whether some certificate with the public key of this record is disabled or revoked, itself included. */
  isKeyBlocked(record: number): boolean {
    return ((this.#bytes[this.#offset(record) + RECORD.flags] as number) & (FLAG.keyDisabled | FLAG.keyRevoked)) !== 0
  }

  fingerprintOf(record: number): string {
    const start = this.#offset(record) + RECORD.fingerprint
    return this.#bytes.toString('hex', start, start + HASH_BYTES)
  }

  /** Throws RegistryBaseError where what it refers to cannot be read. */
  entry(record: number): Registered {
    const bytes = this.#bytes
    const start = this.#offset(record)
    const hex = (field: number, length: number) => bytes.toString('hex', start + field, start + field + length)
    const flags = bytes[start + RECORD.flags] as number
    const issuerKey = bytes.readUInt32LE(start + RECORD.issuerKey)
    return {
      fingerprint: hex(RECORD.fingerprint, HASH_BYTES),
      pin: hex(RECORD.pin, HASH_BYTES),
      name: this.#blob(bytes.readUInt32LE(start + RECORD.name)).toString(),
      notBefore: bytes.readDoubleLE(start + RECORD.notBefore),
      notAfter: bytes.readDoubleLE(start + RECORD.notAfter),
      disabled: (flags & FLAG.disabled) !== 0,
      revoked:
        (flags & FLAG.revoked) === 0
          ? null
          : {
              at: bytes.readDoubleLE(start + RECORD.revokedAt),
              reason: REASONS[bytes[start + RECORD.reason] as number] ?? 'unspecified',
            },
      rights: this.#rightsAt(bytes.readUInt32LE(start + RECORD.rights)),
      subject: hex(RECORD.subject, DIGEST_BYTES),
      sans: this.#sansOf(start),
      issuerKey: issuerKey === NO_BLOB ? null : this.#blob(issuerKey),
    }
  }

  #sansOf(start: number): string[] {
    const first = this.#sans + DIGEST_BYTES * this.#bytes.readUInt32LE(start + RECORD.sans)
    return Array.from({ length: this.#bytes.readUInt16LE(start + RECORD.sanCount) }, (_, index) => {
      const at = first + DIGEST_BYTES * index
      return this.#bytes.toString('hex', at, at + DIGEST_BYTES)
    })
  }

  #rightsAt(blob: number): Rights {
    const known = this.#rights.get(blob)
    if (known !== undefined) return known
    const rights = decodeRights(this.#blob(blob).toString())
    this.#rights.set(blob, rights)
    return rights
  }

  #blob(offset: number): Buffer {
    const start = this.#blobs + offset
    const length = this.#bytes.readUInt32LE(start)
    if (start + 4 + length > this.#bytes.length) throw new RegistryBaseError('the registry refers to bytes beyond its end')
    return this.#bytes.subarray(start + 4, start + 4 + length)
  }

  #readKey(hex: string): boolean {
    return hex.length === 2 * HASH_BYTES && this.#key.write(hex, 'hex') === HASH_BYTES
  }

  /** The first place, among the records or in the pin index, that is not below the key. */
  #lowerBound(inPins: boolean, field: number): number {
    let low = 0
    let high = this.size
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compare(inPins ? this.recordAt(middle) : middle, field) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #compare(record: number, field: number): number {
    const start = this.#offset(record) + field
    for (let index = 0; index < HASH_BYTES; index++) {
      const difference = (this.#bytes[start + index] as number) - (this.#key[index] as number)
      if (difference !== 0) return difference
    }
    return 0
  }

  #offset(record: number): number {
    return HEADER_BYTES + RECORD_BYTES * record
  }
}

/** The base of a registry in which nothing was ever registered. */
export function emptyBase(): RegistryBase {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.write(MAGIC, 'latin1')
  bytes.writeUInt32LE(FORMAT, HEADER.format)
  return new RegistryBase(bytes)
}

/** Checks the bytes of a base whole, a slice at a time. Throws RegistryBaseError where they are damaged or of another version. */
export async function parseBase(bytes: Buffer): Promise<RegistryBase> {
  await checkBase(bytes)
  return new RegistryBase(bytes)
}

/** Reads the base that control wrote, with one read. Throws RegistryBaseError naming the file. */
export async function openBase(file: string): Promise<RegistryBase> {
  try {
    return await parseBase(await readWhole(file))
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RegistryBaseError(`the registry base ${file} cannot be used: ${why}`, {
      cause,
      hint: 'it is written anew from the store: restart the gateway',
    })
  }
}

async function readWhole(file: string): Promise<Buffer> {
  // Opening never waits for a writer, should somebody have put a pipe there.
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const found = await handle.stat()
    if (!found.isFile()) throw new RegistryBaseError('it is not a regular file')
    return await fill(handle, Buffer.allocUnsafeSlow(found.size))
  } finally {
    await handle.close()
  }
}

/** One read is enough unless the system gives less than was asked for, as Linux does above 2 GB. */
async function fill(handle: FileHandle, bytes: Buffer): Promise<Buffer> {
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, filled)
    if (bytesRead === 0) throw new RegistryBaseError('it ends too early')
    filled += bytesRead
  }
  return bytes
}
