/** Writes DER for test certificates: exact bytes, so that tests can also make what no library would write. */

export type Der = Buffer

/** One tag-length-value with the shortest length (X.690 section 10.1). */
export function tlv(tag: number, ...contents: readonly Uint8Array[]): Der {
  const body = Buffer.concat(contents)
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const length: number[] = []
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) length.unshift(rest % 256)
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length, ...length]), body])
}

export const sequence = (...parts: readonly Uint8Array[]): Der => tlv(0x30, ...parts)
/** SET OF: DER wants its elements in ascending order of their encoding. */
export const setOf = (...parts: readonly Uint8Array[]): Der => tlv(0x31, ...[...parts].sort(Buffer.compare))
export const octetString = (content: Uint8Array): Der => tlv(0x04, content)
export const bitString = (content: Uint8Array, unused = 0): Der => tlv(0x03, Buffer.from([unused]), content)
export const boolean = (value: boolean): Der => tlv(0x01, Buffer.from([value ? 0xff : 0]))
/** `[n] EXPLICIT`, or a constructed `[n] IMPLICIT`. */
export const context = (number: number, ...parts: readonly Uint8Array[]): Der => tlv(0xa0 | number, ...parts)
/** A primitive `[n] IMPLICIT`. */
export const contextPrimitive = (number: number, content: Uint8Array): Der => tlv(0x80 | number, content)
export const nothing: Der = Buffer.from([0x05, 0x00])

export function integer(value: number): Der {
  const hex = value.toString(16)
  return integerHex(hex.length % 2 === 0 ? hex : `0${hex}`)
}

/** An INTEGER from its hex digits, read as positive. */
export function integerHex(hex: string): Der {
  const bytes = Buffer.from(hex, 'hex')
  return tlv(0x02, (bytes[0] ?? 0) & 0x80 || bytes.length === 0 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const bytes: number[] = []
  for (const arc of [first * 40 + second, ...rest]) {
    const groups = [arc % 128]
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) groups.unshift(0x80 | (left % 128))
    bytes.push(...groups)
  }
  return tlv(0x06, Buffer.from(bytes))
}

/** UTCTime until 2049, GeneralizedTime from 2050 (RFC 5280 section 4.1.2.5). */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '')
  const year = date.getUTCFullYear()
  return year >= 1950 && year < 2050 ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits))
}

/** A named-bit list: bit 0 is the highest bit of the first byte, trailing zero bits are cut. */
export function bits(numbers: readonly number[]): Der {
  const highest = Math.max(...numbers)
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1)
  for (const bit of numbers) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit % 8))
  return bitString(bytes, 7 - (highest % 8))
}

export function toPem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
