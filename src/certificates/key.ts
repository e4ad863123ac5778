import { webcrypto } from 'node:crypto'

/** `ec` is ECDSA P-256: small, fast to sign with, and read by every client in use. */
export type KeyType = 'ec' | 'rsa' | 'ed25519'

export type KeyPairObject = webcrypto.CryptoKeyPair

const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 3072, publicExponent: new Uint8Array([1, 0, 1]) }

/** A new key from the operating system's random source, extractable so that it can be written once. */
export async function generateKey(type: KeyType): Promise<KeyPairObject> {
  const { subtle } = webcrypto
  if (type === 'rsa') return subtle.generateKey(rsa, true, ['sign', 'verify'])
  if (type === 'ed25519') return (await subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as KeyPairObject
  return subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
}

/** The private key as PKCS#8 PEM (RFC 5958), not encrypted: only for files of mode 0600. */
export async function privateKeyPem(key: KeyPairObject): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key.privateKey))
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`
}
