import assert from 'node:assert/strict'
import { test } from 'node:test'
import { entryState, isUsable } from '../../../src/store/entry-state.ts'
import type { EntryState } from '../../../src/store/types.ts'
import { CLI, DAY, newEntry, START, temporaryStore } from '../../support/registry-store.ts'

const entry = (notAfter: number, given: { disabled?: boolean; revoked?: boolean; notBefore?: number } = {}) => ({
  notBefore: given.notBefore ?? START,
  notAfter,
  keyRefusal: given.revoked ? ('revoked' as const) : given.disabled ? ('disabled' as const) : null,
})

test('what people decided goes before what time does', () => {
  assert.equal(entryState(entry(START - 1, { disabled: true, revoked: true }), START), 'revoked')
  assert.equal(entryState(entry(START - 1, { disabled: true }), START), 'disabled')
  assert.equal(entryState(entry(START - 1), START), 'expired')
})

test('the last millisecond is still valid, and the threshold is the first moment of expiring', () => {
  const old = { notBefore: START - 365 * DAY }
  assert.equal(entryState(entry(START, old), START), 'expiring')
  assert.equal(entryState(entry(START + 14 * DAY, old), START), 'valid')
  assert.equal(entryState(entry(START + 14 * DAY - 1, old), START), 'expiring')
  assert.equal(entryState(entry(START + 14 * DAY - 1, old), START, DAY), 'valid')
})

test('of a short life the last third is expiring, and no more of it', () => {
  const day = entry(START + DAY)
  assert.deepEqual(
    [0, (2 / 3) * DAY, (2 / 3) * DAY + 1, DAY].map((after) => entryState(day, START + after)),
    ['valid', 'valid', 'expiring', 'expiring'],
  )
})

test('usable is neither too early nor too late, and nobody is against it', () => {
  assert.equal(isUsable(entry(START + 1), START), true)
  assert.equal(isUsable(entry(START + 1), START - 1), false)
  assert.equal(isUsable(entry(START), START), true)
  assert.equal(isUsable(entry(START), START + 1), false)
  assert.equal(isUsable(entry(START + 1, { disabled: true }), START), false)
  assert.equal(isUsable(entry(START + 1, { revoked: true }), START), false)
})

test('the list filters by exactly this state, at every edge', (t) => {
  const { store, clock } = temporaryStore(t)
  const ends = [START, START + 1, START + DAY - 1, START + DAY, START + DAY + 1, START + 40 * DAY]
  const lives = ends.flatMap((notAfter) => [1, 2, 3, 400].map((days) => ({ notBefore: notAfter - days * DAY, notAfter })))
  for (const life of lives) {
    const [plain, disabled, revoked] = [0, 1, 2].map(() => store.registry.add([newEntry(life)], CLI)[0]?.fingerprint ?? '')
    assert.ok(plain)
    store.registry.disable(disabled ?? '', CLI)
    store.registry.revoke(revoked ?? '', 'superseded', CLI)
  }
  for (const now of [START - 1, START, START + 1, START + 2, START + DAY]) {
    clock.now = now
    for (const expiringWithin of [0, 1, DAY, 14 * DAY]) {
      const all = store.registry.list({ limit: 1000 }).entries
      for (const state of ['valid', 'expiring', 'expired', 'disabled', 'revoked'] as const satisfies readonly EntryState[]) {
        const expected = all.filter((one) => entryState(one, now, expiringWithin) === state).map((one) => one.fingerprint)
        const page = store.registry.list({ state, expiringWithin, limit: 1000 })
        assert.deepEqual(
          page.entries.map((one) => one.fingerprint),
          expected,
          `${state} at ${now - START} within ${expiringWithin}`,
        )
        assert.equal(page.total, expected.length)
        assert.equal(store.registry.countByState(now, expiringWithin).get(state), expected.length)
      }
    }
  }
})
