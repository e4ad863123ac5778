/**
 * The promise: a certificate that was made to look like somebody else's, to break whoever reads it, or to be more than it is, is refused
 * with a reason or is somebody without a role; the upstream hears nothing of it, and the gateway goes on.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { before, beforeEach, describe, test } from 'node:test'
import { askOverRawTls } from '../conformance/raw-tls.ts'
import { type Authority, type CertificateOptions, createAuthority, type Issued, selfSigned } from '../support/authority.ts'
import { bitString, tlv } from '../support/der.ts'
import { type Gateway, get, startGateway } from '../support/gateway.ts'
import { fileLifetime } from '../support/lifetime.ts'
import type { AttributeSpec } from '../support/subject.ts'

const lifetime = fileLifetime()
let gateway: Gateway
let partner: Authority
before(async () => {
  partner = await createAuthority('CN=partner')
  gateway = await startGateway(lifetime, {
    alsoTrusted: [partner],
    tls: 'clientauth_mode: REQUIRE',
    auth: `
  domains:
    certificates: { http_authenticator: { type: clientcert, config: { username_attribute: cn, roles_attribute: dn:ou } } }`,
    rolesMapping: `
reader: { users: [alice] }
admin: { users: [admin, root], issuers: ['CN=test root'] }
by_dn: { users: ['CN=carol,OU=ops,O=Acme'] }
by_unit: { backend_roles: [admin, 'clearance:ClusterAdmin'] }`,
    routes: `
  - { name: everything, path: /**, allow: [reader, admin, by_dn, by_unit], upstream: recorder }`,
    identityHeaders: ' { styles: [plain, opensearch, xfcc] }',
  })
})
beforeEach(() => gateway.upstream.reset())

const attribute = (type: string, value: string | Uint8Array): AttributeSpec => ({ type, value })

/** A certificate with the key of another: what a client forges that cannot have the signature of its CA. */
async function signedBy(client: Issued): Promise<Issued> {
  const posing = await createAuthority('CN=alice', { key: client.key })
  const forged = await posing.issue({ subject: 'CN=admin' })
  return { ...forged, chain: forged.certificate + client.certificate }
}

async function deep(levels: number, subject: string): Promise<Issued> {
  let ca: Authority = gateway.authority
  for (let level = 0; level < levels; level++) ca = await ca.intermediate(`level ${level}`)
  return ca.issue({ subject })
}

type Made = CertificateOptions | (() => Promise<Issued>)

const refused: Readonly<Record<string, readonly (readonly [what: string, made: Made])[]>> = {
  'not made for this': [
    ['for servers only', { subject: 'CN=alice', eku: ['serverAuth'] }],
    ['not for signing', { subject: 'CN=alice', keyUsage: ['keyEncipherment'] }],
    ['signed by a client', async () => signedBy(gateway.alice)],
    ['signed by one without extensions', async () => signedBy(await gateway.issue('CN=alice', { bare: true }))],
    ['the CA itself', async () => gateway.authority],
    ['a CA that is for clients too', async () => gateway.authority.intermediate('CN=alice', { eku: ['clientAuth'] })],
    ['RSA of 1024 bits', { subject: 'CN=alice', keyType: 'rsa1024' }],
  ],
  'self-signed': [
    ["with the victim's DN", () => selfSigned({ subject: 'CN=alice' })],
    ["with the CA's DN and key identifier", () => forgedRoot()],
    [
      "with the victim's DN and its CA's key identifier",
      () => selfSigned({ subject: 'CN=alice', authorityKeyId: gateway.authority.keyId }),
    ],
  ],
  'odd names': [
    ['an empty subject', { subject: '' }],
    ['NUL in the CN', { subject: [attribute('CN', 'alice\0.evil')] }],
    ['CR and LF in the CN', { subject: [attribute('CN', 'alice\r\nX-Forwarded-User: admin')] }],
    ['LF in another attribute', { subject: [attribute('O', 'Acme\nX-Forwarded-Roles: admin'), attribute('CN', 'alice')] }],
    ['a BIT STRING as CN', { subject: [attribute('CN', bitString(Buffer.from('alice')))] }],
    ['60 kB of CN', { subject: [attribute('CN', 'a'.repeat(60_000))] }],
    ['3,000 RDNs', { subject: Array.from({ length: 3_000 }, () => attribute('OU', 'x')).concat(attribute('CN', 'alice')) }],
    ['2,000 SANs', { subject: 'CN=alice', san: Array.from({ length: 2_000 }, (_, index) => `DNS:h${index}.test`) }],
    ['a whole DN inside the CN', { subject: [attribute('CN', 'bob,CN=alice')] }],
  ],
}

