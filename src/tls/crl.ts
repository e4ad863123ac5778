import { MaterialError, UnreadableCertificateError } from '../errors.ts'
import {
  BIT_STRING,
  contentBytes,
  type DerElement,
  DerReader,
  encodedBytes,
  GENERALIZED_TIME,
  INTEGER,
  inside,
  SEQUENCE,
  UTC_TIME,
} from '../identity/der.ts'
import { hexOf, readTime, serialText } from '../identity/der-values.ts'
import { nextExtension } from '../identity/extension-list.ts'
import { printName } from '../identity/name-print.ts'
import { readName } from '../identity/name-read.ts'
import { AUTHORITY_KEY_ID } from '../identity/oids.ts'
import type { Name } from '../identity/types.ts'
import { foldName } from './issuer-name.ts'
import { looksLikeDer, readPem } from './pem.ts'
import { readIssuingPoint, WHOLE_SCOPE } from './revocation-scope.ts'
import { readSignatureAlgorithm } from './signature.ts'
import type { RevocationList, RevocationScope, SignedBytes } from './types.ts'

const CRL_NUMBER = '2.5.29.20'
const REASON_CODE = '2.5.29.21'
const INVALIDITY_DATE = '2.5.29.24'
const DELTA_INDICATOR = '2.5.29.27'
const ISSUING_POINT = '2.5.29.28'
const CERTIFICATE_ISSUER = '2.5.29.29'
const EXTENSIONS = 0xa0
const ENUMERATED = 0x0a
/** RFC 5280 section 5.3.1: on a delta list, the certificate is revoked no longer. */
const REMOVE_FROM_CRL = 8

const UNDERSTOOD: ReadonlySet<string> = new Set([AUTHORITY_KEY_ID, CRL_NUMBER, REASON_CODE, INVALIDITY_DATE, ISSUING_POINT])

type Fields = Omit<RevocationList, 'file' | 'signerKey' | 'signed'>

/** What is gathered while a list is read; the first reason why it is unusable stays. */
interface Draft {
  unusable: string | null
  indirect: boolean
  scope: RevocationScope
  authorityKeyId: string | null
  readonly serials: Set<string>
}

/**
 * The CRLs of one file (RFC 5280 section 5), PEM or DER, none of them verified yet. A list that can be read but not relied on (a delta,
 * unknown critical extensions, no nextUpdate) comes back with the reason. Throws MaterialError for a file that is no CRL.
 */
export function readRevocationLists(bytes: Buffer, file: string): RevocationList[] {
  const encoded = looksLikeDer(bytes)
    ? [bytes]
    : readPem(bytes, file)
        .filter(({ label }) => label === 'X509 CRL' || label === 'CRL')
        .map(({ der }) => der)
  if (encoded.length === 0) {
    throw new MaterialError(file, `${file} holds no certificate revocation list`, {
      hint: 'give a CRL in PEM ("-----BEGIN X509 CRL-----") or DER',
    })
  }
  try {
    return encoded.flatMap((der) => {
      const reader = new DerReader(der)
      const lists: RevocationList[] = []
      while (!reader.atEnd) lists.push(readList(reader.expect(SEQUENCE, 'the list'), file))
      return lists
    })
  } catch (error) {
    if (!(error instanceof UnreadableCertificateError)) throw error
    throw new MaterialError(file, `${file} is not a readable certificate revocation list: ${error.message}`, { cause: error })
  }
}

function readList(element: DerElement, file: string): RevocationList {
  const parts = inside(element, 'the list')
  const body = parts.expect(SEQUENCE, 'the body of the list')
  const algorithm = parts.expect(SEQUENCE, 'the signature algorithm')
  const signature = contentBytes(parts.expect(BIT_STRING, 'the signature')).subarray(1)
  parts.finish('the signature')
  const signed = readSigned(body, algorithm, signature)
  const fields = readBody(body, algorithm)
  if (typeof signed !== 'string') return { ...fields, file, signerKey: null, signed }
  return { ...fields, file, serials: new Set(), unusable: signed, signerKey: null, signed: null }
}

/** What there is to verify, or why it cannot be. */
function readSigned(body: DerElement, algorithm: DerElement, signature: Uint8Array): SignedBytes | string {
  try {
    return {
      content: Buffer.from(encodedBytes(body)).toString('base64'),
      signature: Buffer.from(signature).toString('base64'),
      algorithm: readSignatureAlgorithm(algorithm),
    }
  } catch (error) {
    if (error instanceof UnreadableCertificateError) return error.message
    throw error
  }
}

