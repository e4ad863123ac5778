import { createPrivateKey, hash, X509Certificate } from 'node:crypto'
import { ANY_EXTENDED_KEY_USAGE } from '../identity/oids.ts'
import type { KeyPair } from '../tls/types.ts'
import * as asn1 from './asn1.ts'
import { sequence } from './der-write.ts'
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
  const attributes = [named(friendlyName), attribute(oid.localKeyId, asn1.octetString(hash('sha1', leaf, 'buffer')))]
  const certBags = certificates.map((raw) => certBag(raw, raw === leaf ? attributes : []))
  const key = createPrivateKey(pair.key).export({ type: 'pkcs8', format: 'der' })
  const shrouded = protection.encrypt(key, encoded)
  const keyBag = bag(oid.shroudedKeyBag, asn1.sequence(shrouded.algorithm, asn1.octetString(shrouded.ciphertext)), attributes)
  const content = asn1.encode(asn1.sequence(...certBags))
  return file([encryptedContent(content, encoded, protection), data(asn1.encode(asn1.sequence(keyBag)))], encoded, protection)
}

/** A PFX of certificates alone, each (PEM, or one in DER) under its name and without a key; marked as Java wants it, whose keytool lists no others. */
export function writeCertificatesPfx(
  entries: readonly { readonly certificate: string | Uint8Array; readonly friendlyName: string }[],
  password: string,
  options: PfxOptions = {},
): Buffer {
  const protection = options.legacy === true ? legacy : modern
  const encoded = encodePassword(password)
  const trusted = attribute(oid.trustedKeyUsage, asn1.objectIdentifier(ANY_EXTENDED_KEY_USAGE))
  // Each by itself: node-forge takes seconds for one structure of ten thousand.
  const bags = entries.flatMap(({ certificate, friendlyName }) =>
    derOf(certificate).map((raw) => asn1.encode(certBag(raw, [named(friendlyName), trusted]))),
  )
  return file([encryptedContent(sequence(...bags), encoded, protection)], encoded, protection)
}

function file(contents: readonly asn1.Element[], password: Password, protection: Protection): Buffer {
  const safe = asn1.encode(asn1.sequence(...contents))
  return asn1.encode(asn1.sequence(asn1.smallInteger(3), data(safe), protection.mac(safe, password)))
}

function derOf(text: string | Uint8Array): readonly Buffer[] {
  if (typeof text !== 'string') return [Buffer.from(text)]
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  return blocks.map((pem) => new X509Certificate(pem).raw)
}

const named = (friendlyName: string): asn1.Element => attribute(oid.friendlyName, asn1.bmpString(friendlyName))

function attribute(name: string, value: asn1.Element): asn1.Element {
  return asn1.sequence(asn1.objectIdentifier(name), asn1.set(value))
}

function certBag(raw: Buffer, attributes: readonly asn1.Element[]): asn1.Element {
  return bag(oid.certBag, asn1.sequence(asn1.objectIdentifier(oid.x509Certificate), asn1.explicit(0, asn1.octetString(raw))), attributes)
}

function bag(type: string, value: asn1.Element, attributes: readonly asn1.Element[]): asn1.Element {
  const last = attributes.length === 0 ? [] : [asn1.set(...attributes)]
  return asn1.sequence(asn1.objectIdentifier(type), asn1.explicit(0, value), ...last)
}

function data(content: Buffer): asn1.Element {
  return asn1.sequence(asn1.objectIdentifier(oid.data), asn1.explicit(0, asn1.octetString(content)))
}

function encryptedContent(content: Buffer, password: Password, protection: Protection): asn1.Element {
  const { algorithm, ciphertext } = protection.encrypt(content, password)
  const info = asn1.sequence(asn1.objectIdentifier(oid.data), algorithm, asn1.implicitOctets(0, ciphertext))
  return asn1.sequence(asn1.objectIdentifier(oid.encryptedData), asn1.explicit(0, asn1.sequence(asn1.smallInteger(0), info)))
}
