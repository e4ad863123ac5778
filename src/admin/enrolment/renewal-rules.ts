import type { SigningRequest } from '../../certificates/csr.ts'
import type { OperatingAuthority } from '../../certificates/operating-authority.ts'
import { subjectOf } from '../../certificates/subject-name.ts'
import { certificateParts } from '../../identity/certificate.ts'
import { printName } from '../../identity/name-print.ts'
import { isUsable, ownRefusal } from '../../store/entry-state.ts'
import type { LiveCount } from '../../store/lineage-size.ts'
import type { Store } from '../../store/store.ts'
import type { RegistryEntry } from '../../store/types.ts'
import { sanText } from '../../tls/name-digest.ts'
import { EnrolmentError } from './enrolment-error.ts'

/** The registry's word on who renews: it is asked again in the transaction that records. Throws EnrolmentError. */
export function renewable(store: Store, fingerprint: string, now: number): RegistryEntry {
  const entry = store.registry.get(fingerprint)
  if (entry === null) throw refused('is not in the registry', 'enrol with a token')
  if (entry.keyRefusal !== null && ownRefusal(entry) === null)
    throw refused('has a key that was revoked or disabled', 'ask your administrator for a token')
  if (!isUsable(entry, now)) throw refused('is not in force any more', 'ask your administrator for a token')
  return entry
}

/** Certificates of one lineage, or of one user's name, that may be in force at once, and milliseconds between any two beyond those. */
const MOST = 20
const FURTHER = 24 * 60 * 60 * 1000

/**
 * Whoever may renew may do so with what they got for it: without a bound one certificate makes thousands, each a share of what clients
 * share, and to be revoked. Asked in the transaction that records it. Throws EnrolmentError.
 */
export function checkRenewalRoom(store: Store, fingerprint: string, now: number): void {
  checkRoom(store.registry.liveRenewals(fingerprint, now), 'renewals of this certificate', now)
}

/** The same for a password, which may be used again and again: each certificate that it gives would begin another lineage. */
export function checkNameRoom(store: Store, name: string, now: number): void {
  checkRoom(store.registry.liveNamed(name, now), 'certificates of your name', now)
}

function checkRoom({ count, newest, firstEnd }: LiveCount, what: string, now: number): void {
  const next = Math.min(newest + FURTHER, firstEnd)
  // One from the future tells of a clock that was set back.
  if (count < MOST || next <= now || newest > now) return
  const hint = 'go on with the newest of them, or have those that nobody uses revoked'
  throw new EnrolmentError('too_many_renewals', `${count} ${what} are in force: one more a day is given`, {
    hint,
    retryAfter: Math.ceil((next - now) / 1000),
  })
}

/**
 * RFC 7030 section 4.2.2: subject and SANs of the request are those of the current certificate. That one has to be of our own
 * authority and of a form that we issue: under another authority the same name might mean more. Throws EnrolmentError.
 */
export function checkSameNames(request: SigningRequest, entry: RegistryEntry, authority: OperatingAuthority): string {
  const ours = authority.issuers.some(({ publicKeyInfo }) => entry.issuerKey !== null && publicKeyInfo.equals(entry.issuerKey))
  if (!ours) throw refused('was not issued by this authority', 'renew it where it came from')
  const hint = 'subject and subjectAltName have to be those of the certificate that you renew'
  if (printName(request.subject) !== entry.subjectDn) throw new EnrolmentError('request_refused', 'the subject is another', { hint })
  const asked = new Set(request.sans.map(sanText))
  if (asked.size !== entry.sans.length || !entry.sans.every((san) => asked.has(san)))
    throw new EnrolmentError('request_refused', 'the subjectAltName is another', { hint })
  const { commonName } = request
  const issuable = commonName !== null && Buffer.from(certificateParts(entry.der).subject).equals(subjectOf(commonName))
  if (commonName === null || !issuable) throw refused('has a subject that is not issued here', 'ask your administrator')
  return commonName
}

function refused(what: string, hint: string): EnrolmentError {
  return new EnrolmentError('certificate_refused', `your certificate ${what}`, { hint })
}
