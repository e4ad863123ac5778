import type { Identity } from '../../identity/types.ts'
import type { Peer } from '../../tls/types.ts'
import type { BasicCredentials } from './basic-credentials.ts'

/** What a request brought to prove who sends it. */
export interface Evidence {
  /** Trusted; null: a plain connection. */
  readonly peer: Peer | null
  /** Printed DNs that hold ClusterAdmin; see grantedRights. */
  readonly adminDns: ReadonlySet<string>
  readonly credentials: BasicCredentials
}

export type DomainOutcome =
  | { readonly kind: 'accepted'; readonly identity: Identity }
  /** Nothing for this domain to judge. */
  | { readonly kind: 'absent' }
  /** A trusted certificate without a usable name. */
  | { readonly kind: 'unusable'; readonly detail: string }
  | { readonly kind: 'wrong'; readonly detail: string }
  | { readonly kind: 'overloaded' }

export const ABSENT: DomainOutcome = { kind: 'absent' }

/** One compiled auth domain. Judging never throws and never rejects. */
export interface Domain {
  readonly type: 'clientcert' | 'basic'
  /** Value for WWW-Authenticate; null: the domain does not challenge. */
  readonly challenge: string | null
  /** A promise only where a password hash has to be computed. */
  judge(evidence: Evidence): DomainOutcome | Promise<DomainOutcome>
}
