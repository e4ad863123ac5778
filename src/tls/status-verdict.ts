import type { AuthorityNode } from './authority-node.ts'
import type { Status, Subject } from './revocation.ts'
import { readResponders } from './status-sources.ts'
import type { SourceAnswer, TrustDomain } from './trust-domain.ts'
import type { Refusal } from './types.ts'

/** What is known of a certificate's revocation; `until` in milliseconds: from then on it is to be looked at again. */
export interface RevocationVerdict {
  readonly refused: Refusal | null
  readonly until: number
}

export const UNREVOKED: RevocationVerdict = { refused: null, until: Number.POSITIVE_INFINITY }

/**
 * What every source that the domain has says of one certificate of the chain: one that says `revoked` refuses, whatever others say; else
 * one that says `good` is enough; where none knows, it is refused unless all of them may be unavailable. `byFiles` asks the configured
 * lists.
 */
export function certificateStanding(
  subject: Subject,
  issuer: AuthorityNode,
  byFiles: () => Status,
  domain: TrustDomain,
  now: number,
): RevocationVerdict {
  const answers: SourceAnswer[] = []
  if (domain.checksLists) answers.push({ ...listed(subject, issuer, byFiles(), domain, now), forgiving: domain.allowsUnknownStatus })
  const { ocsp } = domain
  // A CA that names no responder is left to the lists; a client has to have one.
  if (ocsp !== null && (!subject.facts.isCa || namesResponder(subject))) {
    const url = subject.facts.isCa ? null : ocsp.url
    const status = domain.statuses.status('ocsp', subject, issuer, url, now)
    answers.push({ source: 'ocsp', status, forgiving: ocsp.onUnavailable === 'allow' })
  }
  domain.heard?.(subject, issuer, answers)
  return combine(answers)
}

/** By the lists alone that bear its issuer's name, as nobody is known who issued it. */
export function standingByName(subject: Subject, domain: TrustDomain, now: number): RevocationVerdict {
  const status = domain.checksLists ? domain.revocations.statusByName(subject, now) : null
  const answers: SourceAnswer[] = status === null ? [] : [{ source: 'file', status, forgiving: domain.allowsUnknownStatus }]
  domain.heard?.(subject, null, answers)
  return combine(answers)
}

function listed(
  subject: Subject,
  issuer: AuthorityNode,
  byFiles: Status,
  domain: TrustDomain,
  now: number,
): Pick<SourceAnswer, 'source' | 'status'> {
  if (byFiles.kind !== 'unknown' || !domain.fetchesLists) return { source: 'file', status: byFiles }
  return { source: 'crl', status: domain.statuses.status('crl', subject, issuer, null, now) }
}

function combine(answers: readonly SourceAnswer[]): RevocationVerdict {
  let until = Number.POSITIVE_INFINITY
  let known = answers.length === 0
  let unknown: string | null = null
  for (const { status, forgiving } of answers) {
    if (status.kind === 'revoked') {
      return { refused: { refusal: 'certificate_revoked', detail: status.detail }, until: Number.POSITIVE_INFINITY }
    }
    until = Math.min(until, status.until ?? Number.POSITIVE_INFINITY)
    if (status.kind === 'good') known = true
    else if (!forgiving) unknown ??= status.detail
  }
  if (known || unknown === null) return { refused: null, until }
  return { refused: { refusal: 'certificate_status_unknown', detail: unknown }, until }
}

const naming = new WeakMap<Subject, boolean>()

function namesResponder(subject: Subject): boolean {
  const known = naming.get(subject)
  if (known !== undefined) return known
  const names = readResponders(Buffer.from(subject.base64, 'base64')).length > 0
  naming.set(subject, names)
  return names
}
