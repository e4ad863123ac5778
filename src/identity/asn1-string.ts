import { contentBytes, type DerElement, unreadable } from './der.ts'

const UTF8_STRING = 0x0c
const NUMERIC_STRING = 0x12
const PRINTABLE_STRING = 0x13
const TELETEX_STRING = 0x14
const IA5_STRING = 0x16
const VISIBLE_STRING = 0x1a
const UNIVERSAL_STRING = 0x1c
const BMP_STRING = 0x1e

// A byte order mark is a character of the name like any other: without ignoreBOM it would vanish and make two names one.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

type Decoder = (bytes: Uint8Array) => string | null

const DECODERS: ReadonlyMap<number, Decoder> = new Map<number, Decoder>([
  [UTF8_STRING, utf8],
  [NUMERIC_STRING, digits],
  // Issuers put `*`, `@`, `_` and `&` into PrintableString; all of ASCII is read, as OpenSSL and Java do.
  [PRINTABLE_STRING, ascii],
  [IA5_STRING, ascii],
  [VISIBLE_STRING, ascii],
  [TELETEX_STRING, latin1],
  [BMP_STRING, utf16],
  [UNIVERSAL_STRING, utf32],
])

/**
 * The text of a character string type; null for any other type. Bytes that are not what the type promises throw
 * UnreadableCertificateError: replacement characters would make different names equal.
 */
export function readString(element: DerElement, what: string): string | null {
  const decode = DECODERS.get(element.tag)
  if (decode === undefined) return null
  const text = decode(contentBytes(element))
  if (text === null) throw unreadable(`${what} holds bytes that its string type does not allow`, element.start)
  return text
}

/** ASCII text; null where a byte is above 0x7f. */
export function ascii(bytes: Uint8Array): string | null {
  return bytes.every((byte) => byte < 0x80) ? latin1(bytes) : null
}

/** Digits and spaces (X.680 section 41.2); null otherwise: letters stand in no such string but to be read as somebody's name. */
function digits(bytes: Uint8Array): string | null {
  return bytes.every((byte) => byte === 0x20 || (byte >= 0x30 && byte <= 0x39)) ? latin1(bytes) : null
}

/** Text of well-formed UTF-8 (no surrogates, no overlong forms); null otherwise. */
export function utf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    return null
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}

/** BMPString. Pairs of surrogates are read, as some issuers write characters beyond the BMP; lone ones are not text. */
function utf16(bytes: Uint8Array): string | null {
  if (bytes.length % 2 !== 0) return null
  const text = Buffer.from(bytes).swap16().toString('utf16le')
  return text.isWellFormed() ? text : null
}

function utf32(bytes: Uint8Array): string | null {
  if (bytes.length % 4 !== 0) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let text = ''
  for (let offset = 0; offset < bytes.length; offset += 4) {
    const point = view.getUint32(offset)
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return null
    text += String.fromCodePoint(point)
  }
  return text
}
