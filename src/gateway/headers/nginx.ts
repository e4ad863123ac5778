import type { Dialect, StyleOptions } from './dialect.ts'
import { rfc2253 } from './distinguished-name.ts'
import { escapeComponent, pemOf } from './encode.ts'
import { withDefaults } from './options.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** OpenSSL's ASN1_TIME_print: `Dec  1 16:36:13 2018 GMT`. */
function opensslTime(milliseconds: number): string {
  const date = new Date(milliseconds)
  const clock = date.toISOString().slice(11, 19)
  return `${MONTHS[date.getUTCMonth()]} ${String(date.getUTCDate()).padStart(2)} ${clock} ${date.getUTCFullYear()} GMT`
}

/**
 * What `proxy_set_header X-SSL-Client-... $ssl_client_...` sends in the usual nginx set-up (ngx_http_ssl_module's variables):
 * verify, s_dn and i_dn (RFC 2253), escaped_cert, serial, fingerprint (SHA-1), v_start, v_end. Refused certificates never
 * get this far, so verify is SUCCESS or NONE.
 */
export function nginxDialect(options: StyleOptions): Dialect {
  const withCertificate = withDefaults('nginx', options)('certificate') === 'true'
  const names = ['Verify', 'S-DN', 'I-DN', ...(withCertificate ? ['Cert'] : []), 'Serial', 'Fingerprint', 'NotBefore', 'NotAfter']
  return {
    headers: names.map((name) => ({ name: `X-SSL-Client-${name}`, recipe: `nginx ${name}` })),
    write({ certificate }, out) {
      out.line('X-SSL-Client-Verify', certificate === null ? 'NONE' : 'SUCCESS')
      if (certificate === null) return
      out.line('X-SSL-Client-S-DN', rfc2253(certificate.subject))
      out.line('X-SSL-Client-I-DN', rfc2253(certificate.issuer))
      if (withCertificate) out.line('X-SSL-Client-Cert', escapeComponent(pemOf(certificate.derBase64)))
      out.line('X-SSL-Client-Serial', certificate.serial)
      out.line('X-SSL-Client-Fingerprint', certificate.fingerprintSha1)
      out.line('X-SSL-Client-NotBefore', opensslTime(certificate.notBefore))
      out.line('X-SSL-Client-NotAfter', opensslTime(certificate.notAfter))
    },
  }
}
