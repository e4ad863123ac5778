import type { CertificateFacts } from '../identity/types.ts'
import { type AuthorityNode, inForce } from './authority-node.ts'
import { readDistributionPoints } from './revocation-scope.ts'
import { verifySigned } from './signature.ts'
import type { RevocationList } from './types.ts'

/** What is asked about: a leaf, or a CA certificate below its anchor. */
export interface Subject {
  readonly facts: CertificateFacts
  readonly issuerName: string
  readonly base64: string
}

export type Status =
  | { readonly kind: 'good'; readonly until: number }
  | { readonly kind: 'revoked'; readonly detail: string }
  /** Nobody answers; looked at again from `until` on, where that is set. */
  | { readonly kind: 'unknown'; readonly detail: string; readonly until?: number }

/** The revocation lists of one trust domain, found by issuer. */
export class Revocations {
  readonly #lists = new Map<string, CheckedList[]>()

  constructor(lists: readonly RevocationList[]) {
    for (const list of lists) {
      const same = this.#lists.get(list.issuerName)
      if (same === undefined) this.#lists.set(list.issuerName, [new CheckedList(list)])
      else same.push(new CheckedList(list))
    }
  }

  /** Whether there is a list that bears its issuer's name at all. */
  has({ issuerName }: Pick<Subject, 'issuerName'>): boolean {
    return this.#lists.has(issuerName)
  }

  /**
   * Asks every list of the certificate's issuer that one of `signers` signed. One that names the serial revokes it, whatever else is
   * wrong with the list; without one that is current and speaks about the certificate, nothing is known.
   */
  status(subject: Subject, signers: readonly AuthorityNode[], now: number): Status {
    const { serial, issuerDn } = subject.facts
    let detail = `there is no revocation list of ${issuerDn}`
    let until = 0
    for (const checked of this.#lists.get(subject.issuerName) ?? []) {
      const { list } = checked
      if (!signers.some((signer) => inForce(signer, now) && checked.isSignedBy(signer))) {
        detail = `the revocation list ${list.file} is not signed by ${issuerDn}`
        continue
      }
      if (list.serials.has(serial)) return { kind: 'revoked', detail: `serial ${serial} of ${issuerDn} is revoked by ${list.file}` }
      const problem = problemOf(list, subject, now)
      if (problem === null) until = Math.max(until, list.nextUpdate)
      else detail = `the revocation list ${list.file} of ${issuerDn} ${problem}`
    }
    return until > 0 ? { kind: 'good', until } : { kind: 'unknown', detail }
  }

  /**
   * The same for a certificate without a chain to a trusted CA: every list that bears its issuer's name, and does not speak of another
   * key of that name, counts against it, since nobody is there who could have signed it. null: there is no such list.
   */
  statusByName({ facts, issuerName, base64 }: Subject, now: number): Status | null {
    const { serial, issuerDn, authorityKeyId } = facts
    let status: Status | null = null
    for (const { list } of this.#lists.get(issuerName) ?? []) {
      if (list.authorityKeyId !== null && authorityKeyId !== null && list.authorityKeyId !== authorityKeyId) continue
      if (list.serials.has(serial)) return { kind: 'revoked', detail: `serial ${serial} of ${issuerDn} is revoked by ${list.file}` }
      if (status?.kind === 'good') continue
      const problem = problemOf(list, { facts, issuerName, base64 }, now)
      status =
        problem === null
          ? { kind: 'good', until: list.nextUpdate }
          : { kind: 'unknown', detail: `the revocation list ${list.file} of ${issuerDn} ${problem}` }
    }
    return status
  }
}

/** Why a list does not prove that the certificate is unrevoked; null: it does. */
function problemOf(list: RevocationList, subject: Subject, now: number): string | null {
  if (list.unusable !== null) return `cannot be used: ${list.unusable}`
  if (list.thisUpdate > now) return `is not valid before ${new Date(list.thisUpdate).toISOString()}`
  if (list.nextUpdate <= now) return `expired ${new Date(list.nextUpdate).toISOString()}`
  const { covers, points } = list.scope
  if (covers === 'none' || (covers === 'leaves' && subject.facts.isCa) || (covers === 'authorities' && !subject.facts.isCa)) {
    return 'does not cover this kind of certificate'
  }
  if (points === null) return null
  const named = readDistributionPoints(Buffer.from(subject.base64, 'base64'), subject.facts.issuer)
  return points.some((point) => named.includes(point)) ? null : 'is of another distribution point'
}

/** A list whose signature control could not check is checked here, once per key. */
class CheckedList {
  readonly list: RevocationList
  readonly #keys = new Map<string, boolean>()

  constructor(list: RevocationList) {
    this.list = list
  }

  isSignedBy({ key, publicKey }: AuthorityNode): boolean {
    if (this.list.signerKey !== null) return this.list.signerKey === key
    const known = this.#keys.get(key)
    if (known !== undefined) return known
    const signed = this.list.signed !== null && publicKey !== null && verifySigned(this.list.signed, publicKey)
    // Only few keys can come here: those of the issuer's name that hang from its CA.
    this.#keys.set(key, signed)
    return signed
  }
}
