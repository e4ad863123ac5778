import type { KeyObject } from 'node:crypto'
import { DerReader, OBJECT_IDENTIFIER, SEQUENCE } from '../identity/der.ts'
import { readOid } from '../identity/der-values.ts'

const SMALLEST_RSA = 2048
const EC_PUBLIC_KEY = '1.2.840.10045.2.1'
/** Curves of 256 bits and more that OpenSSL knows; anything else is taken for weak. */
const CURVES: ReadonlySet<string> = new Set([
  'prime256v1',
  'secp256k1',
  'secp384r1',
  'secp521r1',
  'brainpoolP256r1',
  'brainpoolP384r1',
  'brainpoolP512r1',
])

/** Signatures that can be relied on; SHA-1, MD5 and DSA are not among them. */
const SIGNATURES: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.14',
  '1.2.840.113549.1.1.11',
  '1.2.840.113549.1.1.12',
  '1.2.840.113549.1.1.13',
  // RSASSA-PSS carries its hash in parameters: OpenSSL refuses SHA-1 there when it checks the chain.
  '1.2.840.113549.1.1.10',
  '1.2.840.10045.4.3.1',
  '1.2.840.10045.4.3.2',
  '1.2.840.10045.4.3.3',
  '1.2.840.10045.4.3.4',
  '1.3.101.112',
  '1.3.101.113',
  ...Array.from({ length: 8 }, (_, index) => `2.16.840.1.101.3.4.3.${index + 9}`),
  ...Array.from({ length: 15 }, (_, index) => `2.16.840.1.101.3.4.3.${index + 17}`),
])

const WEAK_SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.2', 'MD2'],
  ['1.2.840.113549.1.1.4', 'MD5'],
  ['1.2.840.113549.1.1.5', 'SHA-1'],
  ['1.3.14.3.2.29', 'SHA-1'],
  ['1.2.840.10045.4.1', 'SHA-1'],
  ['1.2.840.10040.4.3', 'DSA and SHA-1'],
  ['2.16.840.1.101.3.4.3.1', 'DSA'],
  ['2.16.840.1.101.3.4.3.2', 'DSA'],
])

/** Why a public key is too weak, e.g. `an RSA key of 1024 bits`; null: it is not. */
export function keyWeakness(key: KeyObject): string | null {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key
  if (type === 'rsa' || type === 'rsa-pss') {
    const bits = details?.modulusLength ?? 0
    return bits >= SMALLEST_RSA ? null : `an RSA key of ${bits} bits`
  }
  if (type === 'ec') {
    const curve = details?.namedCurve
    return curve !== undefined && CURVES.has(curve) ? null : `a key on the curve ${curve ?? 'without a name'}`
  }
  return type === 'ed25519' || type === 'ed448' || /^(ml|slh)-dsa-/.test(type) ? null : `a key of kind ${type}`
}

/**
 * True for an EC key that spells its curve out (RFC 5480 section 2.1.1 forbids it): whoever makes up the parameters knows the key.
 * OpenSSL gives the curve its name where it looks like one.
 */
export function spellsCurveOut(subjectPublicKeyInfo: Uint8Array): boolean {
  const algorithm = new DerReader(subjectPublicKeyInfo).open(SEQUENCE, 'the public key').open(SEQUENCE, 'the key algorithm')
  if (readOid(algorithm.next('the key algorithm'), 'the key algorithm') !== EC_PUBLIC_KEY) return false
  return algorithm.next('the curve').tag !== OBJECT_IDENTIFIER
}

/** Why a signature algorithm is too weak, e.g. `a signature with SHA-1`; null: it is not. */
export function signatureWeakness(oid: string): string | null {
  return SIGNATURES.has(oid) ? null : `a signature with ${WEAK_SIGNATURES.get(oid) ?? `the unknown algorithm ${oid}`}`
}
