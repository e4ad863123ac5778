import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import forge from 'node-forge'
import { createAuthority as ownAuthority } from '../../src/certificates/authority.ts'
import { issueClient } from '../../src/certificates/issue.ts'
import { newNonce, writeOcspRequest } from '../../src/certificates/ocsp-request.ts'
import { answerOcsp, ocspFailure } from '../../src/certificates/ocsp-respond.ts'
import { readCertificate } from '../../src/identity/certificate.ts'
import { createAuthority, selfSigned } from '../support/authority.ts'
import * as der from '../support/der.ts'
import { encodeExtension, subjectAlternativeName } from '../support/extensions.ts'
import { signature, signatureAlgorithm } from '../support/signing.ts'
import { encodeName } from '../support/subject.ts'
import { vectorSeeds } from './vectors.ts'

interface CertificateVector {
  readonly peer_certificate: string
}

interface ListVector {
  readonly crls?: readonly string[]
}

export const PASSWORD = 'fuzz'

const derOf = (pem: string): Buffer => Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')

/** Certificates of many kinds, made now: nothing that is signed is kept in the corpus. */
export async function certificateSeeds(): Promise<readonly Buffer[]> {
  const root = await createAuthority('fuzz root', { subject: 'CN=fuzz root,O=Acme\\, Inc.,C=DE' })
  const { key } = await root.issue()
  const issued = await Promise.all([
    root.issue({ key, subject: 'CN=alice,OU=ops,O=Acme', san: ['DNS:a.example', 'IP:10.0.0.1', 'IP:2001:db8::1', 'email:a@b.example'] }),
    root.issue({
      key,
      subject: [
        [
          { type: 'CN', value: 'bob' },
          { type: 'UID', value: 'b' },
        ],
        { type: 'DC', value: 'example' },
      ],
    }),
    root.issue({
      key,
      subject: [
        { type: 'CN', value: 'é漢', encoding: 'bmp' },
        { type: 'OU', value: 'ü', encoding: 't61' },
      ],
    }),
    root.issue({
      key,
      subject: [{ type: 'CN', value: 'x', encoding: 'universal' }],
      san: ['URI:spiffe://a/b', 'dirName:CN=x,O=y', 'RID:1.2.3', 'UPN:a@b'],
    }),
    root.intermediate('below'),
    selfSigned({ key, bare: true, subject: 'CN=v1' }),
  ])
  return [
    root.der,
    ...issued.map((one) => one.der),
    ...vectorSeeds<CertificateVector>('identity-certs', ({ peer_certificate }) => [derOf(peer_certificate)], 60),
    ...vectorSeeds<CertificateVector>('x509-chain', ({ peer_certificate }) => [derOf(peer_certificate)], 60),
  ]
}

/** A certificate with this subject and these names; its signature is of no key. */
export function certificateOf(subject: Parameters<typeof encodeName>[0], names: readonly (string | Uint8Array)[]): Buffer {
  const algorithm = der.sequence(der.oid('1.2.840.10045.4.3.2'))
  const name = encodeName(subject)
  const extensions = names.length === 0 ? [] : [der.context(3, der.sequence(encodeExtension(subjectAlternativeName(names))))]
  const dates = der.sequence(der.time(new Date(1.7e12)), der.time(new Date(2e12)))
  const body = der.sequence(der.context(0, der.integer(2)), der.integer(77), algorithm, name, dates, name, PUBLIC_KEY, ...extensions)
  return der.sequence(body, algorithm, der.bitString(Buffer.alloc(8, 1)))
}

const PUBLIC_KEY = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' })

/** One or more of everything that the readers of src/certificates and src/tls take. */
export async function materialSeeds(): Promise<readonly Buffer[]> {
  const authority = await ownAuthority({ days: 10 })
  const alice = await issueClient(authority.issuer, { commonName: 'alice', days: 5 })
  const { serial } = readCertificate(new X509Certificate(alice.certificate).raw)
  const now = Date.now()
  const ask = (nonce: Buffer | null) => writeOcspRequest(authority.issuer, serial, { digest: 'sha1', nonce })
  const answer = answerOcsp(ask(newNonce()), [{ issuer: authority.issuer, delegate: null }], () => ({ kind: 'good' }), {
    thisUpdate: now,
    nextUpdate: now + 3_600_000,
  })
  const foreign = await createAuthority('list root')
  const leaf = await foreign.issue({ san: ['DNS:x.example'] })
  return [
    Buffer.from(ask(null)),
    Buffer.from(ask(newNonce())),
    Buffer.from(answer),
    Buffer.from(ocspFailure('tryLater')),
    foreign.crlDer({ revoked: [leaf, '0102'] }),
    Buffer.from(foreign.crl({ revoked: [leaf] })),
    signingRequest(),
    leaf.der,
    Buffer.from(leaf.certificate + foreign.certificate),
    ...(await quickPfx()),
    ...vectorSeeds<ListVector>('x509-chain', ({ crls = [] }) => crls.map(derOf), 40),
  ]
}

/** With two iterations where honest ones have a hundred thousand, so that readers are tried and not key derivation. */
async function quickPfx(): Promise<readonly Buffer[]> {
  const { key, certificate } = await selfSigned({ keyType: 'rsa', subject: 'CN=pfx' })
  const pair = [forge.pki.privateKeyFromPem(key), forge.pki.certificateFromPem(certificate)] as const
  return (['aes256', '3des'] as const).map((algorithm) => {
    const options = { algorithm, count: 2, saltSize: 8 }
    const pfx = forge.pkcs12.toPkcs12Asn1(pair[0], [pair[1]], PASSWORD, options)
    return Buffer.from(forge.asn1.toDer(pfx).getBytes(), 'latin1')
  })
}

function signingRequest(): Buffer {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const asked = der.sequence(encodeExtension(subjectAlternativeName(['DNS:a.example', 'UPN:a@b'])))
  const attributes = der.context(0, der.sequence(der.oid('1.2.840.113549.1.9.14'), der.setOf(asked)))
  const body = der.sequence(der.integer(0), encodeName('CN=alice,O=Acme'), publicKey.export({ type: 'spki', format: 'der' }), attributes)
  return der.sequence(body, signatureAlgorithm(privateKey), der.bitString(signature(body, privateKey)))
}
