import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { nameDigest } from '../../../src/tls/name-digest.ts'
import { emptyBase, openBase, parseBase, type RegistryBase } from '../../../src/tls/registry-base.ts'
import { encodeBase, writeBase } from '../../../src/tls/registry-base-writer.ts'
import { HEADER, HEADER_BYTES, RECORD, RECORD_BYTES } from '../../../src/tls/registry-layout.ts'
import type { Registered, TrustRecord } from '../../../src/tls/registry-types.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { baseOf, inventedRecord, randomRecord, revokedAt } from '../../support/registry.ts'
import { seededRandom } from '../../support/seeded-random.ts'

const held = ({ subjectDn, sans, clearance, permissions, ...rest }: TrustRecord): Registered => ({
  ...rest,
  subject: nameDigest(subjectDn),
  sans: sans.map(nameDigest),
  rights: { clearance, permissions },
})

const plain = (entry: Registered): Registered => ({ ...entry, issuerKey: entry.issuerKey && Buffer.from(entry.issuerKey) })

function withPin(base: RegistryBase, pin: string): string[] {
  const found: string[] = []
  for (let place = base.firstWithPin(pin); place >= 0; place = base.nextWithPin(place)) found.push(base.fingerprintOf(base.recordAt(place)))
  return found
}

test('everything that went in comes out', async () => {
  const record = inventedRecord(1, {
    name: 'Ä "quoted" 名',
    sans: ['dNSName:a.example', 'iPAddress:192.0.2.1'],
    notBefore: -86_400_000,
    notAfter: 253_402_300_799_000,
    issuerKey: Buffer.from('a key'),
    disabled: true,
    revoked: { at: 1_700_000_000_000, reason: 'privilegeWithdrawn' },
    clearance: 'ClusterNode',
    permissions: new Map([
      ['Db2', 'Admin'],
      ['__proto__', 'Read'],
    ]),
  })
  const base = await baseOf([record, inventedRecord(2)], 7, '2b1d4a7e-0000-4000-8000-000000000000')
  assert.deepEqual([base.version, base.epoch, base.size], [7, '2b1d4a7e-0000-4000-8000-000000000000', 2])
  assert.deepEqual(plain(base.entry(base.find(record.fingerprint))), held(record))
  assert.deepEqual(plain(base.entry(base.find(inventedRecord(2).fingerprint))), held(inventedRecord(2)))
})

test('looking up finds what a map finds, by certificate and by key', async () => {
  for (const [seed, numbers, keys] of [
    [1, 1, 1],
    [2, 40, 40],
    [3, 3_000, 200],
    [4, 300, 1],
  ] as const) {
    const random = seededRandom(seed)
    const records = new Map(Array.from({ length: numbers }, () => randomRecord(random, numbers, keys)).map((one) => [one.fingerprint, one]))
    const base = await baseOf(records.values())
    assert.equal(base.size, records.size)
    for (let number = 0; number < numbers + 20; number++) {
      const { fingerprint, pin } = inventedRecord(number, {}, number % keys)
      const expected = records.get(fingerprint)
      const found = base.find(fingerprint)
      assert.deepEqual(found < 0 ? undefined : plain(base.entry(found)), expected && held(expected))
      const sameKey = [...records.values()].filter((one) => one.pin === pin)
      assert.deepEqual(withPin(base, pin), sameKey.map((one) => one.fingerprint).sort())
      const place = base.firstWithPin(pin)
      const blocked = sameKey.some(({ disabled, revoked }) => disabled || revoked !== null)
      assert.equal(place >= 0 && base.isKeyBlocked(base.recordAt(place)), blocked)
    }
  }
})

