import { BOOLEAN, type DerElement, type DerReader, OCTET_STRING, SEQUENCE } from './der.ts'
import { readBoolean, readOid } from './der-values.ts'

/** One extension as it stands in a list of them (RFC 5280 section 4.1). */
export interface ListedExtension {
  readonly oid: string
  readonly critical: boolean
  /** The OCTET STRING around its DER. */
  readonly value: DerElement
  /** Where it stands. */
  readonly start: number
}

/** The next of a list of extensions, whole; throws UnreadableCertificateError. */
export function nextExtension(list: DerReader): ListedExtension {
  const parts = list.open(SEQUENCE, 'an extension')
  const type = parts.next('an extension')
  const oid = readOid(type, 'an extension')
  const flag = parts.optional(BOOLEAN, 'an extension')
  const value = parts.expect(OCTET_STRING, 'an extension')
  parts.finish('an extension')
  return { oid, critical: flag !== null && readBoolean(flag, 'an extension'), value, start: type.start }
}
