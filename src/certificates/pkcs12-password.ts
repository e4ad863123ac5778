import { createDecipheriv, createHmac, hash, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { createRequire } from 'node:module'
import type { rc2 as Rc2Library, util } from 'node-forge'
import { children, type Element, identifier, integer, isInteger, MalformedError, octets } from './ber-read.ts'
import { ciphers, digests, hmacDigests, oid, oldCiphers } from './pkcs12-oids.ts'

/** The file uses something that no supported tool writes, or asks for absurd work. */
export class UnsupportedError extends Error {}

/**
 * Rounds of key derivation for all of one file: NSS asks for three times 600,000, others for far less. Beyond it a file only serves to keep
 * us busy; this many take about 2 seconds, in which the thread hears nobody else: only files of the machine's own are read outside one
 * of their own.
 */
export const maxRounds = 3_000_000

/** A password in both of its encodings. null stands for the empty byte string, which some tools write for "no password". */
export interface Password {
  readonly utf8: Buffer
  /** UTF-16 big endian with its two zero bytes (RFC 7292 appendix B.1). */
  readonly bmp: Buffer
  readonly work: Work
}

/** Rounds that may still be spent on one file, under whatever spelling of the password. */
export interface Work {
  left: number
}

export function encodePassword(password: string | null, work: Work = { left: maxRounds }): Password {
  if (password === null) return { utf8: Buffer.alloc(0), bmp: Buffer.alloc(0), work }
  return { utf8: Buffer.from(password), bmp: Buffer.from(`${password}\0`, 'utf16le').swap16(), work }
}

/** Throws UnsupportedError before work is done that is too much for one file. `blocks`: outputs of the digest that are needed. */
function spend({ work }: Password, count: number, blocks: number): void {
  if (count < 1 || count > maxRounds) throw new UnsupportedError(`asks for ${count} rounds of key derivation`)
  work.left -= count * blocks
  if (work.left < 0) throw new UnsupportedError(`asks for more than ${maxRounds} rounds of key derivation in all`)
}

/** The purpose byte of RFC 7292 appendix B.3. */
export const purpose = { key: 1, iv: 2, mac: 3 } as const

interface Derivation {
  readonly digest: { readonly name: string; readonly block: number }
  readonly password: Buffer
  readonly salt: Buffer
  readonly iterations: number
}

/** The key derivation of RFC 7292 appendix B.2; PKCS#12 still uses it for its MAC, old files for their keys. */
export function derivePkcs12(from: Derivation, id: number, length: number): Buffer {
  const { name, block } = from.digest
  const diversifier = Buffer.alloc(block, id)
  const input = Buffer.concat([repeated(from.salt, block), repeated(from.password, block)])
  const derived: Buffer[] = []
  for (let bytes = 0; bytes < length; ) {
    let digest = hash(name, Buffer.concat([diversifier, input]), 'buffer')
    for (let round = 1; round < from.iterations; round++) digest = hash(name, digest, 'buffer')
    derived.push(digest)
    bytes += digest.length
    const addend = repeated(digest, block).subarray(0, block)
    for (let offset = 0; offset < input.length; offset += block) addPlusOne(input.subarray(offset, offset + block), addend)
  }
  return Buffer.concat(derived).subarray(0, length)
}

/** Copies up to a whole number of blocks; nothing stays nothing. */
function repeated(bytes: Buffer, block: number): Buffer {
  return bytes.length === 0 ? Buffer.alloc(0) : Buffer.alloc(Math.ceil(bytes.length / block) * block, bytes)
}

/** target = target + addend + 1, modulo its size, big endian. */
function addPlusOne(target: Buffer, addend: Buffer): void {
  let carry = 1
  for (let i = target.length - 1; i >= 0; i--) {
    carry += (target[i] ?? 0) + (addend[i] ?? 0)
    target[i] = carry & 0xff
    carry >>= 8
  }
}

/** Decrypts under an AlgorithmIdentifier; a wrong password gives an error or garbage, never a hint which. */
export function decrypt(algorithm: Element | undefined, ciphertext: Buffer, password: Password): Buffer {
  const [name, parameters] = children(algorithm)
  const id = identifier(name)
  if (id === oid.pbes2) return decryptPbes2(parameters, ciphertext, password)
  const old = oldCiphers.get(id)
  if (old === undefined) throw new UnsupportedError(`is encrypted with an algorithm that is not supported (${id})`)

  const [salt, iterations] = children(parameters)
  const digest = { name: 'sha1', block: 64 }
  const from = { digest, password: password.bmp, salt: octets(salt), iterations: integer(iterations) }
  // One for the initialisation vector.
  spend(password, from.iterations, 1 + Math.ceil(old.keyBytes / 20))
  const key = derivePkcs12(from, purpose.key, old.keyBytes)
  const iv = derivePkcs12(from, purpose.iv, 8)
  if (old.name === 'rc2') return decryptRc2(key, iv, ciphertext)
  return decipher(old.name, key.length === 16 ? Buffer.concat([key, key.subarray(0, 8)]) : key, iv, ciphertext)
}

function decryptPbes2(parameters: Element | undefined, ciphertext: Buffer, password: Password): Buffer {
  const [derivation, scheme] = children(parameters)
  const [cipherName, iv] = children(scheme)
  const id = identifier(cipherName)
  const cipher = ciphers.get(id)
  if (cipher === undefined) throw new UnsupportedError(`is encrypted with an algorithm that is not supported (${id})`)
  return decipher(cipher.name, derivePbkdf2(derivation, password, cipher.keyBytes), octets(iv), ciphertext)
}

/** PBKDF2 under its AlgorithmIdentifier (RFC 8018 appendix A.2). */
function derivePbkdf2(algorithm: Element | undefined, password: Password, keyBytes: number): Buffer {
  const [name, parameters] = children(algorithm)
  const id = identifier(name)
  if (id !== oid.pbkdf2) throw new UnsupportedError(`derives its key with an algorithm that is not supported (${id})`)
  const [salt, iterations, ...rest] = children(parameters)
  const prf = isInteger(rest[0]) ? rest[1] : rest[0]
  const prfId = prf === undefined ? '1.2.840.113549.2.7' : identifier(children(prf)[0])
  const digest = hmacDigests.get(prfId)
  if (digest === undefined) throw new UnsupportedError(`derives its key with an algorithm that is not supported (${prfId})`)
  const count = integer(iterations)
  spend(password, count, Math.ceil(keyBytes / hash(digest, '', 'buffer').length))
  return pbkdf2Sync(password.utf8, octets(salt), count, keyBytes, digest)
}

/** Whether MacData fits the content: with PBMAC1 (RFC 9579), or with the derivation of RFC 7292. */
export function verifyMac(macData: Element, content: Buffer, password: Password): boolean {
  const [digestInfo, salt, iterations] = children(macData)
  const [algorithm, expected] = children(digestInfo)
  const [name, parameters] = children(algorithm)
  const id = identifier(name)
  const want = octets(expected)
  if (id === oid.pbmac1) {
    const [derivation, scheme] = children(parameters)
    const mac = hmacDigests.get(identifier(children(scheme)[0]))
    if (mac === undefined) throw new UnsupportedError('has an integrity check that is not supported')
    return equal(
      createHmac(mac, derivePbkdf2(derivation, password, pbmacKeyBytes(derivation)))
        .update(content)
        .digest(),
      want,
    )
  }
  const digest = digests.get(id)
  if (digest === undefined) throw new UnsupportedError(`has an integrity check that is not supported (${id})`)
  const count = iterations === undefined ? 1 : integer(iterations)
  const from = { digest, password: password.bmp, salt: octets(salt), iterations: count }
  spend(password, count, 1)
  const key = derivePkcs12(from, purpose.mac, hash(digest.name, '', 'buffer').length)
  return equal(createHmac(digest.name, key).update(content).digest(), want)
}

/** RFC 9579 section 5: the key length must be stated. */
function pbmacKeyBytes(derivation: Element | undefined): number {
  const [, , keyLength] = children(children(derivation)[1])
  const bytes = integer(keyLength)
  if (bytes < 1 || bytes > 1024) throw new MalformedError('states an absurd key length')
  return bytes
}

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function decipher(name: string, key: Buffer, iv: Buffer, ciphertext: Buffer): Buffer {
  const cipher = createDecipheriv(name, key, iv)
  return Buffer.concat([cipher.update(ciphertext), cipher.final()])
}

/** OpenSSL under Node has no RC2 any more, and files of old tools still hide their certificates with it. */
function decryptRc2(key: Buffer, iv: Buffer, ciphertext: Buffer): Buffer {
  const require = createRequire(import.meta.url)
  const rc2 = require('node-forge/lib/rc2.js') as typeof Rc2Library
  const { createBuffer } = require('node-forge/lib/util.js') as typeof util
  const cipher = rc2.createDecryptionCipher(key.toString('latin1'), key.length * 8)
  cipher.start(iv.toString('latin1'))
  cipher.update(createBuffer(ciphertext.toString('latin1')))
  if (!cipher.finish()) throw new MalformedError('cannot be decrypted')
  return Buffer.from(cipher.output.getBytes(), 'latin1')
}
