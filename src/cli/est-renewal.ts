import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { writeSigningRequest } from '../certificates/csr-write.ts'
import { generateKey, type KeyType, privateKeyPem } from '../certificates/key.ts'
import { MaterialError } from '../errors.ts'
import { readCertificate } from '../identity/certificate.ts'
import { COMMON_NAME } from '../identity/oids.ts'
import { chainOf, type EstClient, EstError } from './est-client.ts'
import { type Pair, type PairFiles, readPair, writePair } from './pair-files.ts'

export interface RenewalRequest {
  readonly files: PairFiles
  readonly newKey: boolean
  readonly signal?: AbortSignal
}

/** Renews the certificate in the files with itself, and puts the new one in its place. Rejects, and the files are as they were. */
export async function renewPair(
  client: Pick<EstClient, 'renew' | 'authorities'>,
  { files, newKey, signal }: RenewalRequest,
): Promise<X509Certificate> {
  const pair = readPair(files)
  const key = newKey ? await generateKey(kindOf(pair.key)) : pair.key
  const current = { certificate: pair.certificatePem, key: pair.keyPem }
  const request = requestFor(pair, key)
  // First: a certificate in the files without those above it locks its holder out, and the next renewal is far away.
  const known = await client.authorities(signal)
  const der = await client.renew(request, current, signal)
  const certificate = checkIssued(der, key)
  writePair(files, chainOf(der, known), newKey ? privateKeyPem(key) : null, pair.keyPem)
  return certificate
}

/** What was issued has to be for our key and in force. Throws EstError. */
export function checkIssued(der: Buffer, key: KeyObject): X509Certificate {
  try {
    const certificate = new X509Certificate(der)
    if (createPublicKey(key).equals(certificate.publicKey) && certificate.validToDate.getTime() > Date.now()) return certificate
  } catch (cause) {
    throw new EstError('enrolment answered with something that is no certificate', { status: 200, cause })
  }
  throw new EstError('enrolment answered with a certificate of another key, or one that has expired', { status: 200 })
}

/** Subject and SANs as they are: the server takes no others (RFC 7030 section 4.2.2). */
function requestFor({ certificate }: Pair, key: KeyObject): Buffer {
  const { subject, sans, dn } = readCertificate(certificate.raw)
  const [attribute, ...more] = subject.flat()
  if (attribute?.oid !== COMMON_NAME || more.length > 0)
    throw new MaterialError('', `the certificate is for ${dn}: only those of one common name are renewed so`)
  return writeSigningRequest(key, { commonName: attribute.value, sans })
}

function kindOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): KeyType {
  if (asymmetricKeyType === 'rsa') return (asymmetricKeyDetails?.modulusLength ?? 0) > 3072 ? 'rsa4096' : 'rsa'
  return asymmetricKeyType === 'ed25519' ? 'ed25519' : 'ec'
}
