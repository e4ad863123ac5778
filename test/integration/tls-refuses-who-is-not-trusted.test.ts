// A certificate that was presented and cannot be trusted is refused with the reason, over both TLS versions; the handshake itself
// is finished wherever OpenSSL allows it, so that the client can be told.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import test from 'node:test'
import { rootCertificates } from 'node:tls'
import { type Authority, type CertificateOptions, createAuthority, type Issued, selfSigned } from '../support/authority.ts'
import * as der from '../support/der.ts'
import { as, dial, listen, only, prepare, versions } from '../support/tls-listener.ts'

const servers = await createAuthority('servers')
const server = await servers.server()
const root = await createAuthority('CN=root,O=Acme')
const rsaRoot = await createAuthority('CN=rsa root', { keyType: 'rsa' })
const second = await createAuthority('CN=second')
const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000)

interface Case {
  readonly what: string
  readonly client: () => Promise<Issued>
  readonly refusal: string | null
  readonly detail?: RegExp
}

const leaf =
  (options: CertificateOptions, ca: Authority = root) =>
  () =>
    ca.issue({ subject: 'CN=alice', ...options })
const under =
  (make: () => Promise<Authority>, options: CertificateOptions = {}) =>
  async () =>
    (await make()).issue({ subject: 'CN=alice', ...options })

/** Signs with the leaf's key as if it were a CA. */
async function underLeaf(options: CertificateOptions): Promise<Issued> {
  const client = await root.issue({ subject: 'CN=client', ...options })
  const posing = await createAuthority('CN=client', { key: client.key })
  const forged = await posing.issue({ subject: 'CN=admin' })
  return { ...forged, chain: forged.certificate + client.certificate }
}

async function deep(levels: number): Promise<Issued> {
  let ca: Authority = root
  for (let level = 0; level < levels; level++) ca = await ca.intermediate(`level ${level}`)
  return ca.issue({ subject: 'CN=alice' })
}

