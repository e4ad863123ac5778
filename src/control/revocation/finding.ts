import { X509Certificate } from 'node:crypto'
import { type AuthorityNode, authorityNode } from '../../tls/authority-node.ts'
import { type Leaf, readLeaf } from '../../tls/leaf.ts'
import type { Status } from '../../tls/revocation.ts'
import { statusKey } from '../../tls/status-book.ts'
import type { CertificateStatus, KnownStatus, StatusQuestion } from '../../tls/status-types.ts'

/** A question, read: about whom, and who issued that certificate. */
export interface Inquiry {
  readonly question: StatusQuestion
  readonly key: string
  readonly subject: Pick<Leaf, 'facts' | 'issuerName' | 'base64'>
  readonly issuer: AuthorityNode
}

/** What a source said at `thisUpdate`: how things stand until `until`; it came at `foundAt` (milliseconds). */
export interface Finding {
  readonly status: Status['kind']
  readonly thisUpdate: number
  readonly until: number
  readonly foundAt: number
  readonly detail: string
}

/** What came of a question: a finding, and why it is not of now, or nothing but the reason. */
export interface Found {
  readonly finding: Finding | null
  readonly failure: Error | null
}

/** Milliseconds before somebody who asks again about what could not be found out causes another fetch. */
export const RETRY = 10_000
/** Milliseconds; an answer that ends at once must not be fetched for every request. */
const SHORTEST_LIFE = 10_000
const SHORTEST_REFRESH = 1_000

/** Throws UnreadableCertificateError; the worker has read both before. */
export function readInquiry(question: StatusQuestion): Inquiry {
  const der = Buffer.from(question.subject, 'base64')
  const subject = readLeaf(new X509Certificate(der), der)
  const issuer = authorityNode(new X509Certificate(Buffer.from(question.issuer, 'base64')))
  return { question, key: statusKey(question.source, subject.facts.serial, issuer), subject, issuer }
}

/** Half of the remaining life, and never later than the operator wants a status to be asked for again. */
export function refreshTime(finding: Pick<Finding, 'foundAt' | 'until'>, refresh: number): number {
  const { foundAt, until } = finding
  return foundAt + Math.max(SHORTEST_REFRESH, Math.min(refresh, (until - foundAt) / 2))
}

/** Whether `later` would undo a revocation without being newer than it: a kept answer of before that somebody plays again. */
export function isRolledBack(before: Finding | null | undefined, later: Finding): boolean {
  return before?.status === 'revoked' && later.status !== 'revoked' && later.thisUpdate <= before.thisUpdate
}

/** As the workers get it: fresh, and to be asked for again ahead of its end. */
export function freshStatus(key: string, finding: Finding, refresh: number, now: number): CertificateStatus {
  const { status, foundAt, detail } = finding
  if (status === 'unknown') return unknownStatus(key, detail, now)
  const until = Math.max(finding.until, now + SHORTEST_LIFE)
  const refreshAt = Math.max(refreshTime({ foundAt, until }, refresh), now + SHORTEST_REFRESH)
  return { key, status, until: status === 'revoked' ? Number.POSITIVE_INFINITY : until, refreshAt, detail }
}

/** What was found earlier, while nothing newer can be had: good for as long as it says, and the grace. null: no longer. */
export function staleStatus(key: string, finding: Finding, grace: number, now: number): CertificateStatus | null {
  const { status, detail } = finding
  const until = status === 'revoked' ? Number.POSITIVE_INFINITY : finding.until + grace
  if (status === 'unknown' || now >= until) return null
  return { key, status, until, refreshAt: Math.min(until, now + RETRY), detail }
}

export function unknownStatus(key: string, detail: string, now: number): CertificateStatus {
  return { key, status: 'unknown', until: now + RETRY, refreshAt: now + RETRY, detail }
}

/** What is known at a moment: what everybody was last told (null: nothing), what it rests on, and where it is asked for. */
export interface Known {
  readonly status: CertificateStatus | null
  readonly finding: Finding | null
  readonly urls: readonly string[]
}

/** What decides a handshake of now as long as nobody gives a newer answer, and whether one is asked for. */
export function knownStatus(key: string, { status, finding, urls }: Known, grace: number, now: number): KnownStatus {
  const said = { saidAt: finding?.thisUpdate ?? null, endsAt: finding?.until ?? null, urls }
  const isOver = finding !== null && finding.until <= now
  if (status !== null && now < status.until) {
    const asked = now < status.refreshAt ? 'no' : status.status === 'unknown' ? 'first' : 'meanwhile'
    return { ...said, status: status.status, detail: status.detail, stale: status.status === 'good' && isOver, asked }
  }
  const left = finding === null ? null : staleStatus(key, finding, grace, now)
  const detail = left?.detail ?? status?.detail ?? ''
  return { ...said, status: left?.status ?? 'unknown', detail, stale: left?.status === 'good' && isOver, asked: 'first' }
}
