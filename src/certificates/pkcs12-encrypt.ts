import { createCipheriv, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import * as der from './der-write.ts'
import { oid } from './pkcs12-oids.ts'
import { derivePkcs12, encodePassword, type Password, purpose } from './pkcs12-password.ts'

/** What is encrypted, and how: the two parts of EncryptedPrivateKeyInfo and of EncryptedContentInfo. */
export interface Encrypted {
  readonly algorithm: der.Der
  readonly ciphertext: Buffer
}

/** How one PFX file protects its contents. */
export interface Protection {
  encrypt(content: Buffer, password: Password): Encrypted
  /** MacData (RFC 7292 section 4). */
  mac(content: Buffer, password: Password): der.Der
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
export function encryptedPrivateKey(pkcs8: Buffer, password: string): der.Der {
  const { algorithm, ciphertext } = encryptPbes2(pkcs8, encodePassword(password))
  return der.sequence(algorithm, der.octetString(ciphertext))
}

/** PBES2 with PBKDF2-HMAC-SHA256 and AES-256-CBC (RFC 8018 section 6.2), fresh salt and IV each time. */
function encryptPbes2(content: Buffer, password: Password): Encrypted {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(password.utf8, salt, iterations, 32, 'sha256'), iv)
  const prf = der.sequence(der.objectIdentifier(oid.hmacWithSha256), der.nothing)
  const pbkdf2 = der.sequence(der.objectIdentifier(oid.pbkdf2), der.sequence(der.octetString(salt), der.integer(iterations), prf))
  const scheme = der.sequence(der.objectIdentifier(oid.aes256Cbc), der.octetString(iv))
  return {
    algorithm: der.sequence(der.objectIdentifier(oid.pbes2), der.sequence(pbkdf2, scheme)),
    ciphertext: Buffer.concat([cipher.update(content), cipher.final()]),
  }
}

function encryptTripleDes(content: Buffer, password: Password): Encrypted {
  const salt = randomBytes(16)
  const from = { digest: { name: 'sha1', block: 64 }, password: password.bmp, salt, iterations: legacyIterations }
  const cipher = createCipheriv('des-ede3-cbc', derivePkcs12(from, purpose.key, 24), derivePkcs12(from, purpose.iv, 8))
  const parameters = der.sequence(der.octetString(salt), der.integer(legacyIterations))
  return {
    algorithm: der.sequence(der.objectIdentifier(oid.tripleDesWithSha1), parameters),
    ciphertext: Buffer.concat([cipher.update(content), cipher.final()]),
  }
}

function macData(name: 'sha1' | 'sha256', rounds: number, content: Buffer, password: Password): der.Der {
  const salt = randomBytes(16)
  const digest = { name, block: 64 }
  const key = derivePkcs12({ digest, password: password.bmp, salt, iterations: rounds }, purpose.mac, name === 'sha1' ? 20 : 32)
  const mac = createHmac(name, key).update(content).digest()
  const digestInfo = der.sequence(der.sequence(der.objectIdentifier(oid[name]), der.nothing), der.octetString(mac))
  return der.sequence(digestInfo, der.octetString(salt), der.integer(rounds))
}
