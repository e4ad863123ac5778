import type { Dialect, StyleOptions } from './dialect.ts'
import { withDefaults } from './options.ts'

/**
 * RFC 9440: `Client-Cert` is one Byte Sequence (section 2.2), `Client-Cert-Chain` a List of them in TLS order without the
 * leaf (section 2.3), sent only beside `Client-Cert`. A resumed session has no chain to send.
 */
export function rfc9440Dialect(options: StyleOptions): Dialect {
  const chain = withDefaults('rfc9440', options)('chain') === 'true'
  return {
    headers: [{ name: 'Client-Cert', recipe: 'rfc9440 leaf' }, ...(chain ? [{ name: 'Client-Cert-Chain', recipe: 'rfc9440 chain' }] : [])],
    write({ certificate }, out) {
      if (certificate === null) return
      out.line('Client-Cert', `:${certificate.derBase64}:`)
      if (chain && certificate.chainBase64.length > 0) {
        out.line('Client-Cert-Chain', certificate.chainBase64.map((der) => `:${der}:`).join(', '))
      }
    },
  }
}
