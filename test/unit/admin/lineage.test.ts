/** What a name means once certificates were renewed: the newest in force, and for changes all of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Administration, administration } from '../../support/administration.ts'

const ROOT = '/api/v1/certificates'

type Shown = Record<string, unknown> & { readonly fingerprint: string; readonly others: readonly Shown[] }

function called(gate: Administration, name: string) {
  const made = async (what: string, body: object) =>
    ((await gate.json(201, what, { body: { format: 'json', ...body } })).certificate as Shown).fingerprint
  return {
    issue: (more: object = {}) => made(`POST ${ROOT}`, { name, clearance: 'ValidUser', ...more }),
    renew: (reference = name) => made(`POST ${ROOT}/${reference}/renew`, {}),
    get: async (reference = name) => (await gate.json(200, `GET ${ROOT}/${reference}`)) as Shown,
    act: async (action: string, reference = name) => (await gate.json(200, `POST ${ROOT}/${reference}/${action}`)) as Shown,
    state: async (fingerprint: string) => (await gate.json(200, `GET ${ROOT}/${fingerprint}`)).state,
    code: async (status: number, what: string) => (await gate.json(status, what)).code,
  }
}

const fingerprints = ({ fingerprint, others }: Shown) => [fingerprint, ...others.map((other) => other.fingerprint)]

test('a name means its newest certificate, and shows the others', async (t) => {
  const alice = called(administration(t), 'alice')
  const first = await alice.issue()
  const second = await alice.renew()
  const third = await alice.renew()
  assert.deepEqual(fingerprints(await alice.get()), [third, second, first])
  assert.equal((await alice.get()).predecessor, second)
  assert.deepEqual(fingerprints(await alice.get(first)), [first, third, second])
})

test('what is withdrawn by name is withdrawn from all that the name has, and given back likewise', async (t) => {
  const alice = called(administration(t), 'alice')
  const first = await alice.issue()
  const second = await alice.renew()
  assert.deepEqual(fingerprints(await alice.act('disable')), [second, first])
  assert.deepEqual([await alice.state(first), await alice.state(second)], ['disabled', 'disabled'])
  assert.deepEqual(fingerprints(await alice.act('enable')), [second, first])
  assert.deepEqual(fingerprints(await alice.act('revoke')), [second, first])
  assert.deepEqual([await alice.state(first), await alice.state(second)], ['revoked', 'revoked'])
  assert.equal(await alice.code(409, `POST ${ROOT}/alice/revoke`), 'entry_refused')
})

test('a fingerprint means that certificate alone', async (t) => {
  const alice = called(administration(t), 'alice')
  const first = await alice.issue()
  const second = await alice.renew()
  assert.deepEqual(fingerprints(await alice.act('revoke', second)), [second])
  assert.equal(await alice.state(first), 'valid')
  assert.equal((await alice.get()).fingerprint, first, 'the newest that is in force')
  assert.deepEqual(fingerprints(await alice.act('revoke')), [first], 'what is revoked already is passed over')
})

test('rights are edited of all that the name has', async (t) => {
  const gate = administration(t)
  const alice = called(gate, 'alice')
  const first = await alice.issue({ permissions: { movies: 'Read' } })
  const second = await alice.renew()
  await gate.json(200, `PATCH ${ROOT}/alice`, { body: { permissions: {} } })
  for (const one of [first, second]) assert.deepEqual((await gate.json(200, `GET ${ROOT}/${one}`)).permissions, {})
})

test('removed by name, nobody comes in by it', async (t) => {
  const gate = administration(t)
  const alice = called(gate, 'alice')
  const first = await alice.issue()
  const second = await alice.renew()
  await gate.json(204, `DELETE ${ROOT}/alice`)
  for (const one of [first, second]) assert.equal(gate.store.issuance.byFingerprint(one)?.revoked?.reason, 'cessationOfOperation')
})

test('unrelated certificates of a name in force are several, and nothing is done to any', async (t) => {
  const gate = administration(t)
  const alice = called(gate, 'alice')
  const first = await alice.issue()
  const other = await alice.issue()
  for (const what of [`GET ${ROOT}/alice`, `POST ${ROOT}/alice/revoke`, `DELETE ${ROOT}/alice`, `POST ${ROOT}/alice/renew`])
    assert.equal(await alice.code(409, what), 'ambiguous', what)
  assert.deepEqual([await alice.state(first), await alice.state(other)], ['valid', 'valid'])
  await alice.act('disable', first)
  assert.equal(await alice.code(409, `POST ${ROOT}/alice/revoke`), 'ambiguous', 'a disabled one can be enabled again')
  await alice.act('revoke', first)
  assert.deepEqual(fingerprints(await alice.get()), [other], 'what has ended does not count')
})

test('with all, they are all withdrawn or given back, each with its entry in the audit log', async (t) => {
  const gate = administration(t)
  const alice = called(gate, 'alice')
  const [first, other] = [await alice.issue(), await alice.issue()]
  const renewal = await alice.renew(first)
  const bob = await called(gate, 'bob').issue()
  const all = async (action: string) => fingerprints((await gate.json(200, `POST ${ROOT}/alice/${action}?all=true`)) as Shown).sort()
  const everybody = [first, other, renewal].sort()
  await alice.act('disable', other)
  assert.deepEqual(await all('disable'), [first, renewal].sort(), 'what is disabled already is passed over')
  assert.deepEqual(await all('enable'), everybody)
  assert.deepEqual(await all('revoke'), everybody)
  for (const one of everybody) assert.equal(await alice.state(one), 'revoked')
  assert.equal(await alice.state(bob), 'valid')
  for (const action of ['certificate.enable', 'certificate.revoke'])
    assert.deepEqual(
      gate.store.audit
        .read({ filter: { action } })
        .map(({ target }) => target)
        .sort(),
      everybody,
      action,
    )
  assert.equal(await alice.code(409, `POST ${ROOT}/alice/revoke?all=true`), 'entry_refused')
})

test('all goes with a name, is whole or not at all, and is for nobody to take who may not take each', async (t) => {
  const gate = administration(t)
  const alice = called(gate, 'alice')
  const [first, other] = [await alice.issue(), await alice.issue({ clearance: 'ClusterAdmin' })]
  assert.equal(await alice.code(400, `POST ${ROOT}/${first}/revoke?all=true`), 'invalid_request')
  assert.equal(await alice.code(404, `POST ${ROOT}/nobody/revoke?all=true`), 'not_found')
  assert.equal(await alice.code(400, `POST ${ROOT}/alice/revoke?all=yes`), 'invalid_request')
  assert.equal(await alice.code(409, `POST ${ROOT}/alice/revoke?all=false`), 'ambiguous')
  assert.equal(await alice.code(409, `POST ${ROOT}/alice/revoke?all=true`), 'last_admin')
  await called(gate, 'root').issue({ clearance: 'ClusterAdmin' })
  const operator = await gate.someone('ops', 'Operator')
  const refused = await gate.json(403, `POST ${ROOT}/alice/revoke?all=true`, { caller: operator })
  assert.equal(refused.code, 'clearance_not_held')
  for (const one of [first, other]) assert.equal(await alice.state(one), 'valid')
})

test('the last administrator stays, in whole or not at all', async (t) => {
  const gate = administration(t)
  const root = called(gate, 'root')
  const first = await root.issue({ clearance: 'ClusterAdmin' })
  const second = await root.renew()
  assert.equal(await root.code(409, `POST ${ROOT}/root/revoke`), 'last_admin')
  assert.deepEqual([await root.state(first), await root.state(second)], ['valid', 'valid'])
})

test('a renewal under another name belongs to those before it', async (t) => {
  const gate = administration(t)
  const alice = called(gate, 'alice')
  const first = await alice.issue()
  const second = await alice.renew()
  await gate.json(200, `PATCH ${ROOT}/${second}`, { body: { name: 'between' } })
  const third = await alice.renew(second)
  await gate.json(200, `PATCH ${ROOT}/${third}`, { body: { name: 'alice' } })
  assert.deepEqual(fingerprints(await alice.get()), [third, first])
})
