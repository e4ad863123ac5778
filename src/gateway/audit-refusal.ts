import type { Identity } from '../identity/types.ts'
import type { AuditEvent } from '../observability/types.ts'
import type { Reason } from '../policy/types.ts'
import type { Peer } from '../tls/types.ts'
import type { GatewayServices } from './runtime.ts'

type RefusalKind = Exclude<AuditEvent['kind'], 'CONFIG' | 'RESERVED_ROLE_DROPPED'>

/** Refusals that say something about who asked, by OpenSearch's audit categories; the rest is in the access log alone. */
const KIND: ReadonlyMap<Reason, RefusalKind> = new Map<Reason, RefusalKind>([
  ['certificate_expired', 'SSL_EXCEPTION'],
  ['certificate_not_yet_valid', 'SSL_EXCEPTION'],
  ['certificate_unknown_issuer', 'SSL_EXCEPTION'],
  ['certificate_revoked', 'SSL_EXCEPTION'],
  ['certificate_disabled', 'SSL_EXCEPTION'],
  ['certificate_not_registered', 'SSL_EXCEPTION'],
  ['certificate_status_unknown', 'SSL_EXCEPTION'],
  ['certificate_wrong_purpose', 'SSL_EXCEPTION'],
  ['certificate_is_ca', 'SSL_EXCEPTION'],
  ['certificate_weak', 'SSL_EXCEPTION'],
  ['certificate_invalid', 'SSL_EXCEPTION'],
  ['certificate_required', 'FAILED_LOGIN'],
  ['credentials_required', 'FAILED_LOGIN'],
  ['credentials_invalid', 'FAILED_LOGIN'],
  ['too_many_failures', 'FAILED_LOGIN'],
  ['identity_mismatch', 'FAILED_LOGIN'],
  ['identity_unusable', 'FAILED_LOGIN'],
  ['role_missing', 'MISSING_PRIVILEGES'],
  ['method_not_allowed', 'MISSING_PRIVILEGES'],
  ['cross_site', 'MISSING_PRIVILEGES'],
  ['misdirected_request', 'BAD_HEADERS'],
  ['malformed_request', 'BAD_HEADERS'],
  ['malformed_path', 'BAD_HEADERS'],
])

/** Records who was refused and why, and counts failed client authentication by reason. */
export function auditRefusal(
  services: GatewayServices,
  reason: Reason,
  detail: string,
  identity: Identity | null,
  peer: Peer | null,
  remote: string,
): void {
  const kind = KIND.get(reason)
  if (kind === undefined) return
  if (kind === 'SSL_EXCEPTION') {
    services.audit({ kind, reason, dn: peer?.certificate?.dn ?? null, remote, detail })
  } else if (kind === 'BAD_HEADERS') {
    services.audit({ kind, reason, remote, detail })
    return
  } else {
    services.audit({ kind, reason, user: identity?.name ?? null, remote, detail })
  }
  if (kind !== 'MISSING_PRIVILEGES') services.metrics.clientAuthFailure(reason)
}
