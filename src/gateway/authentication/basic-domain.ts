import type { BasicDomain, InternalUser } from '../../config/settings.ts'
import { ANONYMOUS_NAME, type Identity } from '../../identity/types.ts'
import { ABSENT, type Domain, type DomainOutcome } from './domain.ts'
import type { PasswordCheck, PasswordVerdict } from './password-check.ts'

const OVERLOADED: DomainOutcome = { kind: 'overloaded' }

function challengeOf(realm: string): string {
  return `Basic realm="${realm.replace(/[^ -~]/g, '?').replace(/["\\]/g, '\\$&')}"`
}

function identitiesOf(domain: string, users: readonly InternalUser[]): ReadonlyMap<string, Identity> {
  return new Map(
    users
      // Its roles are those of nobody at all; a password must not be a way to them.
      .filter((user) => user.name !== ANONYMOUS_NAME)
      .map(({ name, backendRoles }) => [name, { name, dn: null, source: 'basic', domain, backendRoles, certificate: null }]),
  )
}

/** HTTP Basic (RFC 7617) against the internal users. */
export function basicDomain(settings: BasicDomain, users: readonly InternalUser[], passwords: PasswordCheck): Domain {
  const identities = identitiesOf(settings.name, users)

  const outcomeOf = (name: string, verdict: PasswordVerdict): DomainOutcome => {
    if (verdict === 'overloaded') return OVERLOADED
    const identity = verdict === 'right' ? identities.get(name) : undefined
    if (identity !== undefined) return { kind: 'accepted', identity }
    return {
      kind: 'wrong',
      detail: identities.has(name) ? `wrong password for user ${JSON.stringify(name)}` : `no internal user ${JSON.stringify(name)}`,
    }
  }

  return {
    type: 'basic',
    challenge: settings.challenge ? challengeOf(settings.realm) : null,
    judge({ credentials }) {
      if (credentials.kind === 'absent' || credentials.kind === 'foreign') return ABSENT
      if (credentials.kind === 'malformed') return { kind: 'wrong', detail: credentials.detail }
      const { name, password } = credentials
      const verdict = passwords.check(name, password)
      return typeof verdict === 'string' ? outcomeOf(name, verdict) : verdict.then((settled) => outcomeOf(name, settled))
    },
  }
}
