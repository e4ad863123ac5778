import type { EmittedHeader } from './dialect.ts'
import { encodeValue } from './encode.ts'
import { plainAddress } from './trusted-hops.ts'
import type { HeaderSubject, InboundHeaders } from './types.ts'

/** Sent whatever the styles are. */
export const FORWARDED_HEADERS: readonly EmittedHeader[] = [
  { name: 'X-Forwarded-For', recipe: 'certgate' },
  { name: 'X-Forwarded-Proto', recipe: 'certgate' },
  { name: 'X-Forwarded-Host', recipe: 'certgate' },
]

/** What may stand in a hop's X-Forwarded-For: addresses, ports, `unknown` and obfuscated names, joined by commas. */
const FORWARDED_FOR = /^[0-9A-Za-z._:[\]-]+(?:[ \t]*,[ \t]*[0-9A-Za-z._:[\]-]+)*$/

function addressOf(subject: HeaderSubject): string {
  const address = encodeValue(plainAddress(subject.remoteAddress), ' ,;"')
  return address === '' ? 'unknown' : address
}

/** X-Forwarded-For and -Proto as this connection has them. */
export function connectionLines(subject: HeaderSubject): string {
  return `X-Forwarded-For: ${addressOf(subject)}\r\nX-Forwarded-Proto: ${subject.scheme}\r\n`
}

/** The same behind a trusted hop: its X-Forwarded-For is appended to and its scheme kept; what is malformed is replaced. */
export function continuedLines(subject: HeaderSubject, inbound: InboundHeaders | undefined): string {
  const chain = inbound?.forwardedFor?.trim() ?? ''
  const before = FORWARDED_FOR.test(chain) ? `${chain.replace(/[ \t]*,[ \t]*/g, ', ')}, ` : ''
  const scheme = inbound?.forwardedProto?.toLowerCase()
  const proto = scheme === 'https' || scheme === 'http' ? scheme : subject.scheme
  return `X-Forwarded-For: ${before}${addressOf(subject)}\r\nX-Forwarded-Proto: ${proto}\r\n`
}

export function hostLine(host: string): string {
  return host === '' ? '' : `X-Forwarded-Host: ${encodeValue(host, ' ')}\r\n`
}

/** RFC 7239 section 4: IPv6 in brackets and quoted; the host quoted wherever it is not a token. Always set, never continued. */
export function forwardedLine(subject: HeaderSubject, host: string): string {
  const address = addressOf(subject)
  const node = address.includes(':') ? `"[${address}]"` : address
  const encoded = encodeValue(host, ' "\\')
  const value = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(encoded) ? encoded : `"${encoded}"`
  return `Forwarded: for=${node};proto=${subject.scheme}${host === '' ? '' : `;host=${value}`}\r\n`
}
