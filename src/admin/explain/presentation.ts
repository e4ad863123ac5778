import { rememberByObject } from '../../config/remember.ts'
import type { ListenerTlsSettings } from '../../config/settings.ts'
import { UsageError } from '../../errors.ts'
import { compileAdminDns } from '../../gateway/authentication/admin-dns.ts'
import { hostName } from '../../gateway/client-head.ts'
import { ExpressionError } from '../../identity/expression-error.ts'
import { type Authority, readAuthorities } from '../../policy/mapping-issuer.ts'
import { trustFor, UNNAMED } from '../../tls/handshake-server.ts'
import type { Registry } from '../../tls/registry.ts'
import { findName } from '../../tls/server-names.ts'
import { compileTrust, type TrustDomain } from '../../tls/trust-domain.ts'
import type { Peer, TrustMaterial } from '../../tls/types.ts'
import { imaginedCertificate, imaginedSubject } from '../imagined-certificate.ts'
import { presentCertificate } from './claimant.ts'
import type { Question } from './question.ts'
import { type LookUp, type RevocationLines, RevocationRecord } from './revocation.ts'
import type { Snapshot } from './verdict.ts'

/** Who is said to present a certificate: a real one, or one that is made up from a name. At most one of them is set. */
export interface CertificateClaim {
  /** DER of the certificate and those sent behind it; `file`: what messages call it. */
  readonly shown?: { readonly file: string; readonly ders: readonly Uint8Array[] } | undefined
  readonly cn?: string | undefined
  readonly dn?: string | undefined
}

export interface Presented {
  /** null: the listener asks nobody for a certificate. */
  readonly peer: Peer | null
  /** Why no request would come through at all. */
  readonly unreached: string | null
  /** The registry refuses the certificate, whatever the configuration says. */
  readonly byRegistry: boolean
  /** What the sources say of revocation; null: no real certificate was looked at. */
  readonly revocation: RevocationLines | null
  readonly notes: readonly string[]
}

/** What is known of certificates beside the configuration. */
export interface Knowledge {
  readonly registry: Registry
  /** Of foreign ones; null: nobody here asks about them. */
  readonly knownStatus: LookUp | null
}

/** What the listener would make of the certificate at `now`. Throws MaterialError for one that cannot be read, UsageError for a DN that is none. */
export function present(snapshot: Snapshot, question: Question, claim: CertificateClaim, now: number, knowledge: Knowledge): Presented {
  const { listener, serverName } = question
  const given = claim.shown ?? claim.cn ?? claim.dn
  const material = snapshot.listeners.get(listener.name)
  const unasked = given === undefined ? [] : [`listener ${listener.name} asks nobody for a certificate, so this one is not looked at`]
  if (listener.tls === null || material === undefined) return { ...PLAIN, peer: null, notes: unasked }
  const nobody: Peer = { certificate: null, refusal: null, detail: '', serverName, resumed: false }
  const name = trustFor(listener.tls, serverName)
  const unreached = misdirection(listener.tls, name, question)
  if (name === null || unreached !== null) return { ...PLAIN, peer: nobody, unreached }
  if (listener.tls.clientauthMode === 'NONE') return { ...PLAIN, peer: nobody, notes: unasked }
  if (given === undefined) return { ...PLAIN, peer: nobody }
  const trust = name === UNNAMED ? material : (material.names.get(name) ?? material)
  if (claim.shown !== undefined) {
    const { file, ders } = claim.shown
    const { registry, knownStatus } = knowledge
    const record = new RevocationRecord(knownStatus)
    const domain = { ...domainOf(trust, listener.tls.clientauthMode), statuses: record, heard: record.heard }
    const peer = presentCertificate(file, ders, domain, serverName, now, registry)
    const revocation = { on: domain.checksRevocation, checks: record.checks }
    return { ...PLAIN, peer, byRegistry: isRefusedBy(registry, peer), revocation }
  }
  const { certificate, notes } = imagine(claim, authoritiesOf(trust), now)
  // As under a good chain: that is what is supposed.
  const isAdmin = compileAdminDns(snapshot.settings.admin, listener, material)(serverName).has(certificate.dn)
  const rights: Pick<Peer, 'clearance' | 'permissions'> = isAdmin ? { clearance: 'ClusterAdmin', permissions: new Map() } : {}
  return { ...PLAIN, peer: { ...nobody, certificate, ...rights }, notes }
}

const PLAIN = { unreached: null, byRegistry: false, revocation: null, notes: [] }

function isRefusedBy(registry: Registry, { certificate, evidence, refusal }: Peer): boolean {
  if (certificate === null || refusal === null) return false
  return registry.standing(certificate.fingerprint, evidence?.leaf.pin ?? '').refused?.refusal === refusal
}

const authoritiesOf = rememberByObject(({ clientCa }: TrustMaterial) => readAuthorities([{ clientCa, names: new Map() }]))

/** Compiled once for each snapshot: a CA with large revocation lists costs too much for every question. */
const domains = new WeakMap<TrustMaterial, { readonly mode: ClientauthMode; readonly domain: TrustDomain }>()

function domainOf(trust: TrustMaterial, mode: ClientauthMode): TrustDomain {
  const known = domains.get(trust)
  if (known?.mode === mode) return known.domain
  const domain = compileTrust(trust, mode)
  domains.set(trust, { mode, domain })
  return domain
}

type ClientauthMode = ListenerTlsSettings['clientauthMode']

/** Why the request ends before anybody looks at certificates: the server name, or a Host that is not under it. */
function misdirection(tls: ListenerTlsSettings, name: string | null, { host, serverName, listener }: Question): string | null {
  if (name === null) {
    const sent = serverName === null ? 'a client that sends no server name' : `the server name '${serverName}'`
    return `the TLS handshake fails: listener ${listener.name} has no certificate for ${sent}`
  }
  if (name === UNNAMED || findName(tls.names, hostName(host) ?? '') === name) return null
  return `Host ${host} is not served under the name of this TLS connection`
}

function imagine({ cn, dn = '' }: CertificateClaim, authorities: readonly Authority[], now: number) {
  const [issuer = null, ...others] = authorities.filter(({ selfSigned }) => selfSigned)
  const subject = usable(() => imaginedSubject(cn === undefined ? { dn } : { cn }))
  const notes = [
    `supposed: a certificate with the subject ${cn === undefined ? dn : `CN=${cn} and nothing else`}, issued by ${issuer?.dn ?? 'nobody'}`,
    ...(others.length === 0 ? [] : [`${others.length + 1} client CAs are trusted here: where the mapping binds issuers, ask with --cert`]),
  ]
  return { certificate: imaginedCertificate(subject, issuer, now), notes }
}

/** A DN that is none is wrong usage, not a wrong configuration. */
function usable<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof ExpressionError) throw new UsageError(error.message, error.hint)
    throw error
  }
}
