/** A signing request asks, and decides nothing: whoever has it signed may give no more than otherwise. */
import assert from 'node:assert/strict'
import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { administration, server } from '../../support/administration.ts'
import * as der from '../../support/der.ts'
import { basicConstraints, encodeExtension, keyUsage, subjectAlternativeName } from '../../support/extensions.ts'
import { signature, signatureAlgorithm } from '../../support/signing.ts'
import { encodeName } from '../../support/subject.ts'

const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const ROOT = '/api/v1/certificates'

function request(subject: string, key: KeyObject = ecKey(), names: readonly string[] = []): string {
  const extensions = [basicConstraints(true), keyUsage(['keyCertSign']), ...(names.length === 0 ? [] : [subjectAlternativeName(names)])]
  const asked = der.sequence(der.oid('1.2.840.113549.1.9.14'), der.setOf(der.sequence(...extensions.map(encodeExtension))))
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const body = der.sequence(der.integer(0), encodeName(subject), spki, der.context(0, asked))
  return der.toPem('CERTIFICATE REQUEST', der.sequence(body, signatureAlgorithm(key), der.bitString(signature(body, key))))
}

test('CA, usages and foreign names of a request are not taken over', async (t) => {
  const { json, entry } = administration(t)
  const csr = request('CN=alice,OU=clearance:ClusterAdmin', ecKey(), ['DNS:a.example', 'DNS:*.example'])
  const made = await json(201, `POST ${ROOT}/sign`, { body: { csr, clearance: 'ValidUser' } })
  const facts = readCertificate(new X509Certificate(made.pem as string).raw)
  assert.deepEqual([facts.isCa, facts.dn, facts.keyUsages], [false, 'CN=alice', ['digitalSignature']])
  assert.deepEqual(made.dropped, ['dNSName:*.example'])
  assert.equal(entry('alice').clearance, 'ValidUser')
  assert.ok(!('key' in made))
})

test('the common name in a request is judged like any other', async (t) => {
  const gate = administration(t, { mapping: 'superuser: { users: [admin] }\n' })
  const operator = await gate.someone('operator', 'Operator')
  const sign = (csr: string, more: object = {}) => ({ body: { csr, clearance: 'ValidUser', ...more }, caller: operator })
  assert.equal((await gate.json(403, `POST ${ROOT}/sign`, sign(request('CN=admin')))).code, 'role_not_held')
  assert.equal((await gate.json(403, `POST ${ROOT}/sign`, sign(request('CN=x'), { name: 'admin' }))).code, 'role_not_held')
  assert.equal((await gate.json(403, `POST ${ROOT}/sign`, sign(request('CN=x', ecKey(), ['DNS:admin'])))).code, 'role_not_held')
  assert.equal((await gate.json(403, `POST ${ROOT}/sign`, sign(request('CN=operator')))).code, 'name_in_use')
  assert.equal((await gate.json(400, `POST ${ROOT}/sign`, sign(request('O=nameless')))).code, 'invalid_name')
  assert.equal((await gate.json(400, `POST ${ROOT}/sign`, sign('nonsense'))).code, 'invalid_request')
  await gate.json(201, `POST ${ROOT}/sign`, sign(request('CN=x')))
})

test("a key of the gateway's own, or of what was revoked, is not certified", async (t) => {
  const gate = administration(t)
  const own = await gate.json(400, `POST ${ROOT}/sign`, { body: { csr: request('CN=x', server.keyObject), clearance: 'ValidUser' } })
  assert.equal(own.code, 'own_certificate')
  const key = ecKey()
  await gate.json(201, `POST ${ROOT}/sign`, { body: { csr: request('CN=x', key), clearance: 'ValidUser' } })
  await gate.json(200, `POST ${ROOT}/x/revoke`, { body: { reason: 'superseded' } })
  assert.equal(
    (await gate.json(409, `POST ${ROOT}/sign`, { body: { csr: request('CN=y', key), clearance: 'ValidUser' } })).code,
    'entry_refused',
  )
})

test('an Operator renews with the key that a certificate has, and no other', async (t) => {
  const gate = administration(t)
  const operator = await gate.someone('operator', 'Operator')
  const key = ecKey()
  await gate.json(201, `POST ${ROOT}/sign`, { body: { csr: request('CN=device', key), clearance: 'ValidUser' } })
  const same = await gate.json(201, `POST ${ROOT}/device/renew`, { body: { csr: request('CN=anything', key) }, caller: operator })
  assert.equal((same.certificate as { subject: string }).subject, 'CN=device')
  const { fingerprint } = same.certificate as { fingerprint: string }
  const other = await gate.json(403, `POST ${ROOT}/${fingerprint}/renew`, { body: { csr: request('CN=device') }, caller: operator })
  assert.equal(other.code, 'name_in_use')
})
