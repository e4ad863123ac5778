import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import * as asn1 from './asn1.ts'
import { oid } from './pkcs12-oids.ts'
import { derivePkcs12, encodePassword, type Password, purpose } from './pkcs12-password.ts'

/** What is encrypted, and how: the two parts of EncryptedPrivateKeyInfo and of EncryptedContentInfo. */
export interface Encrypted {
  readonly algorithm: asn1.Element
  readonly ciphertext: Buffer
}

/** How one PFX file protects its contents. */
export interface Protection {
  encrypt(content: Buffer, password: Password): Encrypted
  /** MacData (RFC 7292 section 4). */
  mac(content: Buffer, password: Password): asn1.Element
}

/** Rounds of key derivation: 25 times what OpenSSL writes, and within the limits of Java, NSS and Windows. */
const iterations = 50_000
/** This derivation is computed here, not by OpenSSL, and SHA-1 with 3DES is no protection to rely on anyway. */
const legacyIterations = 10_000

/** AES-256-CBC under PBES2 and a SHA-256 MAC: OpenSSL, browsers, Java, macOS, and Windows since 2019 read it. */
export const modern: Protection = { encrypt: encryptPbes2, mac: (content, password) => macData('sha256', iterations, content, password) }

/** 3DES under the derivation of RFC 7292 appendix B and a SHA-1 MAC: for Windows before 2019 and other old readers. */
export const legacy: Protection = {
  encrypt: encryptTripleDes,
  mac: (content, password) => macData('sha1', legacyIterations, content, password),
}

/** EncryptedPrivateKeyInfo (RFC 5958 section 3) around PKCS#8 DER. */
export function encryptedPrivateKey(pkcs8: Buffer, password: string): asn1.Element {
  const { algorithm, ciphertext } = encryptPbes2(pkcs8, encodePassword(password))
  return asn1.sequence(algorithm, asn1.octetString(ciphertext))
}

/** PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018 section 6.2), fresh salt and IV each time. */
function encryptPbes2(content: Buffer, password: Password): Encrypted {
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

function encryptTripleDes(content: Buffer, password: Password): Encrypted {
  const salt = randomBytes(16)
  const from = { digest: { name: 'sha1', block: 64 }, password: password.bmp, salt, iterations: legacyIterations }
  const cipher = createCipheriv('des-ede3-cbc', derivePkcs12(from, purpose.key, 24), derivePkcs12(from, purpose.iv, 8))
  const parameters = asn1.sequence(asn1.octetString(salt), asn1.smallInteger(legacyIterations))
  return {
    algorithm: asn1.sequence(asn1.objectIdentifier(oid.tripleDesWithSha1), parameters),
    ciphertext: Buffer.concat([cipher.update(content), cipher.final()]),
  }
}

function macData(name: 'sha1' | 'sha256', rounds: number, content: Buffer, password: Password): asn1.Element {
  const salt = randomBytes(16)
  const digest = { name, block: 64 }
  const key = derivePkcs12({ digest, password: password.bmp, salt, iterations: rounds }, purpose.mac, name === 'sha1' ? 20 : 32)
  const mac = createHmac(name, key).update(content).digest()
  const digestInfo = asn1.sequence(asn1.sequence(asn1.objectIdentifier(oid[name]), asn1.nothing()), asn1.octetString(mac))
  return asn1.sequence(digestInfo, asn1.octetString(salt), asn1.smallInteger(rounds))
}
