import type { Identity } from '../../identity/types.ts'
import type { Reason } from '../../policy/types.ts'
import type { Peer } from '../../tls/types.ts'

export interface Authenticated {
  readonly identity: Identity
  /** A domain read `Authorization`: it is removed before forwarding. */
  readonly consumedAuthorization: boolean
}

export interface AuthenticationRefused {
  readonly identity: null
  readonly reason: Reason
  readonly detail: string
  /** Value for WWW-Authenticate, where a domain challenges. */
  readonly challenge: string | null
  /** No credentials of any kind were sent (as opposed to wrong ones): a route that allows `anonymous` may still apply. */
  readonly absent: boolean
}

export type Authentication = Authenticated | AuthenticationRefused

/** The domain chain of one snapshot. */
export interface Authenticator {
  /** False: only the certificate decides, so the outcome may be kept with the connection. */
  readonly perRequest: boolean
  /**
   * Never throws and never trusts a peer with a refusal: the caller has answered that one already.
   * A promise only where a password hash has to be computed.
   */
  authenticate(
    peer: Peer | null,
    authorization: string | null,
    remoteAddress: string,
    /** See grantedRights; default: none. Always the same for a peer. */
    adminDns?: ReadonlySet<string>,
  ): Authentication | Promise<Authentication>
}
