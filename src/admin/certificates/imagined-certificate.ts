import { printName } from '../../identity/name-print.ts'
import { COMMON_NAME } from '../../identity/oids.ts'
import type { PeerCertificate } from '../../identity/types.ts'

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
