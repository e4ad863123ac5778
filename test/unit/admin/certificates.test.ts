import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { writeCertificatesPfx } from '../../../src/certificates/pkcs12-write.ts'
import { administration, partner, server } from '../../support/administration.ts'
import { selfSigned } from '../../support/authority.ts'

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
    [{ Movies: 'Read' }, ['dNSName:a.example'], 'valid', 'issued'],
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
  assert.equal((await json(200, `POST ${ROOT}/${String(fingerprint).toUpperCase()}/enable`)).state, 'valid')
  await json(204, `DELETE ${ROOT}/Alice`)
  assert.equal(store.issuance.byFingerprint(String(fingerprint))?.revoked?.reason, 'cessationOfOperation')
  await json(201, `POST ${ROOT}`, make('bob'))
  const revoked = await json(200, `POST ${ROOT}/bob/revoke`, { body: { reason: 'keyCompromise' } })
  assert.equal((revoked.revoked as { reason: string }).reason, 'keyCompromise')
  assert.equal(code(await json(409, `POST ${ROOT}/bob/enable`)), 'entry_refused')
  assert.equal(code(await json(400, `POST ${ROOT}/bob/revoke`, { body: { reason: 'because' } })), 'invalid_request')
  assert.equal((await ask(`GET ${ROOT}/nobody`)).status, 404)
})

test('without a clearance it is the least, for RavenDB it has to be said', async (t) => {
  const { json } = administration(t)
  const { certificate } = await json(201, `POST ${ROOT}`, { body: { name: 'plain', format: 'json' } })
  assert.equal((certificate as { clearance: string }).clearance, 'ValidUser')
  const { token } = await json(201, 'POST /api/v1/tokens', { body: { name: 'web' } })
  assert.equal((token as { clearance: string }).clearance, 'ValidUser')
  await json(400, 'POST /admin/certificates', { body: { Name: 'x' } })
})

test('trusting tells what the names in a certificate give, and who has them', async (t) => {
  const { json } = administration(t)
  const fingerprintOf = async (name: string) =>
    ((await json(201, `POST ${ROOT}`, make(name))).certificate as { fingerprint: string }).fingerprint
  const [first] = [await fingerprintOf('twin')]
  const again = await json(201, `POST ${ROOT}`, make('twin'))
  assert.deepEqual(again.warnings, [
    'another certificate in force has this name: it has the same roles, and commands ask for a thumbprint where the name alone is given',
  ])
  const { certificate: pem } = await selfSigned({ subject: 'CN=twin' })
  const trusted = await json(201, `POST ${ROOT}/trust`, { body: { certificate: pem, name: 'partner' } })
  assert.deepEqual(trusted.roles, [])
  assert.equal((trusted.same_name as { fingerprint: string }[])[0]?.fingerprint, first)
  assert.match(String(trusted.warnings), /^its name is in use by "twin" \(ValidUser, [0-9A-F]{12}\), "twin" \(ValidUser, /)
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
    { not_after: '2030-02-30' },
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

test('without an authority nothing is issued, and everything else works', async (t) => {
  const gate = administration(t, { authority: { issuing: null, problem: 'there is no key', issuers: [], roots: [] } })
  const answer = await gate.json(409, `POST ${ROOT}`, make('x'))
  assert.deepEqual([answer.code, answer.detail], ['no_authority', 'there is no key'])
  assert.match(String(answer.hint), /certgate init/)
  const broken = administration(t, { authority: { issuing: null, problem: 'bring it back', isBroken: true, issuers: [], roots: [] } })
  assert.equal((await broken.json(409, `POST ${ROOT}`, make('x'))).hint, undefined)
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
  const locked = await gate.ask(`POST ${ROOT}/export`, { body: { password: 'secret' } })
  const content = Buffer.from(locked.body as Uint8Array)
  assert.equal(readPfxCertificates(content, 'secret')[0]?.subject, 'CN=alice')
  assert.throws(() => readPfxCertificates(content, ''))
  const open = await gate.ask(`POST ${ROOT}/export`)
  assert.equal(readPfxCertificates(Buffer.from(open.body as Uint8Array), '')[0]?.subject, 'CN=alice')
  for (const password of ['a%0Ab', 'x'.repeat(1_024)])
    assert.equal(code(await gate.json(400, `GET ${ROOT}/export?password=${password}`)), 'invalid_password')
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
    { name: 'x', clearance: 'ValidUser', days: 1e-6 },
    { name: 'x', clearance: 'ValidUser', valid_for_seconds: 1e12 },
  ])
    assert.equal(code(await gate.json(400, 'POST /api/v1/tokens', { body })), 'invalid_request')
  await gate.json(204, `DELETE /api/v1/tokens/${id}`, { caller: operator })
  await gate.json(404, `DELETE /api/v1/tokens/${id}`)
  const high = (await gate.json(201, 'POST /api/v1/tokens', { body: above.body })).token as { id: string }
  assert.equal(code(await gate.json(403, `DELETE /api/v1/tokens/${high.id}`, { caller: operator })), 'clearance_not_held')
  await gate.json(204, `DELETE /api/v1/tokens/${high.id}`)
})

test('no way gives a certificate more databases than it may have', async (t) => {
  const gate = administration(t)
  await gate.json(201, `POST ${ROOT}`, make('alice'))
  const { fingerprint, thumbprint } = gate.entry('alice')
  const many = Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`d${index}`, 'Read']))
  const certificate = (await selfSigned({ subject: 'CN=good' })).certificate
  const own = { name: 'x', clearance: 'ValidUser', permissions: many }
  const raven = { Name: 'x', SecurityClearance: 'ValidUser', Permissions: many, Certificate: certificate }
  for (const [line, body] of [
    [`POST ${ROOT}`, own],
    [`POST ${ROOT}/trust`, { ...own, certificate }],
    [`PATCH ${ROOT}/${fingerprint}`, { permissions: many }],
    ['POST /api/v1/tokens', own],
    ['POST /admin/certificates', { ...raven, Certificate: undefined }],
    ['PUT /admin/certificates', raven],
    ['POST /admin/certificates/edit', { ...raven, Thumbprint: thumbprint, Certificate: undefined }],
  ] as const)
    assert.match(JSON.stringify(await gate.json(400, line, { body })), /more than 500 databases/, line)
  assert.equal(gate.store.registry.list().total, 1)

  const leaves = await Promise.all(Array.from({ length: 5 }, (_, index) => selfSigned({ subject: `CN=c${index}` })))
  const { d500: _, ...most } = many
  const file = leaves.map((leaf) => leaf.certificate).join('')
  const together = await gate.json(400, `POST ${ROOT}/trust`, { body: { ...own, permissions: most, certificate: file } })
  assert.match(String(together.detail), /^5 certificates with 500 databases each are too many at once$/)
  await gate.json(201, `POST ${ROOT}/trust`, { body: { ...own, permissions: most, certificate } })
})
