import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import { blockOf, certificate, headersOf, settings, subject } from './fixture.ts'

test('leaf and chain as structured byte sequences', () => {
  const issuers = ['MIIB1==', 'MIIB2==']
  assert.deepEqual(
    headersOf(blockOf('rfc9440', {}, subject({ certificate: certificate({ chainBase64: issuers }) })).lines),
    new Map([
      ['Client-Cert', ':MIIBtest+/leaf==:'],
      ['Client-Cert-Chain', ':MIIB1==:, :MIIB2==:'],
    ]),
  )
})

test('no chain without issuers, and none at all without a certificate', () => {
  assert.deepEqual(
    [...headersOf(blockOf('rfc9440', {}, subject({ certificate: certificate({ chainBase64: [] }) })).lines).keys()],
    ['Client-Cert'],
  )
  assert.deepEqual([...headersOf(blockOf('rfc9440', { chain: 'false' }).lines).keys()], ['Client-Cert'])
  assert.equal(headersOf(blockOf('rfc9440', {}, subject({ certificate: null })).lines).size, 0)
})

test('only this style asks for Vary to be rewritten', () => {
  assert.equal(compileIdentityHeaders(settings(['plain', 'rfc9440'])).rewritesVary, true)
  assert.equal(compileIdentityHeaders(settings(['plain'])).rewritesVary, false)
})
