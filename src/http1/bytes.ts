/**
 * Byte classes of RFC 9110 and RFC 9112, as 256-entry tables: one load decides, and nothing outside a class is ever guessed at.
 */

export const CR = 13
export const LF = 10
export const SP = 32
export const HTAB = 9
export const COLON = 58
const HYPHEN = 45

const TOKEN_CHARACTERS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/** RFC 9110 5.6.2: 1 for `tchar`. */
export const TOKEN = new Uint8Array(256)
for (const character of TOKEN_CHARACTERS) TOKEN[character.charCodeAt(0)] = 1

/** RFC 9110 5.5: 1 for bytes of a field value (VCHAR, SP, HTAB, obs-text); every other control is refused. */
export const FIELD_VALUE = new Uint8Array(256).fill(1, 32)
FIELD_VALUE[HTAB] = 1
FIELD_VALUE[127] = 0

/** RFC 9112 3.2: 1 for visible ASCII, the only bytes a request target may hold. */
export const TARGET = new Uint8Array(256).fill(1, 33, 127)

/** ASCII lower case; other bytes as they are. */
export const LOWER = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) LOWER[byte] = byte >= 65 && byte <= 90 ? byte + 32 : byte

/**
 * Class of a header-name byte for `HeaderTable`: 1-26 letters without case, 27-36 digits, 37 `-`, 38 every other token byte
 * (servers are known to read these as `-` too), 0 for what no name may hold.
 */
export const NAME_CLASS = new Uint8Array(256)
export const HYPHEN_CLASS = 37
export const OTHER_CLASS = 38
for (let byte = 0; byte < 256; byte++) {
  if (TOKEN[byte] === 0) continue
  const lower = LOWER[byte]
  if (lower >= 97 && lower <= 122) NAME_CLASS[byte] = lower - 96
  else if (byte >= 48 && byte <= 57) NAME_CLASS[byte] = byte - 48 + 27
  else NAME_CLASS[byte] = byte === HYPHEN ? HYPHEN_CLASS : OTHER_CLASS
}

/** Whether `bytes[start, end)` is `expected` (given in lower case), ignoring ASCII case. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false
  for (let i = 0; i < expected.length; i++) if (LOWER[bytes[start + i]] !== expected[i]) return false
  return true
}

/** The lower-case bytes of an ASCII word, for `equalsIgnoringCase`. */
export function word(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'))
}

declare global {
  interface Buffer<TArrayBuffer extends ArrayBufferLike = ArrayBufferLike> extends Uint8Array<TArrayBuffer> {
    /** Node's own fast path behind `toString('latin1', start, end)`; missing from the published types. */
    latin1Slice(start?: number, end?: number): string
  }
}
