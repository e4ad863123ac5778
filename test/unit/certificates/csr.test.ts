// @peculiar/x509 resolves its algorithms through a container that needs Reflect metadata.
import 'reflect-metadata/lite'
import assert from 'node:assert/strict'
import { constants, createPublicKey, generateKeyPairSync, type KeyObject, sign, type webcrypto, X509Certificate } from 'node:crypto'
import { before, test } from 'node:test'
import * as x509 from '@peculiar/x509'
import { type Authority, createAuthority } from '../../../src/certificates/authority.ts'
import { readSigningRequest } from '../../../src/certificates/csr.ts'
import { signRequest } from '../../../src/certificates/sign-request.ts'
import { readCertificate } from '../../../src/identity/certificate.ts'
import { CLIENT_AUTH } from '../../../src/identity/oids.ts'
import * as der from '../../support/der.ts'
import {
  basicConstraints,
  type ExtensionSpec,
  encodeExtension,
  extendedKeyUsage,
  keyUsage,
  subjectAlternativeName,
} from '../../support/extensions.ts'
import { signature, signatureAlgorithm } from '../../support/signing.ts'
import { encodeName, type SubjectSpec } from '../../support/subject.ts'

interface Shape {
  readonly key?: KeyObject
  readonly subject?: SubjectSpec
  readonly extensions?: readonly ExtensionSpec[]
  readonly attributes?: readonly Buffer[]
  /** Signs instead of the key. */
  readonly signer?: KeyObject
  readonly version?: number
  readonly hash?: 'sha1'
}

const ecKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
const spkiOf = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' })
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'

function requestOf(shape: Shape = {}): Buffer {
  const key = shape.key ?? ecKey()
  const extensions = shape.extensions ?? []
  const asked = der.sequence(der.oid(EXTENSION_REQUEST), der.setOf(der.sequence(...extensions.map(encodeExtension))))
  const attributes = shape.attributes ?? (extensions.length === 0 ? [] : [asked])
  const body = der.sequence(
    der.integer(shape.version ?? 0),
    encodeName(shape.subject ?? 'CN=alice,OU=ops,O=Acme'),
    spkiOf(key),
    der.context(0, ...attributes),
  )
  return der.sequence(body, signatureAlgorithm(key, shape.hash), der.bitString(signature(body, shape.signer ?? key, shape.hash)))
}

let authority: Authority
before(async () => {
  authority = await createAuthority({ days: 900 })
})
const refused = (input: Buffer | string, field: string, message: RegExp) =>
  assert.throws(() => readSigningRequest(input), { code: 'issuance_refused', field, message })

test('a request is read in DER, in PEM under both labels, and as the base64 of EST', () => {
  const bytes = requestOf({ extensions: [subjectAlternativeName(['DNS:a.test'])] })
  const base64 = bytes.toString('base64').replace(/.{64}/g, '$&\r\n')
  for (const input of [
    bytes,
    der.toPem('CERTIFICATE REQUEST', bytes),
    `x\n${der.toPem('NEW CERTIFICATE REQUEST', bytes)}`,
    base64,
    Buffer.from(base64),
  ]) {
    const request = readSigningRequest(input)
    assert.equal(request.commonName, 'alice')
    assert.deepEqual(request.sans, [{ type: 'dNSName', value: 'a.test' }])
  }
})

test('requests of another implementation verify, for each kind of key', async () => {
  const algorithms = [
    { name: 'ECDSA', namedCurve: 'P-384', hash: 'SHA-384' },
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256', saltLength: 32 },
    { name: 'Ed25519' },
  ]
  for (const algorithm of algorithms) {
    const keys = (await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair
    const made = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=bob', keys, signingAlgorithm: algorithm as never })
    assert.equal(readSigningRequest(Buffer.from(made.rawData)).commonName, 'bob', algorithm.name)
  }
})

test('a key that is bound to RSASSA-PSS proves itself with it', () => {
  const key = generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey
  const sha256 = der.sequence(der.oid('2.16.840.1.101.3.4.2.1'), der.nothing)
  const mask = der.sequence(der.oid('1.2.840.113549.1.1.8'), sha256)
  const parameters = der.sequence(der.context(0, sha256), der.context(1, mask), der.context(2, der.integer(32)))
  const body = der.sequence(der.integer(0), encodeName('CN=pss'), spkiOf(key), der.context(0))
  const made = sign('sha256', body, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 })
  const request = der.sequence(body, der.sequence(der.oid('1.2.840.113549.1.1.10'), parameters), der.bitString(made))
  assert.equal(readSigningRequest(request).publicKey.asymmetricKeyType, 'rsa-pss')
})

test('who does not hold the key gets nothing', () => {
  const bytes = requestOf()
  const changed = Buffer.from(bytes)
  changed[bytes.length - 3] = (changed[bytes.length - 3] ?? 0) ^ 1
  refused(changed, 'request', /^the signature of the request does not verify$/)
  refused(requestOf({ signer: ecKey() }), 'request', /does not verify/)
  const renamed = Buffer.from(bytes.toString('latin1').replace('alice', 'admin'), 'latin1')
  refused(renamed, 'request', /does not verify/)
})

