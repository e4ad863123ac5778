import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { writeSigningRequest } from '../../../../src/certificates/csr-write.ts'
import { administration } from '../../../support/administration.ts'
import { toPem } from '../../../support/der.ts'

test('what a request is for, and its certificate is not, is told', async (t) => {
  const gate = administration(t)
  const warnings = async (asked: string, name: string) => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const csr = toPem('CERTIFICATE REQUEST', writeSigningRequest(privateKey, { commonName: asked }))
    return (await gate.json(201, 'POST /api/v1/certificates/sign', { body: { csr, name, clearance: 'ValidUser' } })).warnings
  }
  assert.deepEqual(await warnings('bob', 'bob'), [])
  assert.deepEqual(await warnings('a, b', 'a, b'), [])
  assert.deepEqual(await warnings('bob,O=Acme', 'carol'), [
    "the subject CN=bob\\,O\\=Acme of the request is not taken over: the certificate is for the common name 'carol' alone",
  ])
})
