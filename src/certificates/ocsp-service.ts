import type { Store } from '../store/store.ts'
import { IssuanceError } from './issuance-error.ts'
import { ITSELF, recordIssuance } from './issuance-record.ts'
import { issue } from './issue.ts'
import { type Issuer, issuerKeyId } from './issuer.ts'
import { answerOcsp, type CertificateStatus, type OcspDelegate, ocspDelegate, ocspFailure } from './ocsp-respond.ts'

/** Milliseconds that an answer may be relied on. */
export const OCSP_LIFETIME = 3_600_000

const DELEGATE_DAYS = 30
/** How much of each second may go into signatures: whoever asks more often is told to try later. Milliseconds. */
const SIGNING_BUDGET = 250

interface Delegation {
  readonly delegate: OcspDelegate
  /** Milliseconds: from then on it is replaced. */
  readonly due: number
}

/**
 * Answers for all issuers of ours out of what the store knows at that moment. Each issuer has a delegate certificate, made when first
 * needed and replaced at two thirds of its life: its key exists in this process alone.
 */
export class OcspService {
  readonly #store: Store
  readonly #now: () => number
  readonly #delegates = new Map<string, Delegation>()
  readonly #making = new Map<string, Promise<OcspDelegate | null>>()
  #second = 0
  #spent = 0

  constructor(store: Store, now: () => number = Date.now) {
    this.#store = store
    this.#now = now
  }

  /** DER of the response, never rejecting for what was asked; rejects as the store throws: nothing is called good then. */
  async answer(request: Uint8Array, issuers: readonly Issuer[]): Promise<Buffer> {
    if (this.#overspent()) return ocspFailure('tryLater')
    const responders = await Promise.all(issuers.map(async (issuer) => ({ issuer, delegate: await this.#delegateOf(issuer) })))
    const thisUpdate = Math.floor(this.#now() / 1000) * 1000
    const times = { thisUpdate, nextUpdate: thisUpdate + OCSP_LIFETIME }
    const started = performance.now()
    try {
      return answerOcsp(request, responders, (issuer, serial) => this.#statusOf(issuer, serial), times)
    } finally {
      this.#spent += performance.now() - started
    }
  }

  #statusOf(issuer: Issuer, serial: string): CertificateStatus {
    const issuance = this.#store.issuance.find(issuerKeyId(issuer), serial)
    if (issuance === null) return { kind: 'unknown' }
    return issuance.revoked === null ? { kind: 'good' } : { kind: 'revoked', ...issuance.revoked }
  }

  #overspent(): boolean {
    const second = Math.floor(performance.now() / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#spent = 0
    }
    return this.#spent > SIGNING_BUDGET
  }

  /** null: the issuer cannot certify one any more, and signs itself. */
  async #delegateOf(issuer: Issuer): Promise<OcspDelegate | null> {
    const keyId = issuerKeyId(issuer)
    const known = this.#delegates.get(keyId)
    if (known !== undefined && this.#now() < known.due) return known.delegate
    const making = this.#making.get(keyId) ?? this.#make(issuer, keyId)
    this.#making.set(keyId, making)
    return making.finally(() => this.#making.delete(keyId))
  }

  async #make(issuer: Issuer, keyId: string): Promise<OcspDelegate | null> {
    const now = this.#now()
    try {
      const issued = await issue(issuer, 'ocsp', { commonName: 'certgate OCSP responder', days: DELEGATE_DAYS, now })
      recordIssuance(this.#store, issuer, issued.der, ITSELF)
      const delegate = ocspDelegate(issued.certificate, issued.key)
      this.#delegates.set(keyId, { delegate, due: now + ((issued.notAfter.getTime() - now) * 2) / 3 })
      return delegate
    } catch (error) {
      if (!(error instanceof IssuanceError)) throw error
      return null
    }
  }
}
