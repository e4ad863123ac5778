import { X509Certificate } from 'node:crypto'
import { readSigningRequest } from '../../../src/certificates/csr.ts'
import { IssuanceError } from '../../../src/certificates/issuance-error.ts'
import { readOcspRequest } from '../../../src/certificates/ocsp-request.ts'
import { readOcspResponse } from '../../../src/certificates/ocsp-response.ts'
import { readPfx } from '../../../src/certificates/pkcs12-read.ts'
import { readTrustedCertificates } from '../../../src/certificates/trusted-certificates.ts'
import { CertgateError, MaterialError, UnreadableCertificateError } from '../../../src/errors.ts'
import { certificateParts, readCertificate } from '../../../src/identity/certificate.ts'
import { readRevocationLists } from '../../../src/tls/crl.ts'
import { readLeaf } from '../../../src/tls/leaf.ts'
import { readDistributionPoints } from '../../../src/tls/revocation-scope.ts'
import { materialSeeds, PASSWORD } from '../certificate-seeds.ts'
import { mutateDer } from '../der-mutate.ts'
import { Finding } from '../finding.ts'
import { mutateBytes } from '../mutate.ts'
import type { Outcome, Target } from '../target.ts'

type ErrorClass = new (...given: never[]) => CertgateError

interface Reading {
  readonly name: string
  read(bytes: Buffer): unknown
  /** What it says that it throws. */
  readonly throws: readonly ErrorClass[]
}

const READERS: readonly Reading[] = [
  { name: 'certificate', read: readCertificate, throws: [UnreadableCertificateError] },
  { name: 'parts', read: certificateParts, throws: [UnreadableCertificateError] },
  { name: 'leaf', read: readAsLeaf, throws: [UnreadableCertificateError] },
  { name: 'request', read: readSigningRequest, throws: [IssuanceError] },
  { name: 'ocsp request', read: readOcspRequest, throws: [UnreadableCertificateError] },
  { name: 'ocsp response', read: readOcspResponse, throws: [UnreadableCertificateError] },
  { name: 'list', read: (bytes) => readRevocationLists(bytes, 'fuzz.crl'), throws: [MaterialError] },
  { name: 'pfx', read: (bytes) => readPfx(bytes, PASSWORD, 'fuzz.pfx'), throws: [MaterialError] },
  { name: 'trusted', read: (bytes) => readTrustedCertificates(bytes, PASSWORD, Date.now()), throws: [IssuanceError] },
]

/** Everything that reads DER or PEM that somebody else made. */
export const readers: Target = {
  name: 'readers',
  promise: 'readers of certificates, requests, lists, OCSP and PFX throw their own errors alone, in bounded time and memory',
  // A PFX may ask for 5,000,000 rounds of key derivation, and two readers take it.
  bounds: { milliseconds: 10_000, bytes: 96 * 1024 * 1024 },
  words: [
    '-----BEGIN CERTIFICATE-----\n',
    '-----END CERTIFICATE-----\n',
    '-----BEGIN X509 CRL-----\n',
    '-----BEGIN CERTIFICATE REQUEST-----\n',
    '\x30\x80',
    '\x30\x84\x7f\xff\xff\xff',
    '\xa0\x00',
    '\x02\x04\x7f\xff\xff\xff',
  ],
  seeds: materialSeeds,
  generate: () => null,
  mutate: (input, random) => mutateDer(input, random) ?? mutateBytes(input, input, readers.words, random),
  run,
}

/** As for a client: OpenSSL has parsed it already. */
function readAsLeaf(bytes: Buffer): unknown {
  let x509: X509Certificate
  try {
    x509 = new X509Certificate(bytes)
  } catch {
    return null
  }
  readDistributionPoints(x509.raw, [])
  return readLeaf(x509, x509.raw)
}

function run(input: Buffer): Outcome {
  const words: string[] = []
  let furthest = ''
  for (const { name, read, throws } of READERS) {
    try {
      if (read(input) !== null) words.push(name)
    } catch (error) {
      if (!throws.some((kind) => error instanceof kind)) {
        if (error instanceof CertgateError) throw new Finding(`${name} throws ${error.name}`, `${error.stack}`)
        throw error
      }
      const message = `${name}: ${(error as Error).message.replace(/\d+/g, 'N')}`
      if (message.length > furthest.length) furthest = message
    }
  }
  return words.length > 0 ? `accepted ${words.join(', ')}` : `refused ${furthest.slice(0, 120)}`
}
