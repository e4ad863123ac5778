import type { HeaderStyle, HeaderStyleSettings, IdentityHeaderSettings } from '../../../../src/config/settings.ts'
import { compileIdentityHeaders } from '../../../../src/gateway/headers/identity-headers.ts'
import type { HeaderBlock, HeaderSubject } from '../../../../src/gateway/headers/types.ts'
import type { Identity, Name, PeerCertificate } from '../../../../src/identity/types.ts'
import { certificateFacts } from '../../../support/identities.ts'

const OIDS: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  L: '2.5.4.7',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  emailAddress: '1.2.840.113549.1.9.1',
}

/** A name in DER order from [type, value] pairs, one attribute an RDN. */
export function nameOf(...pairs: readonly (readonly [string, string])[]): Name {
  return pairs.map(([type, value]) => [{ oid: OIDS[type] ?? type, value }])
}

/** The certificate that the documentation's examples show: CN=alice,OU=ops,O=T, issued by CN=T Client CA,O=T. */
const EXAMPLE = certificateFacts('CN=alice,OU=ops,O=T', {
  issuerDn: 'CN=T Client CA,O=T',
  sans: [
    { type: 'dNSName', value: 'alice.t.example' },
    { type: 'rfc822Name', value: 'alice@t.example' },
    { type: 'uniformResourceIdentifier', value: 'spiffe://t/alice' },
  ],
  serial: '0A1B',
  notBefore: Date.UTC(2026, 10, 1, 9, 5, 7),
  notAfter: Date.UTC(2027, 10, 1, 9, 5, 7),
  fingerprint: '5e'.repeat(32),
  fingerprintSha1: 'a1'.repeat(20),
  derBase64: 'MIIBtest+/leaf==',
  chainBase64: ['MIIBtestissuer=='],
})

/** That one with whatever in it, as no certificate could be read. */
export const certificate = (changes: Partial<PeerCertificate> = {}): PeerCertificate => ({ ...EXAMPLE, ...changes })

export function identity(changes: Partial<Identity> = {}): Identity {
  return {
    name: 'alice',
    dn: 'CN=alice,OU=ops,O=T',
    source: 'clientcert',
    domain: 'clientcert_auth_domain',
    backendRoles: ['ops', 'staff'],
    certificate: certificate(),
    ...changes,
  }
}

export function subject(changes: Partial<HeaderSubject> = {}): HeaderSubject {
  return {
    identity: identity(),
    roles: ['metrics', 'readall'],
    certificate: certificate(),
    remoteAddress: '192.0.2.7',
    scheme: 'https',
    ...changes,
  }
}

/** A subject whose user name, CN, DN, roles and SANs all hold `text`. */
export function hostile(text: string): HeaderSubject {
  const named = certificate({
    subject: nameOf(['O', text], ['emailAddress', text], ['CN', text]),
    issuer: nameOf(['CN', text]),
    dn: `CN=${text}`,
    issuerDn: `CN=${text}`,
    sans: (['dNSName', 'rfc822Name', 'uniformResourceIdentifier', 'iPAddress'] as const).map((type) => ({ type, value: text })),
  })
  return subject({
    identity: identity({ name: text, backendRoles: [text, 'plainrole'], certificate: named }),
    roles: [text, 'plainrole'],
    certificate: named,
  })
}

export function settings(
  styles: readonly (HeaderStyle | HeaderStyleSettings)[],
  changes: Partial<IdentityHeaderSettings> = {},
): IdentityHeaderSettings {
  return {
    styles: styles.map((style) => (typeof style === 'string' ? { style, options: {} } : style)),
    custom: new Map(),
    forwarded: false,
    trustedHops: [],
    ...changes,
  }
}

/** The block of a subject under one style, which must be expressible. */
export function blockOf(style: HeaderStyle, options: Readonly<Record<string, string>> = {}, of: HeaderSubject = subject()): HeaderBlock {
  const block = compileIdentityHeaders(settings([{ style, options }])).block(of)
  if ('unusable' in block) throw new Error(block.unusable)
  return block
}

/** The lines of a block as a Map; repeated names are joined by `|`. X-Forwarded-For and -Proto, which every block has, are left out. */
export function headersOf(lines: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const line of lines.split('\r\n').slice(0, -1)) {
    const colon = line.indexOf(': ')
    const name = line.slice(0, colon)
    const value = line.slice(colon + 2)
    if (name === 'X-Forwarded-For' || name === 'X-Forwarded-Proto') continue
    found.set(name, found.has(name) ? `${found.get(name)}|${value}` : value)
  }
  return found
}

/** Options that each style needs to write all it can. */
export const FULL_OPTIONS: Readonly<Record<HeaderStyle, Readonly<Record<string, string>>>> = {
  plain: {},
  xfcc: { set: 'subject,uri,dns,cert,chain', by: 'spiffe://t/gateway' },
  rfc9440: {},
  nginx: {},
  traefik: {},
  opensearch: { roles_from: 'both' },
  kube: { groups_from: 'both', extra: 'fingerprint,serial,email' },
  oauth2: { groups_from: 'both' },
  couchdb: { secret: 's3cret', roles_from: 'both' },
  grafana: { email: 'X-WEBAUTH-EMAIL', groups: 'X-WEBAUTH-GROUPS', groups_from: 'both' },
}
