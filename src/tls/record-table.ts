import { ByteList } from './byte-list.ts'
import { hashOrder } from './hash-order.ts'
import { DIGEST_BYTES, nameDigest } from './name-digest.ts'
import {
  encodeRights,
  FLAG,
  HASH_BYTES,
  isDate,
  MAX_SANS,
  NO_BLOB,
  REASONS,
  RECORD,
  RECORD_BYTES,
  RegistryBaseError,
} from './registry-layout.ts'
import type { TrustRecord } from './registry-types.ts'
import { inSlices } from './slices.ts'

const HEX = /^[0-9a-f]{64}$/
const OUTPUT_RECORDS = 1 << 13
const SLICE = 1 << 13

/** The records of a base while it is made: taken in any order, given out sorted. */
export class RecordTable {
  readonly #records = new ByteList(RECORD_BYTES)
  readonly #sans = new ByteList(DIGEST_BYTES)
  readonly #blobs = new ByteList(1)
  readonly #shared = new Map<string, number>()
  /** Numbers of the records as they came, ascending by fingerprint. */
  #order = new Uint32Array()
  /** Numbers of the sorted records, ascending by public key. */
  #pins = new Uint32Array()

  get count(): number {
    return this.#records.length
  }

  get sanCount(): number {
    return this.#sans.length
  }

  get blobBytes(): number {
    return this.#blobs.length
  }

  /** Throws RegistryBaseError for an entry that cannot be held. */
  add(entry: TrustRecord): void {
    const { fingerprint, pin, notBefore, notAfter, revoked, issuerKey } = entry
    if (!HEX.test(fingerprint) || !HEX.test(pin)) throw unfit(entry, 'its fingerprint and pin must be 64 hex digits')
    if (!isDate(notBefore) || !isDate(notAfter)) throw unfit(entry, 'its dates are no dates')
    if (entry.sans.length > MAX_SANS) throw unfit(entry, `it has more than ${MAX_SANS} SANs`)
    const reason = revoked === null ? 0 : REASONS.indexOf(revoked.reason)
    if (reason < 0) throw unfit(entry, `${JSON.stringify(revoked?.reason)} is no reason of RFC 5280`)
    if (revoked !== null && !isDate(revoked.at)) throw unfit(entry, 'its revocation has no date')
    const record = Buffer.alloc(RECORD_BYTES)
    record.write(fingerprint, RECORD.fingerprint, 'hex')
    record.write(pin, RECORD.pin, 'hex')
    record.write(nameDigest(entry.subjectDn), RECORD.subject, 'hex')
    record.writeDoubleLE(notBefore, RECORD.notBefore)
    record.writeDoubleLE(notAfter, RECORD.notAfter)
    record.writeDoubleLE(revoked?.at ?? 0, RECORD.revokedAt)
    record.writeUInt32LE(this.#blob(Buffer.from(entry.name)), RECORD.name)
    record.writeUInt32LE(this.#sharedBlob(Buffer.from(encodeRights(entry))), RECORD.rights)
    record.writeUInt32LE(issuerKey === null ? NO_BLOB : this.#sharedBlob(Buffer.from(issuerKey)), RECORD.issuerKey)
    record.writeUInt32LE(this.#sans.length, RECORD.sans)
    record.writeUInt16LE(entry.sans.length, RECORD.sanCount)
    for (const san of entry.sans) this.#sans.push(Buffer.from(nameDigest(san), 'hex'))
    record[RECORD.flags] = (entry.disabled ? FLAG.disabled : 0) | (revoked === null ? 0 : FLAG.revoked)
    record[RECORD.reason] = reason
    this.#records.push(record)
  }

  /** To be called once, after the last entry. Throws RegistryBaseError where one certificate came twice. */
  async seal(): Promise<void> {
    const records = this.#records
    this.#order = await hashOrder(this.count, (index) => records.slice(index, RECORD.fingerprint, HASH_BYTES))
    await inSlices(this.count, SLICE, (place) => {
      const fingerprint = this.#sorted(place, RECORD.fingerprint)
      if (place > 0 && fingerprint.equals(this.#sorted(place - 1, RECORD.fingerprint))) {
        throw new RegistryBaseError(`the certificate ${fingerprint.toString('hex')} is registered twice`)
      }
    })
    this.#pins = await hashOrder(this.count, (place) => this.#sorted(place, RECORD.pin))
    await this.#markKeys()
  }

  /** All that follows the header, in order. */
  *parts(): Generator<Buffer> {
    for (let start = 0; start < this.count; start += OUTPUT_RECORDS) {
      const end = Math.min(this.count, start + OUTPUT_RECORDS)
      const part = Buffer.allocUnsafe((end - start) * RECORD_BYTES)
      for (let place = start; place < end; place++) this.#sorted(place, 0, RECORD_BYTES).copy(part, (place - start) * RECORD_BYTES)
      yield part
    }
    for (let start = 0; start < this.count; start += OUTPUT_RECORDS) {
      const numbers = this.#pins.subarray(start, start + OUTPUT_RECORDS)
      const part = Buffer.allocUnsafe(4 * numbers.length)
      numbers.forEach((record, index) => void part.writeUInt32LE(record, 4 * index))
      yield part
    }
    yield* this.#sans.parts()
    yield* this.#blobs.parts()
  }

  /** What is revoked or disabled with one certificate of a key is noted with all of them: one look tells. */
  async #markKeys(): Promise<void> {
    let first = 0
    let flags = 0
    await inSlices(this.count, SLICE, (place) => {
      flags |= this.#flagsAt(place)[0] as number
      if (place + 1 < this.count && this.#pinAt(place + 1).equals(this.#pinAt(place))) return
      const marks = (flags & (FLAG.disabled | FLAG.revoked)) << 2
      for (; first <= place; first++) {
        const own = this.#flagsAt(first)
        own[0] = (own[0] as number) | marks
      }
      flags = 0
    })
  }

  #pinAt(place: number): Buffer {
    return this.#sorted(this.#pins[place] as number, RECORD.pin)
  }

  #flagsAt(place: number): Buffer {
    return this.#sorted(this.#pins[place] as number, RECORD.flags, 1)
  }

  #sorted(place: number, field: number, length: number = HASH_BYTES): Buffer {
    return this.#records.slice(this.#order[place] as number, field, length)
  }

  #sharedBlob(bytes: Buffer): number {
    const key = bytes.toString('latin1')
    const known = this.#shared.get(key)
    if (known !== undefined) return known
    const offset = this.#blob(bytes)
    this.#shared.set(key, offset)
    return offset
  }

  #blob(bytes: Buffer): number {
    const offset = this.#blobs.length
    if (offset + 4 + bytes.length >= NO_BLOB) throw new RegistryBaseError('the registry holds more than 4 GB of names and rights')
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32LE(bytes.length)
    this.#blobs.push(length)
    this.#blobs.push(bytes)
    return offset
  }
}

function unfit({ name, fingerprint }: TrustRecord, why: string): RegistryBaseError {
  return new RegistryBaseError(`the registered certificate ${JSON.stringify(name)} (${fingerprint}) cannot be held: ${why}`)
}
