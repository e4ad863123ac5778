import { nearest } from '../config/suggest.ts'
import { CertgateError } from '../errors.ts'
import { type Administration, AdministrationError } from './administration.ts'
import type { CertificateDetails, CertificateInfo, CertificatePage } from './api-types.ts'
import { endText } from './end-text.ts'
import { printable } from './printable.ts'

const SHA1 = 40
const SHA256 = 64
/** Fewer digits are a name, or a slip. */
const SHORTEST_PREFIX = 8
/** As many candidates as are worth reading. */
const SHOWN = 5
const MOST = 1000

/** What a person means, and how it is called in requests. */
export interface Reference {
  readonly certificate: CertificateDetails
  /** Of what was read: for a change that is decided on it. */
  readonly tag: string | null
  /** By name: whatever is done to it is done to all that the name has. */
  readonly isName: boolean
  path(action?: string): string
}

/**
 * What a person means: by SHA-256 or SHA-1, whole or from its beginning (8 digits or more, as lists show it), that certificate alone; by a
 * name, its newest certificate and all that this renews or that renew it. A name never hides a fingerprint: whoever chose it might want
 * that. Throws CertgateError where there is none, or several; `offer`: what else to do about these.
 */
export async function resolveReference(administration: Administration, reference: string, offer = ''): Promise<Reference> {
  const found = await matches(administration, reference)
  const [only] = found
  if (only === undefined) throw await unknown(administration, reference)
  const isName = isPathSegment(reference) && found.every(({ name }) => name === reference)
  if (!isName && found.length > 1) throw ambiguous(reference, found, '')
  const root = `/api/v1/certificates/${isName ? encodeURIComponent(reference) : only.fingerprint}`
  const path = (action = '') => (action === '' ? root : `${root}/${action}`)
  try {
    const { value: certificate, tag } = await administration.getTagged<CertificateDetails>(path())
    return { certificate, tag, isName, path }
  } catch (error) {
    if (error instanceof AdministrationError && error.problem === 'ambiguous') {
      const open = found.filter(isOpen)
      throw ambiguous(reference, open.length > 0 ? open : found, offer)
    }
    throw error
  }
}

/** What has ended is not meant by a name that others have in force. */
export const isOpen = ({ revoked, not_after }: CertificateInfo): boolean => revoked === null && Date.parse(not_after) > Date.now()

/** Whole digests are never names, and what a URL would take for a way through folders cannot be told as one. */
const isPathSegment = (name: string): boolean => !/^(?:\.\.?|[0-9a-f:\s]{40,})$/i.test(name)

async function matches(administration: Administration, reference: string): Promise<readonly CertificateInfo[]> {
  const hex = reference.replace(/[:\s]/g, '').toLowerCase()
  const isHex = /^[0-9a-f]+$/.test(hex)
  if (isHex && (hex.length === SHA1 || hex.length === SHA256)) return list(administration, { thumbprint: hex })
  const named = reference === '' ? [] : await list(administration, { name: reference })
  if (!isHex || hex.length < SHORTEST_PREFIX || hex.length > SHA256) return named
  const begins = (await list(administration, { text: hex })).filter(
    ({ fingerprint, thumbprint }) => fingerprint.toLowerCase().startsWith(hex) || thumbprint.toLowerCase().startsWith(hex),
  )
  return [...new Map([...named, ...begins].map((one) => [one.fingerprint, one])).values()]
}

/** All of exactly this name. Throws CertgateError where there is none, or the name cannot be told from a digest or a path. */
export async function allOfName(administration: Administration, name: string): Promise<readonly CertificateInfo[]> {
  const found: CertificateInfo[] = []
  for (let total = name === '' ? 0 : 1; found.length < total; ) {
    const query = new URLSearchParams({ name, offset: String(found.length), limit: String(MOST) })
    const page = await administration.get<CertificatePage>(`/api/v1/certificates?${query}`)
    found.push(...page.certificates)
    total = page.certificates.length === 0 ? 0 : page.total
  }
  if (found.length === 0) throw await unknown(administration, name)
  if (!isPathSegment(name))
    throw new CertgateError('entry_unknown', `'${printable(name)}' cannot be asked for by its name`, {
      hint: 'name each by its thumbprint',
    })
  return found
}

/** Those of exactly this name that let somebody in now. */
export async function inForce(administration: Administration, name: string): Promise<readonly CertificateInfo[]> {
  return (await list(administration, { name })).filter(({ state }) => state === 'valid' || state === 'expiring')
}

async function list(administration: Administration, query: Readonly<Record<string, string>>): Promise<readonly CertificateInfo[]> {
  const page = await administration.get<CertificatePage>(`/api/v1/certificates?${new URLSearchParams({ ...query, limit: String(MOST) })}`)
  return page.certificates
}

async function unknown(administration: Administration, reference: string): Promise<CertgateError> {
  const containing = reference === '' ? [] : await list(administration, { text: reference })
  const all = containing.length > 0 ? containing : await list(administration, { sort: 'name' })
  const names = [...new Set(all.map(({ name }) => name))]
  const near = nearest(reference, names)
  const candidates = near !== undefined ? [near] : containing.length > 0 ? names.slice(0, SHOWN) : []
  const hint = candidates.length === 0 ? "see 'certgate cert list'" : `did you mean ${candidates.map(quotedName).join(' or ')}?`
  return new CertgateError('entry_unknown', `there is no certificate '${printable(reference)}'`, { hint })
}

function ambiguous(reference: string, found: readonly CertificateInfo[], offer: string): CertgateError {
  const shown = found
    .slice(0, SHOWN)
    .map(
      ({ thumbprint, name, state, not_after }) => `${thumbprint.slice(0, 12)} (${printable(name)}, ${state}, until ${endText(not_after)})`,
    )
  const more = found.length > SHOWN ? `, and ${found.length - SHOWN} more` : ''
  return new CertgateError('entry_unknown', `'${printable(reference)}' stands for ${found.length} certificates`, {
    hint: `${offer}name one by its thumbprint: ${shown.join(', ')}${more}`,
  })
}

const quotedName = (name: string): string => `'${printable(name)}'`
