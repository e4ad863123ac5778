import { ANONYMOUS_IDENTITY } from '../../identity/anonymous.ts'
import type { Identity } from '../../identity/types.ts'
import { ABSENT, type Domain, type DomainOutcome, type Evidence } from './domain.ts'
import {
  type ChainTraits,
  identityMismatch,
  missingCertificate,
  missingCredentials,
  overloadedPasswords,
  unusableIdentity,
  wrongCredentials,
} from './refusals.ts'
import type { Authentication } from './types.ts'

/** A chain as compiled from `auth`. */
export interface Chain {
  readonly domains: readonly Domain[]
  readonly traits: ChainTraits
  readonly combineAll: boolean
  readonly usernameMustMatch: boolean
  readonly anonymous: boolean
}

const ANONYMOUS: Authentication = { identity: ANONYMOUS_IDENTITY, consumedAuthorization: false }

/** One request on its way down the chain: ascending order, a promise only while a password is being hashed. */
export class ChainRun {
  readonly #chain: Chain
  readonly #evidence: Evidence
  readonly #accepted: Identity[] = []
  #consumed = false
  #wrong: string | null = null
  #unusable: string | null = null

  constructor(chain: Chain, evidence: Evidence) {
    this.#chain = chain
    this.#evidence = evidence
  }

  run(from = 0): Authentication | Promise<Authentication> {
    const { domains } = this.#chain
    for (let index = from; index < domains.length; index++) {
      const domain = domains[index] as Domain
      const outcome = domain.judge(this.#evidence)
      if (outcome instanceof Promise) return outcome.then((late) => this.#note(domain, late) ?? this.run(index + 1))
      const settled = this.#note(domain, outcome)
      if (settled !== null) return settled
    }
    return this.#end()
  }

  /** The answer, where this outcome already decides; null: on to the next domain. */
  #note(domain: Domain, outcome: DomainOutcome): Authentication | null {
    if (outcome.kind === 'overloaded') return overloadedPasswords()
    if (outcome.kind !== 'absent' && domain.type === 'basic') this.#consumed = true
    return this.#chain.combineAll ? this.#noteAll(domain, outcome) : this.#noteFirst(domain, outcome)
  }

  #noteFirst(domain: Domain, outcome: DomainOutcome): Authentication | null {
    if (outcome.kind === 'accepted') return { identity: outcome.identity, consumedAuthorization: this.#consumed }
    if (outcome.kind === 'wrong') this.#wrong ??= outcome.detail
    if (outcome.kind === 'unusable') this.#unusable ??= outcome.detail
    // A challenging domain answers at once and later domains never run; not where a certificate already failed to give a name.
    const asks = outcome.kind === 'absent' && domain.challenge !== null && !this.#chain.anonymous && this.#unusable === null
    return asks ? missingCredentials(domain.challenge, this.#nothingSent()) : null
  }

  #noteAll(domain: Domain, outcome: DomainOutcome): Authentication | null {
    if (outcome.kind === 'accepted') {
      this.#accepted.push(outcome.identity)
      return null
    }
    if (outcome.kind === 'wrong') return wrongCredentials(outcome.detail, this.#chain.traits)
    if (outcome.kind === 'unusable') return unusableIdentity(outcome.detail)
    // The rest of the chain is not asked: no hash is computed for what cannot succeed.
    if (!this.#nothingSent()) return this.#missing(domain, false)
    return this.#chain.anonymous ? null : this.#missing(domain, true)
  }

  #missing(domain: Domain, absent: boolean): Authentication {
    return domain.type === 'clientcert' ? missingCertificate(absent) : missingCredentials(this.#chain.traits.challenge, absent)
  }

  #end(): Authentication {
    const chain = this.#chain
    const accepted = this.#accepted
    if (chain.combineAll && chain.domains.length > 0 && accepted.length === chain.domains.length) return this.#combine(accepted)
    if (this.#wrong !== null) return wrongCredentials(this.#wrong, chain.traits)
    if (this.#unusable !== null) return unusableIdentity(this.#unusable)
    const nothing = this.#nothingSent()
    if (nothing && chain.anonymous) return ANONYMOUS
    return chain.traits.readsPasswords ? missingCredentials(chain.traits.challenge, nothing) : missingCertificate(nothing)
  }

  /** Name, DN and source of the lowest order, the certificate of whoever had one, all backend roles. */
  #combine(accepted: readonly Identity[]): Authentication {
    const [first] = accepted as readonly [Identity, ...Identity[]]
    const names = [...new Set(accepted.map((identity) => identity.name))]
    if (this.#chain.usernameMustMatch && names.length > 1) return identityMismatch(names)
    const certificate = accepted.find((identity) => identity.certificate !== null)?.certificate ?? null
    const backendRoles = [...new Set(accepted.flatMap((identity) => identity.backendRoles))]
    return { identity: { ...first, certificate, backendRoles }, consumedAuthorization: this.#consumed }
  }

  /** No credentials of any kind that this chain reads, domains it did not come to included; a skipped certificate is none. */
  #nothingSent(): boolean {
    const { domains, traits } = this.#chain
    if (traits.readsPasswords && this.#evidence.credentials.kind !== 'absent') return false
    return domains.every((domain) => domain.type !== 'clientcert' || domain.judge(this.#evidence) === ABSENT)
  }
}
