import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import type { InboundHeaders } from '../../../../src/gateway/headers/types.ts'
import { settings, subject } from './fixture.ts'

const inbound = (forwardedFor: string | null, forwardedProto: string | null = null): InboundHeaders => ({
  forwardedFor,
  forwardedProto,
  clientCert: null,
})

test('for and proto are set with any style and with none; host comes with the request', () => {
  const headers = compileIdentityHeaders(settings([]))
  assert.deepEqual(headers.block(subject()), { lines: 'X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n', dropped: [] })
  assert.equal(headers.hostLines(subject(), 'db.example:8443'), 'X-Forwarded-Host: db.example:8443\r\n')
  assert.equal(headers.readsInbound(subject()), false)
  assert.equal(headers.hostLines(subject(), 'h', inbound('6.6.6.6', 'http')), 'X-Forwarded-Host: h\r\n')
})

test('addresses are shown plainly', () => {
  const headers = compileIdentityHeaders(settings([]))
  const shown = (remoteAddress: string) => {
    const block = headers.block(subject({ remoteAddress }))
    return 'lines' in block ? /For: (.*)\r/.exec(block.lines)?.[1] : undefined
  }
  assert.equal(shown('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(shown('2001:db8::1'), '2001:db8::1')
  assert.equal(shown('fe80::1%eth0'), 'fe80::1')
  assert.equal(shown(''), 'unknown')
})

test('Forwarded follows RFC 7239', () => {
  const headers = compileIdentityHeaders(settings([], { forwarded: true }))
  const line = (remoteAddress: string, host: string) => headers.hostLines(subject({ remoteAddress }), host).split('\r\n')[1]
  assert.equal(line('192.0.2.7', 'db.example'), 'Forwarded: for=192.0.2.7;proto=https;host=db.example')
  assert.equal(line('2001:db8::1', 'db.example:8443'), 'Forwarded: for="[2001:db8::1]";proto=https;host="db.example:8443"')
  assert.equal(line('192.0.2.7', 'a";for=6.6.6.6'), 'Forwarded: for=192.0.2.7;proto=https;host="a%22;for=6.6.6.6"')
})

test("a trusted hop's X-Forwarded-For is appended to and its scheme kept", () => {
  const headers = compileIdentityHeaders(settings(['plain'], { trustedHops: ['192.0.2.0/24', '2001:db8::/32', '10.0.0.1'] }))
  assert.equal(headers.readsInbound(subject()), true)
  const block = headers.block(subject())
  assert.ok('lines' in block && !block.lines.includes('X-Forwarded-For'))
  assert.equal(
    headers.hostLines(subject(), 'h', inbound('203.0.113.9 ,  198.51.100.2', 'HTTP')),
    'X-Forwarded-Host: h\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.2, 192.0.2.7\r\nX-Forwarded-Proto: http\r\n',
  )
})

test('what a trusted hop sent and nobody can read is replaced', () => {
  const headers = compileIdentityHeaders(settings([], { trustedHops: ['192.0.2.7'] }))
  const replaced = 'X-Forwarded-Host: h\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n'
  for (const forwardedFor of [null, '', 'a b', '1.2.3.4\r\nX: y', '1.2.3.4,', '<script>']) {
    assert.equal(headers.hostLines(subject(), 'h', inbound(forwardedFor, 'ftp')), replaced)
  }
  assert.equal(headers.hostLines(subject(), 'h'), replaced)
})

test('who is a trusted hop', () => {
  const { trustsHop } = compileIdentityHeaders(settings([], { trustedHops: ['192.0.2.0/24', '2001:db8::/32', '10.0.0.1'] }))
  for (const address of ['192.0.2.255', '::ffff:192.0.2.1', '2001:db8:1::1', '10.0.0.1']) assert.equal(trustsHop(address), true, address)
  for (const address of ['192.0.3.1', '2001:db9::1', '10.0.0.2', '', 'db.example']) assert.equal(trustsHop(address), false, address)
  assert.equal(compileIdentityHeaders(settings([])).trustsHop('127.0.0.1'), false)
})
