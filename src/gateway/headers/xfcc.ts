import type { PeerCertificate } from '../../identity/types.ts'
import { sansOf } from './claims.ts'
import type { BlockWriter, Dialect, StyleOptions } from './dialect.ts'
import { rfc2253 } from './distinguished-name.ts'
import { encodeValue, escapeComponent, pemOf } from './encode.ts'
import { withDefaults } from './options.ts'
import type { HeaderSubject, InboundHeaders } from './types.ts'

const HEADER = 'X-Forwarded-Client-Cert'

/** Balanced quotes, no doubled backslash that readers disagree about, printable ASCII: nothing that could swallow our element. */
const WHOLE_ELEMENTS = /^(?:[!#-~ ]|"(?:[ !#-[\]-~]|\\[ -[\]-~])*")+$/

function quoted(value: string): string {
  const encoded = encodeValue(value, '\\')
  return /[,;="]/.test(encoded) ? `"${encoded.replaceAll('"', '\\"')}"` : encoded
}

/**
 * RFC 2253 already escapes `"` as `\"`, which XFCC reads the same way. An escaped backslash becomes `\5C`, so that no
 * reader, however simple, can take the closing quote for an escaped one.
 */
function subjectValue(certificate: PeerCertificate): string {
  return `"${rfc2253(certificate.subject).replaceAll('\\\\', '\\5C')}"`
}

function elementOf(certificate: PeerCertificate, by: string, set: ReadonlySet<string>): string {
  const pairs: string[] = by === '' ? [] : [`By=${quoted(by)}`]
  pairs.push(`Hash=${certificate.fingerprint}`)
  if (set.has('cert')) pairs.push(`Cert="${escapeComponent(pemOf(certificate.derBase64))}"`)
  if (set.has('chain')) {
    const chain = [certificate.derBase64, ...certificate.chainBase64]
    pairs.push(`Chain="${escapeComponent(chain.map(pemOf).join(''))}"`)
  }
  if (set.has('subject')) pairs.push(`Subject=${subjectValue(certificate)}`)
  if (set.has('uri')) for (const uri of sansOf(certificate, 'uniformResourceIdentifier')) pairs.push(`URI=${quoted(uri)}`)
  if (set.has('dns')) for (const dns of sansOf(certificate, 'dNSName')) pairs.push(`DNS=${quoted(dns)}`)
  return pairs.join(';')
}

/**
 * Envoy's `x-forwarded-client-cert`, as its HTTP connection manager documentation ("HTTP header manipulation") and
 * `mutateXfccRequestHeader` have it: By, Hash, Cert, Chain, Subject, URI, DNS. An inbound value is continued only when the
 * peer itself proved a certificate, and only if its quotes are balanced; otherwise it is replaced.
 */
export function xfccDialect(options: StyleOptions): Dialect {
  const option = withDefaults('xfcc', options)
  const mode = option('mode')
  const set = new Set(option('set').split(','))
  const own = (certificate: PeerCertificate) => elementOf(certificate, option('by'), set)
  const headers = mode === 'sanitize' ? [] : [{ name: HEADER, recipe: `xfcc ${JSON.stringify(options)}` }]

  if (mode === 'sanitize') return { headers, write() {} }
  if (mode === 'sanitize_set') {
    return {
      headers,
      write(subject, out) {
        if (subject.certificate !== null) out.line(HEADER, own(subject.certificate))
      },
    }
  }
  return {
    headers,
    write() {},
    writeRequest(subject: HeaderSubject, inbound: InboundHeaders, out: BlockWriter) {
      if (subject.certificate === null) return
      const received = inbound.clientCert !== null && WHOLE_ELEMENTS.test(inbound.clientCert) ? [inbound.clientCert] : []
      const elements = mode === 'forward_only' ? received : [...received, own(subject.certificate)]
      if (elements.length > 0) out.line(HEADER, elements.join(','))
    },
  }
}
