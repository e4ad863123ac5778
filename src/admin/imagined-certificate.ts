import { parseName } from '../identity/name-parse.ts'
import { printName } from '../identity/name-print.ts'
import { COMMON_NAME } from '../identity/oids.ts'
import type { Name, PeerCertificate } from '../identity/types.ts'
import type { Authority } from '../policy/mapping-issuer.ts'

const YEAR = 365 * 24 * 3_600_000
const NOBODY: Pick<PeerCertificate, 'issuer' | 'issuerDn'> = { issuer: parseName('CN=unknown'), issuerDn: 'CN=unknown' }

/** The subject of a certificate that nobody has shown: only a common name, or a whole DN. Throws ExpressionError for what is no DN. */
export function imaginedSubject(given: { readonly cn: string } | { readonly dn: string }): Name {
  return 'cn' in given ? [[{ oid: COMMON_NAME, value: given.cn }]] : parseName(given.dn)
}

/**
 * A certificate with this subject, before there is one, as the given CA would issue it: for asking what it would give. What only a real
 * one has is empty, or all zeros.
 */
export function imaginedCertificate(subject: Name, issuer: Pick<Authority, 'dn' | 'key'> | null, now: number): PeerCertificate {
  return {
    subject,
    ...(issuer === null ? NOBODY : { issuer: parseName(issuer.dn), issuerDn: issuer.dn }),
    dn: printName(subject),
    sans: [],
    serial: '00',
    notBefore: now,
    notAfter: now + YEAR,
    isCa: false,
    extendedKeyUsages: null,
    keyUsages: null,
    authorityKeyId: null,
    subjectKeyId: null,
    unknownCritical: [],
    fingerprint: '0'.repeat(64),
    fingerprintSha1: '0'.repeat(40),
    derBase64: '',
    chainBase64: [],
    caKeys: issuer === null ? [] : [issuer.key],
  }
}
