/** What a byte of a request path may do in a path that is already canonical. */
const REFUSED = 0
const PLAIN = 1
const SLASH = 2
const PERCENT = 3
const QUERY = 4

const BYTE_CLASS = new Uint8Array(256)
for (let byte = 0x21; byte < 0x7f; byte++) BYTE_CLASS[byte] = PLAIN
for (const refused of ['#', ';', '\\']) BYTE_CLASS[refused.charCodeAt(0)] = REFUSED
BYTE_CLASS[0x2f] = SLASH
BYTE_CLASS[0x25] = PERCENT
BYTE_CLASS[0x3f] = QUERY

const NO_DIGIT = 0xff

/** Value of a hex digit by byte, upper and lower case; 255 for any other byte. */
const HEX_VALUE = new Uint8Array(256).fill(NO_DIGIT)
for (let digit = 0; digit < 16; digit++) {
  HEX_VALUE[digit.toString(16).charCodeAt(0)] = digit
  HEX_VALUE[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

/** RFC 3986 section 2.3: an escape of one of these means the same as the character itself. */
const UNRESERVED = new Uint8Array(256)
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~') UNRESERVED[character.charCodeAt(0)] = 1

/** Value of the hex digit with this character code, or -1. */
export function hexValue(code: number): number {
  const value = code < 256 ? (HEX_VALUE[code] as number) : NO_DIGIT
  return value === NO_DIGIT ? -1 : value
}

export function isUnreserved(code: number): boolean {
  return code < 256 && UNRESERVED[code] === 1
}

/**
 * Whether the path in `bytes[start, end)`, up to the first `?`, is already canonical: it may then decide and be forwarded as it is.
 * One pass, no allocation. False also for everything that is not an origin-form path; `canonicalise` then says what it is.
 */
export function isCanonical(bytes: Uint8Array, start: number, end: number): boolean {
  if (start >= end || bytes[start] !== 0x2f) return false
  let at = start
  while (at < end) {
    const kind = BYTE_CLASS[bytes[at] as number]
    if (kind === PLAIN) {
      at++
    } else if (kind === SLASH) {
      at++
      if (at < end && opensSpecialSegment(bytes, at, end)) return false
    } else if (kind === PERCENT) {
      if (!isCanonicalEscape(bytes, at, end)) return false
      at += 3
    } else {
      return kind === QUERY
    }
  }
  return true
}

/** An empty segment before another slash, or a dot segment (with `%3B` behind it, too); an empty last segment is fine. */
function opensSpecialSegment(bytes: Uint8Array, at: number, end: number): boolean {
  const first = bytes[at]
  if (first === 0x2f) return true
  if (first !== 0x2e) return false
  if (endsDots(bytes, at + 1, end)) return true
  return bytes[at + 1] === 0x2e && endsDots(bytes, at + 2, end)
}

function endsDots(bytes: Uint8Array, at: number, end: number): boolean {
  if (at >= end || bytes[at] === 0x2f || bytes[at] === 0x3f) return true
  return at + 2 < end && bytes[at] === 0x25 && bytes[at + 1] === 0x33 && bytes[at + 2] === 0x42
}

function isCanonicalEscape(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 2 >= end) return false
  const high = bytes[at + 1] as number
  const low = bytes[at + 2] as number
  if (HEX_VALUE[high] === NO_DIGIT || HEX_VALUE[low] === NO_DIGIT || high > 0x60 || low > 0x60) return false
  const value = (HEX_VALUE[high] as number) * 16 + (HEX_VALUE[low] as number)
  if (value === 0 || value === 0x2f || value === 0x5c || UNRESERVED[value] === 1) return false
  return (
    value !== 0x25 || !(at + 4 < end && HEX_VALUE[bytes[at + 3] as number] !== NO_DIGIT && HEX_VALUE[bytes[at + 4] as number] !== NO_DIGIT)
  )
}
