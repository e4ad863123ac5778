import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { UnreadableCertificateError } from '../../../src/errors.ts'
import { certificateParts, readCertificate } from '../../../src/identity/certificate.ts'
import { hexOf } from '../../../src/identity/der-values.ts'
import { createAuthority, selfSigned } from '../../support/authority.ts'
import * as der from '../../support/der.ts'
import { encodeName } from '../../support/subject.ts'

const unreadable = { name: 'UnreadableCertificateError' }
const algorithm = der.sequence(der.oid('1.2.840.10045.4.3.2'))
const publicKey = der.sequence(algorithm, der.bitString(Buffer.from([4])))

interface Parts {
  version?: Buffer | null
  serial?: Buffer
  signed?: Buffer
  algorithm?: Buffer
  subject?: Buffer
  validity?: Buffer
  extensions?: readonly Buffer[]
  extra?: Buffer
}

/** A certificate as no library would write it; nobody checks its signature here. */
function raw(parts: Parts = {}): Buffer {
  const tbs = der.sequence(
    ...(parts.version === null ? [] : [der.context(0, parts.version ?? der.integer(2))]),
    parts.serial ?? der.integer(1),
    parts.signed ?? algorithm,
    encodeName('CN=issuer'),
    parts.validity ?? der.sequence(der.time(new Date(0)), der.time(new Date(0))),
    parts.subject ?? encodeName('CN=alice'),
    publicKey,
    ...(parts.extensions ? [der.context(3, der.sequence(...parts.extensions))] : []),
    ...(parts.extra ? [parts.extra] : []),
  )
  return der.sequence(tbs, parts.algorithm ?? algorithm, der.bitString(Buffer.alloc(8)))
}

function extension(oid: string, value: Uint8Array, critical?: Buffer): Buffer {
  return der.sequence(der.oid(oid), ...(critical ? [critical] : []), der.octetString(value))
}

test('reads everything a client certificate says', async () => {
  const authority = await createAuthority('CN=issuer,O=T')
  const notBefore = new Date('2025-01-02T03:04:05Z')
  const notAfter = new Date('2051-01-02T03:04:05Z')
  const leaf = await authority.issue({
    subject: [
      { type: 'O', value: 'T' },
      { type: 'CN', value: 'alice' },
    ],
    san: [
      'DNS:a.test',
      'email:alice@x',
      'URI:spiffe://t/alice',
      'IP:10.1.2.3',
      'IP:2001:db8::1',
      'RID:1.2.3',
      'UPN:alice@corp',
      'dirName:CN=x,O=y',
    ],
    eku: ['clientAuth', '1.2.3.4'],
    keyUsage: ['digitalSignature', 'decipherOnly'],
    serial: '00f0',
    notBefore,
    notAfter,
  })
  const facts = readCertificate(leaf.der)
  assert.deepEqual(facts, {
    subject: [[{ oid: '2.5.4.10', value: 'T' }], [{ oid: '2.5.4.3', value: 'alice' }]],
    issuer: [[{ oid: '2.5.4.10', value: 'T' }], [{ oid: '2.5.4.3', value: 'issuer' }]],
    dn: 'CN=alice,O=T',
    issuerDn: 'CN=issuer,O=T',
    serial: facts.serial,
    notBefore: notBefore.getTime(),
    notAfter: notAfter.getTime(),
    sans: [
      { type: 'dNSName', value: 'a.test' },
      { type: 'rfc822Name', value: 'alice@x' },
      { type: 'uniformResourceIdentifier', value: 'spiffe://t/alice' },
      { type: 'iPAddress', value: '10.1.2.3' },
      { type: 'iPAddress', value: '2001:db8::1' },
      { type: 'registeredID', value: '1.2.3' },
      { type: 'otherName', value: '1.3.6.1.4.1.311.20.2.3:alice@corp' },
      { type: 'directoryName', value: 'CN=x,O=y' },
    ],
    isCa: false,
    keyUsages: ['digitalSignature', 'decipherOnly'],
    extendedKeyUsages: ['1.3.6.1.5.5.7.3.2', '1.2.3.4'],
    authorityKeyId: authority.keyId.toString('hex'),
    subjectKeyId: leaf.keyId.toString('hex'),
    unknownCritical: [],
  })
})

