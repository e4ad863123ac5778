import type { Reason } from '../policy/types.ts'
import type { CurrentRequest } from './current-request.ts'

/** Why the certificate of a request, or that there is none, lets nobody in; null where it is good or none is asked for. */
export function certificateProblem(current: CurrentRequest): { readonly reason: Reason; readonly detail: string } | null {
  const { peer, listener } = current
  if (peer === null) return null
  if (peer.refusal !== null) return { reason: peer.refusal, detail: peer.detail }
  if (peer.certificate === null) {
    if (!listener.requiresCertificate) return null
    return { reason: 'certificate_required', detail: 'no client certificate was presented' }
  }
  if (current.isStale) {
    return { reason: 'registry_lost', detail: 'the registry of certificates was lost for longer than store.max_stale' }
  }
  if (!current.hasExpired()) return null
  return { reason: 'certificate_expired', detail: `expired ${new Date(peer.certificate.notAfter).toISOString()}` }
}
