import assert from 'node:assert/strict'
import { test } from 'node:test'
import { blockOf, certificate, headersOf, nameOf, subject } from './fixture.ts'

test('the variables of ngx_http_ssl_module', () => {
  assert.deepEqual(
    headersOf(blockOf('nginx').lines),
    new Map([
      ['X-SSL-Client-Verify', 'SUCCESS'],
      ['X-SSL-Client-S-DN', 'CN=alice,OU=ops,O=T'],
      ['X-SSL-Client-I-DN', 'CN=T Client CA,O=T'],
      ['X-SSL-Client-Cert', '-----BEGIN%20CERTIFICATE-----%0AMIIBtest%2B%2Fleaf%3D%3D%0A-----END%20CERTIFICATE-----%0A'],
      ['X-SSL-Client-Serial', '0A1B'],
      ['X-SSL-Client-Fingerprint', 'a1'.repeat(20)],
      ['X-SSL-Client-NotBefore', 'Nov  1 09:05:07 2026 GMT'],
      ['X-SSL-Client-NotAfter', 'Nov  1 09:05:07 2027 GMT'],
    ]),
  )
})

test('NONE without a certificate, and nothing else', () => {
  assert.deepEqual(
    [...headersOf(blockOf('nginx', {}, subject({ certificate: null, identity: null })).lines)],
    [['X-SSL-Client-Verify', 'NONE']],
  )
})

test('the whole certificate can be left out', () => {
  assert.equal(headersOf(blockOf('nginx', { certificate: 'false' }).lines).has('X-SSL-Client-Cert'), false)
})

test('DNs keep to RFC 2253 in ASCII', () => {
  const headers = headersOf(
    blockOf('nginx', {}, subject({ certificate: certificate({ subject: nameOf(['CN', 'ü,CN=admin\r\n']) }) })).lines,
  )
  assert.equal(headers.get('X-SSL-Client-S-DN'), 'CN=\\C3\\BC\\,CN=admin\\0D\\0A')
})