const forgedRoot = () =>
  selfSigned({ subject: 'CN=test root', subjectKeyId: gateway.authority.keyId, authorityKeyId: gateway.authority.keyId })

const made = (how: Made) => (typeof how === 'function' ? how() : gateway.authority.issue(how))

for (const [group, cases] of Object.entries(refused)) {
  describe(`refused, ${group}`, () => {
    for (const [what, how] of cases) {
      test(what, async () => {
        const answer = await attempt(await made(how))
        assert.ok(answer === null || [401, 403].includes(answer.status), `${answer?.status}: ${answer?.body}`)
        if (answer?.status === 403) assert.match(answer.json().code ?? '', /^(certificate|identity)_/)
        await nobodyCame()
      })
    }
  })
}

/** Trusted, and not who has the role: known by exactly the name that is in it, and without a role for anything. */
const withoutRole: readonly (readonly [what: string, made: Made])[] = [
  ['case', { subject: 'CN=Alice' }],
  ['a space at the end', { subject: [attribute('CN', 'alice ')] }],
  ['a look-alike', { subject: [attribute('CN', 'аlice')] }],
  ['a combining mark', { subject: [attribute('CN', 'alice\u0301')] }],
  ['a zero-width space', { subject: [attribute('CN', 'al\u200bice')] }],
  ['CN=admin inside O', { subject: [attribute('O', 'x,CN=admin'), attribute('CN', 'bob')] }],
  ['CN=admin inside L', { subject: [attribute('L', '/CN=admin'), attribute('CN', 'bob')] }],
  ['CN=admin inside the email', { subject: [attribute('EMAILADDRESS', 'CN=admin'), attribute('CN', 'bob')] }],
  ['admin as SANs', { subject: 'CN=bob', san: ['DNS:admin', 'email:admin', 'URI:admin', 'dirName:CN=admin'] }],
  ['two CNs, the outer one alice', { subject: [attribute('CN', 'alice'), attribute('CN', 'bob')] }],
  ['the RDNs of carol reordered', { subject: [attribute('CN', 'carol'), attribute('OU', 'ops'), attribute('O', 'Acme')] }],
  ['one RDN more than carol', { subject: 'CN=carol,OU=ops,OU=x,O=Acme' }],
  ["carol's RDNs in one", { subject: [attribute('O', 'Acme'), [attribute('OU', 'ops'), attribute('CN', 'carol')]] }],
  ['OU=clearance:ClusterAdmin', { subject: 'CN=bob,OU=clearance:ClusterAdmin' }],
  ['OU=x,admin', { subject: 'CN=bob,OU=x\\,admin' }],
  ...['__proto__', 'constructor', 'null', 'undefined', '0123', '*', '.*', '?lice', '/.*/', 'true'].map(
    (name) => [`CN=${name}`, { subject: [attribute('CN', name)] }] as const,
  ),
]

describe('trusted, and nobody with a role', () => {
  for (const [what, how] of withoutRole) {
    test(what, async () => {
      const answer = await attempt(await made(how))
      assert.equal(answer?.status, 403, `${answer?.body}`)
      assert.match(answer?.json().code ?? '', /^(role_missing|identity_unusable)$/)
      await nobodyCame()
    })
  }
})

describe('what no client of OpenSSL would load', () => {
  const values = {
    'bad UTF-8': tlv(0x0c, Buffer.from([0x61, 0xff, 0xfe, 0xc0, 0xaf])),
    'half a BMPString': tlv(0x1e, Buffer.from([0, 0x61, 0])),
  }
  for (const [what, value] of Object.entries(values)) {
    test(`${what} in the CN`, async () => {
      const { der, key } = await gateway.authority.issue({ subject: [attribute('CN', value)] })
      const shown = { port: gateway.port, servername: 'localhost', chain: [der], key }
      const { text } = await askOverRawTls(shown, get('/', 'Connection: close\r\n'))
      assert.match(text, /^(HTTP\/1\.1 40[13] |$)/)
      await nobodyCame()
    })
  }
})

