import type { Issuer } from './issuer.ts'

/** The certificate authority as the gateway runs it: what signs now, and all that still has to be answered for. */
export interface OperatingAuthority {
  /** Signs from now on; null: there is none here, and nothing can be issued. */
  readonly issuing: Issuer | null
  /** Why nothing can be issued, and what to do about it, where `issuing` is null; '' otherwise. */
  readonly problem: string
  /** There is one, and it cannot sign: `problem` says what to do. Absent or false: nobody made one here. */
  readonly isBroken?: boolean
  /** All issuers of ours whose certificates may still be alive, `issuing` among them: each has a CRL and is answered for by OCSP. */
  readonly issuers: readonly Issuer[]
  /** PEM of the roots that are trusted now: two while a rotation overlaps. */
  readonly roots: readonly string[]
}
