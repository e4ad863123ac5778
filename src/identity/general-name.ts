import { ascii, readString } from './asn1-string.ts'
import { contentBytes, type DerElement, type DerReader, encodedBytes, inside, SEQUENCE, unreadable } from './der.ts'
import { hexOf, oidText, readOid } from './der-values.ts'
import { printName } from './name-print.ts'
import { readName } from './name-read.ts'
import type { San, SanType } from './types.ts'

/** Bounds the memory and header size that one certificate can cause; a client certificate has a handful. */
export const MAX_SANS = 1_024

const EXPLICIT_0 = 0xa0
const IPV4_BYTES = 4
const IPV6_BYTES = 16

interface Kind {
  readonly type: SanType
  read(element: DerElement, type: SanType): string
}

/** GeneralName of RFC 5280 section 4.2.1.6 by tag. */
const KINDS: ReadonlyMap<number, Kind> = new Map<number, Kind>([
  [0xa0, { type: 'otherName', read: readOtherName }],
  [0x81, { type: 'rfc822Name', read: readIa5 }],
  [0x82, { type: 'dNSName', read: readIa5 }],
  [0xa4, { type: 'directoryName', read: readDirectoryName }],
  [0x86, { type: 'uniformResourceIdentifier', read: readIa5 }],
  [0x87, { type: 'iPAddress', read: readAddress }],
  [0x88, { type: 'registeredID', read: (element, type) => oidText(contentBytes(element), type, element.start) }],
])

/** x400Address and ediPartyName: nobody uses them and no rule can name them, so they are passed over. */
const PASSED_OVER: ReadonlySet<number> = new Set([0xa3, 0xa5])

/** The SANs in the certificate's order. Throws UnreadableCertificateError, also where there are more than MAX_SANS. */
export function readGeneralNames(reader: DerReader): San[] {
  const names = reader.open(SEQUENCE, 'subjectAltName')
  reader.finish('subjectAltName')
  const sans: San[] = []
  for (let count = 0; !names.atEnd; count++) {
    const element = names.next('subjectAltName')
    if (count === MAX_SANS) throw unreadable(`there are more than ${MAX_SANS} subject alternative names`, element.start)
    const kind = KINDS.get(element.tag)
    if (kind !== undefined) sans.push({ type: kind.type, value: kind.read(element, kind.type) })
    else if (!PASSED_OVER.has(element.tag)) throw unreadable('subjectAltName has a name of unknown kind', element.start)
  }
  return sans
}

function readIa5(element: DerElement, type: SanType): string {
  const text = ascii(contentBytes(element))
  if (text === null) throw unreadable(`${type} holds bytes outside ASCII`, element.start)
  return text
}

/**
 * `OID:text`, or `OID:#hex` where the value is not a string. The OID stays in front, as the same text under another
 * OID is another name; text that itself begins with `#` or a backslash gets a backslash, so that no two names meet.
 */
function readOtherName(element: DerElement, type: SanType): string {
  const parts = inside(element, type)
  const oid = readOid(parts.next(type), type)
  const wrapper = parts.open(EXPLICIT_0, type)
  const value = wrapper.next(type)
  wrapper.finish(type)
  parts.finish(type)
  const text = readString(value, type)
  if (text === null) return `${oid}:#${hexOf(encodedBytes(value))}`
  return `${oid}:${/^[#\\]/.test(text) ? '\\' : ''}${text}`
}

function readDirectoryName(element: DerElement, type: SanType): string {
  const wrapper = inside(element, type)
  const name = readName(wrapper.expect(SEQUENCE, type), type)
  wrapper.finish(type)
  return printName(name)
}

function readAddress(element: DerElement, type: SanType): string {
  const bytes = contentBytes(element)
  if (bytes.length === IPV4_BYTES) return bytes.join('.')
  if (bytes.length === IPV6_BYTES) return ipv6Text(bytes)
  throw unreadable(`${type} has ${bytes.length} bytes`, element.start)
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function ipv6Text(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const groups = Array.from({ length: IPV6_BYTES / 2 }, (_, index) => view.getUint16(index * 2))
  const [start, length] = longestZeroRun(groups)
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':')
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`
}

function longestZeroRun(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0]
  let length = 0
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0
    if (length > best[1]) best = [index - length + 1, length]
  })
  return best
}
