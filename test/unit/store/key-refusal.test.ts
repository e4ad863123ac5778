import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { APPLICATION_ID, MIGRATIONS, VERSION_TABLE } from '../../../src/store/schema.ts'
import { openStore } from '../../../src/store/store.ts'
import type { EntryState, NewEntry } from '../../../src/store/types.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { CLI, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

const PIN = 'ab'.repeat(32)

function threeOfOneKey(t: { after(callback: () => void): void }) {
  const { store } = temporaryStore(t)
  const add = (given: Partial<NewEntry>) => store.registry.add([newEntry({ pin: PIN, ...given })], CLI)[0]?.fingerprint ?? ''
  const [first, second, third] = [add({ name: 'first' }), add({ name: 'second' }), add({ name: 'third' })]
  store.registry.add([newEntry({ name: 'stranger' })], CLI)
  const states = () => Object.fromEntries([...store.registry.countByState(START)].filter(([, count]) => count > 0))
  const named = (state: EntryState) => store.registry.list({ state }).entries.map(({ name }) => name)
  const reason = (fingerprint: string) => {
    const entry = store.registry.get(fingerprint)
    return entry === null ? null : (store.registry.refusedBy(entry)?.name ?? null)
  }
  return { store, first, second, third, states, named, reason }
}

test('what is refused by the key of another entry is listed, counted and told as refused', (t) => {
  const { store, first, second, third, states, named, reason } = threeOfOneKey(t)
  assert.deepEqual(states(), { valid: 4 })
  store.registry.disable(first, CLI)
  assert.deepEqual(states(), { valid: 1, disabled: 3 })
  assert.deepEqual(named('valid'), ['stranger'])
  assert.deepEqual([reason(first), reason(second)], [null, 'first'])
  store.registry.revoke(third, 'keyCompromise', CLI)
  assert.deepEqual(states(), { valid: 1, revoked: 3 })
  assert.deepEqual(named('disabled'), [])
  assert.deepEqual([reason(first), reason(second), reason(third)], ['third', 'third', null])
  assert.equal(store.registry.list({ state: 'revoked', text: 'second' }).total, 1)
})

test('enabling lets those of the same key in again', (t) => {
  const { store, first, second, states, reason } = threeOfOneKey(t)
  store.registry.disable(first, CLI)
  store.registry.disable(second, CLI)
  store.registry.enable(first, CLI)
  assert.equal(reason(first), 'second')
  assert.deepEqual(states(), { valid: 1, disabled: 3 })
  store.registry.enable(second, CLI)
  assert.deepEqual(states(), { valid: 4 })
  assert.equal(reason(first), null)
})

test('a refused one that is removed once all of its key have ended stops speaking for its key', (t) => {
  const { store, clock } = temporaryStore(t)
  const [old] = store.registry.add([newEntry({ pin: PIN, notAfter: START + 1 })], CLI)
  const [young] = store.registry.add([newEntry({ pin: PIN, notAfter: START + 3 })], CLI)
  store.registry.disable(old?.fingerprint ?? '', CLI)
  assert.equal(store.registry.get(young?.fingerprint ?? '')?.keyRefusal, 'disabled')
  clock.now = START + 5
  store.registry.remove(old?.fingerprint ?? '', CLI)
  assert.equal(store.registry.get(young?.fingerprint ?? '')?.keyRefusal, null)
})

test('those that share a key are told, without what is refused itself or has expired', (t) => {
  const { store, first, second, third } = threeOfOneKey(t)
  store.registry.disable(second, CLI)
  const [entry] = store.registry.byName('first')
  assert.ok(entry)
  assert.deepEqual(
    store.registry.sharing([entry], START).map(({ fingerprint }) => fingerprint),
    [third],
  )
  assert.deepEqual(store.registry.sharing([entry], entry.notAfter + 1), [])
  assert.equal(first, entry.fingerprint)
})

test('a store of the first version learns which keys are refused', (t) => {
  const { path, remove } = temporaryFolder()
  t.after(remove)
  const file = join(path, 'certgate.db')
  const old = new DatabaseSync(file)
  old.exec(`${VERSION_TABLE}; PRAGMA application_id = ${APPLICATION_ID}; ${MIGRATIONS[0]}`)
  old.exec("INSERT INTO schema_version VALUES (1, 0); INSERT INTO registry VALUES (1, 'epoch', 3, 0)")
  const insert =
    old.prepare(`INSERT INTO entry (fingerprint, thumbprint, name, name_key, subject_dn, issuer_dn, serial, pin, sans, not_before,
    not_after, clearance, permissions, origin, leaf_group, disabled, created_at, created_by, version)
    VALUES (?1, ?2, ?3, ?3, 'CN=x', 'CN=y', 'AB', ?4, '[]', 0, ?5, 'ValidUser', '[]', 'issued', ?1, ?6, 0, 'cli', ?7)`)
  const der = old.prepare('INSERT INTO entry_der VALUES (?, ?)')
  for (const [index, [pin, disabled]] of (
    [
      [PIN, 1],
      [PIN, 0],
      ['cd'.repeat(32), 0],
    ] as const
  ).entries()) {
    const digit = String(index)
    insert.run(digit.repeat(64), digit.repeat(40), `n${index}`, pin, START, disabled, index + 1)
    der.run(index + 1, Buffer.from('00', 'hex'))
  }
  old.close()
  const store = openStore(file, { now: () => START - 1 })
  t.after(() => store.close())
  assert.deepEqual(
    store.registry.list().entries.map(({ keyRefusal }) => keyRefusal),
    ['disabled', 'disabled', null],
  )
})