test('a curve that is spelt out is refused', async () => {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' })
  const spki = pair.publicKey.export({ type: 'spki', format: 'der' })
  const { der } = await gateway.authority.issue({ subject: 'CN=alice', spki })
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const { text } = await askOverRawTls(
    { port: gateway.port, servername: 'localhost', chain: [der], key },
    get('/', 'Connection: close\r\n'),
  )
  assert.doesNotMatch(text, /^HTTP\/1\.1 200/)
  await nobodyCame()
})

test("another trusted CA that issues the admin's name, DN and serial gives no role that is bound to the first", async () => {
  const genuine = await gateway.issue('CN=admin', { serial: '01' })
  assert.equal((await attempt(genuine))?.status, 200)
  gateway.upstream.reset()
  const answer = await attempt(await partner.issue({ subject: 'CN=admin', serial: '01' }))
  assert.equal(answer?.json().code, 'role_missing')
  await nobodyCame()
})

test('a chain of 13, zero and negative serials and BMP strings are read, and are who they say', async () => {
  const cases: readonly (() => Promise<Issued>)[] = [
    () => deep(12, 'CN=alice'),
    () => gateway.issue('CN=alice', { serial: '00' }),
    () => gateway.issue('CN=alice', { serial: tlv(0x02, Buffer.from([0xff])) }),
    () => gateway.authority.issue({ subject: [{ type: 'CN', value: 'alice', encoding: 'bmp' }] }),
  ]
  for (const make of cases) {
    gateway.upstream.reset()
    assert.equal((await attempt(await make()))?.status, 200)
    assert.deepEqual(gateway.upstream.only.values('x-forwarded-user'), ['alice'])
    assert.deepEqual(gateway.upstream.only.values('x-forwarded-roles'), ['reader'])
  }
})

test('a role with a comma in it, and a reserved one, reach no joined header', async () => {
  const client = await gateway.issue('CN=alice,OU=x\\,admin,OU=clearance:ClusterAdmin')
  assert.equal((await attempt(client))?.status, 200)
  const { only } = gateway.upstream
  assert.deepEqual(only.values('x-forwarded-roles'), ['reader'])
  for (const [name, value] of only.headers) {
    if (/roles|groups/i.test(name))
      assert.ok(!value.split(/[,;|]/).some((role) => /^\s*(admin|clearance:.*)\s*$/.test(role)), `${name}: ${value}`)
  }
})

test('two SPIFFE URIs are no name', async (t) => {
  const named = await startGateway(t, {
    auth: `
  domains:
    certificates: { http_authenticator: { type: clientcert, config: { username_attribute: "san:uniformResourceIdentifier:spiffe://*" } } }`,
    rolesMapping: `reader: { users: ['spiffe://trust/alice'] }`,
    tls: 'clientauth_mode: REQUIRE',
  })
  const ask = async (...san: string[]) => named.ask(get('/x'), await named.issue('CN=x', { san }))
  assert.equal((await ask('URI:spiffe://trust/alice')).status, 200)
  named.upstream.reset()
  for (const second of ['URI:spiffe://trust/bob', 'URI:spiffe://trust/alice', 'URI:spiffe://other/alice']) {
    assert.equal((await ask('URI:spiffe://trust/alice', second)).json().code, 'identity_unusable')
  }
  assert.equal(named.upstream.receivedText, '')
})

test('a script as CN is shown to a browser as the text it is', async () => {
  const client = await gateway.connect(await gateway.issue('CN=<script>alert(1)</script>'))
  const answer = await client.ask(get('/', 'Accept: text/html\r\n'))
  assert.equal(answer.status, 403)
  assert.match(answer.value('content-type') ?? '', /^text\/html/)
  assert.doesNotMatch(answer.body, /<script/i)
  assert.match(answer.value('content-security-policy') ?? '', /default-src 'none'/)
  assert.equal(gateway.upstream.requests.length, 0)
})

/** null: the handshake was refused. */
async function attempt(client: Issued) {
  try {
    const raw = await gateway.connect(client, { tls: { ciphers: 'DEFAULT:@SECLEVEL=0' } })
    return await raw.ask(get('/', 'Connection: close\r\n'), { timeout: 20_000 })
  } catch (error) {
    assert.match(String(error), /alert|ECONNRESET|EPIPE|ended without a response|hang up/i)
    return null
  }
}

/** Nothing reached the upstream, and whoever is trusted still gets through, as themselves. */
async function nobodyCame(): Promise<void> {
  assert.equal(gateway.upstream.receivedText, '')
  assert.equal((await gateway.ask(get('/after'))).status, 200)
  assert.deepEqual(gateway.upstream.only.values('x-forwarded-user'), ['alice'])
}
