const HEX = '0123456789ABCDEF'

const UTF8 = new TextEncoder()

/** `%XX` of one byte, upper case. */
export function percent(byte: number): string {
  return `%${HEX[byte >> 4]}${HEX[byte & 15]}`
}

function percentCharacter(character: string): string {
  let encoded = ''
  for (const byte of UTF8.encode(character)) encoded += percent(byte)
  return encoded
}

/**
 * Percent-encodes text in UTF-8 for a header value: controls, non-ASCII, leading and trailing space, `%` itself, and every
 * character of `also`. The result is printable ASCII, and two different texts never share one (lone surrogates aside).
 */
export function encodeValue(text: string, also = ''): string {
  if (also === '' && /^[!-$&-~](?:[ -$&-~]*[!-$&-~])?$/.test(text)) return text
  const first = text.search(/[^ ]/)
  // Not by an expression: from each space within the text it would look for the end anew.
  let last = text.length
  while (last > 0 && text[last - 1] === ' ') last--
  let encoded = ''
  let index = 0
  for (const character of text) {
    const code = character.codePointAt(0) as number
    const plain = code > 0x20 ? code < 0x7f && code !== 0x25 : code === 0x20 && index >= first && index < last
    encoded += plain && !also.includes(character) ? character : percentCharacter(character)
    index += character.length
  }
  return encoded
}

/** Everything but RFC 3986 unreserved characters as `%XX`, as nginx and Envoy escape a PEM certificate. */
export function escapeComponent(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, percentCharacter)
}

/** Go's `url.QueryEscape`, which Traefik uses: as escapeComponent, with a space as `+`. */
export function queryEscape(text: string): string {
  return escapeComponent(text).replaceAll('%20', '+')
}

/** PEM of a certificate from its base64 DER: 64 columns, LF, with a last LF (RFC 7468 section 3). */
export function pemOf(derBase64: string): string {
  const body = derBase64.replace(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${body}${body.endsWith('\n') ? '' : '\n'}-----END CERTIFICATE-----\n`
}
