import { X509Certificate } from 'node:crypto'
import type { ExpiryInventory } from '../../admin/expiring.ts'
import { UnreadableCertificateError } from '../../errors.ts'
import { readCertificate } from '../../identity/certificate.ts'
import type { Snapshot } from '../../ipc/messages.ts'
import type { TrustMaterial } from '../../tls/types.ts'
import type { StatusCertificate, StatusCrl } from '../status.ts'

/** The certificates that a snapshot shows and trusts, each once per listener and SNI name, with when they run out. */
export function certificatesOf(snapshot: Snapshot): StatusCertificate[] {
  return trustsOf(snapshot).flatMap(({ listener, serverName, trust }) => {
    const describe = (kind: 'server' | 'ca', pem: string): StatusCertificate => {
      const certificate = new X509Certificate(pem)
      return {
        kind,
        listener,
        server_name: serverName,
        subject: printedSubject(certificate),
        not_after: certificate.validToDate.getTime(),
      }
    }
    return [describe('server', trust.keyPair.certificate), ...trust.clientCa.map((pem) => describe('ca', pem))]
  })
}

/** Empty where it has no name, or one that only OpenSSL can read: what is shown here must never end the process that shows it. */
function printedSubject({ raw }: X509Certificate): string {
  try {
    return readCertificate(raw).dn
  } catch (error) {
    if (error instanceof UnreadableCertificateError) return ''
    throw error
  }
}

/** The revocation lists of a snapshot, each once per listener. */
export function crlsOf(snapshot: Snapshot): StatusCrl[] {
  const seen = new Set<string>()
  return trustsOf(snapshot).flatMap(({ listener, trust }) =>
    trust.crl.lists.flatMap(({ file, issuerDn, thisUpdate, nextUpdate, serials }) => {
      const key = `${listener}\0${file}\0${issuerDn}`
      if (seen.has(key)) return []
      seen.add(key)
      return [{ listener, file, issuer: issuerDn, this_update: thisUpdate, next_update: nextUpdate, revoked: serials.size }]
    }),
  )
}

/** The same by when it ends. */
export function expiryInventory(snapshot: Snapshot): ExpiryInventory {
  return {
    certificates: certificatesOf(snapshot).map(({ kind, listener, server_name, subject, not_after }) => {
      return { kind, name: server_name === null ? listener : `${listener}/${server_name}`, subject, notAfter: not_after }
    }),
    crls: trustsOf(snapshot).flatMap(({ trust }) =>
      trust.crl.lists.map(({ issuerDn, thisUpdate, nextUpdate }) => ({ issuer: issuerDn, thisUpdate, nextUpdate })),
    ),
  }
}

interface Trust {
  readonly listener: string
  readonly serverName: string | null
  readonly trust: TrustMaterial
}

function trustsOf(snapshot: Snapshot): Trust[] {
  return [...snapshot.listeners].flatMap(([listener, material]) => [
    { listener, serverName: null, trust: material },
    ...[...material.names].map(([serverName, trust]) => ({ listener, serverName, trust })),
  ])
}
