import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redact, scrub } from '../../../src/observability/redaction.ts'

test('values of secret keys are replaced at any depth, whatever the spelling of the key', () => {
  const secret = { a: ['hunter2'] }
  const keys = [
    'authorization',
    'Proxy-Authorization',
    'Cookie',
    'set-cookie',
    'password',
    'pfxPassword',
    'PASSPHRASE',
    'pass',
    'client_secret',
    'accessToken',
    'x-api-key',
    'private_key',
    'hash',
    'ticketKeys',
  ]
  for (const key of keys) {
    assert.doesNotMatch(JSON.stringify(redact({ deep: [{ [key]: secret }] })), /hunter2/, key)
    assert.match(JSON.stringify(redact({ deep: [{ [key]: secret }] })), /"\[redacted\]"/, key)
  }
})

test('what is no secret stays as it was', () => {
  const fields = {
    user: 'alice',
    key: 'listeners.main.tls',
    password: null,
    count: 3,
    list: ['a', true, null],
    compass: 'north',
    when: '2026-01-01T00:00:00Z',
  }
  assert.deepEqual(redact(fields), fields)
  for (const text of [
    'basic authentication failed',
    'login of CN=alice,O=Acme refused: certificate_expired',
    'http://127.0.0.1:9200/a?b=c',
    'password wrong',
    'cannot open log file /var/log/x@y.log',
    'costs $5 and $10',
  ]) {
    assert.equal(scrub(text), text)
  }
})

test('secrets are recognised by their own shape inside any text', () => {
  const texts = [
    'head: Authorization: Basic aHVudGVyMjpodW50ZXIy, more',
    'Bearer hunter2hunter2',
    'authorization: Custom lowercase hunter2',
    'Cookie: a=1; session=hunter2; b=2',
    'bearer hunter2.hunter2.hunter2',
    '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----',
    '-----BEGIN ENCRYPTED PRIVATE KEY-----\\nhunter2',
    'token eyJhbGciOi.hunter2.hunter2',
    '$2y$10$hunter2hunter2hunter2',
    'hash $argon2id$v=19$m=65536,t=3,p=4$hunter2$hunter2',
    'postgres://user:hunter2@db/x',
    'redis://hunter2@db/x',
    'password: hunter2',
    '  "passphrase": "hunter2 hunter2"',
    "{ pfx: server.pfx, password: 'hunter2' }",
    '/login?api_key=hunter2&x=1',
    'cookie=hunter2; other',
  ]
  for (const text of texts) assert.doesNotMatch(scrub(text), /hunter2|aHVudGVy/, text)
})

test('text around a secret stays readable', () => {
  assert.equal(scrub('GET https://a:b@host/x?password=p&y=1 failed'), 'GET https://[redacted]@host/x?password=[redacted]&y=1 failed')
})

test('bytes are never written out, only counted', () => {
  const bytes = JSON.parse(JSON.stringify({ pfx: Buffer.from('hunter2'), ticket: new Uint8Array(48) }))
  assert.deepEqual(redact(bytes), { pfx: '[7 bytes]', ticket: '[48 bytes]' })
})

test('a structure without end is cut off', () => {
  let deep: unknown = 'hunter2'
  for (let i = 0; i < 50; i++) deep = { deep }
  assert.doesNotMatch(JSON.stringify(redact(deep)), /hunter2/)
})