test('a CA says that it is one, and a certificate without extensions says nothing', async () => {
  assert.equal(readCertificate((await createAuthority('CN=root')).der).isCa, true)
  const bare = readCertificate((await selfSigned({ bare: true })).der)
  const { isCa, sans, keyUsages, extendedKeyUsages, authorityKeyId, subjectKeyId, unknownCritical } = bare
  assert.deepEqual([isCa, sans, keyUsages, extendedKeyUsages], [false, [], null, null])
  assert.deepEqual([authorityKeyId, subjectKeyId, unknownCritical], [null, null, []])
})

test('agrees with Node about plain certificates', async () => {
  const authority = await createAuthority('CN=issuer,O=T')
  for (const [subject, keyType] of [
    ['CN=alice,OU=ops,O=T,C=DE', 'ec'],
    ['CN=Jürgen', 'rsa'],
    ['UID=7,DC=example,DC=net', 'ed25519'],
  ] as const) {
    const leaf = await authority.issue({ subject, keyType })
    const facts = readCertificate(leaf.der)
    const node = new X509Certificate(leaf.der)
    assert.equal(facts.dn, node.subject.split('\n').reverse().join(','))
    assert.equal(facts.issuerDn, node.issuer.split('\n').reverse().join(','))
    assert.equal(facts.serial, node.serialNumber)
    assert.equal(facts.notBefore, node.validFromDate.getTime())
    assert.equal(facts.notAfter, node.validToDate.getTime())
    assert.equal(facts.isCa, node.ca)
    assert.deepEqual(facts.extendedKeyUsages, node.keyUsage)
    const spki = node.publicKey.export({ type: 'spki', format: 'der' })
    assert.equal(hexOf(certificateParts(leaf.der).subjectPublicKeyInfo), spki.toString('hex'))
  }
})

test('names come out as they are encoded, so that CRLs match byte for byte', async () => {
  const parts = certificateParts(raw())
  assert.equal(hexOf(parts.issuer), encodeName('CN=issuer').toString('hex'))
  assert.equal(hexOf(parts.subject), encodeName('CN=alice').toString('hex'))
  assert.equal(parts.signatureAlgorithm, '1.2.840.10045.4.3.2')
})

test('a certificate may stand anywhere in a larger buffer', () => {
  const padded = Buffer.concat([
    Buffer.alloc(7, 0xff),
    raw({ extensions: [extension('2.5.29.17', der.sequence(der.contextPrimitive(7, Buffer.alloc(16))))] }),
  ])
  assert.deepEqual(readCertificate(padded.subarray(7)).sans, [{ type: 'iPAddress', value: '::' }])
})

test('critical extensions that nobody enforces are reported', () => {
  const critical = der.boolean(true)
  const extensions = [
    extension('1.2.3.4', der.nothing, critical),
    extension('2.5.29.19', der.sequence(), critical),
    extension('2.5.29.30', der.sequence(), critical),
    extension('1.2.3.5', der.nothing),
    extension('1.2.3.6', der.nothing, der.boolean(false)),
  ]
  assert.deepEqual(readCertificate(raw({ extensions })).unknownCritical, ['1.2.3.4'])
})

test('harmless departures of real issuers from DER are read', () => {
  const extensions = [extension('2.5.29.19', der.sequence(der.boolean(false))), extension('2.5.29.15', Buffer.from('0303078000', 'hex'))]
  const facts = readCertificate(raw({ extensions: extensions.slice(0, 1) }))
  assert.equal(facts.isCa, false)
  assert.deepEqual(readCertificate(raw({ extensions: [extension('2.5.29.15', Buffer.from('03020080', 'hex'))] })).keyUsages, [
    'digitalSignature',
  ])
})

