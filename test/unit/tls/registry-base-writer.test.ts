import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'node:test'
import { openBase } from '../../../src/tls/registry-base.ts'
import { encodeBase, writeBase } from '../../../src/tls/registry-base-writer.ts'
import { HEADER_BYTES, RECORD_BYTES } from '../../../src/tls/registry-layout.ts'
import type { TrustRecord } from '../../../src/tls/registry-types.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { inventedRecord } from '../../support/registry.ts'

const content = (...entries: TrustRecord[]) => ({ entries, version: 1, epoch: 'e' })

const unfit: readonly (readonly [string, Partial<TrustRecord>, RegExp])[] = [
  ['a fingerprint in upper case', { fingerprint: 'A'.repeat(64) }, /must be 64 hex digits/],
  ['a short pin', { pin: 'ab' }, /must be 64 hex digits/],
  ['no date', { notAfter: Number.NaN }, /dates are no dates/],
  ['a date beyond all calendars', { notBefore: 1e300 }, /dates are no dates/],
  ['an unknown reason', { revoked: { at: 0, reason: 'because' } }, /"because" is no reason of RFC 5280/],
  ['a revocation without a date', { revoked: { at: Number.POSITIVE_INFINITY, reason: 'superseded' } }, /no date/],
  ['an unknown clearance', { clearance: 'Emperor' as 'Operator' }, /rights that are not known/],
  ['an unknown permission', { permissions: new Map([['db', 'Own' as 'Read']]) }, /rights that are not known/],
  ['too many names', { sans: new Array(65_536).fill('dNSName:a') }, /more than 65535 SANs/],
]

for (const [what, change, message] of unfit) {
  test(`an entry with ${what} is refused`, async () => {
    await assert.rejects(encodeBase(content(inventedRecord(1, change))), { name: 'RegistryBaseError', message })
  })
}

test('a certificate that comes twice is refused', async () => {
  await assert.rejects(encodeBase(content(inventedRecord(1), inventedRecord(2), inventedRecord(1))), { message: /is registered twice/ })
})

test('versions and epochs that cannot be held are refused', async () => {
  for (const version of [-1, 1.5, Number.NaN, 2 ** 53]) {
    await assert.rejects(encodeBase({ ...content(), version }), { message: /is no version/ })
  }
  await assert.rejects(encodeBase({ ...content(), epoch: 'x'.repeat(65) }), { message: /at most 64 bytes/ })
  await assert.rejects(encodeBase({ ...content(), history: 'x'.repeat(97) }), { message: /at most 96 bytes/ })
})

test('the order of the entries does not matter', async () => {
  const entries = Array.from({ length: 50 }, (_, index) => inventedRecord(index, {}, index % 7))
  const parse = async (given: TrustRecord[]) => (await encodeBase(content(...given))).subarray(0, HEADER_BYTES + 50 * 32)
  assert.equal((await parse(entries)).length, (await parse(entries.toReversed())).length)
  const names = async (given: TrustRecord[]) => {
    const bytes = await encodeBase(content(...given))
    return Array.from({ length: 50 }, (_, index) =>
      bytes.toString('hex', HEADER_BYTES + index * RECORD_BYTES, HEADER_BYTES + index * RECORD_BYTES + 64),
    )
  }
  assert.deepEqual(await names(entries), await names(entries.toReversed()))
})

test('entries may come one by one, as from a data base', async (t) => {
  const { path } = temporaryFolder(t)
  async function* entries() {
    for (let number = 0; number < 10_000; number++) yield inventedRecord(number)
  }
  const file = join(path, 'base')
  assert.equal((await writeBase(file, { ...content(), entries: entries() })).entries, 10_000)
  const base = await openBase(file)
  for (const number of [0, 4_095, 4_096, 9_999]) assert.ok(base.find(inventedRecord(number).fingerprint) >= 0)
})

test('where writing fails the old file stays, and nothing is left beside it', async (t) => {
  const { path } = temporaryFolder(t)
  const file = join(path, 'base')
  await writeBase(file, content(inventedRecord(1)))
  const before = readFileSync(file)
  function* failing() {
    yield inventedRecord(2)
    throw new Error('the store is gone')
  }
  await assert.rejects(writeBase(file, { ...content(), entries: failing() }), /the store is gone/)
  assert.deepEqual(readFileSync(file), before)
  mkdirSync(join(path, 'taken'))
  writeFileSync(join(path, 'taken', 'x'), '')
  await assert.rejects(writeBase(join(path, 'taken'), content(inventedRecord(1))), { code: 'EISDIR' })
  assert.deepEqual(readdirSync(path).sort(), ['base', 'taken'])
})

test('what the system does not take at once is written all the same', async (t) => {
  const { path } = temporaryFolder(t)
  const file = join(path, 'base')
  const handle = await open(path, 'r')
  const prototype = Object.getPrototypeOf(handle) as FileHandle
  await handle.close()
  const write = prototype.write as (this: FileHandle, bytes: Buffer, from: number, length: number, at: number) => unknown
  const short = t.mock.method(prototype, 'write', function (this: FileHandle, bytes: Buffer, from: number, length: number, at: number) {
    return write.call(this, bytes, from, Math.ceil(length / 3), at)
  })
  const entries = Array.from({ length: 200 }, (_, index) => inventedRecord(index))
  await writeBase(file, content(...entries))
  assert.ok(short.mock.callCount() > 10)
  assert.deepEqual(readFileSync(file), await encodeBase(content(...entries)))
})