const cases: readonly Case[] = [
  { what: 'a client certificate of a trusted CA', client: leaf({}), refusal: null },
  { what: 'one without any extended key usage', client: leaf({ eku: null, keyUsage: null }), refusal: null },
  { what: 'one under an intermediate that the client sends', client: under(() => root.intermediate('middle')), refusal: null },
  { what: 'an RSA key', client: leaf({ keyType: 'rsa' }), refusal: null },
  { what: 'an Ed25519 key', client: leaf({ keyType: 'ed25519' }), refusal: null },
  { what: 'a P-384 key', client: leaf({ keyType: 'p384' }), refusal: null },
  { what: 'a chain of 13', client: () => deep(12), refusal: null },
  { what: 'an expired one', client: leaf({ notAfter: soon(-1) }), refusal: 'certificate_expired', detail: /^expired 20\d\d-/ },
  {
    what: 'one of the future',
    // Made when it is shown: a minute may be over before its turn comes.
    client: () => root.issue({ subject: 'CN=alice', notBefore: soon(1) }),
    refusal: 'certificate_not_yet_valid',
    detail: /^not valid before 20/,
  },
  {
    what: 'a self-signed one',
    client: () => selfSigned({ subject: 'CN=alice' }),
    refusal: 'certificate_unknown_issuer',
    detail: /self-signed/,
  },
  {
    what: 'a self-signed one with the name and key identifier of the CA',
    client: () => selfSigned({ subject: 'CN=root,O=Acme', subjectKeyId: root.keyId, authorityKeyId: root.keyId }),
    refusal: 'certificate_unknown_issuer',
  },
  {
    what: 'one of an unknown CA',
    client: async () => (await createAuthority('strangers')).issue(),
    refusal: 'certificate_unknown_issuer',
    detail: /CN=strangers/,
  },
  {
    what: 'one of another CA of the same name',
    client: async () => (await createAuthority('CN=root,O=Acme')).issue(),
    refusal: 'certificate_unknown_issuer',
  },
  {
    what: 'one of another CA of the same name and key identifier',
    client: async () => (await createAuthority('CN=root,O=Acme', { subjectKeyId: root.keyId })).issue({ authorityKeyId: root.keyId }),
    refusal: 'certificate_unknown_issuer',
  },
  {
    what: 'one whose intermediate the client does not send',
    client: async () => {
      const issued = await (await root.intermediate('middle')).issue()
      return { ...issued, chain: issued.certificate }
    },
    refusal: 'certificate_unknown_issuer',
    detail: /CN=middle is not a trusted CA, and the client sent no intermediate/,
  },
  { what: 'one for servers only', client: leaf({ eku: ['serverAuth'] }), refusal: 'certificate_wrong_purpose', detail: /clientAuth/ },
  { what: 'one for any purpose, by that word only', client: leaf({ eku: ['any'] }), refusal: 'certificate_wrong_purpose' },
  {
    what: 'one that may not sign',
    client: leaf({ keyUsage: ['keyEncipherment'] }),
    refusal: 'certificate_wrong_purpose',
    detail: /digitalSignature/,
  },
  { what: 'one that may only agree on keys', client: leaf({ keyUsage: ['keyAgreement'] }), refusal: 'certificate_wrong_purpose' },
  {
    what: 'one under an intermediate for servers only',
    client: under(() => root.intermediate('middle', { eku: ['serverAuth'] })),
    refusal: 'certificate_wrong_purpose',
    detail: /CN=middle in its chain/,
  },
  { what: 'the CA itself', client: async () => root, refusal: 'certificate_is_ca' },
  {
    what: 'a CA that is also for clients',
    client: () => root.intermediate('middle', { eku: ['clientAuth'], keyUsage: ['digitalSignature', 'keyCertSign'] }),
    refusal: 'certificate_is_ca',
  },
  { what: 'one that a client signed', client: () => underLeaf({}), refusal: 'certificate_invalid', detail: /not a CA/ },
  { what: 'one that a certificate without extensions signed', client: () => underLeaf({ bare: true }), refusal: 'certificate_invalid' },
  {
    what: 'a leaf that claims to sign certificates',
    client: leaf({ keyUsage: ['digitalSignature', 'keyCertSign'] }),
    refusal: 'certificate_invalid',
  },
  {
    what: 'one below a CA that allows none',
    client: under(async () => (await root.intermediate('upper', { pathLength: 0 })).intermediate('lower')),
    refusal: 'certificate_invalid',
    detail: /path length/,
  },
  {
    what: 'one whose name its CA may not give',
    client: under(() => root.intermediate('narrow', { nameConstraints: { permitted: ['DNS:a.test'] } }), { san: ['DNS:b.test'] }),
    refusal: 'certificate_invalid',
    detail: /name constraints of CN=narrow/,
  },
  {
    what: 'one whose subject its CA may not give',
    client: under(() => root.intermediate('narrow', { nameConstraints: { excluded: ['dirName:CN=alice'] } })),
    refusal: 'certificate_invalid',
    detail: /name constraints/,
  },
  {
    what: 'one under an expired intermediate',
    client: under(() => root.intermediate('old', { notAfter: soon(-1) })),
    refusal: 'certificate_expired',
    detail: /^CN=old in its chain expired/,
  },
  {
    what: 'one under a CA that may not sign certificates',
    client: under(() => root.intermediate('mute', { keyUsage: ['cRLSign'] })),
    refusal: 'certificate_invalid',
    detail: /CN=mute in its chain may not sign/,
  },
  { what: 'an RSA key of 1024 bits', client: leaf({ keyType: 'rsa1024' }), refusal: 'certificate_weak', detail: /RSA key of 1024 bits/ },
  { what: 'a signature with SHA-1', client: leaf({ hash: 'sha1' }, rsaRoot), refusal: 'certificate_weak', detail: /SHA-1/ },
  { what: 'a signature with MD5', client: leaf({ hash: 'md5' }, rsaRoot), refusal: 'certificate_weak', detail: /MD5/ },
  {
    what: 'one under an intermediate signed with SHA-1',
    client: under(() => root.intermediate('weak', { hash: 'sha1' })),
    refusal: 'certificate_weak',
    detail: /CN=weak in its chain has a signature with SHA-1/,
  },
  {
    what: 'one under an intermediate with 1024 bits',
    client: under(() => root.intermediate('weak', { keyType: 'rsa1024' })),
    refusal: 'certificate_weak',
    detail: /CN=weak in its chain has an RSA key of 1024 bits/,
  },
  {
    what: 'an unknown critical extension',
    client: leaf({ extensions: [{ oid: '1.2.3.4', critical: true, value: der.nothing }] }),
    refusal: 'certificate_invalid',
    detail: /unknown critical extension 1\.2\.3\.4/,
  },
  {
    what: 'more SANs than are read',
    client: leaf({ san: Array.from({ length: 2_000 }, (_, index) => `DNS:h${index}.test`) }),
    refusal: 'certificate_invalid',
    detail: /cannot be read/,
  },
]

