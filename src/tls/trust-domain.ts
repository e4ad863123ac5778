import { createHash } from 'node:crypto'
import type { ClientAuthMode, TrustMode } from '../config/settings.ts'
import { type AuthorityNode, authorityNode, parseCertificate } from './authority-node.ts'
import { Revocations, type Status, type Subject } from './revocation.ts'
import { NO_STATUSES, type StatusBook } from './status-book.ts'
import type { StatusSource } from './status-types.ts'
import type { TrustMaterial } from './types.ts'

/** What one source said of one certificate of a chain; `file`: the lists that are configured. */
export interface SourceAnswer {
  readonly source: 'file' | StatusSource
  readonly status: Status
  /** The configuration lets through whom this source knows nothing about. */
  readonly forgiving: boolean
}

/** Whom one SNI name trusts, compiled from its material. Immutable but for what it remembers. */
export interface TrustDomain {
  /** 32 hex digits over everything a session depends on: sessions of one domain never resume in another (sessionIdContext). */
  readonly id: string
  readonly authorities: readonly AuthorityNode[]
  readonly configured: ReadonlySet<string>
  /** The self-signed among them: where chains end. */
  readonly anchors: readonly AuthorityNode[]
  /** By lists, responders or both. */
  readonly checksRevocation: boolean
  readonly checksLists: boolean
  readonly fetchesLists: boolean
  readonly ocsp: NonNullable<TrustMaterial['ocsp']> | null
  /** What responders and fetched lists said. */
  readonly statuses: StatusBook
  /** Hears what decided about each certificate, for whoever explains it; `issuer` null: none is known. */
  readonly heard?: (subject: Subject, issuer: AuthorityNode | null, answers: readonly SourceAnswer[]) => void
  /** True: a certificate whose status no list tells is let through, and nothing else is. */
  readonly allowsUnknownStatus: boolean
  readonly revocations: Revocations
  readonly trust: TrustMode
  /** Fingerprints of the gateway's own server certificates, where they are accepted from clients. */
  readonly ownCertificates: ReadonlySet<string>
}

/** Throws UnreadableCertificateError where a CA cannot be read; control has found that out before. */
export function compileTrust(material: TrustMaterial, mode: ClientAuthMode, statuses: StatusBook = NO_STATUSES): TrustDomain {
  const authorities = mode === 'NONE' ? [] : material.clientCa.map((pem) => authorityNode(parseCertificate(pem)))
  const configured = new Set(authorities.map(({ fingerprint }) => fingerprint))
  const { validate, onUnavailable, lists, fromDistributionPoints = false } = material.crl
  const { trust = 'ca', ownCertificates = [], ocsp = null } = material
  const fetching = ocsp === null && !fromDistributionPoints ? [] : [ocsp, fromDistributionPoints]
  const id = createHash('sha256')
    .update(JSON.stringify([mode, [...configured].sort(), validate, onUnavailable, trust, [...ownCertificates].sort(), ...fetching]))
    .digest('hex')
    .slice(0, 32)
  return {
    id,
    authorities,
    configured,
    anchors: authorities.filter(({ selfSigned }) => selfSigned),
    checksRevocation: validate || ocsp !== null,
    checksLists: validate,
    fetchesLists: validate && fromDistributionPoints,
    ocsp,
    statuses,
    allowsUnknownStatus: onUnavailable === 'allow',
    revocations: new Revocations(validate ? lists : []),
    trust,
    ownCertificates: new Set(mode === 'NONE' ? [] : ownCertificates),
  }
}

/**
 * Whether sessions may be resumed on a listener that has only this domain. A resumed session shows its leaf but no chain, and a ticket is
 * given out before anybody was judged: so only where the leaf, the dates and OpenSSL's stored verdict say all there is to say. That
 * excludes several CA keys (under which one is the leaf?) and checks of revocation (a revoked intermediate could not be seen). With SNI
 * names never: in TLS 1.2 a resumed session does not tell the name.
 */
export function mayResume({ checksRevocation, anchors }: TrustDomain): boolean {
  return !checksRevocation && new Set(anchors.map(({ key }) => key)).size <= 1
}
