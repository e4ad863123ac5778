import { createPrivateKey, type KeyObject, type X509Certificate } from 'node:crypto'
import type { CertificateSource } from '../config/settings.ts'
import { MaterialError } from '../errors.ts'
import { keyWeakness } from './algorithm.ts'
import { bearsSignatureOf, parseCertificate, publicKeyOf } from './authority-node.ts'
import { looksLikeDer, readMaterial, readPem } from './pem.ts'
import type { KeyPair } from './types.ts'

/** Reads a PFX file (PKCS#12); throws MaterialError naming `file`. */
export type PfxReader = (bytes: Buffer, password: string | null, file: string) => KeyPair

/** A private key, its certificate, and whatever else stood beside them, parsed and proven to fit. */
export interface LoadedKeyPair {
  readonly key: KeyObject
  readonly leaf: X509Certificate
  readonly others: readonly X509Certificate[]
  /** What a person has to change when something is wrong with the certificate. */
  readonly file: string
}

const CERTIFICATE_LABELS: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE'])
const KEY_BLOCK = /-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/g
const DER_KEYS = ['pkcs8', 'pkcs1', 'sec1'] as const

/** Throws MaterialError in the words of the person who has to fix it; never with a secret in it. `read`: where the bytes of a file are. */
export function loadKeyPair(source: CertificateSource, readPfx: PfxReader, read: (file: string) => Buffer = readMaterial): LoadedKeyPair {
  if (source.pfx !== null) {
    const pair = readPfx(read(source.pfx), source.password, source.pfx)
    const certificates = parseCertificates(Buffer.from(pair.certificate), source.pfx)
    return fit(createPrivateKey(pair.key), certificates, source.pfx, source.pfx)
  }
  const file = source.cert ?? source.key
  if (file === null)
    throw new MaterialError('', 'no certificate is named', { hint: 'write { cert: FILE, key: FILE } or { pfx: FILE, password: ... }' })
  const keyFile = source.key ?? file
  const certificates = parseCertificates(read(file), file)
  return fit(readKey(read(keyFile), source.passphrase, keyFile), certificates, file, keyFile)
}

/** The key that names a file: `.cert`, `.key` or `.pfx`; '': none of them does. */
export function keyOf({ cert, key, pfx }: CertificateSource, file: string): string {
  const [name] = Object.entries({ cert, key, pfx }).find(([, named]) => named === file) ?? []
  return name === undefined ? '' : `.${name}`
}

/** The certificates of a PEM or DER file in order; at least one. Throws MaterialError. */
export function parseCertificates(bytes: Buffer, file: string): X509Certificate[] {
  if (bytes.length === 0) throw new MaterialError(file, `${file} is empty`)
  const encoded = looksLikeDer(bytes)
    ? [bytes]
    : readPem(bytes, file).flatMap(({ label, der }) => (CERTIFICATE_LABELS.has(label) ? [der] : []))
  if (encoded.length === 0) {
    throw new MaterialError(file, `${file} holds no certificate`, {
      hint: 'it must have a block that begins with "-----BEGIN CERTIFICATE-----"',
    })
  }
  return encoded.map((der, index) => {
    try {
      return parseCertificate(der)
    } catch (cause) {
      const which = encoded.length === 1 ? '' : `certificate ${index + 1} of `
      throw new MaterialError(file, `${which}${file} cannot be read as a certificate`, { cause })
    }
  })
}

function readKey(bytes: Buffer, passphrase: string | null, file: string): KeyObject {
  const blocks = [...bytes.toString('latin1').matchAll(KEY_BLOCK)]
  if (blocks.length > 1)
    throw new MaterialError(file, `${file} holds ${blocks.length} private keys`, { hint: 'leave the one that belongs to the certificate' })
  const [block] = blocks
  if (block === undefined) return readDerKey(bytes, file)
  const [text, label = ''] = block
  const encrypted = label === 'ENCRYPTED PRIVATE KEY' || /Proc-Type: *4, *ENCRYPTED/.test(text)
  if (encrypted && passphrase === null) {
    throw new MaterialError(file, `the private key ${file} is encrypted, and no passphrase is given`, {
      hint: 'set `passphrase` beside `key`',
    })
  }
  try {
    return createPrivateKey(encrypted && passphrase !== null ? { key: text, passphrase } : text)
  } catch (cause) {
    const message = encrypted ? `the passphrase does not open the private key ${file}` : `${file} cannot be read as a private key`
    throw new MaterialError(file, message, { cause })
  }
}

function readDerKey(bytes: Buffer, file: string): KeyObject {
  if (looksLikeDer(bytes)) {
    for (const type of DER_KEYS) {
      try {
        return createPrivateKey({ key: bytes, format: 'der', type })
      } catch {
        // Another encoding may fit; what fits none is answered below.
      }
    }
  }
  throw new MaterialError(file, `${file} holds no private key`, { hint: 'it must have a block such as "-----BEGIN PRIVATE KEY-----"' })
}

function fit(key: KeyObject, certificates: readonly X509Certificate[], file: string, keyFile: string): LoadedKeyPair {
  const leaf = certificates.find((certificate) => fits(certificate, key))
  if (leaf === undefined) {
    throw new MaterialError(keyFile, `the private key ${keyFile} does not fit the certificate ${file}`, {
      hint: 'it belongs to another certificate: name the two files that were made together',
    })
  }
  const publicKey = publicKeyOf(leaf)
  const weakness = publicKey === null ? 'a key that cannot be used' : keyWeakness(publicKey)
  if (weakness !== null) {
    throw new MaterialError(file, `the certificate ${file} has ${weakness}, which is too weak`, {
      hint: 'use EC P-256, Ed25519, or RSA with at least 2048 bits',
    })
  }
  return { key, leaf, others: certificates.filter((certificate) => certificate !== leaf), file }
}

function fits(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.checkPrivateKey(key)
  } catch {
    return false
  }
}

/**
 * The chain to show: the leaf and its issuers, without the root unless that is the only issuer. With a lone leaf whose issuer is
 * trusted, OpenSSL would rebuild and verify our own chain on every handshake (10% CPU). Other certificates of an issuer on it that
 * stand in the same file follow: who does not know one root may know the other.
 */
export function buildChain({ leaf, others }: LoadedKeyPair, pool: readonly X509Certificate[]): X509Certificate[] {
  const chain = [leaf]
  for (let current: X509Certificate | undefined = leaf; current !== undefined; ) {
    const below: X509Certificate = current
    current = [...others, ...pool].find((candidate) => !chain.includes(candidate) && !isSame(candidate, below) && issued(below, candidate))
    if (current !== undefined && (chain.length === 1 || !issued(current, current))) chain.push(current)
    else break
  }
  const issuers = chain.slice(1)
  const twins = others.filter((other) => !chain.some((one) => isSame(one, other)) && issuers.some((issuer) => isTwin(issuer, other)))
  return [...chain, ...twins]
}

/** Another certificate of the same CA: same name, same key. */
function isTwin(a: X509Certificate, b: X509Certificate): boolean {
  const [key, other] = [publicKeyOf(a), publicKeyOf(b)]
  return a.subject === b.subject && key !== null && other !== null && key.equals(other)
}

const isSame = (a: X509Certificate, b: X509Certificate): boolean => a.raw.equals(b.raw)

function issued(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && bearsSignatureOf(certificate, { publicKey: publicKeyOf(issuer) })
}

export function toKeyPair({ key }: LoadedKeyPair, chain: readonly X509Certificate[]): KeyPair {
  return {
    certificate: chain.map((certificate) => certificate.toString()).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
