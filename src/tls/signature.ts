import { constants, type KeyObject, verify } from 'node:crypto'
import { UnreadableCertificateError } from '../errors.ts'
import { contentBytes, type DerElement, INTEGER, inside, SEQUENCE } from '../identity/der.ts'
import { readOid } from '../identity/der-values.ts'
import type { SignatureAlgorithm, SignedBytes } from './types.ts'

const RSASSA_PSS = '1.2.840.113549.1.1.10'
/** RFC 4055 section 3.1: what a missing parameter means. */
const PSS_DEFAULT_SALT = 20

const ALGORITHMS: ReadonlyMap<string, SignatureAlgorithm> = new Map(
  (
    [
      ['1.2.840.113549.1.1.11', 'rsa', 'sha256'],
      ['1.2.840.113549.1.1.12', 'rsa', 'sha384'],
      ['1.2.840.113549.1.1.13', 'rsa', 'sha512'],
      ['1.2.840.10045.4.3.2', 'ec', 'sha256'],
      ['1.2.840.10045.4.3.3', 'ec', 'sha384'],
      ['1.2.840.10045.4.3.4', 'ec', 'sha512'],
      ['1.3.101.112', 'ed25519', null],
      ['1.3.101.113', 'ed448', null],
    ] as const
  ).map(([oid, key, hash]) => [oid, { key, hash, saltLength: 0 }]),
)

const PSS_HASHES: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])

/**
 * The algorithm of a signature (an AlgorithmIdentifier, RFC 5280 section 4.1.1.2). Throws UnreadableCertificateError for one that is
 * unknown or weak (SHA-1, MD5): what cannot be verified is not believed.
 */
export function readSignatureAlgorithm(element: DerElement): SignatureAlgorithm {
  const parts = inside(element, 'the signature algorithm')
  const oid = readOid(parts.next('the signature algorithm'), 'the signature algorithm')
  if (oid === RSASSA_PSS) return readPss(parts.expect(SEQUENCE, 'the parameters of RSASSA-PSS'))
  const known = ALGORITHMS.get(oid)
  if (known === undefined) throw new UnreadableCertificateError(`it is signed with ${oid}, which is weak or unknown`)
  return known
}

/** The mask generation function is left to OpenSSL, which takes the hash's own. */
function readPss(element: DerElement): SignatureAlgorithm {
  const parts = inside(element, 'the parameters of RSASSA-PSS')
  const hashElement = parts.optional(0xa0, 'the hash of RSASSA-PSS')
  const oid =
    hashElement === null
      ? 'SHA-1'
      : readOid(inside(hashElement, 'the hash').open(SEQUENCE, 'the hash').next('the hash of RSASSA-PSS'), 'the hash of RSASSA-PSS')
  const hash = PSS_HASHES.get(oid)
  if (hash === undefined) throw new UnreadableCertificateError(`it is signed with RSASSA-PSS and ${oid}, which is weak or unknown`)
  parts.optional(0xa1, 'the mask of RSASSA-PSS')
  const salt = parts.optional(0xa2, 'the salt of RSASSA-PSS')
  return {
    key: 'rsa-pss',
    hash,
    saltLength: salt === null ? PSS_DEFAULT_SALT : readSmall(inside(salt, 'the salt').expect(INTEGER, 'the salt')),
  }
}

function readSmall(element: DerElement): number {
  const bytes = contentBytes(element)
  if (bytes.length === 0 || bytes.length > 2) throw new UnreadableCertificateError('the salt of RSASSA-PSS is too long')
  return bytes.reduce((value, byte) => value * 256 + byte, 0)
}

/** Whether this key made the signature; false also where the key is of another kind or OpenSSL refuses it. */
export function verifySigned(signed: SignedBytes, key: KeyObject): boolean {
  const { algorithm } = signed
  const kind = key.asymmetricKeyType
  if (kind !== algorithm.key && !(kind === 'rsa' && algorithm.key === 'rsa-pss')) return false
  const padding =
    algorithm.key === 'rsa-pss'
      ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: algorithm.saltLength }
      : algorithm.key === 'rsa'
        ? { padding: constants.RSA_PKCS1_PADDING }
        : {}
  try {
    const content = Buffer.from(signed.content, 'base64')
    return verify(algorithm.hash, content, { key, ...padding }, Buffer.from(signed.signature, 'base64'))
  } catch {
    return false
  }
}
