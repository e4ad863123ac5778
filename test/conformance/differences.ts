/** Where certgate differs on purpose from what a published case expects; docs/security.md gives the reasons at length. */
export interface Difference {
  readonly suite: string
  readonly id: RegExp
  /** Why it is safe. */
  readonly why: string
}

/** As short as it can be. The invariants hold for these cases too. */
export const DIFFERENCES: readonly Difference[] = [
  {
    suite: 'x509-chain',
    id: /^pkits\/(?:4\.6\.8|4\.6\.14|4\.14\.13)::/,
    why: 'the certificate at the end of the chain is that of an authority, which is never a client here',
  },
  {
    suite: 'x509-chain',
    id: /^pkits\/4\.15\.5::/,
    why: 'delta lists are not used: what the base list revokes stays revoked, also where a delta would take it back',
  },
]