for (const version of versions) {
  for (const { what, client, refusal, detail } of cases) {
    test(`${version}: ${what} is ${refusal === null ? 'accepted' : `refused: ${refusal}`}`, async (t) => {
      const gateway = await listen(t, prepare(t, { server, clientCa: [root, rsaRoot] }))
      const answer = await dial(gateway, servers, { ...only(version), ...as(await client()) })
      assert.equal(answer.seen?.refusal, refusal, `${answer.error} ${answer.seen?.detail}`)
      assert.match(answer.seen?.detail ?? '', detail ?? (refusal === null ? /^$/ : /./))
    })
  }

  test(`${version}: no certificate is no refusal, and no identity`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, clientCa: [root] }))
    const { seen } = await dial(gateway, servers, only(version))
    assert.deepEqual([seen?.dn, seen?.refusal, seen?.caKeys], [null, null, []])
  })

  test(`${version}: a key on P-192 identifies nobody: TLS 1.3 has no signature for it, TLS 1.2 ends the handshake`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, clientCa: [root] }))
    const answer = await dial(gateway, servers, { ...only(version), ...as(await root.issue({ keyType: 'p192' })) })
    assert.equal(answer.seen?.dn ?? null, null)
    assert.equal(answer.error !== null, version === 'TLSv1.2')
  })

  test(`${version}: NONE asks for no certificate`, async (t) => {
    const gateway = await listen(t, prepare(t, { server, mode: 'NONE' }))
    const { seen } = await dial(gateway, servers, { ...only(version), ...as(await selfSigned()) })
    assert.deepEqual([seen?.dn, seen?.refusal], [null, null])
  })
}

test('the key of the CA above the leaf is told apart where several are trusted, and is not told where nobody is', async (t) => {
  const gateway = await listen(t, prepare(t, { server, clientCa: [root, second] }))
  const keys = new Map<string, readonly string[]>()
  for (const [name, ca] of [
    ['root', root],
    ['second', second],
    ['strangers', await createAuthority('strangers')],
  ] as const) {
    const { seen } = await dial(gateway, servers, as(await ca.issue({ subject: 'CN=alice' })))
    keys.set(name, seen?.caKeys ?? [])
  }
  assert.equal(keys.get('root')?.length, 1)
  assert.notDeepEqual(keys.get('root'), keys.get('second'))
  assert.deepEqual(keys.get('strangers'), [])
})

test('a leaf that two trusted CAs stand above is bound to neither', async (t) => {
  const first = await root.intermediate('shared')
  const cross = await second.intermediate('shared', { key: first.key })
  const client = await first.issue({ subject: 'CN=alice' })
  const gateway = await listen(t, prepare(t, { server, clientCa: [root, second] }))
  const { seen } = await dial(gateway, servers, { key: client.key, cert: client.certificate + first.certificate + cross.certificate })
  assert.deepEqual([seen?.refusal, seen?.caKeys], [null, []])
})

test('the same serial under two CAs is two certificates', async (t) => {
  const gateway = await listen(t, prepare(t, { server, clientCa: [root, second], lists: [root.crl({ revoked: ['0A'] }), second.crl()] }))
  const refused = await dial(gateway, servers, as(await root.issue({ serial: '0A' })))
  const accepted = await dial(gateway, servers, as(await second.issue({ serial: '0A' })))
  assert.deepEqual([refused.seen?.refusal, accepted.seen?.refusal], ['certificate_revoked', null])
})

test('without the root, an intermediate alone trusts nobody', async (t) => {
  const middle = await root.intermediate('middle')
  const prepared = prepare(t, { server, clientCa: [middle] })
  assert.match(prepared.problems[0]?.message ?? '', /is an intermediate, and CN=root,O=Acme, which issued it, is not named/)
  const { seen } = await dial(await listen(t, prepared), servers, as(await middle.issue()))
  assert.equal(seen?.refusal, 'certificate_unknown_issuer')
})

test('system roots are never trusted', async (t) => {
  const gateway = await listen(t, prepare(t, { server, clientCa: [root] }))
  const [pem = ''] = rootCertificates
  const name = new X509Certificate(pem).subject
  const { seen } = await dial(gateway, servers, as(await (await createAuthority([{ type: 'CN', value: name }])).issue()))
  assert.equal(seen?.refusal, 'certificate_unknown_issuer')
})
