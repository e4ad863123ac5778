import { createPublicKey, generateKeyPair, hash, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { DerReader, SEQUENCE } from '../identity/der.ts'
import { keyWeakness, spellsCurveOut } from '../tls/algorithm.ts'
import { readWholeBytes } from './bit-string.ts'
import { pemOf } from './der-write.ts'
import { IssuanceError } from './issuance-error.ts'
import { encryptedPrivateKey } from './pkcs12-encrypt.ts'

/** `ec` is ECDSA P-256: small, fast to sign with, and read by every client in use. `rsa` has 3072 bits. */
export type KeyType = 'ec' | 'rsa' | 'rsa4096' | 'ed25519'

export const KEY_TYPES: ReadonlySet<string> = new Set<KeyType>(['ec', 'rsa', 'rsa4096', 'ed25519'])

/** The curves that every TLS client in use knows; others are refused before they surprise one. */
const CURVES: ReadonlySet<string> = new Set(['prime256v1', 'secp384r1', 'secp521r1'])
/** Each verification of a larger one costs the gateway milliseconds. */
const LARGEST_RSA = 8192
/** Everybody has 65537, or 3: longer ones many clients do not read, and each verification costs as much as signing. */
const LONGEST_EXPONENT = 32n

const generate = promisify(generateKeyPair) as unknown as (type: string, options: object) => Promise<{ privateKey: KeyObject }>

/** A new private key from the operating system's random source; made off the event loop. */
export async function generateKey(type: KeyType): Promise<KeyObject> {
  if (type === 'ed25519') return (await generate('ed25519', {})).privateKey
  if (type === 'ec') return (await generate('ec', { namedCurve: 'prime256v1' })).privateKey
  return oneByOne(async () => (await generate('rsa', { modulusLength: type === 'rsa' ? 3072 : 4096, publicExponent: 65537 })).privateKey)
}

let last: Promise<unknown> = Promise.resolve()

/** Each takes a thread for seconds, of four that all files and other keys of this process need: those are never all taken by it. */
function oneByOne<T>(make: () => Promise<T>): Promise<T> {
  const made = last.then(make)
  last = made.catch(() => {})
  return made
}

/** What to make in the place of a key: the same kind, at least as strong where that is offered. */
export function successorType({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): KeyType {
  if (type === 'ed25519') return 'ed25519'
  if (type !== 'rsa' && type !== 'rsa-pss') return 'ec'
  return (details?.modulusLength ?? 0) > 3072 ? 'rsa4096' : 'rsa'
}

/** The private key as PKCS#8 PEM (RFC 5958), not encrypted: only for files of mode 0600. */
export function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The private key as encrypted PKCS#8 PEM: AES-256-CBC under PBES2 (RFC 8018), with the work of our PFX files. */
export function encryptedKeyPem(key: KeyObject, password: string): string {
  return pemOf('ENCRYPTED PRIVATE KEY', encryptedPrivateKey(key.export({ type: 'pkcs8', format: 'der' }), password))
}

/** The SubjectPublicKeyInfo of a private or public key. */
export function publicKeyInfo(key: KeyObject): Buffer {
  return (key.type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' })
}

/** SHA-1 over the key's bits: method 1 of RFC 5280 section 4.2.1.2, and the key hash of OCSP. Not a security property. */
export function keyIdentifier(subjectPublicKeyInfo: Uint8Array): Buffer {
  return hash('sha1', keyBits(subjectPublicKeyInfo), 'buffer')
}

/** The content of the subjectPublicKey BIT STRING without its count of unused bits. Throws UnreadableCertificateError. */
export function keyBits(subjectPublicKeyInfo: Uint8Array): Uint8Array {
  const parts = new DerReader(subjectPublicKeyInfo).open(SEQUENCE, 'the public key')
  parts.expect(SEQUENCE, 'the key algorithm')
  return readWholeBytes(parts, 'the public key')
}

/** Refuses what must not be certified: throws IssuanceError for RSA under 2048 or over 8192 bits, exponents that protect nothing or are long, other curves and kinds. */
export function checkPublicKey(key: KeyObject, subjectPublicKeyInfo: Uint8Array): void {
  const weakness = spellsCurveOut(subjectPublicKeyInfo) ? 'a key on a curve of explicit parameters' : keyWeakness(key)
  const refusal = weakness === null ? unusable(key) : `${weakness}, which is too weak`
  if (refusal === null) return
  throw new IssuanceError('key', `the request has ${refusal}`, 'use EC P-256, P-384 or P-521, Ed25519, or RSA with 2048 bits or more')
}

function unusable(key: KeyObject): string | null {
  const { asymmetricKeyType: type = 'unknown', asymmetricKeyDetails: details } = key
  if (type === 'ec')
    return CURVES.has(details?.namedCurve ?? '') ? null : `a key on the curve ${details?.namedCurve}, which few clients know`
  if (type === 'rsa' || type === 'rsa-pss') {
    const bits = details?.modulusLength ?? 0
    if (bits > LARGEST_RSA) return `an RSA key of ${bits} bits, and ${LARGEST_RSA} is the limit`
    // 1 leaves the message as it is, and an even one has no inverse.
    const exponent = details?.publicExponent ?? 0n
    if (exponent >= 2n ** LONGEST_EXPONENT) return `an RSA key with an exponent of more than ${LONGEST_EXPONENT} bits`
    return exponent >= 3n && exponent % 2n === 1n ? null : `an RSA key with the exponent ${exponent}`
  }
  return type === 'ed25519' ? null : `a key of kind ${type}, which few clients know`
}
