/** The promise: whatever a client sends, the upstream sees the gateway's own word about who it is, once, or none at all. */
import assert from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'

const lifetime = fileLifetime()
let gateway: Gateway
before(async () => {
  gateway = await startGateway(lifetime, { identityHeaders: ' { styles: [plain, xfcc, nginx], custom: { X-Special: "{name}" } }' })
})
beforeEach(() => gateway.upstream.reset())

const fold = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '-')

/** Names that some dialect, on or off here, or some server takes for identity. */
const RESERVED = [
  'X-Forwarded-User',
  'X-Forwarded-Groups',
  'X-Forwarded-Roles',
  'X-Forwarded-Email',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Prefix',
  'X-Forwarded-Uri',
  'X-Forwarded-Tls-Client-Cert',
  'X-Forwarded-Client-Cert',
  'Forwarded',
  'X-Real-IP',
  'X-Remote-User',
  'X-Remote-Group',
  'X-Remote-Extra-Scope',
  'X-Proxy-User',
  'X-Proxy-Roles',
  'X-Auth-CouchDB-UserName',
  'X-Auth-CouchDB-Token',
  'X-WEBAUTH-USER',
  'X-SSL-Client-Verify',
  'X-SSL-Client-S-DN',
  'X-Client-Cert-DN',
  'Client-Cert',
  'Client-Cert-Chain',
  'X-Certgate-Jwt-Assertion',
  '_opendistro_security_user',
  'X-Original-URL',
  'X-Rewrite-URL',
  'X-HTTP-Method-Override',
  'X-Special',
]

const VARIANTS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toUpperCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.replaceAll('-', '.'),
  (name) => name.replace('-', '~'),
]

for (const who of ['alice', 'nobody'] as const) {
  test(`every reserved name and look-alike is removed for ${who}`, async () => {
    for (const variant of VARIANTS) {
      gateway.upstream.reset()
      const lines = RESERVED.map((name) => `${variant(name)}: forged\r\n`).join('')
      const response = await gateway.ask(get('/public/x', lines), who === 'alice' ? gateway.alice : null)
      assert.equal(response.status, 200)
      const { only } = gateway.upstream
      assert.doesNotMatch(only.head, /forged/)
      const names = only.headers.map(([name]) => fold(name))
      assert.equal(new Set(names).size, names.length, 'no name twice')
      if (who === 'alice') assert.deepEqual(only.values('x-special'), ['alice'])
      else assert.deepEqual(only.values('x-forwarded-user'), [])
    }
  })
}

test('a forged copy beside Connection still leaves the genuine one', async () => {
  await gateway.ask(get('/', 'X-Special: root\r\nConnection: X-Special, close\r\n'))
  assert.deepEqual(gateway.upstream.only.values('x-special'), ['alice'])
})

test('the client address is set, not appended to', async () => {
  await gateway.ask(get('/', 'X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Proto: http\r\n'))
  const { only } = gateway.upstream
  assert.deepEqual(only.values('x-forwarded-for'), ['127.0.0.1'])
  assert.deepEqual(only.values('x-forwarded-proto'), ['https'])
  assert.deepEqual(only.values('x-forwarded-host'), ['localhost'])
})

describe('X-Request-Id', () => {
  test('is kept where it is plain', async () => {
    await gateway.ask(get('/', 'X-Request-Id: abc-1.2_Z\r\n'))
    assert.deepEqual(gateway.upstream.only.values('x-request-id'), ['abc-1.2_Z'])
  })

  for (const bad of ['a b', 'a,b', '"x"', 'a'.repeat(129), '']) {
    test(`is replaced where it is ${JSON.stringify(bad.slice(0, 10))}`, async () => {
      await gateway.ask(get('/', `X-Request-Id: ${bad}\r\n`))
      const [id] = gateway.upstream.only.values('x-request-id')
      assert.match(id, /^[0-9a-f]{28}$/)
    })
  }
})

test('names with odd characters reach the upstream encoded, one header line each', async () => {
  const odd = await gateway.issue('CN=J\\C3\\BCrgen \\"x\\"\\, y%')
  const response = await gateway.ask(get('/public/odd'), odd)
  assert.equal(response.status, 200)
  const { only } = gateway.upstream
  assert.equal(only.values('x-forwarded-user').length, 1)
  assert.match(only.values('x-forwarded-user')[0], /^J%C3%BCrgen/)
  assert.match(only.head, /^[\x20-\x7e\r\n]*$/)
})
