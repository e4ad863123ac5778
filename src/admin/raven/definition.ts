import { X509Certificate } from 'node:crypto'
import type { Clearance, PeerCertificate } from '../../identity/types.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { objectOf } from '../v1/shapes.ts'

/** What RavenDB's clients and Studio send beside what counts here. */
export const TOLERATED: readonly string[] = [
  ...['PublicKeyPinningHash', 'NotBefore', 'CollectionSecondaryKeys', 'CollectionPrimaryKey', 'Disabled', 'LastUsedDate', 'Usages'],
  ...['TwoFactorAuthenticationKey', 'TwoFactorSessionValidityPeriod', 'TwoFactorAuthenticationValidityPeriod', 'HasTwoFactor', '$type'],
]

/** A certificate as RavenDB's CertificateDefinition. `group`: the leaves imported with it, itself among them. */
export function definitionOf(entry: RegistryEntry, group: readonly RegistryEntry[], withCertificate: boolean) {
  return {
    Name: entry.name,
    Thumbprint: entry.thumbprint,
    SecurityClearance: entry.clearance,
    Permissions: objectOf(entry.permissions),
    NotBefore: ravenTime(entry.notBefore),
    NotAfter: ravenTime(entry.notAfter),
    PublicKeyPinningHash: Buffer.from(entry.pin, 'hex').toString('base64'),
    ...(withCertificate ? { Certificate: entry.der.toString('base64') } : {}),
    CollectionPrimaryKey: '',
    CollectionSecondaryKeys: group.filter(({ fingerprint }) => fingerprint !== entry.fingerprint).map(({ thumbprint }) => thumbprint),
    Disabled: entry.keyRefusal !== null,
    LastUsedDate: entry.lastSeen === null ? null : ravenTime(entry.lastSeen),
    HasTwoFactor: false,
    Fingerprint: entry.fingerprint,
  }
}

/** The same of one that is trusted and not registered: it has what the gateway itself gives, and no database. */
export function unregistered(certificate: PeerCertificate, clearance: Clearance | undefined) {
  const { dn, fingerprintSha1, notBefore, notAfter, derBase64 } = certificate
  return {
    Name: dn,
    Thumbprint: fingerprintSha1.toUpperCase(),
    SecurityClearance: clearance ?? 'UnauthenticatedClients',
    Permissions: {},
    NotBefore: ravenTime(notBefore),
    NotAfter: ravenTime(notAfter),
    Certificate: derBase64,
  }
}

/** Seven digits below the second, as .NET prints them. */
const ravenTime = (milliseconds: number): string => new Date(milliseconds).toISOString().replace('Z', '0000Z')

/** Upper-case hex SHA-1 of the first certificate of a PEM text, as RavenDB shows it; null where it cannot be read. */
export function thumbprintOfPem(pem: string): string | null {
  try {
    return new X509Certificate(pem).fingerprint.replaceAll(':', '')
  } catch {
    return null
  }
}
