/** One encoded element (X.690). All that is written is written by this file; ber-read.ts reads BER too, for PFX files. */
export type Der = Buffer

/** Tag, shortest length, content (X.690 section 10.1). */
export function element(tag: number, ...contents: readonly Uint8Array[]): Der {
  const content = contents.length === 1 && contents[0] !== undefined ? contents[0] : Buffer.concat(contents)
  return Buffer.concat([Buffer.from([tag, ...lengthBytes(content.length)]), content])
}

function lengthBytes(length: number): number[] {
  if (length < 0x80) return [length]
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256)
  return [0x80 | bytes.length, ...bytes]
}

export const sequence = (...parts: readonly Uint8Array[]): Der => element(0x30, ...parts)
/** SET OF: its elements in ascending order of their encoding. */
export const setOf = (...parts: readonly Uint8Array[]): Der => element(0x31, ...[...parts].sort(Buffer.compare))
/** A SET as it is given. PFX files come so from other tools too, and no reader minds. */
export const orderedSet = (...parts: readonly Uint8Array[]): Der => element(0x31, ...parts)
export const octetString = (content: Uint8Array): Der => element(0x04, content)
export const bitString = (content: Uint8Array, unused = 0): Der => element(0x03, Buffer.from([unused]), content)
export const boolean = (value: boolean): Der => element(0x01, Buffer.from([value ? 0xff : 0]))
export const utf8String = (text: string): Der => element(0x0c, Buffer.from(text))
/** UTF-16 big endian. */
export const bmpString = (text: string): Der => element(0x1e, Buffer.from(text, 'utf16le').swap16())
export const enumerated = (value: number): Der => element(0x0a, Buffer.from([value]))
/** `[n] EXPLICIT`, or a constructed `[n] IMPLICIT`. */
export const context = (number: number, ...parts: readonly Uint8Array[]): Der => element(0xa0 | number, ...parts)
/** A primitive `[n] IMPLICIT`. */
export const contextPrimitive = (number: number, content: Uint8Array): Der => element(0x80 | number, content)
export const nothing: Der = Buffer.from([0x05, 0x00])

/** A non-negative INTEGER. */
export function integer(value: number | bigint): Der {
  const hex = value.toString(16)
  return integerOf(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'))
}

/** An INTEGER from its magnitude, read as positive; leading zero bytes are cut. */
export function integerOf(magnitude: Uint8Array): Der {
  let start = 0
  while (start < magnitude.length - 1 && magnitude[start] === 0) start++
  const bytes = magnitude.subarray(start)
  return (bytes[0] ?? 0x80) >= 0x80 ? element(0x02, Buffer.from([0]), bytes) : element(0x02, bytes)
}

const known = new Map<string, Der>()

/** An OBJECT IDENTIFIER from its dotted form. */
export function objectIdentifier(dotted: string): Der {
  let encoded = known.get(dotted)
  if (encoded === undefined) {
    encoded = encodeIdentifier(dotted)
    known.set(dotted, encoded)
  }
  return encoded
}

function encodeIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left % 128))
    bytes.push(...groups)
  }
  return element(0x06, Buffer.from(bytes))
}

/** `YYYYMMDDHHMMSSZ`, whole seconds in UTC; what RFC 5280 section 4.1.2.5.2 allows, years 0000 to 9999. */
function digits(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString()
  if (!/^\d{4}-/.test(text)) throw new RangeError(`${text} cannot stand in a certificate`)
  return text.replace(/[-:T]|\.\d+/g, '')
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5). */
export function time(milliseconds: number): Der {
  const year = new Date(milliseconds).getUTCFullYear()
  return year >= 1950 && year < 2050 ? element(0x17, Buffer.from(digits(milliseconds).slice(2))) : generalizedTime(milliseconds)
}

export const generalizedTime = (milliseconds: number): Der => element(0x18, Buffer.from(digits(milliseconds)))

/** A named-bit list: bit 0 is the highest of the first byte, trailing zero bits are cut (X.690 section 11.2.2). */
export function namedBits(numbers: readonly number[]): Der {
  if (numbers.length === 0) return bitString(Buffer.alloc(0))
  const highest = Math.max(...numbers)
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1)
  for (const bit of numbers) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit % 8))
  return bitString(bytes, 7 - (highest % 8))
}

/** RFC 7468 text. */
export function pemOf(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
