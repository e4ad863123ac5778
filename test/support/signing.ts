import { createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import * as der from './der.ts'

/** `ec` is P-256; the weak ones exist to be refused. */
export type KeyType = 'ec' | 'p384' | 'p192' | 'rsa' | 'rsa1024' | 'rsa1536' | 'ed25519'
export type Hash = 'sha256' | 'sha384' | 'sha512' | 'sha1' | 'md5'

const signatureOids = new Map([
  ['ec-sha1', '1.2.840.10045.4.1'],
  ['ec-sha256', '1.2.840.10045.4.3.2'],
  ['ec-sha384', '1.2.840.10045.4.3.3'],
  ['ec-sha512', '1.2.840.10045.4.3.4'],
  ['rsa-md5', '1.2.840.113549.1.1.4'],
  ['rsa-sha1', '1.2.840.113549.1.1.5'],
  ['rsa-sha256', '1.2.840.113549.1.1.11'],
  ['rsa-sha384', '1.2.840.113549.1.1.12'],
  ['rsa-sha512', '1.2.840.113549.1.1.13'],
])

const generate = promisify(generateKeyPair) as unknown as (type: string, options: object) => Promise<{ privateKey: KeyObject }>

export async function newKey(type: KeyType): Promise<KeyObject> {
  if (type === 'ed25519') return (await generate('ed25519', {})).privateKey
  if (type === 'rsa' || type === 'rsa1024' || type === 'rsa1536') {
    return (await generate('rsa', { modulusLength: Number(type.slice(3)) || 2048 })).privateKey
  }
  const curve = type === 'ec' ? 'prime256v1' : type === 'p384' ? 'secp384r1' : 'prime192v1'
  return (await generate('ec', { namedCurve: curve })).privateKey
}

/** The SubjectPublicKeyInfo, and the key bits that RFC 5280 section 4.2.1.2 hashes. */
export function publicKeyOf(key: KeyObject): { spki: Buffer; point: Buffer } {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const open = (at: number) => {
    const first = spki[at + 1] ?? 0
    const size = first < 0x80 ? 0 : first & 0x7f
    const start = at + 2 + size
    return { start, end: start + (size === 0 ? first : spki.readUIntBE(at + 2, size)) }
  }
  const algorithm = open(open(0).start)
  const bits = open(algorithm.end)
  return { spki, point: spki.subarray(bits.start + 1, bits.end) }
}

export function signatureAlgorithm(key: KeyObject, hash: Hash = 'sha256'): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return der.sequence(der.oid('1.3.101.112'))
  const oid = signatureOids.get(`${key.asymmetricKeyType}-${hash}`)
  if (!oid) throw new TypeError(`cannot sign with ${key.asymmetricKeyType} and ${hash}`)
  return der.sequence(der.oid(oid), ...(key.asymmetricKeyType === 'rsa' ? [der.nothing] : []))
}

export function signature(tbs: Buffer, key: KeyObject, hash: Hash = 'sha256'): Buffer {
  return sign(key.asymmetricKeyType === 'ed25519' ? null : hash, tbs, key)
}
