import { KEY_USAGES } from '../identity/extensions.ts'
import {
  AUTHORITY_KEY_ID,
  BASIC_CONSTRAINTS,
  CRL_DISTRIBUTION_POINTS,
  EXTENDED_KEY_USAGE,
  KEY_USAGE,
  SUBJECT_ALT_NAME,
  SUBJECT_KEY_ID,
} from '../identity/oids.ts'
import type { San } from '../identity/types.ts'
import * as der from './der-write.ts'
import { encodeSan } from './san.ts'

export type KeyUsage = (typeof KEY_USAGES)[number]

const AUTHORITY_INFO_ACCESS = '1.3.6.1.5.5.7.1.1'
const ACCESS_OCSP = '1.3.6.1.5.5.7.48.1'
const ACCESS_ISSUERS = '1.3.6.1.5.5.7.48.2'
export const OCSP_NO_CHECK = '1.3.6.1.5.5.7.48.1.5'
const URI = 6

/** One Extension (RFC 5280 section 4.1); `value` is the DER that goes into its OCTET STRING. */
export function extension(oid: string, value: der.Der, critical = false): der.Der {
  return der.sequence(der.objectIdentifier(oid), ...(critical ? [der.boolean(true)] : []), der.octetString(value))
}

export function basicConstraints(ca: boolean, pathLength: number | null = null): der.Der {
  const parts = ca ? [der.boolean(true), ...(pathLength === null ? [] : [der.integer(pathLength)])] : []
  return extension(BASIC_CONSTRAINTS, der.sequence(...parts), true)
}

export function keyUsage(usages: readonly KeyUsage[]): der.Der {
  return extension(KEY_USAGE, der.namedBits(usages.map((usage) => KEY_USAGES.indexOf(usage))), true)
}

export function extendedKeyUsage(purposes: readonly string[]): der.Der {
  return extension(EXTENDED_KEY_USAGE, der.sequence(...purposes.map(der.objectIdentifier)))
}

export const subjectKeyId = (id: Uint8Array): der.Der => extension(SUBJECT_KEY_ID, der.octetString(id))
export const authorityKeyId = (id: Uint8Array): der.Der => extension(AUTHORITY_KEY_ID, der.sequence(der.contextPrimitive(0, id)))

export function subjectAltName(sans: readonly San[]): der.Der {
  return extension(SUBJECT_ALT_NAME, der.sequence(...sans.map(encodeSan)))
}

/** RFC 5280 section 4.2.1.13: one point with all its addresses. */
export function distributionPoint(urls: readonly string[]): der.Der {
  const fullName = der.context(0, ...urls.map((url) => der.contextPrimitive(URI, Buffer.from(url))))
  return extension(CRL_DISTRIBUTION_POINTS, der.sequence(der.sequence(der.context(0, fullName))))
}

/** RFC 5280 section 4.2.2.1. */
export function authorityInfoAccess(access: { readonly ocsp: string | null; readonly issuer: string | null }): der.Der {
  const descriptions = [[ACCESS_OCSP, access.ocsp] as const, [ACCESS_ISSUERS, access.issuer] as const].flatMap(([method, url]) =>
    url === null ? [] : [der.sequence(der.objectIdentifier(method), der.contextPrimitive(URI, Buffer.from(url)))],
  )
  return extension(AUTHORITY_INFO_ACCESS, der.sequence(...descriptions))
}

/** RFC 6960 section 4.2.2.2.1: whoever trusts this responder need not ask whether it is revoked. */
export const ocspNoCheck = (): der.Der => extension(OCSP_NO_CHECK, der.nothing)
