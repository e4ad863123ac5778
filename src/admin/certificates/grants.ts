import { hash, X509Certificate } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { leafOf } from '../../certificates/entry-facts.ts'
import { type Issuer, issuerKeyId } from '../../certificates/issuer.ts'
import type { OperatingAuthority } from '../../certificates/operating-authority.ts'
import type { AuthSettings, ClientCertDomain } from '../../config/settings.ts'
import { certificateParts } from '../../identity/certificate.ts'
import type { Identity, PeerCertificate, Rights } from '../../identity/types.ts'
import { compileIdentityRule, type IdentityRule } from '../../identity/username.ts'
import type { Grant } from '../../policy/granting.ts'
import { clientCasOf } from '../../policy/mapping-issuer.ts'
import { knownNames, reachableRoles, rolesToGrant } from '../../policy/reachable-roles.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { bearsSignatureOf } from '../../tls/authority-node.ts'
import type { InForce } from '../context.ts'

let latest: { readonly domains: readonly ClientCertDomain[]; readonly rules: readonly IdentityRule[] } = { domains: [], rules: [] }

/** Those of the enabled clientcert domains: the same object for as long as these domains stay as they are, whatever else is loaded. */
export function identityRules({ domains }: AuthSettings): readonly IdentityRule[] {
  const naming = domains.filter((domain) => domain.type === 'clientcert')
  if (!isDeepStrictEqual(naming, latest.domains)) {
    latest = { domains: naming, rules: naming.map((domain) => compileIdentityRule(domain)) }
  }
  return latest.rules
}

/** Whom the first domain that can name them makes of a certificate; null: none can, and then they have no role to give. */
export function identityBy(rules: readonly IdentityRule[], certificate: PeerCertificate, rights: Rights | null): Identity | null {
  for (const rule of rules) {
    const outcome = rule.identify(certificate)
    if (outcome.kind === 'identity') return { ...outcome.identity, ...rights }
  }
  return null
}

/** A certificate by the name that the registry has for it. */
export interface Named {
  readonly name: string
  readonly certificate: PeerCertificate
}

/** What certificates give under the configuration in force, and whose keys no client may have. */
export class Grants {
  readonly rules: readonly IdentityRule[]
  readonly #inForce: InForce
  readonly #authority: OperatingAuthority

  constructor(inForce: InForce, authority: OperatingAuthority) {
    this.rules = identityRules(inForce.settings.auth)
    this.#inForce = inForce
    this.#authority = authority
  }

  /**
   * `caKeys` of the certificate are replaced by those of every CA that may stand above it. A DN of `admin_dn` is ClusterAdmin whatever its
   * entry says, and under whichever CA: the gateway's client CAs may change, and the certificate stays.
   */
  grantOf({ name, certificate }: Named, { clearance: own, permissions }: Rights): Grant {
    const { policy } = this.#inForce
    const clearance = this.clearanceOf({ clearance: own, subjectDn: certificate.dn })
    const under = { ...certificate, caKeys: this.#caKeys(certificate) }
    const roles = reachableRoles(policy, { name, certificate: under, backendRoles: [], clearance, permissions }, this.rules)
    return { clearance, permissions, roles }
  }

  /** What `grantOf` says of the clearance, without reading the certificate: of thousands at a time. */
  clearanceOf({ clearance, subjectDn }: Pick<RegistryEntry, 'clearance' | 'subjectDn'>): Grant['clearance'] {
    return this.#inForce.settings.admin?.adminDn.includes(subjectDn) === true ? 'ClusterAdmin' : clearance
  }

  /**
   * The roles that the holder of a registered certificate has wherever they speak from, and so may give. Of a foreign one no CA is
   * supposed to stand above it: fails closed.
   */
  rolesHeldBy({ der, clearance, permissions }: RegistryEntry): Set<string> {
    const { certificate } = leafOf(der)
    const signer = this.#signerOf(certificate)
    const under = { ...certificate, caKeys: signer === null ? [] : this.#keysFrom(signer) }
    const identity = identityBy(this.rules, under, { clearance, permissions })
    return identity === null ? new Set() : rolesToGrant(this.#inForce.policy, identity)
  }

  namesOf(named: Named): Set<string> {
    return knownNames(named, this.rules)
  }

  /** What a key belongs to that must not become a client's; null: nothing of ours. `pin`: SHA-256 of its SubjectPublicKeyInfo. */
  ownerOf(pin: string): 'server' | 'authority' | null {
    const { listeners } = this.#inForce
    for (const { keyPair, names } of listeners.values()) {
      for (const pair of [keyPair, ...[...names.values()].map((one) => one.keyPair)])
        if (pinOfPem(pair.certificate) === pin) return 'server'
    }
    const own = this.#signers().map(issuerKeyId)
    const others = [...clientCasOf(listeners.values()), ...this.#authority.roots].map(pinOfPem)
    return [...own, ...others].includes(pin) ? 'authority' : null
  }

  /**
   * One of ours stands below our CAs. What a foreign certificate is issued under shows only in a handshake, where intermediates come that
   * nobody shows us now: every CA that is configured may stand above it.
   */
  #caKeys(certificate: PeerCertificate): string[] {
    const { issuing } = this.#authority
    if (certificate.derBase64 === '') return issuing === null ? [] : this.#keysFrom(issuing)
    const signer = this.#signerOf(certificate)
    return signer === null ? clientCasOf(this.#inForce.listeners.values()).map(pinOfPem) : this.#keysFrom(signer)
  }

  #signers(): readonly Issuer[] {
    const { issuers, issuing } = this.#authority
    return issuing === null || issuers.includes(issuing) ? issuers : [issuing, ...issuers]
  }

  /** Whom of ours a certificate was signed by; null: by none. */
  #signerOf({ derBase64 }: PeerCertificate): Issuer | null {
    const x509 = new X509Certificate(Buffer.from(derBase64, 'base64'))
    return this.#signers().find(({ certificate: { publicKey } }) => bearsSignatureOf(x509, { publicKey })) ?? null
  }

  /** Keys of an issuer of ours and of all that may stand above it: both roots while they overlap. */
  #keysFrom(issuer: Issuer): string[] {
    return [issuerKeyId(issuer), ...[...pemsOf(issuer.chain), ...this.#authority.roots].map(pinOfPem)]
  }
}

const pins = new Map<string, string>()
const KEPT_PINS = 1_000

/** Of the first certificate in a PEM text; '' where there is none. */
function pinOfPem(pem: string): string {
  const known = pins.get(pem)
  if (known !== undefined) return known
  const pin = pem === '' ? '' : hash('sha256', certificateParts(new X509Certificate(pem).raw).subjectPublicKeyInfo, 'hex')
  if (pins.size >= KEPT_PINS) pins.clear()
  pins.set(pem, pin)
  return pin
}

export function pemsOf(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}
