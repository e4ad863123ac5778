import type { CertificateFacts, SanType } from '../../identity/types.ts'
import type { HeaderSubject } from './types.ts'

const EMAIL_ADDRESS = '1.2.840.113549.1.9.1'

/** Which of the two lists a dialect's single list holds. */
export type RolesFrom = 'roles' | 'backend_roles' | 'both'

/** The first rfc822Name, else the most specific emailAddress of the subject; null where the certificate has neither. */
export function emailOf(certificate: CertificateFacts | null): string | null {
  if (certificate === null) return null
  const san = certificate.sans.find((candidate) => candidate.type === 'rfc822Name')
  if (san !== undefined) return san.value
  for (const rdn of certificate.subject.toReversed()) {
    const attribute = rdn.find((candidate) => candidate.oid === EMAIL_ADDRESS)
    if (attribute !== undefined) return attribute.value
  }
  return null
}

/** Values of one SAN type in certificate order. */
export function sansOf(certificate: CertificateFacts | null, type: SanType): readonly string[] {
  return certificate === null ? [] : certificate.sans.filter((san) => san.type === type).map((san) => san.value)
}

/** The role list a dialect asked for, without empty or repeated entries; empty without an identity. */
export function rolesOf(subject: HeaderSubject, from: RolesFrom): readonly string[] {
  const { identity } = subject
  if (identity === null) return []
  const roles = from === 'backend_roles' ? [] : subject.roles
  const backendRoles = from === 'roles' ? [] : identity.backendRoles
  return [...new Set([...roles, ...backendRoles])].filter((role) => role !== '')
}

/** DN of the certificate as certgate prints it everywhere; null without one. */
export function dnOf(subject: HeaderSubject): string | null {
  return subject.certificate?.dn ?? subject.identity?.dn ?? null
}