test('what is no fingerprint is not found', async () => {
  const base = await baseOf([inventedRecord(1)])
  const { fingerprint } = inventedRecord(1)
  for (const text of ['', 'x', fingerprint.slice(1), `${fingerprint}00`, `${fingerprint.slice(0, 63)}g`]) {
    assert.deepEqual([base.find(text), base.firstWithPin(text)], [-1, -1])
  }
  assert.deepEqual([emptyBase().find(fingerprint), emptyBase().firstWithPin(fingerprint), emptyBase().size], [-1, -1, 0])
})

test('equal rights are one object, in whatever order they were given', async () => {
  const a = inventedRecord(1, { permissions: new Map([['x', 'Read'] as const, ['y', 'Admin'] as const]) })
  const b = inventedRecord(2, { permissions: new Map([['y', 'Admin'] as const, ['x', 'Read'] as const]) })
  const base = await baseOf([a, b])
  assert.equal(base.entry(base.find(a.fingerprint)).rights, base.entry(base.find(b.fingerprint)).rights)
})

/** A base of three entries whose bytes somebody has changed; `sealed`: and who then made the checksum fit. */
async function changed(change: (bytes: Buffer) => Buffer | undefined, sealed = true): Promise<Buffer> {
  const entries = [inventedRecord(1), inventedRecord(2, { ...revokedAt(5), sans: ['dNSName:a'] }), inventedRecord(3, {}, 2)]
  const original = await encodeBase({ entries, version: 3, epoch: 'e' })
  const bytes = change(original) ?? original
  if (!sealed) return bytes
  const digest = createHash('sha256').update(bytes.subarray(0, HEADER.digest)).update(bytes.subarray(HEADER_BYTES)).digest()
  digest.copy(bytes, HEADER.digest)
  return bytes
}

const record = (index: number, field: number) => HEADER_BYTES + RECORD_BYTES * index + field
const pins = HEADER_BYTES + RECORD_BYTES * 3

function swapRecords(bytes: Buffer): void {
  const first = Buffer.from(bytes.subarray(record(0, 0), record(1, 0)))
  bytes.copy(bytes, record(0, 0), record(1, 0), record(2, 0))
  first.copy(bytes, record(1, 0))
}

function flip(bytes: Buffer, at: number, bits: number): void {
  bytes[at] = (bytes[at] as number) ^ bits
}

const damage: readonly (readonly [string, RegExp, (bytes: Buffer) => unknown, boolean?])[] = [
  ['nothing at all', /not a registry base/, () => Buffer.alloc(0), false],
  ['something else', /not a registry base/, () => Buffer.alloc(4_096, 'x'), false],
  ['another format', /has format 9/, (bytes) => void bytes.writeUInt32LE(9, HEADER.format)],
  ['a truncated file', /its header speaks of/, (bytes) => bytes.subarray(0, -1), false],
  ['a longer file', /its header speaks of/, (bytes) => Buffer.concat([bytes, Buffer.alloc(1)])],
  ['a count that does not fit', /its header speaks of/, (bytes) => void bytes.writeUInt32LE(0xffff_ffff, HEADER.count)],
  ['a version that is no number', /version is not a number/, (bytes) => void bytes.writeDoubleLE(Number.NaN, HEADER.version)],
  ['one other bit in a record', /checksum is wrong/, (bytes) => flip(bytes, record(1, RECORD.flags), 2), false],
  ['one other bit in the header', /checksum is wrong/, (bytes) => flip(bytes, HEADER.epoch, 1), false],
  ['another checksum', /checksum is wrong/, (bytes) => flip(bytes, HEADER.digest, 1), false],
  ['certificates out of order', /not in order/, (bytes) => void swapRecords(bytes)],
  ['a certificate twice', /not in order/, (bytes) => void bytes.copy(bytes, record(1, 0), record(0, 0), record(1, 0))],
  [
    'keys out of order',
    /not in order/,
    (bytes) =>
      void bytes
        .subarray(pins, pins + 12)
        .swap32()
        .reverse(),
  ],
  ['one record twice among the keys', /not in order/, (bytes) => void bytes.copy(bytes, pins, pins + 4, pins + 8)],
  ['a key that leads outside', /refers to nothing/, (bytes) => void bytes.writeUInt32LE(3, pins)],
  ['a name outside', /makes no sense/, (bytes) => void bytes.writeUInt32LE(0xffff_fff0, record(0, RECORD.name))],
  ['rights outside', /makes no sense/, (bytes) => void bytes.writeUInt32LE(9_999, record(2, RECORD.rights))],
  ['a CA key outside', /makes no sense/, (bytes) => void bytes.writeUInt32LE(9_999, record(2, RECORD.issuerKey))],
  ['names outside', /makes no sense/, (bytes) => void bytes.writeUInt16LE(2, record(0, RECORD.sanCount))],
  ['an unknown reason', /makes no sense/, (bytes) => void bytes.writeUInt8(99, record(0, RECORD.reason))],
  ['a date that is none', /makes no sense/, (bytes) => void bytes.writeDoubleLE(Number.NaN, record(0, RECORD.notAfter))],
]

