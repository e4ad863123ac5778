import type { KeyObject } from 'node:crypto'
import type { San } from '../identity/types.ts'
import * as der from './der-write.ts'
import { subjectAltName } from './extension-write.ts'
import { publicKeyInfo } from './key.ts'
import { signed, signerOf } from './signing.ts'
import { subjectOf } from './subject-name.ts'

export interface RequestedNames {
  /** The subject's only CN. */
  readonly commonName: string
  readonly sans?: readonly San[]
}

/** RFC 2985 section 5.4.2. */
const EXTENSION_REQUEST = '1.2.840.113549.1.9.14'

/**
 * DER of a PKCS#10 request (RFC 2986) for a key, signed with it. EC P-256, P-384 and P-521, RSA, RSA-PSS and Ed25519. Throws
 * IssuanceError for a key of another kind and for names that no certificate can hold.
 */
export function writeSigningRequest(key: KeyObject, names: RequestedNames): der.Der {
  const { commonName, sans = [] } = names
  const wanted = sans.length === 0 ? [] : [attribute(EXTENSION_REQUEST, der.sequence(subjectAltName(sans)))]
  const body = der.sequence(der.integer(0), subjectOf(commonName), publicKeyInfo(key), der.context(0, ...wanted))
  return signed(body, signerOf(key))
}

function attribute(type: string, value: der.Der): der.Der {
  return der.sequence(der.objectIdentifier(type), der.setOf(value))
}
