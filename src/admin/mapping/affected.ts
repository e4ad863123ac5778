import { leafOf } from '../../certificates/entry-facts.ts'
import type { PeerCertificate } from '../../identity/types.ts'
import type { Policy } from '../../policy/types.ts'
import { entryState } from '../../store/entry-state.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { Grants } from '../certificates/grants.ts'
import type { AdministrationContext } from '../context.ts'
import { turnOfOthers } from './judge-mapping.ts'

/** A registered certificate whose names would have other roles. */
export interface AffectedCertificate {
  readonly fingerprint: string
  readonly name: string
  readonly gained: readonly string[]
  readonly lost: readonly string[]
}

export interface Affected {
  readonly total: number
  /** The first of them. */
  readonly certificates: readonly AffectedCertificate[]
  /** False: there was no time to look at all certificates. */
  readonly complete: boolean
}

const MOST_SHOWN = 100
/** Milliseconds. With patterns that take long, a certificate may take as much. */
const AT_ONCE = 10

/** Milliseconds after which looking ends: a registry may have a million certificates. */
const PATIENCE = 5_000

/**
 * Whose roles a policy would change, among the certificates that are in force. Others get their turn every few milliseconds. Rejects with an
 * AbortError once `signal` says that nobody waits for it.
 */
export async function affectedBy(policy: Policy, context: AdministrationContext, signal?: AbortSignal): Promise<Affected> {
  const inForce = context.inForce()
  const authority = context.authority()
  const [now, then] = [new Grants(inForce, authority), new Grants({ ...inForce, policy }, authority)]
  const until = performance.now() + PATIENCE
  const certificates: AffectedCertificate[] = []
  let total = 0
  const snapshot = context.store.snapshot()
  try {
    let slice = performance.now()
    for (const entry of snapshot.entries()) {
      if (performance.now() > slice + AT_ONCE) {
        if (performance.now() > until) return { total, certificates, complete: false }
        await turnOfOthers(signal)
        slice = performance.now()
      }
      const state = entryState(entry, context.now())
      const change = state === 'valid' || state === 'expiring' ? changeOf(entry, now, then) : null
      if (change === null) continue
      total++
      if (certificates.length < MOST_SHOWN) certificates.push(change)
    }
    return { total, certificates, complete: true }
  } finally {
    snapshot.close()
  }
}

function changeOf(entry: RegistryEntry, now: Grants, then: Grants): AffectedCertificate | null {
  const certificate = readable(entry)
  if (certificate === null) return null
  const named = { name: entry.name, certificate }
  const before = now.grantOf(named, entry).roles
  const after = then.grantOf(named, entry).roles
  const gained = [...after].filter((role) => !before.has(role)).sort()
  const lost = [...before].filter((role) => !after.has(role)).sort()
  return gained.length + lost.length === 0 ? null : { fingerprint: entry.fingerprint, name: entry.name, gained, lost }
}

/** null: no handshake could present it, so no mapping gives it anything. */
function readable({ der }: RegistryEntry): PeerCertificate | null {
  try {
    return leafOf(der).certificate
  } catch {
    return null
  }
}
