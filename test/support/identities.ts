import { parseName } from '../../src/identity/name-parse.ts'
import { printName } from '../../src/identity/name-print.ts'
import { ANONYMOUS_NAME, type Identity, type PeerCertificate } from '../../src/identity/types.ts'

/** Facts of a certificate that nobody issued: for tests of what is decided from facts. */
export function certificateFacts(dn: string, given: Partial<PeerCertificate> & { readonly issuerDn?: string } = {}): PeerCertificate {
  const issuer = parseName(given.issuerDn ?? 'CN=Test CA')
  return {
    subject: parseName(dn),
    issuer,
    dn: printName(parseName(dn)),
    issuerDn: printName(issuer),
    sans: [],
    serial: '01',
    notBefore: 0,
    notAfter: Number.MAX_SAFE_INTEGER,
    isCa: false,
    extendedKeyUsages: null,
    keyUsages: null,
    authorityKeyId: null,
    subjectKeyId: null,
    unknownCritical: [],
    fingerprint: 'ab'.repeat(32),
    fingerprintSha1: 'ab'.repeat(20),
    derBase64: '',
    chainBase64: [],
    caKeys: [],
    ...given,
  }
}

/** Who holds a certificate with this subject, under a name taken out of it. */
export function certificateIdentity(
  name: string,
  dn: string,
  given: Partial<PeerCertificate> & { readonly backendRoles?: readonly string[] } = {},
): Identity {
  const { backendRoles = [], ...facts } = given
  const certificate = certificateFacts(dn, facts)
  return { name, dn: certificate.dn, source: 'clientcert', domain: 'clientcert', backendRoles, certificate }
}

export function basicIdentity(name: string, backendRoles: readonly string[] = []): Identity {
  return { name, dn: null, source: 'basic', domain: 'basic', backendRoles, certificate: null }
}

export const anonymousIdentity: Identity = { ...basicIdentity(ANONYMOUS_NAME), source: 'anonymous', domain: 'anonymous' }
