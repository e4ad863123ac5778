import assert from 'node:assert/strict'
import test from 'node:test'
import { hashOrder } from '../../../src/tls/hash-order.ts'
import { seededRandom } from '../../support/seeded-random.ts'

/** The order that a plain sort gives. */
function plainOrder(hashes: readonly Buffer[]): number[] {
  return hashes.map((_, index) => index).sort((a, b) => Buffer.compare(hashes[a] as Buffer, hashes[b] as Buffer) || a - b)
}

function hashes(seed: number, count: number, prefixes: number, tails: number): Buffer[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => {
    const hash = Buffer.alloc(32)
    // The highest bit too: prefixes are unsigned.
    hash.writeUInt32BE(Math.floor((random(prefixes) * 0xffff_ffff) / Math.max(1, prefixes - 1)))
    hash.writeUInt32BE(random(tails), 28)
    return hash
  })
}

for (const [name, prefixes, tails] of [
  ['hashes', 1 << 30, 1 << 30],
  ['hashes that begin alike', 3, 1_000],
  ['hashes that are equal', 2, 2],
  ['one and the same hash', 1, 1],
] as const) {
  test(`${name} come in the order of a plain sort`, async () => {
    for (const count of [0, 1, 2, 3, 500]) {
      const given = hashes(count + 1, count, prefixes, tails)
      assert.deepEqual([...(await hashOrder(count, (index) => given[index] as Buffer))], plainOrder(given))
    }
  })
}
