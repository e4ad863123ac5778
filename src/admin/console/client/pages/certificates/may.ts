import type { Certificate, Clearance } from '../../api-types.ts'
import { who, whyNot } from '../../session.ts'

/** Why something cannot be done with a certificate, said before it is tried; null: it can. The API decides. */

/** Nobody gives a clearance above their own. */
export function whyNotGive(clearance: Clearance): string | null {
  return whyNot(isAdministrator(clearance) ? 'ClusterAdmin' : 'Operator') === null ? null : `not yours to give: yours is ${ownClearance()}`
}

export function whyNotManage({ clearance }: Pick<Certificate, 'clearance'>): string | null {
  const tooLow = whyNot('Operator')
  if (tooLow !== null || !isAdministrator(clearance) || whyNot('ClusterAdmin') === null) return tooLow
  return `It has the clearance ${clearance}, which is above yours, ${ownClearance()}.`
}

export function whyNotRenew(certificate: Certificate): string | null {
  const { revoked, disabled } = certificate
  const refused = revoked !== null ? 'It is revoked: it cannot be renewed.' : disabled ? 'It is disabled: it cannot be renewed.' : null
  return whyNotManage(certificate) ?? refused
}

export function whyNotRevoke(certificate: Certificate): string | null {
  return whyNotManage(certificate) ?? (certificate.revoked === null ? null : 'It is revoked already.')
}

/** Disable or enable. */
export function whyNotSwitch(certificate: Certificate): string | null {
  return whyNotManage(certificate) ?? (certificate.revoked === null ? null : 'It is revoked for good.')
}

export function whyNotRemove(certificate: Certificate, now = Date.now()): string | null {
  const { fingerprint, revoked, disabled, not_after: notAfter } = certificate
  if (who.value.kind === 'ready' && who.value.value.fingerprint === fingerprint)
    return 'You are using this certificate: remove it with another one.'
  const isRefused = (revoked !== null || disabled) && Date.parse(notAfter) >= now
  const stays = isRefused ? 'It stays until it has expired, so that it stays refused.' : null
  return whyNotManage(certificate) ?? stays
}

const isAdministrator = (clearance: Clearance): boolean => clearance === 'ClusterAdmin' || clearance === 'ClusterNode'

const ownClearance = (): string => (who.value.kind === 'ready' ? (who.value.value.clearance ?? 'none') : 'none')
