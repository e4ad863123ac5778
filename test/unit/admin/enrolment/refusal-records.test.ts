import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefusalRecords } from '../../../../src/admin/enrolment/refusal-records.ts'
import { temporaryStore } from '../../../support/registry-store.ts'

test('a flood of refusals is thirty entries and a count, and none is lost', (t) => {
  const { store, clock } = temporaryStore(t)
  const records = new RefusalRecords(store.audit, () => clock.now)
  const actor = { name: 'nobody', fingerprint: null, remote: '192.0.2.1' }
  for (let count = 0; count < 1_000; count++) records.note({ reason: 'credentials_wrong' }, actor)
  const written = () => store.audit.read({ limit: 1000, filter: { action: 'certificate.enrol' } })
  assert.equal(written().length, 30)
  clock.now += 60_000
  records.note({ reason: 'credentials_wrong' }, actor)
  const entries = written()
  assert.deepEqual([entries.length, entries[30]?.details, entries[30]?.actor.name], [32, { repeated: 970 }, 'certgate'])
  assert.ok(entries.every(({ outcome }) => outcome === 'refused'))
})
