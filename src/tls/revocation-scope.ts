import { UnreadableCertificateError } from '../errors.ts'
import { contentBytes, type DerElement, DerReader, encodedBytes, inside, SEQUENCE } from '../identity/der.ts'
import { hexOf } from '../identity/der-values.ts'
import { readName } from '../identity/name-read.ts'
import { CRL_DISTRIBUTION_POINTS } from '../identity/oids.ts'
import type { Name } from '../identity/types.ts'
import { findExtension } from './extension.ts'
import { foldName } from './issuer-name.ts'
import type { RevocationScope } from './types.ts'

const DIRECTORY_NAME = 0xa4
const TRUE = 0xff

export const WHOLE_SCOPE: RevocationScope = { covers: 'all', points: null }

/** An issuing distribution point (RFC 5280 section 5.2.5): what the list is about, or why it cannot be used. */
export function readIssuingPoint(reader: DerReader, issuer: Name): { scope: RevocationScope; unusable: string | null } {
  const parts = reader.open(SEQUENCE, 'the issuing distribution point')
  const point = parts.optional(0xa0, 'the distribution point')
  const flag = (tag: number) => {
    const element = parts.optional(tag, 'the issuing distribution point')
    return element !== null && contentBytes(element)[0] === TRUE
  }
  const leaves = flag(0x81)
  const authorities = flag(0x82)
  const reasons = parts.optional(0x83, 'the reasons')
  const indirect = flag(0x84)
  const attributes = flag(0x85)
  parts.finish('the issuing distribution point')
  const covers = attributes || (leaves && authorities) ? 'none' : leaves ? 'leaves' : authorities ? 'authorities' : 'all'
  const unusable = indirect
    ? 'it is an indirect list, which is not supported'
    : reasons !== null
      ? 'it covers only some reasons of revocation'
      : null
  return { scope: { covers, points: point === null ? null : readPointName(point, issuer) }, unusable }
}

/**
 * The distribution points that a certificate names itself (RFC 5280 section 4.2.1.13), leaving out those of another issuer and of
 * only some reasons. Unreadable ones name nothing, so that a partitioned list does not cover the certificate.
 */
export function readDistributionPoints(certificate: Uint8Array, issuer: Name): readonly string[] {
  try {
    const extension = findExtension(certificate, CRL_DISTRIBUTION_POINTS)
    if (extension === null) return []
    const points = extension.open(SEQUENCE, 'the distribution points')
    const names: string[] = []
    while (!points.atEnd) {
      const point = points.open(SEQUENCE, 'a distribution point')
      const name = point.optional(0xa0, 'a distribution point')
      const whole = point.atEnd
      if (name !== null && whole) names.push(...readPointName(name, issuer))
    }
    return names
  } catch (error) {
    if (error instanceof UnreadableCertificateError) return []
    throw error
  }
}

/** DistributionPointName: general names as their DER in hex, directory names folded, also those relative to the issuer. */
function readPointName(wrapper: DerElement, issuer: Name): string[] {
  const choice = inside(wrapper, 'the distribution point').next('the distribution point')
  if (choice.tag === 0xa1) return [directory([...issuer, ...relativeName(choice)])]
  if (choice.tag !== 0xa0) throw new UnreadableCertificateError('a distribution point has a name of unknown kind')
  const reader = inside(choice, 'the distribution point')
  const names: string[] = []
  while (!reader.atEnd) {
    const name = reader.next('the distribution point')
    if (name.tag === DIRECTORY_NAME)
      names.push(directory(readName(inside(name, 'a directory name').next('a directory name'), 'a directory name')))
    else names.push(hexOf(encodedBytes(name)))
  }
  return names
}

const directory = (name: Name): string => `directory ${foldName(name)}`

/** One RDN whose SET tag is replaced by the implicit [1]: read as the name that has just this RDN. */
function relativeName(element: DerElement): Name {
  const set = Buffer.from(encodedBytes(element))
  set[0] = 0x31
  const { length } = set
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return readName(new DerReader(Buffer.concat([Buffer.from([SEQUENCE, ...size]), set])).next('a relative name'), 'a relative name')
}
