import type { AuthDomain, AuthSettings, BasicDomain, ClientCertDomain, InternalUser } from '../../../../src/config/settings.ts'
import type { AuthenticatorServices } from '../../../../src/gateway/authentication/authenticator.ts'
import { createAuthenticator } from '../../../../src/gateway/authentication/authenticator.ts'
import { PasswordQueue } from '../../../../src/gateway/authentication/password-queue.ts'
import type { Authentication } from '../../../../src/gateway/authentication/types.ts'
import type { Name, PeerCertificate } from '../../../../src/identity/types.ts'
import type { Peer } from '../../../../src/tls/types.ts'
import { certificateFacts } from '../../../support/identities.ts'
import { clientCertDomain } from '../../../support/settings.ts'

const OIDS: Readonly<Record<string, string>> = { CN: '2.5.4.3', OU: '2.5.4.11', O: '2.5.4.10' }

export function certificate(...pairs: readonly (readonly [string, string])[]): PeerCertificate {
  const subject: Name = pairs.map(([type, value]) => [{ oid: OIDS[type] ?? type, value }])
  const dn = pairs
    .toReversed()
    .map(([type, value]) => `${type}=${value}`)
    .join(',')
  return certificateFacts(dn, {
    subject,
    dn,
    issuerDn: 'CN=ca',
    notAfter: Date.UTC(2100, 0),
    fingerprintSha1: 'cd'.repeat(20),
    derBase64: 'AA==',
  })
}

export function peer(from: PeerCertificate | null, changes: Partial<Peer> = {}): Peer {
  return { certificate: from, refusal: null, detail: '', serverName: null, resumed: false, ...changes }
}

export const ALICE = certificate(['OU', 'ops'], ['CN', 'alice'])
export const NAMELESS = certificate(['O', 'T'])

export function clientcert(changes: Partial<ClientCertDomain> = {}): ClientCertDomain {
  return clientCertDomain({ name: 'cert', ...changes })
}

export function basic(changes: Partial<BasicDomain> = {}): BasicDomain {
  return { type: 'basic', name: 'passwords', order: 2, challenge: true, realm: 'certgate', ...changes }
}

/** A stand-in for hashes: the password is right where it is the text after `hash of `. */
export const USERS: readonly InternalUser[] = [
  { name: 'alice', hash: 'hash of secret', backendRoles: ['staff'], line: 1 },
  { name: 'bob', hash: 'hash of b:ob', backendRoles: [], line: 2 },
]

export interface Counted extends AuthenticatorServices {
  readonly hashed: string[]
}

export function services(changes: Partial<AuthenticatorServices> = {}): Counted {
  const hashed: string[] = []
  return {
    queue: new PasswordQueue(2, 8),
    verify: async (hash, password) => {
      hashed.push(hash)
      return hash === `hash of ${password}`
    },
    now: () => 0,
    ...changes,
    hashed,
  }
}

export function authSettings(domains: readonly AuthDomain[], changes: Partial<AuthSettings> = {}): AuthSettings {
  return { combine: 'first', usernameMustMatch: true, anonymous: false, domains, ...changes }
}

export function authorization(name: string, password: string): string {
  return `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`
}

export interface Sent {
  readonly certificate?: PeerCertificate | null
  readonly authorization?: string | null
}

/** One request through a fresh chain. */
export async function ask(settings: AuthSettings, sent: Sent, using: AuthenticatorServices = services()): Promise<Authentication> {
  return createAuthenticator(settings, USERS, using).authenticate(peer(sent.certificate ?? null), sent.authorization ?? null, '192.0.2.7')
}

/** `user@domain`, or the reason and whether nothing at all was sent. */
export function brief(authentication: Authentication): string {
  if (authentication.identity !== null) return `${authentication.identity.name}@${authentication.identity.domain}`
  return `${authentication.reason}${authentication.absent ? ' (absent)' : ''}${authentication.challenge === null ? '' : ' (challenge)'}`
}
