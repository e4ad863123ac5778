import { X509Certificate } from 'node:crypto'
import type { Issuer } from '../../certificates/issuer.ts'
import type { OperatingAuthority } from '../../certificates/operating-authority.ts'
import type { AuthSettings } from '../../config/settings.ts'
import { certificateParts } from '../../identity/certificate.ts'
import type { PeerCertificate, Rights } from '../../identity/types.ts'
import { compileIdentityRule, type IdentityRule } from '../../identity/username.ts'
import type { Grant } from '../../policy/granting.ts'
import { clientCasOf } from '../../policy/mapping-issuer.ts'
import { knownNames, reachableRoles } from '../../policy/reachable-roles.ts'
import { bearsSignatureOf } from '../../tls/authority-node.ts'
import type { InForce } from '../context.ts'
import { sha256 } from './leaf-facts.ts'

const rules = new WeakMap<AuthSettings, readonly IdentityRule[]>()

/** Those of the enabled clientcert domains, compiled once per configuration. */
export function identityRules(auth: AuthSettings): readonly IdentityRule[] {
  const known = rules.get(auth)
  if (known !== undefined) return known
  const compiled = auth.domains.filter((domain) => domain.type === 'clientcert').map((domain) => compileIdentityRule(domain))
  rules.set(auth, compiled)
  return compiled
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

  /** `caKeys` of the certificate are replaced by those of every CA that may stand above it. */
  grantOf({ name, certificate }: Named, rights: Rights): Grant {
    const under = { ...certificate, caKeys: this.#caKeys(certificate) }
    const roles = reachableRoles(this.#inForce.policy, { name, certificate: under, backendRoles: [], ...rights }, this.rules)
    return { clearance: rights.clearance, permissions: rights.permissions, roles }
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
    const { issuers, issuing, roots } = this.#authority
    const own = [...issuers, ...(issuing === null ? [] : [issuing])].map(({ publicKeyInfo }) => sha256(publicKeyInfo))
    const others = [...clientCasOf(listeners.values()), ...roots].map(pinOfPem)
    return [...own, ...others].includes(pin) ? 'authority' : null
  }

  /**
   * One of ours stands below our CAs. What a foreign certificate is issued under shows only in a handshake, where intermediates come that
   * nobody shows us now: every CA that is configured may stand above it.
   */
  #caKeys(certificate: PeerCertificate): string[] {
    const { issuers, issuing, roots } = this.#authority
    const below = (issuer: Issuer): string[] => [sha256(issuer.publicKeyInfo), ...[...pemsOf(issuer.chain), ...roots].map(pinOfPem)]
    if (certificate.derBase64 === '') return issuing === null ? [] : below(issuing)
    const x509 = new X509Certificate(Buffer.from(certificate.derBase64, 'base64'))
    const signer = [...(issuing === null ? [] : [issuing]), ...issuers].find(({ certificate: { publicKey } }) =>
      bearsSignatureOf(x509, { publicKey }),
    )
    return signer === undefined ? clientCasOf(this.#inForce.listeners.values()).map(pinOfPem) : below(signer)
  }
}

const pins = new Map<string, string>()
const KEPT_PINS = 1_000

/** Of the first certificate in a PEM text; '' where there is none. */
function pinOfPem(pem: string): string {
  const known = pins.get(pem)
  if (known !== undefined) return known
  const pin = pem === '' ? '' : sha256(certificateParts(new X509Certificate(pem).raw).subjectPublicKeyInfo)
  if (pins.size >= KEPT_PINS) pins.clear()
  pins.set(pem, pin)
  return pin
}

export function pemsOf(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
}
