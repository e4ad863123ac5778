import { createHash, X509Certificate } from 'node:crypto'
import { certificateParts, readCertificate } from '../../src/identity/certificate.ts'
import { sanText } from '../../src/tls/name-digest.ts'
import { Registry } from '../../src/tls/registry.ts'
import { parseBase, type RegistryBase } from '../../src/tls/registry-base.ts'
import { encodeBase } from '../../src/tls/registry-base-writer.ts'
import type { RegistryDelta, TrustChange, TrustRecord } from '../../src/tls/registry-types.ts'
import type { Issued } from './authority.ts'
import type { seededRandom } from './seeded-random.ts'

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

export const fingerprintOf = ({ der }: Issued): string => sha256(der)
export const pinOf = ({ der }: Issued): string => sha256(certificateParts(der).subjectPublicKeyInfo)

/** SubjectPublicKeyInfo of a certificate. */
export function publicKeyOf({ certificate }: Issued): Buffer {
  return new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' })
}

/** A certificate as the registry holds it: a live ValidUser without permissions, unless told otherwise. */
export function recordOf(issued: Issued, issuer: Issued | null, changes: Partial<TrustRecord> = {}): TrustRecord {
  const { dn, sans, notBefore, notAfter } = readCertificate(issued.der)
  return {
    fingerprint: fingerprintOf(issued),
    pin: pinOf(issued),
    name: dn,
    subjectDn: dn,
    sans: sans.map(sanText),
    notBefore,
    notAfter,
    issuerKey: issuer === null ? null : publicKeyOf(issuer),
    disabled: false,
    revoked: null,
    clearance: 'ValidUser',
    permissions: new Map(),
    ...changes,
  }
}

export const revokedAt = (at = 0) => ({ revoked: { at, reason: 'keyCompromise' } })

/** A record that belongs to no certificate; `number` tells it apart from others, `key` its public key. */
export function inventedRecord(number: number, changes: Partial<TrustRecord> = {}, key = number): TrustRecord {
  return {
    fingerprint: sha256(`certificate ${number}`),
    pin: sha256(`key ${key}`),
    name: `name ${number}`,
    subjectDn: `CN=client-${number}`,
    sans: [],
    notBefore: 0,
    notAfter: 4_000_000_000_000,
    issuerKey: null,
    disabled: false,
    revoked: null,
    clearance: 'ValidUser',
    permissions: new Map(),
    ...changes,
  }
}

/** Some state or other of an invented record; few keys, so that many share one. */
export function randomRecord(random: ReturnType<typeof seededRandom>, numbers: number, keys = numbers): TrustRecord {
  const number = random(numbers)
  const state = random(8)
  return inventedRecord(
    number,
    {
      notAfter: random(1_000_000),
      sans: Array.from({ length: random(3) }, (_, index) => `dNSName:${number}-${index}.example`),
      clearance: random(2) === 0 ? 'Operator' : 'ValidUser',
      permissions: new Map(random(2) === 0 ? [] : [[`db${random(5)}`, 'Read']]),
      issuerKey: random(2) === 0 ? null : Buffer.from(`issuer ${random(3)}`),
      disabled: state === 0,
      ...(state === 1 ? revokedAt(random(1_000)) : {}),
    },
    number % keys,
  )
}

export async function baseOf(entries: Iterable<TrustRecord>, version = 1, epoch = 'e1'): Promise<RegistryBase> {
  return parseBase(await encodeBase({ entries, version, epoch }))
}

export async function registryOf(...entries: TrustRecord[]): Promise<Registry> {
  return new Registry(await baseOf(entries))
}

/** The delta that follows the registry's present version. */
export function deltaFor(registry: Registry, ...changes: (TrustRecord | string)[]): RegistryDelta {
  const first = registry.version + 1
  const numbered = changes.map((change, index): TrustChange => {
    const version = first + index
    return typeof change === 'string' ? { kind: 'remove', version, fingerprint: change } : { kind: 'put', version, record: change }
  })
  return { epoch: registry.epoch, follows: registry.version, version: registry.version + changes.length, changes: numbered }
}

/** Takes up changes as control would send them. */
export function change(registry: Registry, ...changes: (TrustRecord | string)[]): ReadonlySet<string> {
  const outcome = registry.apply(deltaFor(registry, ...changes))
  if (outcome.kind !== 'applied') throw new Error(`the delta is a ${outcome.kind}`)
  return outcome.pins
}
