import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { writeSigningRequest } from '../../../../src/certificates/csr-write.ts'
import { administration } from '../../../support/administration.ts'
import { toPem } from '../../../support/der.ts'

interface Shown {
  readonly fingerprint: string
  readonly state: string
  readonly refused_by: object | null
}

test('the second certificate of a key comes with a warning, and goes with the first', async (t) => {
  const gate = administration(t)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const sign = async (name: string) => {
    const csr = toPem('CERTIFICATE REQUEST', writeSigningRequest(privateKey, { commonName: name }))
    return gate.json(201, 'POST /api/v1/certificates/sign', { body: { csr, name, clearance: 'ValidUser' } })
  }
  const one = await sign('one')
  assert.deepEqual([one.same_key, one.warnings], [[], []])
  const two = await sign('two')
  const first = one.certificate as Shown
  const second = two.certificate as Shown
  assert.deepEqual(two.same_key, [{ fingerprint: first.fingerprint, name: 'one' }])
  assert.deepEqual(two.warnings, ['this key has a certificate already: "one"; whoever revokes or disables one of them refuses all'])

  const revoked = await gate.json(200, `POST /api/v1/certificates/${first.fingerprint}/revoke`)
  assert.deepEqual(revoked.also_refused, [{ fingerprint: second.fingerprint, name: 'two' }])
  const shown = await gate.json(200, 'GET /api/v1/certificates/two')
  assert.equal(shown.state, 'revoked')
  assert.deepEqual(shown.refused_by, { fingerprint: first.fingerprint, name: 'one', state: 'revoked' })
  const listed = async (state: string) => (await gate.json(200, `GET /api/v1/certificates?state=${state}`)).total
  assert.deepEqual([await listed('revoked'), await listed('valid')], [2, 0])
  const { Results } = await gate.json(200, 'GET /admin/certificates')
  assert.deepEqual(
    (Results as { Disabled: boolean }[]).map(({ Disabled }) => Disabled),
    [true, true],
  )
})
