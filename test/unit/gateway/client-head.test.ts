import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  headerValue,
  hostName,
  inboundHeaders,
  isRequestId,
  methodText,
  newRequestId,
  plainAddress,
  sameText,
} from '../../../src/gateway/client-head.ts'
import { headOf } from './fixture.ts'

test('a method is its exact text', () => {
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'get', 'GEt', 'GETS', 'PROPFIND', 'POSU']) {
    const bytes = Buffer.from(`xx${method} /`)
    assert.equal(methodText(bytes, 2, 2 + method.length), method)
  }
})

test('a request id is kept only where it needs no quoting anywhere', () => {
  const kept = (text: string): boolean => isRequestId(Buffer.from(text, 'latin1'), 0, text.length)
  for (const id of ['a', 'A.b_c-9', 'x'.repeat(128)]) assert.equal(kept(id), true, id)
  for (const id of ['', 'x'.repeat(129), 'a b', 'a"', 'a\\', 'a,b', 'a\xe4', 'a/b', '{}']) assert.equal(kept(id), false, id)
})

test('an id of ours is one that we would keep, and never the same', () => {
  const ids = Array.from({ length: 1000 }, newRequestId)
  assert.equal(new Set(ids).size, ids.length)
  for (const id of ids) assert.equal(isRequestId(Buffer.from(id), 0, id.length), true)
})

test('a host is a name or an address, with a port or without', () => {
  for (const [host, name] of [
    ['Example.COM', 'example.com'],
    ['example.com.', 'example.com'],
    ['example.com:8443', 'example.com'],
    ['example.com.:1', 'example.com'],
    ['127.0.0.1:65535', '127.0.0.1'],
    ['[::1]:80', '[::1]'],
    ['_dmarc.x', '_dmarc.x'],
  ]) {
    assert.equal(hostName(host), name)
  }
  for (const host of [
    '',
    ':80',
    'a:',
    'a:65536',
    'a:b',
    'a/b',
    'u@a',
    'a b',
    '-a',
    '.a',
    '::1',
    '[::1',
    '[x]',
    'a,b',
    'ä',
    'a'.repeat(262),
  ]) {
    assert.equal(hostName(host), null, host)
  }
})

test('the first value of a field, whatever its case', () => {
  const { bytes, head } = headOf('GET / HTTP/1.1\r\nHost: a\r\nACCEPT:\t text/html \r\nAccept: b\r\n\r\n')
  const at = { bytes, fieldsStart: head.fieldsStart, end: head.end }
  assert.equal(headerValue(at, 'accept'), 'text/html')
  assert.equal(headerValue(at, 'accept-language'), '')
})

test('copies of what a trusted hop said are one list', () => {
  const { bytes, head } = headOf(
    'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1\r\nx-forwarded-for: 2\r\nX-Forwarded-Proto: https\r\n\r\n',
  )
  assert.deepEqual(inboundHeaders(bytes, head), { forwardedFor: '1, 2', forwardedProto: 'https', clientCert: null })
})

test('text is the same only byte by byte and to its end', () => {
  const bytes = Buffer.from('xabcx')
  assert.deepEqual(
    ['abc', 'ab', 'abcx', 'abd', ''].map((text) => sameText(text, bytes, 1, 4)),
    [true, false, false, false, false],
  )
})

test('an IPv4 address that came in over IPv6 is written as IPv4', () => {
  assert.deepEqual(['::ffff:192.0.2.1', '::ffff:c000:201', '2001:db8::1', '192.0.2.1'].map(plainAddress), [
    '192.0.2.1',
    '::ffff:c000:201',
    '2001:db8::1',
    '192.0.2.1',
  ])
})
