import { CertgateError } from '../../errors.ts'

/** Why nothing was issued; each has one status. */
export type EnrolmentReason =
  | 'request_refused'
  | 'credentials_missing'
  | 'credentials_wrong'
  | 'certificate_missing'
  | 'certificate_refused'
  | 'not_granted'
  | 'too_many_failures'
  | 'too_many_renewals'
  | 'unavailable'

const STATUS: ReadonlyMap<EnrolmentReason, number> = new Map([
  ['request_refused', 400],
  ['credentials_missing', 401],
  ['credentials_wrong', 401],
  ['certificate_missing', 401],
  ['certificate_refused', 403],
  ['not_granted', 403],
  ['too_many_failures', 429],
  ['too_many_renewals', 429],
  ['unavailable', 503],
])

/** Nothing was issued, recorded or used up. The message is for whoever asked, without anything they do not know. */
export class EnrolmentError extends CertgateError {
  readonly reason: EnrolmentReason
  readonly status: number
  /** Seconds after which asking again makes sense; null: it does not by itself. */
  readonly retryAfter: number | null

  constructor(reason: EnrolmentReason, message: string, options: { hint?: string; cause?: unknown; retryAfter?: number } = {}) {
    const { retryAfter = null, ...rest } = options
    super('enrolment_refused', message, rest)
    this.reason = reason
    this.status = STATUS.get(reason) ?? 500
    this.retryAfter = retryAfter
  }
}
