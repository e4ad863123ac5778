import { createPublicKey, type KeyObject } from 'node:crypto'
import { MaterialError, UnreadableCertificateError } from '../errors.ts'
import {
  BOOLEAN,
  contentBytes,
  type DerElement,
  DerReader,
  encodedBytes,
  INTEGER,
  inside,
  OCTET_STRING,
  SEQUENCE,
  SET,
} from '../identity/der.ts'
import { readOid } from '../identity/der-values.ts'
import { readGeneralNames } from '../identity/general-name.ts'
import { readName } from '../identity/name-read.ts'
import { COMMON_NAME, SUBJECT_ALT_NAME } from '../identity/oids.ts'
import type { Name, San } from '../identity/types.ts'
import { looksLikeDer, readPem } from '../tls/pem.ts'
import { readSignatureAlgorithm, verifySigned } from '../tls/signature.ts'
import { readWholeBytes } from './bit-string.ts'
import { IssuanceError } from './issuance-error.ts'
import { checkPublicKey } from './key.ts'

/** What somebody asks to have certified, after they proved that they hold the key. None of it is granted by that. */
export interface SigningRequest {
  readonly subject: Name
  /** The most specific CN; null: there is none. */
  readonly commonName: string | null
  readonly sans: readonly San[]
  readonly publicKey: KeyObject
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKeyInfo: Buffer
}

/** RFC 2985 section 5.4.2, and what old Windows calls it. */
const EXTENSION_REQUESTS: ReadonlySet<string> = new Set(['1.2.840.113549.1.9.14', '1.3.6.1.4.1.311.2.1.14'])
const ATTRIBUTES = 0xa0
/** An RSA 8192 key with a hundred names fits many times. */
const MAX_BYTES = 65_536

/**
 * Reads a PKCS#10 request (RFC 2986) in PEM, DER, or base64 of DER as EST sends it, and verifies that its maker holds the private key.
 * Throws IssuanceError for what is no request, a signature that does not verify (or uses SHA-1), and a key that must not be certified.
 */
export function readSigningRequest(input: Uint8Array | string): SigningRequest {
  try {
    return read(derOf(Buffer.from(input)))
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error
    throw new IssuanceError('request', `the signing request cannot be read: ${error.message}`, undefined, error)
  }
}

function derOf(bytes: Buffer): Buffer {
  const hint = 'give a PKCS#10 request in PEM ("-----BEGIN CERTIFICATE REQUEST-----") or DER'
  if (bytes.length > MAX_BYTES)
    throw new IssuanceError('request', `the signing request has ${bytes.length} bytes, at most ${MAX_BYTES} are read`)
  if (looksLikeDer(bytes)) return bytes
  const text = bytes.toString('latin1')
  const bare = text.replace(/[ \t\r\n]/g, '')
  if (bare !== '' && /^[A-Za-z0-9+/]+={0,2}$/.test(bare)) return Buffer.from(bare, 'base64')
  try {
    const blocks = readPem(bytes, 'the signing request').filter(({ label }) => /^(NEW )?CERTIFICATE REQUEST$/.test(label))
    const [block] = blocks
    if (block === undefined) throw new IssuanceError('request', 'there is no signing request', hint)
    if (blocks.length > 1) throw new IssuanceError('request', `there are ${blocks.length} signing requests, and one is signed at a time`)
    return block.der
  } catch (error) {
    if (error instanceof MaterialError) throw new IssuanceError('request', error.message, hint, error)
    throw error
  }
}

function read(bytes: Buffer): SigningRequest {
  const outer = new DerReader(bytes)
  const parts = outer.open(SEQUENCE, 'the request')
  outer.finish('the request')
  const body = parts.expect(SEQUENCE, 'the body of the request')
  const algorithm = parts.expect(SEQUENCE, 'the signature algorithm')
  const signature = readWholeBytes(parts, 'the signature')
  parts.finish('the signature')

  const fields = inside(body, 'the body of the request')
  const version = contentBytes(fields.expect(INTEGER, 'the version'))
  if (version.length !== 1 || version[0] !== 0) throw new UnreadableCertificateError('its version is not 1')
  const subject = readName(fields.expect(SEQUENCE, 'the subject'), 'the subject')
  const publicKeyInfo = Buffer.from(encodedBytes(fields.expect(SEQUENCE, 'the public key')))
  const attributes = fields.optional(ATTRIBUTES, 'the attributes')
  fields.finish('the body of the request')

  const publicKey = readKey(publicKeyInfo)
  checkPublicKey(publicKey, publicKeyInfo)
  provePossession(body, algorithm, signature, publicKey)
  return {
    subject,
    commonName: subject.flat().findLast(({ oid, encoded }) => oid === COMMON_NAME && encoded !== true)?.value ?? null,
    sans: attributes === null ? [] : readRequestedSans(attributes),
    publicKey,
    publicKeyInfo,
  }
}

function readKey(publicKeyInfo: Buffer): KeyObject {
  try {
    return createPublicKey({ key: publicKeyInfo, format: 'der', type: 'spki' })
  } catch (cause) {
    throw new IssuanceError(
      'key',
      'the request has a public key that cannot be used',
      'use EC P-256, Ed25519, or RSA with 2048 bits or more',
      cause,
    )
  }
}

function provePossession(body: DerElement, algorithm: DerElement, signature: Uint8Array, key: KeyObject): void {
  const signed = {
    content: Buffer.from(encodedBytes(body)).toString('base64'),
    signature: Buffer.from(signature).toString('base64'),
    algorithm: readSignatureAlgorithm(algorithm),
  }
  if (verifySigned(signed, key)) return
  throw new IssuanceError(
    'request',
    'the signature of the request does not verify',
    'its maker has not shown that the private key is theirs',
  )
}

/** Only SANs are looked at: usages, purposes and basic constraints are the profile's, whatever is asked for. */
function readRequestedSans(attributes: DerElement): San[] {
  const list = inside(attributes, 'the attributes')
  const sans: San[] = []
  while (!list.atEnd) {
    const parts = list.open(SEQUENCE, 'an attribute')
    const type = readOid(parts.next('an attribute'), 'an attribute')
    const values = parts.open(SET, 'an attribute')
    parts.finish('an attribute')
    while (!values.atEnd) {
      const value = values.next('an attribute')
      if (EXTENSION_REQUESTS.has(type)) sans.push(...sansOf(value))
    }
  }
  return sans
}

function sansOf(value: DerElement): San[] {
  const extensions = inside(value, 'the requested extensions')
  const sans: San[] = []
  while (!extensions.atEnd) {
    const parts = extensions.open(SEQUENCE, 'a requested extension')
    const oid = readOid(parts.next('a requested extension'), 'a requested extension')
    parts.optional(BOOLEAN, 'a requested extension')
    const content = contentBytes(parts.expect(OCTET_STRING, 'a requested extension'))
    parts.finish('a requested extension')
    if (oid === SUBJECT_ALT_NAME) sans.push(...readGeneralNames(new DerReader(content)))
  }
  return sans
}
