import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { MaterialError } from '../errors.ts'
import type { KeyPair } from '../tls/types.ts'
import { children, decode, type Element, encode, identifier, isInteger, isOctets, MalformedError, octets, only } from './ber-read.ts'
import { IssuanceError } from './issuance-error.ts'
import { oid } from './pkcs12-oids.ts'
import { decrypt, encodePassword, maxRounds, type Password, UnsupportedError, verifyMac } from './pkcs12-password.ts'

interface Contents {
  readonly keys: KeyObject[]
  readonly certificates: X509Certificate[]
}

/** The password does not fit: told apart from damage, because it has another remedy. */
class WrongPasswordError extends Error {}

/**
 * Reads the one private key of a PFX file (PKCS#12, RFC 7292) and its certificate chain, leaf first; files of old tools (RC2, 3DES, SHA-1) too.
 * `password: null` fits files without one. Throws MaterialError, which names `file` and never holds the password.
 */
export function readPfx(bytes: Buffer, password: string | null, file: string): KeyPair {
  try {
    const contents = open(bytes, password)
    const { key, leaf } = pair(contents)
    return {
      certificate: chain(leaf, contents.certificates).map(pem).join(''),
      key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    }
  } catch (cause) {
    if (cause instanceof WrongPasswordError) throw wrongPassword(password, file, cause)
    throw new MaterialError(file, `cannot use the PFX file ${file}: it ${problemOf(cause)}`, { cause })
  }
}

/**
 * All certificates of a PFX file in its order, whether it has private keys or not; at least one. Throws IssuanceError for a wrong or
 * missing password (field `password`) and for what cannot be read.
 */
export function readPfxCertificates(bytes: Buffer, password: string | null): readonly X509Certificate[] {
  try {
    const { certificates, keys } = open(bytes, password)
    if (certificates.length > 0) return certificates
    throw new MalformedError(keys.length === 0 ? 'is empty' : 'holds a private key but no certificate')
  } catch (cause) {
    if (!(cause instanceof WrongPasswordError)) throw new IssuanceError('request', `the PFX file ${problemOf(cause)}`, undefined, cause)
    const message =
      (password || null) === null ? 'the PFX file has a password, and none is given' : 'the password does not open the PFX file'
    throw new IssuanceError('password', message, undefined, cause)
  }
}

/** Completes "it ...", never with anything of the password. */
const problemOf = (cause: unknown): string =>
  cause instanceof MalformedError || cause instanceof UnsupportedError ? cause.message : 'is damaged'

function wrongPassword(password: string | null, file: string, cause: Error): MaterialError {
  return password === null
    ? new MaterialError(file, `the PFX file ${file} has a password, and none is configured`, { cause, hint: 'set `password` beside `pfx`' })
    : new MaterialError(file, `the password does not open the PFX file ${file}`, { cause })
}

/** Tools disagree on how "no password" is spelt, so each spelling is tried; the MAC tells which one was meant. */
function open(bytes: Buffer, password: string | null): Contents {
  if (bytes.subarray(0, 10).toString('latin1') === '-----BEGIN') throw new MalformedError('is PEM, which belongs under `cert` and `key`')
  const [, authSafe, macData] = children(structure(bytes))
  const [type, content] = children(authSafe)
  if (identifier(type) === oid.signedData) throw new UnsupportedError('is protected by a signature instead of a password')
  if (identifier(type) !== oid.data) throw new MalformedError('is not a whole PFX file')
  const safe = octets(only(content))
  const work = { left: maxRounds }
  const spellings = (password || null) === null ? [encodePassword(null, work), encodePassword('', work)] : [encodePassword(password, work)]
  const fitting = macData === undefined ? spellings : spellings.filter((spelling) => verifyMac(macData, safe, spelling))
  let failure: unknown = new WrongPasswordError()
  for (const spelling of fitting) {
    try {
      return readSafe(safe, spelling)
    } catch (error) {
      failure = error
    }
  }
  // Without a MAC, a wrong password only shows as a decryption that fails.
  throw macData === undefined && !(failure instanceof UnsupportedError) ? new WrongPasswordError('', { cause: failure }) : failure
}

function structure(bytes: Buffer): Element {
  try {
    const element = decode(bytes)
    if (!isInteger(children(element)[0])) throw new MalformedError('has no version')
    return element
  } catch (cause) {
    throw new MalformedError('is not a whole PFX file', { cause })
  }
}

function readSafe(safe: Buffer, password: Password): Contents {
  const contents: Contents = { keys: [], certificates: [] }
  for (const info of children(decode(safe))) {
    const [type, content] = children(info)
    const kind = identifier(type)
    if (kind === oid.data) readBags(octets(only(content)), password, contents)
    else if (kind === oid.encryptedData) {
      const [, encrypted] = children(only(content))
      const [, algorithm, ciphertext] = children(encrypted)
      readBags(decrypt(algorithm, octets(ciphertext), password), password, contents)
    } else throw new UnsupportedError(kind === oid.envelopedData ? 'is encrypted to a public key' : `holds unknown content (${kind})`)
  }
  return contents
}

function readBags(bytes: Buffer, password: Password, contents: Contents): void {
  readBagList(decode(bytes), password, contents)
}

function readBagList(list: Element, password: Password, contents: Contents): void {
  for (const bag of children(list)) {
    const [type, tagged] = children(bag)
    const value = only(tagged)
    const kind = identifier(type)
    if (kind === oid.safeContentsBag) readBagList(value, password, contents)
    if (kind === oid.keyBag) contents.keys.push(privateKey(encode(value)))
    if (kind === oid.shroudedKeyBag) {
      const [algorithm, ciphertext] = children(value)
      contents.keys.push(privateKey(decrypt(algorithm, octets(ciphertext), password)))
    }
    if (kind === oid.certBag) {
      const [certificateType, certificate] = children(value)
      const held = only(certificate)
      if (identifier(certificateType) === oid.x509Certificate && isOctets(held))
        contents.certificates.push(new X509Certificate(octets(held)))
    }
  }
}

function privateKey(der: Buffer): KeyObject {
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

function pair({ keys, certificates }: Contents): { key: KeyObject; leaf: X509Certificate } {
  if (keys.length === 0) throw new MalformedError('holds no private key')
  if (certificates.length === 0) throw new MalformedError('holds a private key but no certificate')
  const pairs = keys.flatMap((key) => certificates.filter((leaf) => leaf.checkPrivateKey(key)).map((leaf) => ({ key, leaf })))
  const [first, second] = pairs
  if (first === undefined) throw new MalformedError('holds a private key and certificates, but none that belongs to the key')
  // Which one was meant is not ours to guess.
  if (second !== undefined && !second.leaf.raw.equals(first.leaf.raw))
    throw new UnsupportedError('holds several certificates with private keys')
  return first
}

/** Leaf, then each issuer that is at hand. A root above an intermediate is left out: whoever trusts it has it. */
function chain(leaf: X509Certificate, others: readonly X509Certificate[]): X509Certificate[] {
  const found = [leaf]
  for (let last = leaf; !isSelfSigned(last); ) {
    const issuer = others.find((other) => !found.includes(other) && last.checkIssued(other) && last.verify(other.publicKey))
    if (issuer === undefined || (isSelfSigned(issuer) && found.length > 1)) break
    found.push(issuer)
    last = issuer
  }
  return found
}

function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.checkIssued(certificate)
}

function pem(certificate: X509Certificate): string {
  return certificate.toString()
}
