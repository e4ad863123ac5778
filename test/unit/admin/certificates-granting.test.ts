/** The rules of administration, each with somebody who tries to break it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseRoleMapping } from '../../../src/config/roles-mapping.ts'
import { compilePolicy } from '../../../src/policy/policy.ts'
import { administration, callerWith, partner } from '../../support/administration.ts'
import { selfSigned } from '../../support/authority.ts'
import { CLI, newEntry } from '../../support/registry-store.ts'

const ROOT = '/api/v1/certificates'
const make = (name: string, clearance = 'ValidUser', more: object = {}) => ({ body: { name, clearance, format: 'json', ...more } })
const code = (answer: Record<string, unknown>) => answer.code

test('nobody gives a clearance above their own', async (t) => {
  const gate = administration(t)
  await gate.someone('root', 'ClusterAdmin')
  const operator = await gate.someone('operator', 'Operator')
  const user = await gate.someone('user', 'ValidUser', { Movies: 'Admin' })
  for (const clearance of ['ClusterAdmin', 'ClusterNode'])
    assert.equal(code(await gate.json(403, `POST ${ROOT}`, { ...make('x', clearance), caller: operator })), 'clearance_not_held')
  assert.equal(code(await gate.json(403, `POST ${ROOT}`, { ...make('x'), caller: user })), 'clearance_too_low')
  assert.equal(code(await gate.json(403, `GET ${ROOT}`, { caller: user })), 'clearance_too_low')
  for (const what of [
    `PATCH ${ROOT}/root`,
    `POST ${ROOT}/root/disable`,
    `POST ${ROOT}/root/revoke`,
    `DELETE ${ROOT}/root`,
    `POST ${ROOT}/root/renew`,
  ]) {
    const body = what.startsWith('PATCH') ? { body: { name: 'mine' } } : {}
    assert.equal(code(await gate.json(403, what, { ...body, caller: operator })), 'clearance_not_held', what)
  }
  const raised = { body: { clearance: 'ClusterAdmin' }, caller: operator }
  assert.equal(code(await gate.json(403, `PATCH ${ROOT}/operator`, raised)), 'clearance_not_held')
  const refused = gate.store.audit.read({ filter: { actor: 'operator' } })
  assert.equal(refused.length, 8)
  assert.ok(refused.every(({ outcome }) => outcome === 'refused'))
  assert.equal(gate.entry('root').revoked, null)
})

test('nobody gives roles that they do not have, by whatever name they are reached', async (t) => {
  const mapping = `superuser: { users: [admin, "CN=boss", "b@example"] }
operations: { users: [operator] }
everybody: { backend_roles: ["clearance:ValidUser"] }
`
  const gate = administration(t, { mapping })
  const operator = await gate.someone('operator', 'Operator')
  for (const body of [
    make('admin'),
    make('boss'),
    make('innocent', 'ValidUser', { names: ['email:b@example'] }),
    make('plain', 'ValidUser'),
  ])
    assert.equal(code(await gate.json(403, `POST ${ROOT}`, { ...body, caller: operator })), 'role_not_held')
  await gate.json(201, `POST ${ROOT}`, { ...make('colleague', 'Operator'), caller: operator })
  const token = { body: { name: 'admin', clearance: 'Operator' }, caller: operator }
  assert.equal(code(await gate.json(403, 'POST /api/v1/tokens', token)), 'role_not_held')
  assert.equal(code(await gate.json(403, `PATCH ${ROOT}/colleague`, { body: { name: 'admin' }, caller: operator })), 'role_not_held')
  const foreign = await partner.issue({ subject: 'CN=admin' })
  const trusted = { body: { certificate: foreign.certificate, name: 'harmless', clearance: 'Operator' }, caller: operator }
  assert.equal(code(await gate.json(403, `POST ${ROOT}/trust`, trusted)), 'role_not_held')
  assert.deepEqual(gate.store.registry.byName('harmless'), [])
})

test('a role that is bound to another CA is not given by a certificate of ours, and is by one that may stand under it', async (t) => {
  const mapping = 'partners: { users: [paul], issuers: ["CN=partner"] }\n'
  const gate = administration(t, { mapping })
  const operator = await gate.someone('operator', 'Operator')
  await gate.json(201, `POST ${ROOT}`, { ...make('paul', 'Operator'), caller: operator })
  const hidden = await partner.intermediate('CN=hidden')
  const leaf = await hidden.issue({ subject: 'CN=paul' })
  const order = { body: { certificate: leaf.certificate, name: 'p', clearance: 'Operator' }, caller: operator }
  assert.equal(code(await gate.json(403, `POST ${ROOT}/trust`, order)), 'role_not_held')
})

test('whoever may not give ClusterAdmin gives no DN of admin_dn, by whatever way it would be certified', async (t) => {
  const gate = administration(t)
  const operator = await gate.someone('operator', 'Operator')
  const inForce = gate.context.inForce()
  const admin = { address: null, socket: '', tls: 'main', adminDn: ['CN=boss', 'CN=boss,O=partner'], serverCertificate: 'deny' as const }
  Object.assign(inForce, { settings: { ...inForce.settings, admin } })
  assert.equal(code(await gate.json(403, `POST ${ROOT}`, { ...make('boss'), caller: operator })), 'clearance_not_held')
  const token = { body: { name: 'boss', clearance: 'ValidUser' }, caller: operator }
  assert.equal(code(await gate.json(403, 'POST /api/v1/tokens', token)), 'clearance_not_held')
  const { certificate } = await partner.issue({ subject: 'CN=boss,O=partner' })
  const trusted = { body: { certificate, name: 'harmless', clearance: 'ValidUser' } }
  assert.equal(code(await gate.json(403, `POST ${ROOT}/trust`, { ...trusted, caller: operator })), 'clearance_not_held')
  await gate.json(201, `POST ${ROOT}`, make('boss'))
  await gate.json(201, `POST ${ROOT}/trust`, trusted)
  for (const what of ['POST /boss/disable', 'POST /boss/revoke', 'POST /boss/renew', 'DELETE /boss', 'POST /harmless/revoke']) {
    const [method, path = ''] = what.split(' ')
    assert.equal(code(await gate.json(403, `${method} ${ROOT}${path}`, { caller: operator })), 'clearance_not_held', what)
  }
  await gate.json(201, `POST ${ROOT}`, { ...make('Boss2'), caller: operator })
})

test('nobody takes the key of a higher one out of force by another certificate that bears it', async (t) => {
  const gate = administration(t)
  await gate.someone('root', 'ClusterAdmin')
  const operator = await gate.someone('operator', 'Operator')
  const owned = await selfSigned({ subject: 'CN=second admin' })
  const order = { certificate: owned.certificate, name: 'second admin', clearance: 'ClusterAdmin' }
  await gate.json(201, `POST ${ROOT}/trust`, { body: order })
  // Whose public key it is shows in every handshake: any CA can certify it again, without the private one.
  const copy = await partner.issue({ subject: 'CN=copy', key: owned.key })
  const trusted = { body: { certificate: copy.certificate, name: 'copy', clearance: 'ValidUser' }, caller: operator }
  await gate.json(201, `POST ${ROOT}/trust`, trusted)
  for (const action of ['disable', 'revoke'])
    assert.equal(code(await gate.json(403, `POST ${ROOT}/copy/${action}`, { caller: operator })), 'clearance_not_held', action)
  await gate.json(200, `POST ${ROOT}/copy/disable`)
  assert.equal(code(await gate.json(403, `POST ${ROOT}/copy/enable`, { caller: operator })), 'clearance_not_held')
  await gate.json(200, `POST ${ROOT}/copy/enable`)
  await gate.json(200, `PATCH ${ROOT}/${encodeURIComponent('second admin')}`, { body: { clearance: 'ValidUser' } })
  await gate.json(200, `POST ${ROOT}/copy/revoke`, { caller: operator })
})

test('a permission that is not held is not given', async (t) => {
  const gate = administration(t)
  const operator = await gate.someone('operator', 'Operator')
  const lesser = {
    ...operator,
    rights: { ...operator.rights, clearance: 'ValidUser' as const, permissions: new Map([['a', 'Read' as const]]) },
  }
  assert.equal(
    code(await gate.json(403, `POST ${ROOT}`, { ...make('x', 'ValidUser', { permissions: { b: 'Read' } }), caller: lesser })),
    'clearance_too_low',
  )
  await gate.json(201, `POST ${ROOT}`, { ...make('x', 'ValidUser', { permissions: { b: 'Admin' } }), caller: operator })
  for (const permissions of [{ b: 'Write' }, { '': 'Read' }, { 'a/b': 'Read' }, { A: 'Read', a: 'Read' }])
    assert.equal(code(await gate.json(400, `POST ${ROOT}`, make('y', 'ValidUser', { permissions }))), 'invalid_request')
  assert.equal(code(await gate.json(400, `POST ${ROOT}`, make('y', 'Clusteradmin'))), 'invalid_request')
})

test('a second key under a name in use is for ClusterAdmin to add, however the name is written', async (t) => {
  const gate = administration(t)
  const operator = await gate.someone('operator', 'Operator')
  await gate.json(201, `POST ${ROOT}`, make('Alice'))
  for (const name of ['Alice', 'alice', 'Ａlice', 'alice ', 'operator'])
    assert.equal(code(await gate.json(403, `POST ${ROOT}`, { ...make(name), caller: operator })), 'name_in_use', name)
  assert.equal(
    code(await gate.json(403, `POST ${ROOT}/alice/renew`.replace('alice', 'Alice'), { body: {}, caller: operator })),
    'name_in_use',
  )
  const stranger = await selfSigned({ subject: 'CN=alice' })
  const order = { body: { certificate: stranger.certificate, name: 'other', clearance: 'ValidUser' }, caller: operator }
  assert.equal(code(await gate.json(403, `POST ${ROOT}/trust`, order)), 'name_in_use')
  assert.equal(
    code(await gate.json(403, 'POST /api/v1/tokens', { body: { name: 'ALICE', clearance: 'ValidUser' }, caller: operator })),
    'name_in_use',
  )
  await gate.json(201, `POST ${ROOT}`, make('Alice'))
  // What was added and revoked since it was first asked is known: the one left is disabled, and could be enabled.
  for (const { fingerprint } of gate.store.registry.byName('Alice').slice(1)) await gate.json(200, `POST ${ROOT}/${fingerprint}/revoke`)
  await gate.json(200, `POST ${ROOT}/${gate.entry('Alice').fingerprint}/disable`)
  assert.equal(code(await gate.json(403, `POST ${ROOT}`, { ...make('alice'), caller: operator })), 'name_in_use')
  await gate.json(200, `POST ${ROOT}/${gate.entry('Alice').fingerprint}/revoke`)
  await gate.json(201, `POST ${ROOT}`, { ...make('alice'), caller: operator })
  await gate.json(201, `POST ${ROOT}`, { ...make('new'), caller: operator })
  assert.equal(code(await gate.json(403, `PATCH ${ROOT}/new`, { body: { name: 'alice' }, caller: operator })), 'name_in_use')
})

test('the last usable administrator stays, whichever way they are to go', async (t) => {
  const gate = administration(t)
  const root = await gate.someone('root', 'ClusterAdmin')
  for (const what of ['POST /revoke', 'POST /disable', 'DELETE ']) {
    const [method, action = ''] = what.split(' ')
    assert.equal(code(await gate.json(409, `${method} ${ROOT}/root${action}`)), 'last_admin', what)
  }
  assert.equal(code(await gate.json(409, `PATCH ${ROOT}/root`, { body: { clearance: 'Operator' }, caller: root })), 'last_admin')
  assert.equal(
    gate.store.audit.read({ filter: { target: gate.entry('root').group } }).filter(({ outcome }) => outcome === 'refused').length,
    4,
  )
})

test('two administrators who revoke each other at a time leave one', async (t) => {
  const gate = administration(t)
  const [one, two] = [await gate.someone('one', 'ClusterAdmin'), await gate.someone('two', 'ClusterAdmin')]
  const answers = await Promise.all([
    gate.ask(`POST ${ROOT}/two/revoke`, { caller: one }),
    gate.ask(`POST ${ROOT}/one/revoke`, { caller: two }),
    gate.ask(`POST ${ROOT}/two/disable`, { caller: one }),
    gate.ask(`POST ${ROOT}/one/disable`),
  ])
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 403, 409, 409],
  )
  assert.equal(gate.store.registry.countUsable(['ClusterAdmin']), 1)
})

test('nobody deletes the certificate that they came with, nor by another leaf of its file', async (t) => {
  const gate = administration(t)
  await gate.someone('root', 'ClusterAdmin')
  const operator = await gate.someone('operator', 'Operator')
  assert.equal(code(await gate.json(409, `DELETE ${ROOT}/operator`, { caller: operator })), 'certificate_in_use')
  const [left, right] = [await selfSigned({ subject: 'CN=left' }), await selfSigned({ subject: 'CN=right' })]
  const body = { certificate: left.certificate + right.certificate, name: 'pair', clearance: 'Operator' }
  const { certificates } = await gate.json(201, `POST ${ROOT}/trust`, { body })
  const [first, second] = certificates as { fingerprint: string }[]
  const entry = gate.store.registry.get(second?.fingerprint ?? '')
  assert.ok(entry !== null)
  const caller = callerWith(entry, gate.context.inForce())
  assert.equal(code(await gate.json(409, `DELETE ${ROOT}/${first?.fingerprint}`, { caller })), 'certificate_in_use')
  await gate.json(204, `DELETE ${ROOT}/${first?.fingerprint}`)
  assert.equal(gate.store.registry.byName('pair').length, 0)
})

test('whoever lost their rights while their key was being made gets nothing', async (t) => {
  const gate = administration(t)
  await gate.someone('root', 'ClusterAdmin')
  const operator = await gate.someone('operator', 'Operator')
  const asked = gate.ask(`POST ${ROOT}`, { ...make('late', 'Operator', { key_type: 'rsa' }), caller: operator })
  await gate.json(200, `POST ${ROOT}/operator/revoke`)
  assert.equal((await asked).status, 403)
  assert.deepEqual(gate.store.registry.byName('late'), [])
})

test('whoever lost a role while their key was being made does not give it', async (t) => {
  const mapping = (users: string) => `ops: { users: [${users}] }\n`
  const gate = administration(t, { mapping: mapping('operator, late') })
  const operator = await gate.someone('operator', 'Operator')
  const asked = gate.json(403, `POST ${ROOT}`, { ...make('late', 'ValidUser', { key_type: 'rsa' }), caller: operator })
  const inForce = gate.context.inForce()
  const { mapping: next } = parseRoleMapping(mapping('late'), 'roles_mapping.yml')
  Object.assign(inForce, { policy: compilePolicy(inForce.settings, next, inForce.listeners.values()) })
  assert.equal(code(await asked), 'role_not_held')
  assert.deepEqual(gate.store.registry.byName('late'), [])
})

test('whoever has the key of a certificate that is revoked meanwhile does nothing with their own', async (t) => {
  const gate = administration(t)
  await gate.someone('root', 'ClusterAdmin')
  const operator = await gate.someone('operator', 'Operator')
  const { pin } = gate.entry('operator')
  gate.store.registry.add([newEntry({ name: 'other', pin })], CLI)
  gate.store.registry.revoke(gate.entry('other').fingerprint, 'keyCompromise', CLI)
  assert.equal(code(await gate.json(403, `POST ${ROOT}`, { ...make('late'), caller: operator })), 'clearance_too_low')
})
