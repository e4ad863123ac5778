import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedDetails } from '../../../src/store/bounded-details.ts'
import { canonicalJson } from '../../../src/store/canonical-json.ts'
import { CLI, temporaryStore } from '../../support/registry-store.ts'

const databases = (count: number) => Array.from({ length: count }, (_, index) => [`database-${index}`, 'Read'])

test('what is short stays as it is', () => {
  const details = { name: 'alice', permissions: databases(1_500), none: null, count: 3 }
  assert.equal(boundedDetails(details), details)
})

test('of long lists and texts the beginning stays, and how much is left out', () => {
  const cut = boundedDetails({ name: 'alice', changes: { permissions: [databases(5_000), databases(1)] } })
  const [before, after] = (cut.changes as { permissions: [unknown[], unknown[]] }).permissions
  assert.deepEqual([cut.name, before.length, before[0], before.at(-1)], ['alice', 1_001, ['database-0', 'Read'], 'and 4000 more'])
  assert.deepEqual(after, databases(1))
  assert.deepEqual(boundedDetails({ detail: 'x'.repeat(100_000) }), { detail: `${'x'.repeat(4_096)}...` })
})

test('it is never longer than that, whatever it is made of', () => {
  const deep = { certificates: Array.from({ length: 64 }, () => ({ name: 'x'.repeat(4_000), permissions: databases(500) })) }
  const wide = Object.fromEntries(databases(50_000) as [string, string][])
  for (const details of [deep, wide, { values: ['😀'.repeat(60_000)] }]) {
    const length = canonicalJson(boundedDetails(details)).length
    assert(length <= 65_536, String(length))
  }
})

test('a log of long entries is read in short pages, and its chain holds', async (t) => {
  const { store } = temporaryStore(t)
  for (let index = 0; index < 40; index++)
    store.audit.append(
      { action: 'certificate.edit', target: `t${index}`, details: { before: databases(50_000), after: 'y'.repeat(50_000) } },
      CLI,
    )
  const seen: number[] = []
  for (let before: number | null = 1_000; before !== null; ) {
    const { entries, next } = await store.audit.search({ before, limit: 100 })
    assert(entries.length < 40 && JSON.stringify(entries).length < 1_500_000)
    seen.push(...entries.map(({ sequence }) => sequence))
    before = next
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 40 }, (_, index) => 40 - index),
  )
  assert.deepEqual((await Array.fromAsync(store.audit.export())).length, 40)
  const verdict = await store.audit.verify()
  assert.equal(verdict.ok && verdict.entries, 40)
})
