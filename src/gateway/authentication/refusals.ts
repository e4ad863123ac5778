import type { Domain } from './domain.ts'
import type { AuthenticationRefused } from './types.ts'

/** What the domains of one chain have in common for whoever is refused by it. */
export interface ChainTraits {
  readonly readsPasswords: boolean
  /** Of the first domain that challenges. */
  readonly challenge: string | null
}

export function traitsOf(domains: readonly Domain[]): ChainTraits {
  return {
    readsPasswords: domains.some((domain) => domain.type === 'basic'),
    challenge: domains.find((domain) => domain.challenge !== null)?.challenge ?? null,
  }
}

function refused(reason: AuthenticationRefused['reason'], detail: string, challenge: string | null, absent = false): AuthenticationRefused {
  return { identity: null, reason, detail, challenge, absent }
}

export function wrongCredentials(detail: string, { challenge }: ChainTraits): AuthenticationRefused {
  return refused('credentials_invalid', detail, challenge)
}

export function unusableIdentity(detail: string): AuthenticationRefused {
  return refused('identity_unusable', detail, null)
}

export function overloadedPasswords(): AuthenticationRefused {
  return refused('overloaded', 'too many passwords are waiting to be checked', null)
}

export function identityMismatch(names: readonly string[]): AuthenticationRefused {
  return refused('identity_mismatch', `the domains name different users: ${names.map((name) => JSON.stringify(name)).join(', ')}`, null)
}

/** `absent`: nothing of any kind was sent, so that a route which allows `anonymous` may still apply. */
export function missingCertificate(absent: boolean): AuthenticationRefused {
  return refused('certificate_required', 'no client certificate was presented', null, absent)
}

export function missingCredentials(challenge: string | null, absent: boolean): AuthenticationRefused {
  return refused('credentials_required', 'no credentials that any domain reads were sent', challenge, absent)
}
