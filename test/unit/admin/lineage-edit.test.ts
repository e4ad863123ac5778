import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { issuedEntry } from '../../../src/certificates/issuance-record.ts'
import { certify } from '../../../src/certificates/issue.ts'
import type { Issuer } from '../../../src/certificates/issuer.ts'
import { generateKey } from '../../../src/certificates/key.ts'
import type { NewEntry } from '../../../src/store/types.ts'
import { administration, callerWith } from '../../support/administration.ts'
import { CLI } from '../../support/registry-store.ts'

const ROOT = '/api/v1/certificates'

/** Somebody who renewed `count` times, each time with another key; `like` says what one of them is like. */
async function renewed(t: TestContext, count: number, like: (number: number) => Partial<NewEntry> = () => ({})) {
  const gate = administration(t)
  const { store, context } = gate
  const issuer = context.authority().issuing as Issuer
  const keys = await Promise.all(Array.from({ length: count }, () => generateKey('ec')))
  store.write(() => {
    let predecessor: string | null = null
    for (const [number, key] of keys.entries()) {
      const { der } = certify(issuer, 'client', { commonName: 'mal', days: 100 }, createPublicKey(key))
      const entry = issuedEntry(issuer, der, { name: 'mal', clearance: 'ValidUser', permissions: new Map() })
      const origin = predecessor === null ? 'issued' : 'renewed'
      predecessor = store.registry.add([{ ...entry, ...like(number), origin, predecessor }], CLI)[0]?.fingerprint as string
    }
  })
  const named = (name: string) => store.registry.byName(name)
  return { ...gate, named }
}

/** How often others got their turn until it was done. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let [count, going] = [0, true]
  const look = () => {
    count++
    if (going) setImmediate(look)
  }
  setImmediate(look)
  await work.finally(() => {
    going = false
  })
  return count
}

test('hundreds are edited and removed while others are answered, each with its audit entry', async (t) => {
  const { json, named, published, store } = await renewed(t, 220)
  const edit = json(200, `PATCH ${ROOT}/mal`, { body: { permissions: { movies: 'Read' } } })
  assert.ok((await turnsOf(edit)) > 4)
  assert.ok(published.count > 4)
  assert.equal(((await edit).others as unknown[]).length, 219)
  assert.ok(named('mal').every(({ permissions }) => permissions.get('movies') === 'Read'))
  assert.ok((await turnsOf(json(204, `DELETE ${ROOT}/mal`))) > 4)
  assert.equal(named('mal').length, 0)
  const actions = store.audit.read({ limit: 1_000 }).map(({ action }) => action)
  for (const action of ['certificate.edit', 'certificate.remove']) assert.equal(actions.filter((one) => one === action).length, 220, action)
})

test('hundreds get another name, though each of them has another key', async (t) => {
  const { json, named } = await renewed(t, 120)
  await json(200, `PATCH ${ROOT}/mal`, { body: { name: 'mallory' } })
  assert.deepEqual([named('mal').length, named('mallory').length], [0, 120])
})

test('none of hundreds is changed by somebody who may not do it to all, or to the last administrator', async (t) => {
  const { ask, named, someone } = await renewed(t, 120, (number) => (number === 3 ? { clearance: 'ClusterAdmin' } : {}))
  const caller = await someone('op', 'Operator')
  assert.equal((await ask(`PATCH ${ROOT}/mal`, { body: { permissions: { movies: 'Read' } }, caller })).status, 403)
  assert.equal((await ask(`DELETE ${ROOT}/mal`, { caller })).status, 403)
  for (const what of [`DELETE ${ROOT}/mal`, `PATCH ${ROOT}/mal`]) {
    const answer = await ask(what, what.startsWith('PATCH') ? { body: { clearance: 'ValidUser' } } : {})
    assert.deepEqual([answer.status, JSON.parse(String(answer.body)).code], [409, 'last_admin'])
  }
  assert.deepEqual([named('mal').length, named('mal').filter(({ permissions }) => permissions.size > 0).length], [120, 0])
})

test('whoever lowers themselves with hundreds of others lowers all of them', async (t) => {
  const { json, named, someone, context } = await renewed(t, 120, () => ({ clearance: 'ClusterAdmin' }))
  await someone('boss', 'ClusterAdmin')
  const newest = named('mal').at(-1) ?? assert.fail()
  const caller = callerWith(newest, context.inForce())
  await json(200, `PATCH ${ROOT}/mal`, { body: { clearance: 'ValidUser' }, caller })
  assert.ok(named('mal').every(({ clearance }) => clearance === 'ValidUser'))
})