for (const [what, message, change, sealed] of damage) {
  test(`${what} is refused`, async () => {
    const bytes = await changed((given) => {
      const other = change(given)
      return other instanceof Buffer ? other : undefined
    }, sealed)
    await assert.rejects(parseBase(bytes), { name: 'RegistryBaseError', code: 'store_corrupt', message })
  })
}

test('a revoked key that is not marked as one is refused: it would be missed', async () => {
  for (let index = 0; index < 3; index++) {
    const bytes = await changed((given) => {
      const flags = record(index, RECORD.flags)
      given[flags] = (given[flags] as number) & 3
      return undefined
    })
    const base = await parseBase(bytes).catch((error: Error) => error.message)
    if (typeof base === 'string') assert.match(base, /contradict/)
    else assert.equal(withPin(base, inventedRecord(1).pin)[0], base.fingerprintOf(index))
  }
})

test('a random byte anywhere is noticed', async () => {
  const random = seededRandom(9)
  const { length } = await changed(() => undefined)
  for (let round = 0; round < 200; round++) {
    const bytes = await changed((given) => {
      const at = random(length)
      given[at] = (given[at] as number) ^ (1 + random(255))
      return undefined
    }, false)
    await assert.rejects(parseBase(bytes), { name: 'RegistryBaseError' })
  }
})

test('rights in words that are not known grant nothing', async () => {
  const bytes = await changed((given) => void given.write('Emperor!!', given.indexOf('ValidUser')))
  const base = await parseBase(bytes)
  assert.throws(() => base.entry(0), { name: 'RegistryBaseError', message: /rights that are not known/ })
})

test('a file is read as it was written, by its owner alone, and refused by name when damaged', async (t) => {
  const { path } = temporaryFolder(t)
  const file = join(path, 'registry.base')
  const written = await writeBase(file, { entries: [inventedRecord(1), inventedRecord(2)], version: 4, epoch: 'e' })
  assert.deepEqual(written, { entries: 2, bytes: statSync(file).size })
  assert.equal(statSync(file).mode & 0o777, 0o600)
  const base = await openBase(file)
  assert.deepEqual([base.size, base.version], [2, 4])
  truncateSync(file, written.bytes - 10)
  await assert.rejects(openBase(file), {
    message: new RegExp(`^the registry base ${file} cannot be used: it has ${written.bytes - 10} bytes`),
    hint: /written anew/,
  })
})

test('what is no regular file is refused, and so is none at all', async (t) => {
  const { path } = temporaryFolder(t)
  mkdirSync(join(path, 'folder'))
  await assert.rejects(openBase(join(path, 'folder')), { name: 'RegistryBaseError' })
  await assert.rejects(openBase(join(path, 'missing')), { name: 'RegistryBaseError', message: /ENOENT/ })
  writeFileSync(join(path, 'empty'), '')
  await assert.rejects(openBase(join(path, 'empty')), { name: 'RegistryBaseError' })
})
