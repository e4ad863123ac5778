import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EntryQuery, NewEntry } from '../../../src/store/types.ts'
import { CLI, DAY, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

test('10,000 entries: every page of every order, each entry once, found at once', (t) => {
  const { store } = temporaryStore(t)
  store.write(() => {
    const all = Array.from({ length: 10_000 }, (_, index) =>
      newEntry({
        name: `client-${String((index * 7919) % 10_000).padStart(5, '0')}`,
        clearance: index % 4 === 0 ? 'Operator' : 'ValidUser',
        notAfter: START + DAY + (index % 500) * DAY,
      }),
    )
    for (let index = 0; index < all.length; index += 100) store.registry.add(all.slice(index, index + 100), CLI)
  })
  for (const sort of ['name', 'notAfter', 'createdAt'] as const) {
    const seen = new Set<string>()
    let last: string | number = ''
    for (let offset = 0; offset < 10_000; offset += 1000) {
      const { entries, total } = store.registry.list({ sort, offset, limit: 1000 })
      assert.equal(total, 10_000)
      for (const entry of entries) {
        assert.ok(seen.size === 0 || entry[sort] >= last, `${entry[sort]} after ${last}`)
        last = entry[sort]
        seen.add(entry.fingerprint)
      }
    }
    assert.equal(seen.size, 10_000)
  }
  assert.equal(store.registry.list({ state: ['valid', 'expiring'], clearance: 'Operator', limit: 10 }).total, 2500)
  assert.deepEqual(
    store.registry.list({ text: 'CLIENT-0004', limit: 3 }).entries.map((entry) => entry.name),
    ['client-00040', 'client-00041', 'client-00042'],
  )
  // Generous for a busy machine: it takes some milliseconds, and hundreds if no index helps.
  const queries: readonly EntryQuery[] = [
    { offset: 9900 },
    { state: 'expiring', sort: 'notAfter' },
    { text: 'client-09999' },
    { state: 'revoked' },
  ]
  for (const query of queries) {
    const times = Array.from({ length: 5 }, () => {
      const begin = performance.now()
      store.registry.list(query)
      return performance.now() - begin
    })
    assert.ok(Math.min(...times) < 100, `${JSON.stringify(query)}: ${times}`)
  }
})

function listing(t: { after(callback: () => void): void }, entries: readonly Partial<NewEntry>[]) {
  const { store } = temporaryStore(t)
  for (const entry of entries) store.registry.add([newEntry(entry)], CLI)
  return { store, names: (query: EntryQuery) => store.registry.list(query).entries.map((entry) => entry.name) }
}

test('sorting by name knows no upper case, and equal ones keep the order they came in', (t) => {
  const { names } = listing(t, [{ name: 'bob' }, { name: 'Zoe' }, { name: 'alice' }, { name: 'Bob' }, { name: 'Ärger' }, { name: 'ärmel' }])
  assert.deepEqual(names({}), ['alice', 'bob', 'Bob', 'Zoe', 'Ärger', 'ärmel'])
  assert.deepEqual(names({ descending: true }), ['ärmel', 'Ärger', 'Zoe', 'Bob', 'bob', 'alice'])
})

test('free text is found in name, subject, SANs, serial and thumbprint, in any case, and means itself', (t) => {
  const { store, names } = listing(t, [
    { name: 'Jürgen', sans: ['dNSName:db.example'], serial: 'ABCDEF01' },
    { name: '100%_real', subjectDn: 'CN=100%_real,OU=Ops' },
  ])
  const [entry] = store.registry.byName('Jürgen')
  for (const text of ['JÜRGEN', 'DB.exam', 'abcdef', entry?.thumbprint.slice(3, 20) ?? '-', entry?.fingerprint.toUpperCase() ?? '-']) {
    assert.deepEqual(names({ text }), ['Jürgen'], text)
  }
  assert.deepEqual(names({ text: '%_' }), ['100%_real'])
  assert.deepEqual(names({ text: 'ou=ops' }), ['100%_real'])
  assert.deepEqual(store.registry.list({ text: 'nobody' }), { entries: [], total: 0 })
  assert.deepEqual(store.registry.list({ text: 'e', offset: 5 }), { entries: [], total: 2 })
})

test('name and thumbprint are exact; SHA-1 and SHA-256 both count as thumbprints', (t) => {
  const { store, names } = listing(t, [{ name: 'bob' }, { name: 'bobby' }])
  const [bob] = store.registry.byName('bob')
  assert.deepEqual(names({ name: 'bob' }), ['bob'])
  assert.deepEqual(names({ name: 'Bob' }), [])
  assert.deepEqual(names({ thumbprint: ` ${bob?.thumbprint.toLowerCase().replace(/../g, '$&:')} ` }), ['bob'])
  assert.deepEqual(names({ thumbprint: bob?.fingerprint.toUpperCase() ?? '' }), ['bob'])
  assert.deepEqual(names({ thumbprint: 'x' }), [])
})

test('filters are joined by and, values of one by or; none of a filter matches nothing', (t) => {
  const { store, names } = listing(t, [{ name: 'a', clearance: 'Operator' }, { name: 'b' }, { name: 'c', clearance: 'ClusterAdmin' }])
  store.registry.disable(store.registry.byName('c')[0]?.fingerprint ?? '', CLI)
  assert.deepEqual(names({ clearance: ['Operator', 'ClusterAdmin'] }), ['a', 'c'])
  assert.deepEqual(names({ clearance: ['Operator', 'ClusterAdmin'], state: 'disabled' }), ['c'])
  assert.deepEqual(names({ state: [] }), [])
  assert.deepEqual(names({ clearance: [] }), [])
})

test('a page is never larger than 1000, and a count alone reads no entry', (t) => {
  const { store } = temporaryStore(t)
  store.write(() => {
    store.registry.add(
      Array.from({ length: 1001 }, () => newEntry()),
      CLI,
    )
  })
  assert.equal(store.registry.list({ limit: 5000 }).entries.length, 1000)
  assert.deepEqual(store.registry.list({ limit: 0 }), { entries: [], total: 1001 })
  assert.equal(store.registry.list({ limit: -1, offset: -1 }).entries.length, 0)
  assert.equal(store.registry.list().entries.length, 100)
})
