import type { AuthSettings, InternalUser } from '../../config/settings.ts'
import type { Audit } from '../../observability/types.ts'
import type { Peer } from '../../tls/types.ts'
import { parseBasicCredentials } from './basic-credentials.ts'
import { basicDomain } from './basic-domain.ts'
import { type Chain, ChainRun } from './chain.ts'
import { clientCertDomain } from './clientcert-domain.ts'
import type { Domain } from './domain.ts'
import { PasswordCheck, type PasswordServices } from './password-check.ts'
import { verifyPassword } from './password-hash.ts'
import { PASSWORD_QUEUE } from './password-queue.ts'
import { traitsOf } from './refusals.ts'
import type { Authentication, Authenticator } from './types.ts'

export interface AuthenticatorServices extends Partial<PasswordServices> {
  /** Hears of reserved backend roles that were dropped. */
  readonly audit?: Audit
}

function compileChain(settings: AuthSettings, users: readonly InternalUser[], services: AuthenticatorServices): Chain {
  const passwords = new PasswordCheck(users, {
    queue: services.queue ?? PASSWORD_QUEUE,
    verify: services.verify ?? verifyPassword,
    now: services.now ?? (() => performance.now()),
  })
  const onDropped = (user: string, roles: readonly string[]) => {
    services.audit?.({ kind: 'RESERVED_ROLE_DROPPED', user, detail: `only the registry gives ${roles.join(', ')}` })
  }
  const domains: readonly Domain[] = settings.domains
    .toSorted((a, b) => a.order - b.order)
    .map((domain) => (domain.type === 'clientcert' ? clientCertDomain(domain, onDropped) : basicDomain(domain, users, passwords)))
  return {
    domains,
    traits: traitsOf(domains),
    combineAll: settings.combine === 'all',
    usernameMustMatch: settings.usernameMustMatch,
    anonymous: settings.anonymous,
  }
}

const NO_DNS: ReadonlySet<string> = new Set()

/** A peer whose certificate is not trusted was answered before; should one get here, it stays refused. */
function stillRefused(peer: Peer): Authentication | null {
  if (peer.refusal === null) return null
  return { identity: null, reason: peer.refusal, detail: peer.detail, challenge: null, absent: false }
}

/**
 * Compiles the domain chain of one snapshot. What it remembers of passwords is its own and goes with it, so a change of users
 * forgets them. Throws ExpressionError for a domain whose attribute or pattern cannot be compiled.
 */
export function createAuthenticator(
  settings: AuthSettings,
  users: readonly InternalUser[],
  services: AuthenticatorServices = {},
): Authenticator {
  const chain = compileChain(settings, users, services)
  const perRequest = chain.traits.readsPasswords
  return {
    perRequest,
    authenticate(peer, authorization, _remoteAddress, adminDns = NO_DNS) {
      const refusal = peer === null ? null : stillRefused(peer)
      if (refusal !== null) return refusal
      const credentials = parseBasicCredentials(perRequest ? authorization : null)
      return new ChainRun(chain, { peer, adminDns, credentials }).run()
    },
  }
}
