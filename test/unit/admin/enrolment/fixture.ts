import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { Enrolment } from '../../../../src/admin/enrolment/enrolment.ts'
import { FailureLimits } from '../../../../src/admin/enrolment/failure-limits.ts'
import { type Authority, createAuthority } from '../../../../src/certificates/authority.ts'
import { writeSigningRequest } from '../../../../src/certificates/csr-write.ts'
import { issuedEntry } from '../../../../src/certificates/issuance-record.ts'
import { certify } from '../../../../src/certificates/issue.ts'
import type { OperatingAuthority } from '../../../../src/certificates/operating-authority.ts'
import { parseRoleMapping } from '../../../../src/config/roles-mapping.ts'
import type { AuthDomain, InternalUser } from '../../../../src/config/settings.ts'
import { compilePolicy } from '../../../../src/policy/policy.ts'
import type { Actor, Clearance, RegistryEntry } from '../../../../src/store/types.ts'
import { CLI, type Clock, START, temporaryStore } from '../../../support/registry-store.ts'
import { clientCertDomain, settingsWith } from '../../../support/settings.ts'

export const authority: Authority = await createAuthority({ days: 3650, now: START })

export interface FixtureOptions {
  /** roles_mapping.yml. */
  readonly mapping?: string
  readonly users?: readonly InternalUser[]
  readonly passwords?: 'allow' | 'deny'
  readonly domains?: readonly AuthDomain[]
  readonly adminDn?: readonly string[]
}

const DOMAIN = clientCertDomain({ name: 'cert' })

/** Enrolment over a store of its own; passwords are right where they are `right`. */
export function enrolling(t: { after(callback: () => void): void }, options: FixtureOptions = {}) {
  const { store, clock } = temporaryStore(t)
  const { mapping } = parseRoleMapping(options.mapping ?? '{}', 'roles_mapping.yml')
  const settings = settingsWith({
    auth: { combine: 'first', usernameMustMatch: true, anonymous: false, domains: options.domains ?? [DOMAIN] },
    pki: { http: null, est: { host: '127.0.0.1', port: 1 }, estPasswords: options.passwords ?? 'deny' },
    admin: {
      address: null,
      tls: null,
      adminDn: options.adminDn ?? [],
      serverCertificate: 'allow',
      hosts: [],
      socket: '/x',
      byDefault: false,
    },
  })
  const inForce = { settings, mapping, users: options.users ?? [], policy: compilePolicy(settings, mapping, []), listeners: new Map() }
  const operating: { now: OperatingAuthority } = {
    now: { issuing: authority.issuer, problem: '', issuers: [authority.issuer], roots: [authority.rootCertificate] },
  }
  const told: string[] = []
  const monotonic = { now: 0 }
  const enrolment = new Enrolment(
    {
      store,
      inForce: () => inForce,
      authority: () => operating.now,
      published: async () => void told.push('published'),
      announce: ({ kind }) => void told.push(kind),
      now: () => clock.now,
    },
    {
      verify: async (_hash, password) => password === 'right',
      now: () => monotonic.now,
      limits: new FailureLimits({ now: () => monotonic.now }),
    },
  )
  return { enrolment, store, clock, operating, told, monotonic }
}

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey

export const requestOf = (commonName: string, key = newKey()): Buffer => writeSigningRequest(key, { commonName })

/** A registered certificate of our authority, as the administration issues them. */
export function registered(
  { store, clock }: { readonly store: ReturnType<typeof enrolling>['store']; readonly clock: Clock },
  name: string,
  clearance: Clearance = 'ValidUser',
): { readonly entry: RegistryEntry; readonly key: KeyObject; readonly actor: Actor } {
  const key = newKey()
  const { der } = certify(authority.issuer, 'client', { commonName: name, now: clock.now }, createPublicKey(key))
  const [entry] = store.registry.add([issuedEntry(authority.issuer, der, { name, clearance, permissions: new Map() })], CLI)
  const made = entry as RegistryEntry
  return { entry: made, key, actor: { name, fingerprint: made.fingerprint } }
}
