import { constants, hash, type KeyObject, randomBytes, sign } from 'node:crypto'
import * as der from './der-write.ts'
import { IssuanceError } from './issuance-error.ts'

type Digest = 'sha256' | 'sha384' | 'sha512'

const SHA2: ReadonlyMap<Digest, string> = new Map([
  ['sha256', '2.16.840.1.101.3.4.2.1'],
  ['sha384', '2.16.840.1.101.3.4.2.2'],
  ['sha512', '2.16.840.1.101.3.4.2.3'],
])

/** ECDSA signs with the digest of its curve's strength (RFC 5480 section 4). */
const CURVE_DIGESTS: ReadonlyMap<string, readonly [digest: Digest, oid: string]> = new Map([
  ['prime256v1', ['sha256', '1.2.840.10045.4.3.2']],
  ['secp384r1', ['sha384', '1.2.840.10045.4.3.3']],
  ['secp521r1', ['sha512', '1.2.840.10045.4.3.4']],
])

const SHA256_WITH_RSA = '1.2.840.113549.1.1.11'
const RSASSA_PSS = '1.2.840.113549.1.1.10'
const MGF1 = '1.2.840.113549.1.1.8'
const ED25519 = '1.3.101.112'

/** How one key signs: its AlgorithmIdentifier, and the signature itself. */
export interface Signer {
  readonly algorithm: der.Der
  sign(content: Uint8Array): Buffer
}

/** The signer of a CA's or responder's private key. Throws IssuanceError for a key that certgate does not sign with. */
export function signerOf(key: KeyObject): Signer {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key
  if (type === 'ed25519') return { algorithm: der.sequence(der.objectIdentifier(ED25519)), sign: (content) => sign(null, content, key) }
  if (type === 'rsa') {
    const algorithm = der.sequence(der.objectIdentifier(SHA256_WITH_RSA), der.nothing)
    return { algorithm, sign: (content) => sign('sha256', content, key) }
  }
  if (type === 'rsa-pss') return pssSigner(key)
  const curve = CURVE_DIGESTS.get(details?.namedCurve ?? '')
  if (type !== 'ec' || curve === undefined) {
    const kind = type === 'ec' ? `on the curve ${details?.namedCurve}` : `of kind ${type}`
    throw new IssuanceError(
      'authority',
      `the authority has a key ${kind}, which it cannot sign with`,
      'use EC P-256, P-384 or P-521, RSA, or Ed25519',
    )
  }
  const [digest, oid] = curve
  return { algorithm: der.sequence(der.objectIdentifier(oid)), sign: (content) => sign(digest, content, key) }
}

/** RFC 4055 section 3.1; the parameters of the key, where it has some, bind its signatures. */
function pssSigner(key: KeyObject): Signer {
  const { hashAlgorithm = 'sha256', saltLength: least = 0 } = key.asymmetricKeyDetails ?? {}
  const digest = hashAlgorithm as Digest
  const oid = SHA2.get(digest)
  if (oid === undefined)
    throw new IssuanceError('authority', `the key of the authority is bound to ${hashAlgorithm}, which is weak or unknown`)
  const saltLength = Math.max(least, hash(digest, '', 'buffer').length)
  const hashed = der.sequence(der.objectIdentifier(oid), der.nothing)
  const parameters = der.sequence(
    der.context(0, hashed),
    der.context(1, der.sequence(der.objectIdentifier(MGF1), hashed)),
    der.context(2, der.integer(saltLength)),
  )
  return {
    algorithm: der.sequence(der.objectIdentifier(RSASSA_PSS), parameters),
    sign: (content) => sign(digest, content, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  }
}

/** SEQUENCE of content, algorithm and signature: a certificate, a list, or (with `after`) an OCSP response. */
export function signed(content: der.Der, signer: Signer, ...after: readonly der.Der[]): der.Der {
  return der.sequence(content, signer.algorithm, der.bitString(signer.sign(content)), ...after)
}

/**
 * 128 random bits in 17 octets; the first is 01, so the number is positive, of one length, and within the 20 octets of
 * RFC 5280 section 4.1.2.2.
 */
export function newSerial(): Buffer {
  return Buffer.concat([Buffer.from([1]), randomBytes(16)])
}
