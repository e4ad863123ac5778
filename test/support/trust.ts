import { X509Certificate } from 'node:crypto'
import type { TrustMode } from '../../src/config/settings.ts'
import { readRevocationLists } from '../../src/tls/crl.ts'
import { PeerJudge, type SecuredSocket } from '../../src/tls/peer.ts'
import type { Registry } from '../../src/tls/registry.ts'
import type { StatusBook } from '../../src/tls/status-book.ts'
import { compileTrust, type TrustDomain } from '../../src/tls/trust-domain.ts'
import type { Peer, TrustMaterial } from '../../src/tls/types.ts'
import type { Issued } from './authority.ts'

export interface DomainSpec {
  readonly clientCa?: readonly { readonly certificate: string }[]
  readonly trust?: TrustMode
  /** CRLs in PEM; their presence turns checking on. */
  readonly lists?: readonly string[]
  readonly onUnavailable?: 'deny' | 'allow'
  readonly ownCertificates?: readonly string[]
  readonly ocsp?: NonNullable<TrustMaterial['ocsp']>
  /** Where the lists do not answer, those at distribution points are asked. */
  readonly fromDistributionPoints?: boolean
  readonly statuses?: StatusBook
}

export function trustDomain(spec: DomainSpec): TrustDomain {
  const { clientCa = [], lists, onUnavailable = 'deny', fromDistributionPoints = false, statuses, ...rest } = spec
  const crl = {
    validate: lists !== undefined,
    fromDistributionPoints,
    onUnavailable,
    lists: (lists ?? []).flatMap((pem, index) => readRevocationLists(Buffer.from(pem), `${index}.crl`)),
  }
  return compileTrust(
    { keyPair: { certificate: '', key: '' }, clientCa: clientCa.map(({ certificate }) => certificate), crl, ...rest },
    'REQUIRE',
    statuses,
  )
}

/** How OpenSSL saw the client. */
export interface Shown {
  /** null: OpenSSL accepted the chain. */
  readonly error?: string | null
  readonly above?: readonly Issued[]
  readonly resumed?: boolean
}

/** A socket on which a client has shown a certificate. */
export function shown(leaf: Issued, { error = null, above = [], resumed = false }: Shown = {}): SecuredSocket {
  return {
    authorized: error === null,
    authorizationError: error,
    isSessionReused: () => resumed,
    getPeerX509Certificate: () => linked([leaf, ...(resumed ? [] : above)]),
  }
}

/** `issuerCertificate` is what was sent next, as in a handshake. */
function linked([first, ...above]: readonly Issued[]): X509Certificate | undefined {
  if (first === undefined) return undefined
  const x509 = new X509Certificate(first.certificate)
  Object.defineProperty(x509, 'issuerCertificate', { get: () => linked(above) })
  return x509
}

export interface TestJudge {
  at(leaf: Issued, how?: Shown): Peer
  again(peer: Peer): Peer
  /** Another state of trust, as after a reload. */
  reloaded(spec: DomainSpec): TestJudge
}

/** Judges what sockets show, by the registry as it is at that moment. */
export function judging(spec: DomainSpec, registry: Registry, now: () => number = Date.now, generation = 1): TestJudge {
  const judge = new PeerJudge(trustDomain(spec), generation, registry)
  return {
    at: (leaf, how) => judge.judge(shown(leaf, how), null, now()),
    again: (peer) => {
      if (peer.evidence === undefined) throw new Error('nothing to judge by')
      return judge.judgeAgain(peer, peer.evidence, now())
    },
    reloaded: (other) => judging(other, registry, now, generation + 1),
  }
}