function readBody(element: DerElement, algorithm: DerElement): Fields {
  const body = inside(element, 'the body of the list')
  const version = body.optional(INTEGER, 'the version')
  if (version !== null && hexOf(contentBytes(version)) !== '01') throw new UnreadableCertificateError('the version of the list is not 2')
  const inner = body.expect(SEQUENCE, 'the signature algorithm')
  if (hexOf(encodedBytes(inner)) !== hexOf(encodedBytes(algorithm)))
    throw new UnreadableCertificateError('its two signature algorithms differ')
  const issuerElement = body.expect(SEQUENCE, 'the issuer')
  const issuer = readName(issuerElement, 'the issuer')
  const thisUpdate = readTime(body.next('thisUpdate'), 'thisUpdate')
  const nextElement = body.optional(UTC_TIME, 'nextUpdate') ?? body.optional(GENERALIZED_TIME, 'nextUpdate')
  const draft: Draft = { unusable: null, indirect: false, scope: WHOLE_SCOPE, authorityKeyId: null, serials: new Set() }
  if (nextElement === null) draft.unusable = 'it does not say when the next list is due'
  const entries = body.optional(SEQUENCE, 'the revoked certificates')
  const extensions = body.optional(EXTENSIONS, 'the extensions of the list')
  body.finish('the body of the list')
  if (extensions !== null) readListExtensions(inside(extensions, 'the extensions of the list'), issuer, draft)
  if (entries !== null) readEntries(inside(entries, 'the revoked certificates'), draft)
  return {
    issuerDn: printName(issuer),
    issuerHex: hexOf(encodedBytes(issuerElement)),
    issuerName: foldName(issuer),
    authorityKeyId: draft.authorityKeyId,
    thisUpdate,
    nextUpdate: nextElement === null ? thisUpdate : readTime(nextElement, 'nextUpdate'),
    // An indirect list revokes what other issuers made: its serials are not this issuer's.
    serials: draft.indirect ? new Set() : draft.serials,
    unusable: draft.unusable,
    scope: draft.scope,
  }
}

function readListExtensions(wrapper: DerReader, issuer: Name, draft: Draft): void {
  const list = wrapper.open(SEQUENCE, 'the extensions of the list')
  while (!list.atEnd) {
    const { oid, critical, value } = nextExtension(list)
    if (oid === DELTA_INDICATOR) draft.unusable ??= 'it is a delta list, which is not supported'
    else if (oid === ISSUING_POINT) {
      const point = readIssuingPoint(new DerReader(contentBytes(value)), issuer)
      draft.scope = point.scope
      draft.unusable ??= point.unusable
    } else if (oid === AUTHORITY_KEY_ID) {
      const id = new DerReader(contentBytes(value)).open(SEQUENCE, 'authorityKeyIdentifier').optional(0x80, 'authorityKeyIdentifier')
      draft.authorityKeyId = id === null ? null : hexOf(contentBytes(id))
    } else if (critical && !UNDERSTOOD.has(oid)) draft.unusable ??= `it has the unknown critical extension ${oid}`
  }
}

function readEntries(entries: DerReader, draft: Draft): void {
  while (!entries.atEnd) {
    const entry = entries.open(SEQUENCE, 'a revoked certificate')
    const serial = serialText(contentBytes(entry.expect(INTEGER, 'a serial number')))
    entry.next('a revocation date')
    const extensions = entry.optional(SEQUENCE, 'the extensions of an entry')
    entry.finish('a revoked certificate')
    if (extensions === null || revokes(inside(extensions, 'the extensions of an entry'), draft)) draft.serials.add(serial)
  }
}

/** Whether the entry revokes; what its extensions say about the whole list goes into the draft. */
function revokes(list: DerReader, draft: Draft): boolean {
  let revoked = true
  while (!list.atEnd) {
    const { oid, critical, value } = nextExtension(list)
    if (oid === REASON_CODE)
      revoked = contentBytes(new DerReader(contentBytes(value)).expect(ENUMERATED, 'a reason'))[0] !== REMOVE_FROM_CRL
    else if (oid === CERTIFICATE_ISSUER) {
      draft.indirect = true
      draft.unusable ??= 'it is an indirect list, which is not supported'
    } else if (critical && !UNDERSTOOD.has(oid)) draft.unusable ??= `an entry has the unknown critical extension ${oid}`
  }
  return revoked
}
