import assert from 'node:assert/strict'
import { constants } from 'node:crypto'
import test from 'node:test'
import { contextOptions } from '../../../src/tls/secure-context.ts'

const keyPair = { certificate: 'certificate', key: 'key' }
const material = { keyPair, clientCa: ['ca'], crl: { validate: true, onUnavailable: 'deny' as const, lists: [] } }
const rules = { mode: 'REQUIRE' as const, minVersion: 'TLSv1.2' as const, sessionIdContext: 'x', resumption: true }

test('CAs are always given and CRLs never, so that neither system roots nor OpenSSL decide', () => {
  assert.deepEqual(contextOptions(material, rules).ca, ['ca'])
  assert.deepEqual(contextOptions(material, { ...rules, mode: 'NONE' }).ca, [])
  assert.deepEqual(contextOptions({ ...material, clientCa: [] }, rules).ca, [])
  assert.equal('crl' in contextOptions(material, rules), false)
})

test('without resumption there are no tickets; renegotiation is never', () => {
  const options = (resumption: boolean) => contextOptions(material, { ...rules, resumption }).secureOptions ?? 0
  assert.equal(options(true) & constants.SSL_OP_NO_TICKET, 0)
  assert.notEqual(options(false) & constants.SSL_OP_NO_TICKET, 0)
  for (const resumption of [true, false]) assert.notEqual(options(resumption) & constants.SSL_OP_NO_RENEGOTIATION, 0)
})

test('a context that is not to finish a handshake has no certificate', () => {
  const options = contextOptions(material, rules, false)
  assert.equal('cert' in options || 'key' in options, false)
})
