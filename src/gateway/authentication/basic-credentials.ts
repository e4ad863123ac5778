/** What an Authorization value is to a basic domain. */
export type BasicCredentials =
  /** No Authorization at all. */
  | { readonly kind: 'absent' }
  /** Another scheme: not ours to read, but credentials all the same. */
  | { readonly kind: 'foreign' }
  /** Meant as Basic and not readable: wrong credentials, never guessed at. */
  | { readonly kind: 'malformed'; readonly detail: string }
  | { readonly kind: 'password'; readonly name: string; readonly password: string }

const ABSENT: BasicCredentials = { kind: 'absent' }
const FOREIGN: BasicCredentials = { kind: 'foreign' }

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function malformed(detail: string): BasicCredentials {
  return { kind: 'malformed', detail }
}

/** Canonical base64 as UTF-8; null for anything else. */
function decode(token: string): string | null {
  const bytes = Buffer.from(token, 'base64')
  if (bytes.toString('base64') !== token) return null
  try {
    return UTF8.decode(bytes)
  } catch {
    return null
  }
}

/** Reads an Authorization value by RFC 7617: one token of canonical base64, UTF-8, a colon, no control characters. Never throws. */
export function parseBasicCredentials(authorization: string | null): BasicCredentials {
  if (authorization === null) return ABSENT
  const [, token = ''] = /^basic(?:[ \t]+(.*))?$/is.exec(authorization.trim()) ?? [undefined, null]
  if (token === null) return FOREIGN
  const text = decode(token)
  if (text === null) return malformed('the Basic credentials are not base64 of UTF-8')
  if (/\p{Cc}/u.test(text)) return malformed('the Basic credentials hold control characters')
  const colon = text.indexOf(':')
  if (colon < 0) return malformed('the Basic credentials have no colon')
  if (colon === 0) return malformed('the Basic credentials have no user name')
  return { kind: 'password', name: text.slice(0, colon), password: text.slice(colon + 1) }
}
