import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RefusalRecords, recordRefusal } from '../../../src/admin/refusal-records.ts'
import { administration } from '../../support/administration.ts'
import { temporaryStore } from '../../support/registry-store.ts'

const CERTGATE = { name: 'certgate', fingerprint: null }

test('a flood of refusals is thirty entries and a count, and none is lost', (t) => {
  const { store, clock } = temporaryStore(t)
  const records = new RefusalRecords(store.audit, () => clock.now, { action: 'certificate.enrol', actor: CERTGATE })
  const actor = { name: 'nobody', fingerprint: null, remote: '192.0.2.1' }
  const refused = { action: 'certificate.enrol', target: null, details: { reason: 'credentials_wrong' } }
  for (let count = 0; count < 1_000; count++) records.note(refused, actor)
  const written = () => store.audit.read({ limit: 1000, filter: { action: 'certificate.enrol' } })
  assert.equal(written().length, 30)
  clock.now += 60_000
  records.note(refused, actor)
  const entries = written()
  assert.deepEqual([entries.length, entries[30]?.details, entries[30]?.actor.name], [32, { repeated: 970 }, 'certgate'])
  assert.ok(entries.every(({ outcome }) => outcome === 'refused'))
})

test('each administrator has a count of their own, which nobody ends without it being written', (t) => {
  const { store, clock } = temporaryStore(t)
  const note = (name: string) =>
    recordRefusal(store.audit, () => clock.now, { action: 'policy.edit', target: null }, { name, fingerprint: name })
  store.write(() => {
    for (let count = 0; count < 40; count++) note('first')
    note('second')
  })
  const entries = () => store.audit.read({ limit: 1000 })
  assert.deepEqual([entries().length, entries()[30]?.actor.name, entries()[30]?.details], [31, 'second', {}])
  store.write(() => {
    for (let count = 0; count < 999; count++) note(`other ${count}`)
  })
  const counts = store.audit.read({ filter: { action: 'access' } })
  assert.deepEqual(
    counts.map(({ actor, details }) => [actor.name, details]),
    [['first', { repeated: 10 }]],
  )
})

test('who may not administer cannot fill the disk by asking to', async (t) => {
  const gate = administration(t)
  const user = await gate.someone('user', 'ValidUser')
  const asked = [
    () => gate.json(403, 'POST /api/v1/certificates', { body: { name: 'x', clearance: 'ClusterAdmin', format: 'json' }, caller: user }),
    () => gate.json(403, 'POST /api/v1/certificates/user/disable', { caller: user }),
    () => gate.json(403, 'POST /api/v1/reload', { caller: user }),
  ]
  const before = gate.store.audit.head().sequence
  for (let count = 0; count < 20; count++) for (const ask of asked) await ask()
  const entries = gate.store.audit.read({ after: before, limit: 1000 })
  assert.equal(entries.length, 30)
  assert.ok(entries.every(({ outcome, actor }) => outcome === 'refused' && actor.fingerprint === user.actor.fingerprint))
})
