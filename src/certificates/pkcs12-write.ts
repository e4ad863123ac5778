import { createCipheriv, createHmac, createPrivateKey, hash, pbkdf2Sync, randomBytes, X509Certificate } from 'node:crypto'
import type { KeyPair } from '../tls/types.ts'
import * as asn1 from './asn1.ts'
import { oid } from './pkcs12-oids.ts'
import { derivePkcs12, encodePassword, type Password, purpose } from './pkcs12-password.ts'

/** Rounds of key derivation: 25 times what OpenSSL writes, and within the limits of Java, NSS and Windows. */
const iterations = 50_000
const sha256 = { name: 'sha256', block: 64 }

/**
 * Writes a key and its chain as PFX (PKCS#12, RFC 7292): AES-256-CBC under PBES2, and a SHA-256 MAC, which OpenSSL, browsers, Java,
 * Windows since 2019 and macOS read. `friendlyName` is what a browser lists it under.
 */
export function writePfx(pair: KeyPair, password: string, friendlyName: string): Buffer {
  const encoded = encodePassword(password)
  const certificates = splitPem(pair.certificate).map((pem) => new X509Certificate(pem).raw)
  const [leaf] = certificates
  if (leaf === undefined) throw new TypeError('no certificate to write')
  const attributes = asn1.set(
    attribute(oid.friendlyName, asn1.bmpString(friendlyName)),
    attribute(oid.localKeyId, asn1.octetString(hash('sha1', leaf, 'buffer'))),
  )
  const certBags = certificates.map((raw) =>
    bag(
      oid.certBag,
      asn1.sequence(asn1.objectIdentifier(oid.x509Certificate), asn1.explicit(0, asn1.octetString(raw))),
      raw === leaf ? attributes : undefined,
    ),
  )
  const key = createPrivateKey(pair.key).export({ type: 'pkcs8', format: 'der' })
  const shrouded = encrypt(key, encoded)
  const keyBag = bag(oid.shroudedKeyBag, asn1.sequence(shrouded.algorithm, asn1.octetString(shrouded.ciphertext)), attributes)
  const safe = asn1.encode(
    asn1.sequence(encryptedContent(asn1.encode(asn1.sequence(...certBags)), encoded), data(asn1.encode(asn1.sequence(keyBag)))),
  )
  return asn1.encode(asn1.sequence(asn1.smallInteger(3), data(safe), macData(safe, encoded)))
}

function splitPem(text: string): readonly string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}

function attribute(name: string, value: asn1.Element): asn1.Element {
  return asn1.sequence(asn1.objectIdentifier(name), asn1.set(value))
}

function bag(type: string, value: asn1.Element, attributes: asn1.Element | undefined): asn1.Element {
  return asn1.sequence(asn1.objectIdentifier(type), asn1.explicit(0, value), ...(attributes === undefined ? [] : [attributes]))
}

function data(content: Buffer): asn1.Element {
  return asn1.sequence(asn1.objectIdentifier(oid.data), asn1.explicit(0, asn1.octetString(content)))
}

function encryptedContent(content: Buffer, password: Password): asn1.Element {
  const { algorithm, ciphertext } = encrypt(content, password)
  const info = asn1.sequence(asn1.objectIdentifier(oid.data), algorithm, asn1.implicitOctets(0, ciphertext))
  return asn1.sequence(asn1.objectIdentifier(oid.encryptedData), asn1.explicit(0, asn1.sequence(asn1.smallInteger(0), info)))
}

/** PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018 section 6.2), fresh salt and IV each time. */
function encrypt(content: Buffer, password: Password): { algorithm: asn1.Element; ciphertext: Buffer } {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password.utf8, salt, iterations, 32, 'sha256'), iv)
  const prf = asn1.sequence(asn1.objectIdentifier(oid.hmacWithSha256), asn1.nothing())
  const pbkdf2 = asn1.sequence(asn1.objectIdentifier(oid.pbkdf2), asn1.sequence(asn1.octetString(salt), asn1.smallInteger(iterations), prf))
  const scheme = asn1.sequence(asn1.objectIdentifier(oid.aes256Cbc), asn1.octetString(iv))
  return {
    algorithm: asn1.sequence(asn1.objectIdentifier(oid.pbes2), asn1.sequence(pbkdf2, scheme)),
    ciphertext: Buffer.concat([cipher.update(content), cipher.final()]),
  }
}

function macData(content: Buffer, password: Password): asn1.Element {
  const salt = randomBytes(16)
  const key = derivePkcs12({ digest: sha256, password: password.bmp, salt, iterations }, purpose.mac, 32)
  const mac = createHmac('sha256', key).update(content).digest()
  const digestInfo = asn1.sequence(asn1.sequence(asn1.objectIdentifier(oid.sha256), asn1.nothing()), asn1.octetString(mac))
  return asn1.sequence(digestInfo, asn1.octetString(salt), asn1.smallInteger(iterations))
}
