/** The rules of administration, each with somebody who tries to break it. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { writeCertificatesPfx } from '../../../src/certificates/pkcs12-write.ts'
import { parseRoleMapping } from '../../../src/config/roles-mapping.ts'
import { compilePolicy } from '../../../src/policy/policy.ts'
import { administration, callerWith, partner, server } from '../../support/administration.ts'
import { createAuthority, selfSigned } from '../../support/authority.ts'
import { CLI, newEntry } from '../../support/registry-store.ts'

const ROOT = '/api/v1/certificates'
const make = (name: string, clearance = 'ValidUser', more: object = {}) => ({ body: { name, clearance, format: 'json', ...more } })
const code = (answer: Record<string, unknown>) => answer.code

test('a certificate is made, listed, shown, edited, disabled, enabled, revoked and removed', async (t) => {
  const { json, ask, store } = administration(t)
  const made = await json(
    201,
    `POST ${ROOT}`,
    make('alice', 'ValidUser', { permissions: { Movies: 'Read' }, names: ['dns:a.example'], days: 7 }),
  )
  const { fingerprint, ...shown } = made.certificate as Record<string, unknown>
  assert.equal(new X509Certificate(made.pem as string).subject, 'CN=alice')
  assert.equal(shown.clearance, 'ValidUser')
  assert.deepEqual(
    [shown.permissions, shown.sans, shown.state, shown.origin],
    [{ Movies: 'Read' }, ['dNSName:a.example'], 'expiring', 'issued'],
  )
  assert.equal(((await json(200, `GET ${ROOT}?state=expiring,valid&text=ALICE`)).certificates as unknown[]).length, 1)
  assert.equal((await json(200, `GET ${ROOT}?state=revoked`)).total, 0)
  const details = await json(200, `GET ${ROOT}/alice`)
  assert.equal(details.pem, new X509Certificate(made.pem as string).toString())
  assert.deepEqual(
    (details.history as { action: string }[]).map(({ action }) => action),
    ['certificate.add'],
  )
  assert.equal((await json(200, `PATCH ${ROOT}/alice`, { body: { name: 'Alice', permissions: {} } })).name, 'Alice')
  assert.equal((await json(200, `POST ${ROOT}/${fingerprint}/disable`)).state, 'disabled')
  assert.equal((await json(200, `POST ${ROOT}/${String(fingerprint).toUpperCase()}/enable`)).state, 'expiring')
  await json(204, `DELETE ${ROOT}/Alice`)
  assert.equal(store.issuance.byFingerprint(String(fingerprint))?.revoked?.reason, 'cessationOfOperation')
  await json(201, `POST ${ROOT}`, make('bob'))
  const revoked = await json(200, `POST ${ROOT}/bob/revoke`, { body: { reason: 'keyCompromise' } })
  assert.equal((revoked.revoked as { reason: string }).reason, 'keyCompromise')
  assert.equal(code(await json(409, `POST ${ROOT}/bob/enable`)), 'entry_refused')
  assert.equal(code(await json(400, `POST ${ROOT}/bob/revoke`, { body: { reason: 'because' } })), 'invalid_request')
  assert.equal((await ask(`GET ${ROOT}/nobody`)).status, 404)
})

test('nothing is told before every worker knows it', async (t) => {
  const { ask, store, published, failures } = administration(t)
  published.fails = new Error('the workers do not answer')
  const answer = await ask(`POST ${ROOT}`, make('alice'))
  assert.equal(answer.status, 500)
  assert.ok(!String(answer.body).includes('workers'), 'faults of ours are not told')
  assert.ok(!String(answer.body).includes('PRIVATE'))
  assert.equal(failures.length, 1)
  assert.equal(store.registry.byName('alice').length, 1, 'it was signed, so it is on record')
})

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

test("the gateway's own key and any CA are refused as a client's", async (t) => {
  const gate = administration(t)
  const trust = (certificate: string) => ({ body: { certificate, name: 'x', clearance: 'ValidUser' } })
  assert.equal(code(await gate.json(400, `POST ${ROOT}/trust`, trust(server.certificate))), 'own_certificate')
  const again = await partner.issue({ subject: 'CN=other', key: server.key })
  assert.equal(code(await gate.json(400, `POST ${ROOT}/trust`, trust(again.certificate))), 'own_certificate')
  assert.equal(code(await gate.json(400, `POST ${ROOT}/trust`, trust(partner.certificate))), 'invalid_request')
  assert.equal((await gate.ask(`POST ${ROOT}/trust`, trust((await partner.server(['x'])).certificate))).status, 400)
  const authorityKey = await selfSigned({ subject: 'CN=innocent', key: partner.key })
  assert.equal(code(await gate.json(400, `POST ${ROOT}/trust`, trust(authorityKey.certificate))), 'own_certificate')
  assert.equal(gate.store.registry.list().total, 0)
})

test('what cannot become a client is refused whole', async (t) => {
  const gate = administration(t)
  const good = await selfSigned({ subject: 'CN=good' })
  const expired = await selfSigned({ subject: 'CN=old', notAfter: new Date(Date.now() - 1000), notBefore: new Date(Date.now() - 9000) })
  const pfx = writeCertificatesPfx([{ certificate: good.certificate, friendlyName: 'good' }], 'right').toString('base64')
  const cases: [object, string][] = [
    [{ certificate: good.certificate + expired.certificate }, 'invalid_lifetime'],
    [{ certificate: pfx, password: 'wrong' }, 'invalid_password'],
    [{ certificate: pfx }, 'invalid_password'],
    [{ certificate: good.key }, 'invalid_request'],
    [{ certificate: 'nonsense!' }, 'invalid_request'],
    [{ certificate: Buffer.from('no certificate').toString('base64') }, 'invalid_request'],
    [{ certificate: good.certificate, name: '' }, 'invalid_name'],
  ]
  for (const [given, expected] of cases) {
    const body = { name: 'x', clearance: 'ValidUser', ...given }
    assert.equal(code(await gate.json(400, `POST ${ROOT}/trust`, { body })), expected, JSON.stringify(given).slice(0, 80))
  }
  assert.equal(gate.store.registry.list().total, 0)
  await gate.json(201, `POST ${ROOT}/trust`, { body: { certificate: pfx, password: 'right', name: 'x', clearance: 'ValidUser' } })
  const twice = await gate.json(409, `POST ${ROOT}/trust`, { body: { certificate: good.certificate, name: 'y', clearance: 'ValidUser' } })
  assert.equal(code(twice), 'entry_exists')
})

test('odd names are just names, or refused', async (t) => {
  const gate = administration(t)
  for (const name of ['../x', 'a,OU=b', 'クライアント', "x' OR 1=1"]) {
    const made = await gate.json(201, `POST ${ROOT}`, make(name))
    assert.equal(new X509Certificate(made.pem as string).subject.replace(/^CN=/, '').replace(/\\/g, '').includes(name.slice(0, 2)), true)
    assert.equal(gate.entry(name).name, name)
  }
  assert.equal(gate.entry('a,OU=b').subjectDn, 'CN=a\\,OU\\=b')
  const zip = await gate.ask(`POST ${ROOT}`, { body: { name: '../../etc/x', clearance: 'ValidUser' } })
  assert.equal(zip.headers['Content-Disposition'], 'attachment; filename="____etc_x.zip"')
  for (const name of ['', ' ', 'x'.repeat(10_000), 'a\u0000b', 'a\nb', '\u202egnirts', 'x\ud800'])
    assert.equal(code(await gate.json(400, `POST ${ROOT}`, make(name))), 'invalid_name', JSON.stringify(name.slice(0, 20)))
  for (const more of [{ not_after: '2001-01-01' }, { days: -1 }, { days: 0 }, { not_after: '2099-01-01' }])
    assert.equal(code(await gate.json(400, `POST ${ROOT}`, make('x', 'ValidUser', more))), 'invalid_lifetime', JSON.stringify(more))
  for (const more of [
    { not_after: 'soon' },
    { days: 3, not_after: '2030-01-01' },
    { days: 'seven' },
    { key_type: 'dsa' },
    { names: 'a' },
    { nmaes: [] },
    { format: 'rar' },
  ])
    assert.equal(code(await gate.json(400, `POST ${ROOT}`, make('x', 'ValidUser', more))), 'invalid_request', JSON.stringify(more))
  assert.equal(code(await gate.json(400, `POST ${ROOT}`, make('x', 'ValidUser', { names: ['*.example'] }))), 'invalid_names')
  assert.equal(code(await gate.json(400, `POST ${ROOT}`, make('x', 'ValidUser', { password: 'a\nb' }))), 'invalid_password')
  assert.deepEqual(gate.failures, [])
})

test('a renewal has the names and rights of what it renews, and says so', async (t) => {
  const gate = administration(t)
  await gate.json(201, `POST ${ROOT}`, make('alice', 'ValidUser', { permissions: { Movies: 'ReadWrite' }, names: ['dns:a.example'] }))
  const before = gate.entry('alice')
  const made = await gate.json(201, `POST ${ROOT}/alice/renew`, { body: { format: 'json', password: 'secret' } })
  const after = made.certificate as Record<string, unknown>
  assert.deepEqual(
    [after.name, after.subject, after.sans, after.permissions],
    ['alice', 'CN=alice', ['dNSName:a.example'], { Movies: 'ReadWrite' }],
  )
  assert.deepEqual([after.predecessor, after.origin], [before.fingerprint, 'renewed'])
  assert.match(made.key as string, /ENCRYPTED PRIVATE KEY/)
  assert.deepEqual((await gate.json(200, `GET ${ROOT}/${before.fingerprint}`)).renewals, [after.fingerprint])
  await gate.json(200, `POST ${ROOT}/${before.fingerprint}/revoke`)
  assert.equal(code(await gate.json(409, `POST ${ROOT}/${before.fingerprint}/renew`)), 'entry_refused')
  const foreign = await partner.issue({ subject: 'CN=f,OU=units' })
  await gate.json(201, `POST ${ROOT}/trust`, { body: { certificate: foreign.certificate, name: 'f', clearance: 'ValidUser' } })
  assert.equal(code(await gate.json(409, `POST ${ROOT}/f/renew`)), 'not_renewable')
})

test('a renewal is recognised by the key of the CA that signed, never by the name of one', async (t) => {
  const gate = administration(t)
  const trust = async (certificate: string, name: string) => {
    await gate.json(201, `POST ${ROOT}/trust`, { body: { certificate, name, clearance: 'ValidUser' } })
    return gate.entry(name).issuerKey
  }
  assert.notEqual(await trust((await partner.issue({ subject: 'CN=real' })).certificate, 'real'), null)
  const namesake = await createAuthority('CN=partner')
  const posing = await namesake.issue({ subject: 'CN=posing', authorityKeyId: null })
  assert.equal(await trust(posing.certificate, 'posing'), null)
})

test('a renewal lasts as long as what it renews was made for, unless told otherwise', async (t) => {
  const gate = administration(t)
  const days = ({ certificate }: Record<string, unknown>) => {
    const { not_after, created_at } = certificate as Record<string, string>
    return Math.round((Date.parse(not_after ?? '') - Date.parse(created_at ?? '')) / 86_400_000)
  }
  await gate.json(201, `POST ${ROOT}`, make('alice', 'ValidUser', { days: 30 }))
  assert.equal(days(await gate.json(201, `POST ${ROOT}/alice/renew`, { body: { format: 'json' } })), 30)
  assert.equal(days(await gate.json(201, `POST ${ROOT}/alice/renew`, { body: { format: 'json', days: 90 } })), 90)
  assert.equal(days(await gate.json(201, `POST ${ROOT}/alice/renew`, { body: { format: 'json' } })), 90)
})

test('what ends with the authority before the time that was asked for says so', async (t) => {
  const gate = administration(t)
  const made = await gate.ask(`POST ${ROOT}`, make('alice', 'ValidUser', { days: 100_000 }))
  const { warnings, certificate } = JSON.parse(String(made.body))
  const told = `it ends with the authority, ${certificate.not_after.slice(0, 10)}: before the time that was asked for`
  assert.deepEqual([made.status, made.headers.Warning, warnings], [201, `299 certgate "${told}"`, [told]])
  const zip = await gate.ask(`POST ${ROOT}`, { body: { name: 'zip', clearance: 'ValidUser', days: 100_000 } })
  assert.equal(zip.headers.Warning, `299 certgate "${told}"`)
  const short = await gate.ask(`POST ${ROOT}`, make('bob', 'ValidUser', { days: 10 }))
  assert.deepEqual([short.headers.Warning, JSON.parse(String(short.body)).warnings], [undefined, []])
})

test('a name of a kind that we never certify is not left out of a renewal in silence', async (t) => {
  const gate = administration(t)
  for (const san of ['upn:boss@corp.example', 'dirName:CN=boss', 'rid:1.2.3.4']) {
    const name = `with ${san.slice(0, 3)}`
    const foreign = await partner.issue({ subject: 'CN=f', san: ['dns:f.example', san] })
    await gate.json(201, `POST ${ROOT}/trust`, { body: { certificate: foreign.certificate, name, clearance: 'ValidUser' } })
    assert.equal(code(await gate.json(409, `POST ${ROOT}/${encodeURIComponent(name)}/renew`)), 'not_renewable', san)
    assert.equal(gate.store.registry.byName(name).length, 1)
  }
})

test('without an authority nothing is issued, and everything else works', async (t) => {
  const gate = administration(t, { authority: { issuing: null, problem: 'there is no key', issuers: [], roots: [] } })
  const answer = await gate.json(409, `POST ${ROOT}`, make('x'))
  assert.deepEqual([answer.code, answer.detail], ['no_authority', 'there is no key'])
  const good = await selfSigned({ subject: 'CN=good' })
  await gate.json(201, `POST ${ROOT}/trust`, { body: { certificate: good.certificate, name: 'x', clearance: 'ClusterAdmin' } })
})

test('an export holds the certificates and no key', async (t) => {
  const gate = administration(t)
  await gate.json(201, `POST ${ROOT}`, make('alice'))
  const answer = await gate.ask(`GET ${ROOT}/export`)
  assert.equal(answer.headers['Content-Type'], 'application/x-pkcs12')
  const { readPfxCertificates } = await import('../../../src/certificates/pkcs12-read.ts')
  assert.equal(readPfxCertificates(Buffer.from(answer.body as Uint8Array), '')[0]?.subject, 'CN=alice')
})

test('tokens are made, listed and taken back by whoever may give what they give', async (t) => {
  const gate = administration(t)
  const operator = await gate.someone('operator', 'Operator')
  const made = await gate.json(201, 'POST /api/v1/tokens', { body: { name: 'device', clearance: 'ValidUser', days: 30 }, caller: operator })
  assert.match(made.secret as string, /^cge_/)
  const { id } = made.token as { id: string }
  const listed = await gate.json(200, 'GET /api/v1/tokens', { caller: operator })
  assert.ok(!JSON.stringify(listed).includes(made.secret as string))
  assert.equal(listed.total, 1)
  const above = { body: { name: 'y', clearance: 'ClusterAdmin' }, caller: operator }
  assert.equal(code(await gate.json(403, 'POST /api/v1/tokens', above)), 'clearance_not_held')
  for (const body of [
    { name: 'x', clearance: 'ValidUser', days: -1 },
    { name: 'x', clearance: 'ValidUser', valid_for_seconds: 1e12 },
  ])
    assert.equal(code(await gate.json(400, 'POST /api/v1/tokens', { body })), 'invalid_request')
  await gate.json(204, `DELETE /api/v1/tokens/${id}`, { caller: operator })
  await gate.json(404, `DELETE /api/v1/tokens/${id}`)
  const high = (await gate.json(201, 'POST /api/v1/tokens', { body: above.body })).token as { id: string }
  assert.equal(code(await gate.json(403, `DELETE /api/v1/tokens/${high.id}`, { caller: operator })), 'clearance_not_held')
  await gate.json(204, `DELETE /api/v1/tokens/${high.id}`)
})
