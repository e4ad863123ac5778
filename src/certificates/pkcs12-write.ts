import { createPrivateKey, hash, X509Certificate } from 'node:crypto'
import { ANY_EXTENDED_KEY_USAGE } from '../identity/oids.ts'
import type { KeyPair } from '../tls/types.ts'
import * as der from './der-write.ts'
import { legacy, modern, type Protection } from './pkcs12-encrypt.ts'
import { oid } from './pkcs12-oids.ts'
import { encodePassword, type Password } from './pkcs12-password.ts'

export interface PfxOptions {
  /** 3DES and SHA-1, for readers that know nothing newer. */
  readonly legacy?: boolean
}

/**
 * Writes a key and its chain as PFX (PKCS#12, RFC 7292): AES-256-CBC under PBES2, and a SHA-256 MAC, which OpenSSL, browsers, Java,
 * Windows since 2019 and macOS read. `friendlyName` is what a browser lists it under.
 */
export function writePfx(pair: KeyPair, password: string, friendlyName: string, options: PfxOptions = {}): Buffer {
  const protection = options.legacy === true ? legacy : modern
  const encoded = encodePassword(password)
  const certificates = derOf(pair.certificate)
  const [leaf] = certificates
  if (leaf === undefined) throw new TypeError('no certificate to write')
  const attributes = [named(friendlyName), attribute(oid.localKeyId, der.octetString(hash('sha1', leaf, 'buffer')))]
  const certBags = certificates.map((raw) => certBag(raw, raw === leaf ? attributes : []))
  const key = createPrivateKey(pair.key).export({ type: 'pkcs8', format: 'der' })
  const shrouded = protection.encrypt(key, encoded)
  const keyBag = bag(oid.shroudedKeyBag, der.sequence(shrouded.algorithm, der.octetString(shrouded.ciphertext)), attributes)
  const content = der.sequence(...certBags)
  return file([encryptedContent(content, encoded, protection), data(der.sequence(keyBag))], encoded, protection)
}

/** A PFX of certificates alone, each (PEM, or one in DER) under its name and without a key; marked as Java wants it, whose keytool lists no others. */
export function writeCertificatesPfx(
  entries: readonly { readonly certificate: string | Uint8Array; readonly friendlyName: string }[],
  password: string,
  options: PfxOptions = {},
): Buffer {
  const protection = options.legacy === true ? legacy : modern
  const encoded = encodePassword(password)
  const trusted = attribute(oid.trustedKeyUsage, der.objectIdentifier(ANY_EXTENDED_KEY_USAGE))
  const bags = entries.flatMap(({ certificate, friendlyName }) =>
    derOf(certificate).map((raw) => certBag(raw, [named(friendlyName), trusted])),
  )
  return file([encryptedContent(der.sequence(...bags), encoded, protection)], encoded, protection)
}

function file(contents: readonly der.Der[], password: Password, protection: Protection): Buffer {
  const safe = der.sequence(...contents)
  return der.sequence(der.integer(3), data(safe), protection.mac(safe, password))
}

function derOf(text: string | Uint8Array): readonly Buffer[] {
  if (typeof text !== 'string') return [Buffer.from(text)]
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((pem) => new X509Certificate(pem).raw)
}

const named = (friendlyName: string): der.Der => attribute(oid.friendlyName, der.bmpString(friendlyName))

function attribute(name: string, value: der.Der): der.Der {
  return der.sequence(der.objectIdentifier(name), der.orderedSet(value))
}

function certBag(raw: Buffer, attributes: readonly der.Der[]): der.Der {
  return bag(oid.certBag, der.sequence(der.objectIdentifier(oid.x509Certificate), der.context(0, der.octetString(raw))), attributes)
}

function bag(type: string, value: der.Der, attributes: readonly der.Der[]): der.Der {
  const last = attributes.length === 0 ? [] : [der.orderedSet(...attributes)]
  return der.sequence(der.objectIdentifier(type), der.context(0, value), ...last)
}

function data(content: Buffer): der.Der {
  return der.sequence(der.objectIdentifier(oid.data), der.context(0, der.octetString(content)))
}

function encryptedContent(content: Buffer, password: Password, protection: Protection): der.Der {
  const { algorithm, ciphertext } = protection.encrypt(content, password)
  const info = der.sequence(der.objectIdentifier(oid.data), algorithm, der.contextPrimitive(0, ciphertext))
  return der.sequence(der.objectIdentifier(oid.encryptedData), der.context(0, der.sequence(der.integer(0), info)))
}