const keyUsage = extension('2.5.29.15', der.bits([0]))
const refused: [name: string, der: Buffer, message: RegExp][] = [
  ['nothing', Buffer.alloc(0), /missing or cut off/],
  ['data after the certificate', Buffer.concat([raw(), Buffer.from([0])]), /followed by more data/],
  ['data after the fields', raw({ extra: der.nothing }), /followed by more data/],
  [
    'another algorithm than the signed one',
    raw({ signed: der.sequence(der.oid('1.2.840.10045.4.3.3')) }),
    /differs from the one that was signed/,
  ],
  ['a version beyond 3', raw({ version: der.integer(3) }), /version is not 1, 2 or 3/],
  ['a negative version', raw({ version: Buffer.from([2, 1, 0xff]) }), /version is not 1, 2 or 3/],
  ['extensions in version 1', raw({ version: null, extensions: [keyUsage] }), /need a version 3/],
  ['one extension twice', raw({ extensions: [keyUsage, keyUsage] }), /extension 2.5.29.15 is there twice/],
  ['a critical flag that is neither', raw({ extensions: [extension('1.2.3', der.nothing, Buffer.from([1, 1, 1]))] }), /not a boolean/],
  ['a padded serial', raw({ serial: Buffer.from([2, 2, 0, 1]) }), /serial number is not minimal/],
  [
    'a date that does not exist',
    raw({ validity: der.sequence(der.tlv(0x17, Buffer.from('240231000000Z')), der.time(new Date())) }),
    /not a real time/,
  ],
  [
    'three dates',
    raw({ validity: der.sequence(der.time(new Date()), der.time(new Date()), der.time(new Date())) }),
    /followed by more data/,
  ],
  [
    'data after the key usage',
    raw({ extensions: [extension('2.5.29.15', Buffer.concat([der.bits([0]), der.nothing]))] }),
    /followed by more data/,
  ],
  [
    'a path length before the CA flag',
    raw({ extensions: [extension('2.5.29.19', der.sequence(der.integer(0), der.boolean(true)))] }),
    /followed by more data/,
  ],
  ['a padded type in the subject', raw({ subject: Buffer.from('3010310e300c0604558004030c0461626364', 'hex') }), /padded arc/],
]
for (const [name, bytes, message] of refused) {
  test(`${name} is refused`, () => {
    assert.throws(
      () => readCertificate(bytes),
      (error) => error instanceof UnreadableCertificateError && message.test(error.message),
    )
  })
}

const timed = (name: string, run: () => void) =>
  test(name, () => {
    const started = performance.now()
    run()
    assert(performance.now() - started < 10_000, `${performance.now() - started} ms`)
  })

timed('a CN of 60 kB is refused quickly', () => {
  const subject = encodeName([{ type: 'CN', value: 'a'.repeat(60_000) }])
  assert.throws(() => readCertificate(raw({ subject })), /the subject is 60\d+ bytes long, at most 16384/)
})

timed('3,000 RDNs are refused quickly', () => {
  const subject = encodeName(Array.from({ length: 3_000 }, (_, index) => ({ type: 'OU', value: `u${index}` })))
  assert.throws(() => readCertificate(raw({ subject })), /at most 16384/)
})

timed('500 RDNs are read quickly', () => {
  const subject = encodeName(Array.from({ length: 500 }, (_, index) => ({ type: 'OU', value: `u${index}` })))
  assert.match(readCertificate(raw({ subject })).dn, /^OU=u499,OU=u498,.*,OU=u0$/)
})

timed('2,000 SANs are refused quickly, 1,000 are read', () => {
  const sans = (count: number) => [
    extension('2.5.29.17', der.sequence(...Array.from({ length: count }, (_, i) => der.contextPrimitive(2, Buffer.from(`h${i}.test`))))),
  ]
  assert.throws(() => readCertificate(raw({ extensions: sans(2_000) })), /more than 1024 subject alternative names/)
  assert.equal(readCertificate(raw({ extensions: sans(1_000) })).sans.length, 1_000)
})

timed('a megabyte is not looked into', () => {
  assert.throws(() => readCertificate(raw({ extra: der.octetString(Buffer.alloc(1_000_000)) })), /at most 131072 are read/)
})

/** A small deterministic generator (mulberry32), so that a failure repeats. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

test('a certificate with changed, cut or repeated bytes is read or refused, and nothing else happens', async () => {
  const { der: original } = await selfSigned({
    subject: 'CN=Jürgen+UID=1,OU=ops,O=T',
    san: ['DNS:a.test', 'IP:::1', 'UPN:a@b', 'dirName:CN=x', 'RID:1.2.3'],
  })
  const next = random(1)
  const pick = (bound: number) => Math.floor(next() * bound)
  let read = 0
  for (let i = 0; i < 5_000; i++) {
    const changed = Buffer.from(original)
    for (let edits = 1 + pick(3); edits > 0; edits--) changed[pick(changed.length)] = pick(256)
    const bytes = i % 10 === 0 ? changed.subarray(0, pick(changed.length)) : changed
    try {
      readCertificate(bytes)
      certificateParts(bytes)
      read++
    } catch (error) {
      assert(error instanceof UnreadableCertificateError, String(error))
    }
  }
  assert(read > 0)
  assert.throws(() => readCertificate(original.subarray(0, -1)), unreadable)
})
