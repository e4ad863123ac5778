import { CLIENT_AUTH, SERVER_AUTH } from '../identity/oids.ts'
import type { San, SanType } from '../identity/types.ts'
import type { KeyUsage } from './extension-write.ts'
import { IssuanceError } from './issuance-error.ts'
import { checkSans } from './san.ts'

/** RFC 6960 section 4.2.2.2: what lets a certificate answer for its issuer. */
export const OCSP_SIGNING = '1.3.6.1.5.5.7.3.9'

/** What a certificate is for; nothing that a request says can change it. */
export type ProfileName = 'client' | 'server' | 'issuing' | 'ocsp'

export interface Profile {
  readonly name: ProfileName
  readonly isCa: boolean
  readonly usages: readonly KeyUsage[]
  /** Added for RSA keys: TLS 1.2 may still encrypt to one, EC and Edwards keys only sign. */
  readonly rsaUsages: readonly KeyUsage[]
  /** extendedKeyUsage; empty leaves it out. */
  readonly purposes: readonly string[]
  readonly sanTypes: ReadonlySet<SanType>
  readonly wildcards: boolean
  readonly needsSan: boolean
  readonly defaultDays: number
  readonly maxDays: number
}

const none: ReadonlySet<SanType> = new Set()

export const PROFILES: ReadonlyMap<ProfileName, Profile> = new Map<ProfileName, Profile>([
  [
    'client',
    {
      name: 'client',
      isCa: false,
      usages: ['digitalSignature'],
      rsaUsages: ['keyEncipherment'],
      purposes: [CLIENT_AUTH],
      sanTypes: new Set<SanType>(['dNSName', 'iPAddress', 'uniformResourceIdentifier', 'rfc822Name']),
      wildcards: false,
      needsSan: false,
      defaultDays: 365,
      maxDays: 3_660,
    },
  ],
  [
    'server',
    {
      name: 'server',
      isCa: false,
      usages: ['digitalSignature'],
      rsaUsages: ['keyEncipherment'],
      purposes: [SERVER_AUTH],
      sanTypes: new Set<SanType>(['dNSName', 'iPAddress', 'uniformResourceIdentifier']),
      wildcards: true,
      needsSan: true,
      defaultDays: 365,
      // Apple's systems refuse a server certificate that lasts longer, of private authorities too.
      maxDays: 825,
    },
  ],
  [
    'issuing',
    {
      name: 'issuing',
      isCa: true,
      usages: ['keyCertSign', 'cRLSign'],
      rsaUsages: [],
      purposes: [],
      sanTypes: none,
      wildcards: false,
      needsSan: false,
      defaultDays: 3_650,
      maxDays: 7_320,
    },
  ],
  [
    'ocsp',
    {
      name: 'ocsp',
      isCa: false,
      usages: ['digitalSignature'],
      rsaUsages: [],
      purposes: [OCSP_SIGNING],
      sanTypes: none,
      wildcards: false,
      needsSan: false,
      // It cannot be revoked (nocheck), so it is short.
      defaultDays: 30,
      maxDays: 90,
    },
  ],
])

/** The rules of one profile. Throws IssuanceError for a name that is none. */
export function profileOf(name: string): Profile {
  const profile = PROFILES.get(name as ProfileName)
  if (profile === undefined) throw new IssuanceError('profile', 'there is no such profile', `use one of ${[...PROFILES.keys()].join(', ')}`)
  return profile
}

/** The names as the profile certifies them; throws IssuanceError for a name that it does not, or for none where one is needed. */
export function permittedSans(profile: Profile, names: readonly (string | San)[]): San[] {
  const sans = checkSans(names)
  const foreign = sans.find((san) => !permits(profile, san))
  if (foreign !== undefined)
    throw new IssuanceError('names', `a ${profile.name} certificate cannot be for ${JSON.stringify(foreign.value)} (${foreign.type})`)
  if (profile.needsSan && sans.length === 0) {
    throw new IssuanceError(
      'names',
      `a ${profile.name} certificate needs at least one DNS name or IP address`,
      'clients do not look at its common name',
    )
  }
  return sans
}

/** Whether the profile certifies a name of this kind; a client is one host, never all below a domain. */
export function permits(profile: Profile, san: San): boolean {
  return profile.sanTypes.has(san.type) && (profile.wildcards || san.type !== 'dNSName' || !san.value.startsWith('*'))
}
