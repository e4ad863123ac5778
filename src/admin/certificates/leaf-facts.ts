import { createHash, X509Certificate } from 'node:crypto'
import { printName } from '../../identity/name-print.ts'
import { COMMON_NAME } from '../../identity/oids.ts'
import type { PeerCertificate } from '../../identity/types.ts'
import type { NewEntry, RegistryEntry } from '../../store/types.ts'
import { type Leaf, readLeaf } from '../../tls/leaf.ts'
import { sanText } from '../../tls/name-digest.ts'

/** Throws UnreadableCertificateError for what our reader does not interpret. */
export function leafOf(der: Uint8Array): Leaf {
  const bytes = Buffer.from(der)
  return readLeaf(new X509Certificate(bytes), bytes)
}

/** Lower-case hex SHA-256. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

export type EntryFacts = Pick<NewEntry, 'der' | 'subjectDn' | 'issuerDn' | 'serial' | 'pin' | 'sans' | 'notBefore' | 'notAfter'>

/** What the registry keeps of the certificate itself. */
export function entryFacts({ certificate, facts, pin }: Leaf): EntryFacts {
  const { dn, issuerDn, serial, sans, notBefore, notAfter } = facts
  return {
    der: Buffer.from(certificate.derBase64, 'base64'),
    subjectDn: dn,
    issuerDn,
    serial,
    pin,
    sans: sans.map(sanText),
    notBefore,
    notAfter,
  }
}

export const pemOf = ({ der }: Pick<RegistryEntry, 'der'>): string => new X509Certificate(der).toString()

/** A client certificate of ours with this one name, before there is one: for asking what it would give. */
export function imaginedCertificate(name: string): PeerCertificate {
  const subject = [[{ oid: COMMON_NAME, value: name }]]
  return {
    subject,
    issuer: [],
    dn: printName(subject),
    issuerDn: '',
    sans: [],
    serial: '00',
    notBefore: 0,
    notAfter: 0,
    isCa: false,
    extendedKeyUsages: null,
    keyUsages: null,
    authorityKeyId: null,
    subjectKeyId: null,
    unknownCritical: [],
    fingerprint: '',
    fingerprintSha1: '',
    derBase64: '',
    chainBase64: [],
    caKeys: [],
  }
}

/** Upper-case hex SHA-1 of the first certificate of a PEM text, as RavenDB shows it; null where it cannot be read. */
export function thumbprintOfPem(pem: string): string | null {
  try {
    return new X509Certificate(pem).fingerprint.replaceAll(':', '')
  } catch {
    return null
  }
}
