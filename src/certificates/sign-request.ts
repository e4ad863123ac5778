import { printName } from '../identity/name-print.ts'
import { COMMON_NAME } from '../identity/oids.ts'
import type { San } from '../identity/types.ts'
import type { SigningRequest } from './csr.ts'
import { IssuanceError } from './issuance-error.ts'
import { certify, type Issuer, type SignedCertificate } from './issue.ts'
import type { LifetimeRequest } from './lifetime.ts'
import { type ProfileName, permits, permittedSans, profileOf } from './profile.ts'

/** What whoever signs decides; what is left out is taken from the request as far as the profile allows it. */
export interface SigningDecision extends LifetimeRequest {
  readonly commonName?: string
  readonly names?: readonly (string | San)[]
  readonly now?: number
}

export interface SignedRequest extends SignedCertificate {
  readonly commonName: string
  readonly sans: readonly San[]
  /** Names that were asked for and are not in the certificate. */
  readonly dropped: readonly San[]
  /** The subject that was asked for, printed, where the certificate has another: null: it has that one, or none was asked for. */
  readonly droppedSubject: string | null
}

/**
 * Signs a request under a profile. From the request come its key, its most specific CN and the SANs that the profile certifies, the
 * last two only where the decision does not name them; usages, purposes, CA and lifetime never do. Throws IssuanceError.
 */
export function signRequest(
  issuer: Issuer,
  profileName: ProfileName,
  request: SigningRequest,
  decision: SigningDecision = {},
): SignedRequest {
  const profile = profileOf(profileName)
  const commonName = decision.commonName ?? request.commonName
  if (commonName === null) throw new IssuanceError('name', 'the request has no common name', 'name the certificate')
  const sans = permittedSans(profile, decision.names ?? request.sans.filter((san) => permits(profile, san)))
  const { days, notAfter, now } = decision
  const asked = { commonName, names: sans, days, notAfter, ...(now === undefined ? {} : { now }) }
  const signed = certify(issuer, profileName, asked, request.publicKey)
  const dropped = request.sans.filter(
    ({ type, value }) => !sans.some((san) => san.type === type && san.value.toLowerCase() === value.toLowerCase()),
  )
  const subject = printName(request.subject)
  const isTaken = subject === '' || subject === printName([[{ oid: COMMON_NAME, value: commonName }]])
  return { ...signed, commonName, sans, dropped, droppedSubject: isTaken ? null : subject }
}