test('a signature with SHA-1 proves nothing', () => {
  refused(requestOf({ hash: 'sha1' }), 'request', /weak or unknown/)
})

test('weak keys and unknown curves are refused', () => {
  refused(requestOf({ key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey }), 'key', /RSA key of 1024 bits/)
  refused(requestOf({ key: generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey }), 'key', /secp256k1/)
  refused(requestOf({ key: generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }).privateKey }), 'key', /explicit/)
})

test('what is no request is refused for what it is', () => {
  const bytes = requestOf()
  refused('', 'request', /^there is no signing request$/)
  refused('hello there!', 'request', /^there is no signing request$/)
  refused(authority.rootCertificate, 'request', /^there is no signing request$/)
  refused(new X509Certificate(authority.rootCertificate).raw, 'request', /cannot be read/)
  refused(bytes.subarray(0, -1), 'request', /cannot be read/)
  refused(Buffer.concat([bytes, Buffer.from([0])]), 'request', /followed by more data/)
  refused(requestOf({ version: 1 }), 'request', /its version is not 1/)
  refused('-----BEGIN CERTIFICATE REQUEST-----\nAAAA', 'request', /does not end/)
  refused(der.toPem('CERTIFICATE REQUEST', bytes).repeat(2), 'request', /there are 2 signing requests/)
  refused(Buffer.alloc(70_000, 0x30), 'request', /at most 65536 are read/)
})

test('no bytes make the reader throw anything else', () => {
  const bytes = requestOf({ extensions: [subjectAlternativeName(['DNS:a.test', 'IP:10.0.0.1'])] })
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes)
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8))
    assert.throws(() => readSigningRequest(changed), { code: 'issuance_refused' }, `byte ${at}`)
  }
})

test('the profile wins over what is asked for: no CA, no other purpose, no other usage', () => {
  const extensions = [
    basicConstraints(true),
    keyUsage(['keyCertSign', 'cRLSign']),
    extendedKeyUsage(['any', 'serverAuth']),
    subjectAlternativeName(['DNS:a.test', 'UPN:admin@corp', 'DNS:*.a.test', 'dirName:CN=admin']),
  ]
  const signed = signRequest(authority.issuer, 'client', readSigningRequest(requestOf({ extensions })))
  const read = readCertificate(new X509Certificate(signed.certificate).raw)
  assert.deepEqual([read.isCa, read.keyUsages, read.extendedKeyUsages], [false, ['digitalSignature'], [CLIENT_AUTH]])
  assert.equal(read.dn, 'CN=alice')
  assert.deepEqual(read.sans, [{ type: 'dNSName', value: 'a.test' }])
  assert.deepEqual(
    signed.dropped.map(({ type, value }) => `${type}:${value}`),
    ['otherName:1.3.6.1.4.1.311.20.2.3:admin@corp', 'dNSName:*.a.test', 'directoryName:CN=admin'],
  )
  assert.equal(new Date(signed.notAfter).getTime() - read.notBefore <= 366 * 86_400_000, true)
})

test('who signs decides on the name, and then nothing of the request is taken for it', () => {
  const request = readSigningRequest(requestOf({ subject: 'CN=admin', extensions: [subjectAlternativeName(['DNS:admin.test'])] }))
  const signed = signRequest(authority.issuer, 'client', request, { commonName: 'bob', names: [], days: 2 })
  const read = readCertificate(new X509Certificate(signed.certificate).raw)
  assert.deepEqual([read.dn, read.sans, signed.commonName], ['CN=bob', [], 'bob'])
  assert.deepEqual(signed.dropped, [{ type: 'dNSName', value: 'admin.test' }])
})

test('a request without a name needs one, and a name of it is judged as any other', () => {
  const nameless = readSigningRequest(requestOf({ subject: 'O=Acme' }))
  assert.throws(() => signRequest(authority.issuer, 'client', nameless), { field: 'name', message: /has no common name/ })
  assert.equal(signRequest(authority.issuer, 'client', nameless, { commonName: 'x' }).commonName, 'x')
  const long = readSigningRequest(requestOf({ subject: `CN=${'x'.repeat(65)}` }))
  assert.throws(() => signRequest(authority.issuer, 'client', long), { field: 'name' })
})

test('of several common names the most specific is meant, as everywhere else', () => {
  assert.equal(readSigningRequest(requestOf({ subject: 'CN=inner,CN=outer' })).commonName, 'inner')
})

test('unknown attributes are passed over', () => {
  const challenge = der.sequence(der.oid('1.2.840.113549.1.9.7'), der.setOf(der.tlv(0x0c, Buffer.from('secret'))))
  assert.equal(readSigningRequest(requestOf({ attributes: [challenge] })).commonName, 'alice')
})
