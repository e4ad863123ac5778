import type { Name, PeerCertificate, SanType } from '../../identity/types.ts'
import { sansOf } from './claims.ts'
import type { Dialect, StyleOptions } from './dialect.ts'
import { percent, queryEscape } from './encode.ts'
import { withDefaults } from './options.ts'

/** Traefik's order; `last`: it keeps only the most specific one of these. */
const FIELDS: readonly { readonly oid: string; readonly label: string; readonly subjectOnly?: true; readonly last?: true }[] = [
  { oid: '0.9.2342.19200300.100.1.25', label: 'DC' },
  { oid: '2.5.4.6', label: 'C' },
  { oid: '2.5.4.8', label: 'ST' },
  { oid: '2.5.4.7', label: 'L' },
  { oid: '2.5.4.10', label: 'O' },
  { oid: '2.5.4.11', label: 'OU', subjectOnly: true },
  { oid: '2.5.4.5', label: 'SN', last: true },
  { oid: '2.5.4.3', label: 'CN', last: true },
]

const SAN_ORDER: readonly SanType[] = ['dNSName', 'rfc822Name', 'iPAddress', 'uniformResourceIdentifier']

/** Traefik quotes without escaping; here what would end a quote or an item, and `%` and controls, is percent-encoded first. */
function field(text: string): string {
  return text.replace(/[\0-\x1f\x7f%",;]/g, (character) => percent(character.charCodeAt(0)))
}

function nameFields(name: Name, isSubject: boolean): string {
  const attributes = name.flat()
  return FIELDS.filter(({ subjectOnly }) => isSubject || subjectOnly !== true)
    .flatMap(({ oid, label, last }) => {
      const values = attributes
        .filter((attribute) => attribute.oid === oid && attribute.value !== '')
        .map(({ value }) => `${label}=${field(value)}`)
      return last === true ? values.slice(-1) : values
    })
    .join(',')
}

/** X.509 serial (hex, perhaps negative) in decimal, as Go prints a big integer. */
function decimalSerial(hex: string): string {
  const digits = /^-?([0-9A-Fa-f]+)$/.exec(hex)?.[1]
  return digits === undefined ? '' : `${hex.startsWith('-') ? '-' : ''}${BigInt(`0x${digits}`)}`
}

function infoOf(certificate: PeerCertificate): string {
  const subject = nameFields(certificate.subject, true)
  const issuer = nameFields(certificate.issuer, false)
  const serial = decimalSerial(certificate.serial)
  const sans = SAN_ORDER.flatMap((type) => sansOf(certificate, type)).map(field)
  const pairs: readonly (readonly [string, string])[] = [
    ['Subject', subject],
    ['Issuer', issuer],
    ['SerialNumber', serial],
    ['NB', String(Math.floor(certificate.notBefore / 1000))],
    ['NA', String(Math.floor(certificate.notAfter / 1000))],
    ['SAN', sans.join(',')],
  ]
  return pairs.flatMap(([key, value]) => (value === '' ? [] : [`${key}="${value}"`])).join(';')
}

/**
 * Traefik's PassTLSClientCert middleware (pkg/middlewares/passtlsclientcert): the certificates as base64 DER without markers,
 * joined by `,`, and the leaf's details passed through Go's `url.QueryEscape`.
 */
export function traefikDialect(options: StyleOptions): Dialect {
  const option = withDefaults('traefik', options)
  const pem = option('pem') === 'true'
  const info = option('info') === 'true'
  return {
    headers: [
      ...(pem ? [{ name: 'X-Forwarded-Tls-Client-Cert', recipe: 'traefik pem' }] : []),
      ...(info ? [{ name: 'X-Forwarded-Tls-Client-Cert-Info', recipe: 'traefik info' }] : []),
    ],
    write({ certificate }, out) {
      if (certificate === null) return
      if (pem) out.line('X-Forwarded-Tls-Client-Cert', [certificate.derBase64, ...certificate.chainBase64].join(','))
      if (info) out.line('X-Forwarded-Tls-Client-Cert-Info', queryEscape(infoOf(certificate)))
    },
  }
}
