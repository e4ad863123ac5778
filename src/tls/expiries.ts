import { X509Certificate } from 'node:crypto'
import type { ListenerMaterial, TrustMaterial } from './types.ts'

/** Something that stops working by itself at a known moment. */
export interface Expiry {
  /** `crl`: when the next list is due. */
  readonly kind: 'server' | 'ca' | 'crl'
  /** SNI name; null for the listener's own. */
  readonly serverName: string | null
  /** Printed DN of the certificate's subject or the list's issuer. */
  readonly subject: string
  /** Milliseconds since the epoch. */
  readonly notAfter: number
}

/** When the server certificates, trusted CAs and revocation lists of a listener run out, in no particular order. */
export function expiries(material: ListenerMaterial): Expiry[] {
  return [...expiriesOf(null, material), ...[...material.names].flatMap(([name, trust]) => expiriesOf(name, trust))]
}

function expiriesOf(serverName: string | null, { keyPair, clientCa, crl }: TrustMaterial): Expiry[] {
  const certificate = (kind: 'server' | 'ca', pem: string): Expiry => {
    const { subject, validToDate } = new X509Certificate(pem)
    return { kind, serverName, subject: subject.split('\n').reverse().join(','), notAfter: validToDate.getTime() }
  }
  return [
    certificate('server', keyPair.certificate),
    ...clientCa.map((pem) => certificate('ca', pem)),
    ...(crl.validate ? crl.lists : []).map(
      ({ issuerDn, nextUpdate }): Expiry => ({ kind: 'crl', serverName, subject: issuerDn, notAfter: nextUpdate }),
    ),
  ]
}
