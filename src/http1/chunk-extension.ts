import { CR, FIELD_VALUE, TOKEN } from './bytes.ts'

const SEMICOLON = 59
const EQUALS = 61
const QUOTE = 34
const BACKSLASH = 92

/** After `;`: a name has to begin. The state to start a chunk's extensions with. */
export const EXTENSION_START = 0
const NAME = 1
/** After `=`. */
const VALUE = 2
const TOKEN_VALUE = 3
const QUOTED = 4
const ESCAPED = 5
const QUOTED_END = 6
/** The byte was the CR that ends the chunk's line. */
export const EXTENSION_DONE = -1
export const EXTENSION_MALFORMED = -2

/**
 * One byte of `*( ";" name [ "=" ( token / quoted-string ) ] )`, RFC 9112 7.1.1, without the bad whitespace that no sender may write: what a
 * lenient reader cuts short or reads past is where two servers come to disagree on the length of a body.
 */
export function extensionStep(state: number, byte: number): number {
  const token = TOKEN[byte] === 1
  switch (state) {
    case EXTENSION_START:
      return token ? NAME : EXTENSION_MALFORMED
    case NAME:
      return token ? NAME : byte === EQUALS ? VALUE : next(byte)
    case VALUE:
      return token ? TOKEN_VALUE : byte === QUOTE ? QUOTED : EXTENSION_MALFORMED
    case TOKEN_VALUE:
      return token ? TOKEN_VALUE : next(byte)
    case QUOTED:
      if (byte === QUOTE) return QUOTED_END
      if (byte === BACKSLASH) return ESCAPED
      return FIELD_VALUE[byte] === 1 ? QUOTED : EXTENSION_MALFORMED
    case ESCAPED:
      return FIELD_VALUE[byte] === 1 ? QUOTED : EXTENSION_MALFORMED
    default:
      return next(byte)
  }
}

/** Where an extension may end. */
function next(byte: number): number {
  return byte === SEMICOLON ? EXTENSION_START : byte === CR ? EXTENSION_DONE : EXTENSION_MALFORMED
}
