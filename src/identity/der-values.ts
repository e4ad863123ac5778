import { BIT_STRING, BOOLEAN, contentBytes, type DerElement, GENERALIZED_TIME, OBJECT_IDENTIFIER, UTC_TIME, unreadable } from './der.ts'

const MAX_OID_BYTES = 128
const MAX_SERIAL_BYTES = 64
/** Seven bits each: below 2^53, where numbers are exact. */
const MAX_SAFE_ARC_BYTES = 7
/** RFC 5280 section 4.1.2.5.1: a two-digit year from 50 is in the twentieth century. */
const UTC_TIME_PIVOT = 50

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}

/** An OBJECT IDENTIFIER in dotted decimal; padded or cut-off arcs are refused, so that one OID has one encoding. */
export function readOid(element: DerElement, what: string): string {
  if (element.tag !== OBJECT_IDENTIFIER) throw unreadable(`${what} is not an object identifier`, element.start)
  return oidText(contentBytes(element), what, element.start)
}

/** The content of an OBJECT IDENTIFIER, e.g. under an implicit tag. */
export function oidText(content: Uint8Array, what: string, position: number): string {
  if (content.length === 0 || content.length > MAX_OID_BYTES)
    throw unreadable(`${what} has an object identifier of ${content.length} bytes`, position)
  if (((content[content.length - 1] ?? 0) & 0x80) !== 0) throw unreadable(`${what} has an object identifier that is cut off`, position)
  const arcs: string[] = []
  for (let start = 0; start < content.length; ) {
    if (content[start] === 0x80) throw unreadable(`${what} has an object identifier with a padded arc`, position)
    let end = start
    while (((content[end] ?? 0) & 0x80) !== 0) end++
    const arc = content.subarray(start, end + 1)
    arcs.push(...(start === 0 ? rootArcs(arc) : [arcText(arc)]))
    start = end + 1
  }
  return arcs.join('.')
}

/** The first two arcs share one number (X.690 section 8.19.4): roots 0 and 1 have 40 arcs each, root 2 has the rest. */
function rootArcs(arc: Uint8Array): [string, string] {
  const [first = 0] = arc
  if (arc.length === 1 && first < 80) return [`${Math.floor(first / 40)}`, `${first % 40}`]
  return ['2', `${BigInt(arcText(arc)) - 80n}`]
}

function arcText(arc: Uint8Array): string {
  if (arc.length <= MAX_SAFE_ARC_BYTES) return String(arc.reduce((value, byte) => value * 128 + (byte & 0x7f), 0))
  return String(arc.reduce((value, byte) => (value << 7n) | BigInt(byte & 0x7f), 0n))
}

/** DEFAULT FALSE is often written out by issuers although DER leaves it out; that is harmless and accepted. */
export function readBoolean(element: DerElement, what: string): boolean {
  const [byte] = contentBytes(element)
  const readable = element.tag === BOOLEAN && element.end - element.contentStart === 1 && (byte === 0x00 || byte === 0xff)
  if (!readable) throw unreadable(`${what} is not a boolean`, element.start)
  return byte === 0xff
}

/** The content of an INTEGER as in CertificateFacts.serial: upper-case hex, whole bytes, a minus sign before the magnitude of a negative. */
export function serialText(content: Uint8Array): string {
  const [first = 0, second = 0] = content
  const padded = (first === 0x00 && second < 0x80) || (first === 0xff && second >= 0x80)
  if (content.length === 0 || (content.length > 1 && padded)) throw unreadable('the serial number is not minimal', 0)
  if (content.length > MAX_SERIAL_BYTES) throw unreadable(`the serial number has ${content.length} bytes`, 0)
  if (first >= 0x80) return `-${negated(content)}`
  return hexOf(first === 0 && content.length > 1 ? content.subarray(1) : content).toUpperCase()
}

function negated(content: Uint8Array): string {
  const magnitude = (1n << BigInt(content.length * 8)) - BigInt(`0x${hexOf(content)}`)
  const digits = magnitude.toString(16).toUpperCase()
  return digits.length % 2 === 0 ? digits : `0${digits}`
}

/** Numbers of the bits that are set; bit 0 is the highest of the first byte. Trailing zero bits are harmless and accepted. */
export function readBits(element: DerElement, what: string): number[] {
  const [unused = 8, ...bytes] = contentBytes(element)
  const last = bytes.at(-1) ?? 0
  const readable = element.tag === BIT_STRING && unused <= 7 && (bytes.length > 0 || unused === 0) && (last & ((1 << unused) - 1)) === 0
  if (!readable) throw unreadable(`${what} is not a bit string`, element.start)
  return bytes.flatMap((byte, index) =>
    [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (0x80 >> bit)) !== 0).map((bit) => index * 8 + bit),
  )
}

/** UTCTime or GeneralizedTime in the one form that RFC 5280 section 4.1.2.5 allows each (seconds, `Z`), in milliseconds. */
export function readTime(element: DerElement, what: string): number {
  const text = Buffer.from(contentBytes(element)).toString('latin1')
  const digits = element.tag === UTC_TIME ? fourDigitYear(text) : element.tag === GENERALIZED_TIME ? text : ''
  const match = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(digits)
  if (match === null) throw unreadable(`${what} is not a time as RFC 5280 wants it`, element.start)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  date.setUTCHours(hour, minute, second)
  // Date rolls 31 February and 24:00 over to the next day: a time that does not read back as written does not exist.
  const sameDay = date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!sameDay || minute > 59 || second > 59) throw unreadable(`${what} is not a real time`, element.start)
  return date.getTime()
}

function fourDigitYear(text: string): string {
  return `${Number(text.slice(0, 2)) < UTC_TIME_PIVOT ? '20' : '19'}${text}`
}
