import type { AuditEntry } from '../../store/audit-chain.ts'
import type { EnrolmentToken } from '../../store/enrolment-tokens.ts'
import { entryState } from '../../store/entry-state.ts'
import type { RegistryEntry } from '../../store/types.ts'
import type { CertificateDetails } from '../certificates/reading.ts'
import { tagOf } from '../mapping/entity-tag.ts'

const time = (milliseconds: number): string => new Date(milliseconds).toISOString()

/** A certificate as /api/v1 tells it; `refusedBy`: another entry that its key is refused through. */
export function certificateShape(entry: RegistryEntry, refusedBy: RegistryEntry | null, now: number) {
  return {
    fingerprint: entry.fingerprint,
    thumbprint: entry.thumbprint,
    name: entry.name,
    subject: entry.subjectDn,
    issuer: entry.issuerDn,
    serial: entry.serial,
    pin: entry.pin,
    sans: entry.sans,
    not_before: time(entry.notBefore),
    not_after: time(entry.notAfter),
    clearance: entry.clearance,
    permissions: objectOf(entry.permissions),
    state: entryState(entry, now),
    revoked: entry.revoked === null ? null : { at: time(entry.revoked.at), reason: entry.revoked.reason },
    disabled: entry.disabled,
    refused_by: refusedBy === null ? null : { ...named(refusedBy), state: entryState(refusedBy, now) },
    origin: entry.origin,
    predecessor: entry.predecessor,
    group: entry.group,
    created_at: time(entry.createdAt),
    created_by: entry.createdBy,
    last_seen: entry.lastSeen === null ? null : time(entry.lastSeen),
  }
}

/** One certificate of several that are only mentioned. */
export function named({ fingerprint, name }: RegistryEntry) {
  return { fingerprint, name }
}

/** Changes with what people decide about a certificate: its name, its rights, and whether it counts. */
export function certificateTag({ fingerprint, name, clearance, permissions, disabled, revoked }: RegistryEntry): string {
  return tagOf(JSON.stringify([fingerprint, name, clearance, [...permissions], disabled, revoked]))
}

export function detailsShape(
  { entry, refusedBy, pem, renewals, relatives, history, roles, chain, sameKey }: CertificateDetails,
  now: number,
) {
  const others = relatives.map((other) => certificateShape(other.entry, other.refusedBy, now))
  const above = chain.map(({ facts, fingerprint }) => ({ subject: facts.dn, fingerprint, not_after: time(facts.notAfter) }))
  return {
    ...certificateShape(entry, refusedBy, now),
    pem,
    chain: above,
    renewals,
    others,
    same_key: sameKey.map(named),
    history: history.map(auditShape),
    roles,
  }
}

/** As it stands in the log, with its time in words. */
export function auditShape({ at, ...entry }: AuditEntry) {
  return { ...entry, at: time(at) }
}

export function tokenShape(token: EnrolmentToken) {
  return {
    id: token.id,
    name: token.name,
    clearance: token.clearance,
    permissions: objectOf(token.permissions),
    days: token.lifetime === null ? null : token.lifetime / 86_400_000,
    created_at: time(token.createdAt),
    created_by: token.createdBy,
    expires_at: time(token.expiresAt),
    used: token.used === null ? null : { at: time(token.used.at), fingerprint: token.used.by },
  }
}

/** Any name is a member, `__proto__` too. */
export function objectOf<T>(map: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries(map)
}

/** Times of the gateway's own report are milliseconds; here they are ISO 8601, as everywhere under /api/v1. */
export function withTimes(report: unknown): unknown {
  const isTime = (key: string, value: unknown): value is number =>
    typeof value === 'number' && /^(at|.*_at|not_after|this_update|next_update|overlap_until)$/.test(key)
  return JSON.parse(JSON.stringify(report), (key, value: unknown) => (isTime(key, value) ? new Date(value).toISOString() : value))
}
