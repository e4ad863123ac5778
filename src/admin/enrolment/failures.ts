import { IssuanceError } from '../../certificates/issuance-error.ts'
import { StoreError } from '../../store/failure.ts'
import { AdminProblem } from '../problem.ts'
import { EnrolmentError } from './enrolment-error.ts'

/** Seconds. */
const STORE_SOON = 10
const AUTHORITY_SOON = 60
const SOON = 5

/** What went wrong below, as whoever asks is told it; errors of programming are returned as they are. */
export function enrolmentFailure(error: unknown): unknown {
  if (error instanceof StoreError) return ofStore(error)
  // Of the administration: nothing is served yet, or names are being read anew.
  if (error instanceof AdminProblem && error.status === 503) return new EnrolmentError('unavailable', error.message, { retryAfter: SOON })
  if (!(error instanceof IssuanceError)) return error
  if (error.field === 'authority')
    return new EnrolmentError('unavailable', 'nothing can be issued now', { cause: error, retryAfter: AUTHORITY_SOON })
  return new EnrolmentError('request_refused', error.message, { cause: error, ...(error.hint === undefined ? {} : { hint: error.hint }) })
}

function ofStore(error: StoreError): EnrolmentError {
  const { code, message } = error
  if (code === 'token_refused') return new EnrolmentError('credentials_wrong', message, { cause: error, hint: 'ask for a new one' })
  if (code.startsWith('entry_')) {
    // The store's words name other certificates.
    return new EnrolmentError('not_granted', 'this key was revoked or disabled, or is registered already', {
      cause: error,
      hint: 'make a new key',
    })
  }
  return new EnrolmentError('unavailable', 'the registry cannot be written now', { cause: error, retryAfter: STORE_SOON })
}
