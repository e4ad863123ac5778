import { createHash } from 'node:crypto'
import type { ClientAuthMode, TrustMode } from '../config/settings.ts'
import { type AuthorityNode, authorityNode, parseCertificate } from './authority-node.ts'
import { Revocations } from './revocation.ts'
import type { TrustMaterial } from './types.ts'

/** Whom one SNI name trusts, compiled from its material. Immutable but for what it remembers. */
export interface TrustDomain {
  /** 32 hex digits over everything a session depends on: sessions of one domain never resume in another (sessionIdContext). */
  readonly id: string
  readonly authorities: readonly AuthorityNode[]
  readonly configured: ReadonlySet<string>
  /** The self-signed among them: where chains end. */
  readonly anchors: readonly AuthorityNode[]
  readonly checksRevocation: boolean
  /** True: a certificate whose status no list tells is let through, and nothing else is. */
  readonly allowsUnknownStatus: boolean
  readonly revocations: Revocations
  readonly trust: TrustMode
  /** Fingerprints of the gateway's own server certificates, where they are accepted from clients. */
  readonly ownCertificates: ReadonlySet<string>
}

/** Throws UnreadableCertificateError where a CA cannot be read; control has found that out before. */
export function compileTrust(material: TrustMaterial, mode: ClientAuthMode): TrustDomain {
  const authorities = mode === 'NONE' ? [] : material.clientCa.map((pem) => authorityNode(parseCertificate(pem)))
  const configured = new Set(authorities.map(({ fingerprint }) => fingerprint))
  const { validate, onUnavailable, lists } = material.crl
  const { trust = 'ca', ownCertificates = [] } = material
  const id = createHash('sha256')
    .update(JSON.stringify([mode, [...configured].sort(), validate, onUnavailable, trust, [...ownCertificates].sort()]))
    .digest('hex')
    .slice(0, 32)
  return {
    id,
    authorities,
    configured,
    anchors: authorities.filter(({ selfSigned }) => selfSigned),
    checksRevocation: validate,
    allowsUnknownStatus: onUnavailable === 'allow',
    revocations: new Revocations(validate ? lists : []),
    trust,
    ownCertificates: new Set(mode === 'NONE' ? [] : ownCertificates),
  }
}

/**
 * Whether sessions may be resumed on a listener that has only this domain. A resumed session shows its leaf but no chain, and a ticket is
 * given out before anybody was judged: so only where the leaf, the dates and OpenSSL's stored verdict say all there is to say. That
 * excludes several CA keys (under which one is the leaf?) and revocation lists (a revoked intermediate could not be seen). With SNI
 * names never: in TLS 1.2 a resumed session does not tell the name.
 */
export function mayResume({ checksRevocation, anchors }: TrustDomain): boolean {
  return !checksRevocation && new Set(anchors.map(({ key }) => key)).size <= 1
}
