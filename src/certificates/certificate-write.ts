import * as der from './der-write.ts'
import * as extensions from './extension-write.ts'
import { keyIdentifier } from './key.ts'
import type { Lifetime } from './lifetime.ts'
import { newSerial, type Signer, signed } from './signing.ts'

/** Everything that is signed; the serial and both key identifiers are added. */
export interface CertificateTemplate {
  /** DER of the names. */
  readonly subject: Uint8Array
  readonly issuer: Uint8Array
  readonly publicKeyInfo: Uint8Array
  readonly lifetime: Lifetime
  readonly issuerKeyId: Uint8Array
  readonly extensions: readonly der.Der[]
}

const V3 = 2

/** The DER of a version 3 certificate (RFC 5280 section 4.1) under a new serial. */
export function writeCertificate(template: CertificateTemplate, signer: Signer): der.Der {
  const { lifetime, publicKeyInfo } = template
  const list = [
    ...template.extensions,
    extensions.subjectKeyId(keyIdentifier(publicKeyInfo)),
    extensions.authorityKeyId(template.issuerKeyId),
  ]
  const body = der.sequence(
    der.context(0, der.integer(V3)),
    der.integerOf(newSerial()),
    signer.algorithm,
    template.issuer,
    der.sequence(der.time(lifetime.notBefore), der.time(lifetime.notAfter)),
    template.subject,
    publicKeyInfo,
    der.context(3, der.sequence(...list)),
  )
  return signed(body, signer)
}

/** PEM of a certificate. */
export const certificatePem = (certificate: Uint8Array): string => der.pemOf('CERTIFICATE', certificate)
