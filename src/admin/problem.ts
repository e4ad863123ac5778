import { IssuanceError } from '../certificates/issuance-error.ts'
import { CertgateError, ConfigError, type ErrorCode, UnreadableCertificateError } from '../errors.ts'
import type { GrantRefusal } from '../policy/granting.ts'

export interface ProblemOptions {
  /** What to do about it. */
  readonly hint?: string | undefined
  readonly cause?: unknown
  /** With 405: the methods that there are. */
  readonly allow?: readonly string[]
  /** With 429 and 503: seconds after which it may be asked again. */
  readonly retryAfter?: number
  /** Set where somebody asked for what they may not: it is audited. */
  readonly refusal?: GrantRefusal['code'] | 'own_certificate'
}

/** An administrative request is not done: nothing of it was kept. The message is for whoever asked, without a secret in it. */
export class AdminProblem extends CertgateError {
  readonly status: number
  /** A word for programs, e.g. `name_in_use`. */
  readonly reason: string
  readonly allow: readonly string[]
  readonly retryAfter: number | null
  readonly refusal: ProblemOptions['refusal'] | null

  constructor(status: number, reason: string, message: string, options: ProblemOptions = {}) {
    const { hint, cause, allow = [], retryAfter = null, refusal = null } = options
    super('admin_refused', message, { ...(hint === undefined ? {} : { hint }), ...(cause === undefined ? {} : { cause }) })
    this.status = status
    this.reason = reason
    this.allow = allow
    this.retryAfter = retryAfter
    this.refusal = refusal
  }
}

/** 400: what was sent cannot be read or has a value that is none. */
export function malformed(message: string, hint?: string): AdminProblem {
  return new AdminProblem(400, 'invalid_request', message, { hint })
}

export function notFound(message: string): AdminProblem {
  return new AdminProblem(404, 'not_found', message)
}

/** What stands in the way is the state of things, not what the asker may do. */
const CONFLICTS: ReadonlySet<GrantRefusal['code']> = new Set(['last_admin', 'certificate_in_use'])

export function refusedBy({ code, detail }: GrantRefusal): AdminProblem {
  return new AdminProblem(CONFLICTS.has(code) ? 409 : 403, code, detail, { refusal: code })
}

/** Statuses of errors of the lower layers; what is missing here is nobody's to see. */
const STATUSES: ReadonlyMap<ErrorCode, number> = new Map<ErrorCode, number>([
  ['entry_unknown', 404],
  ['entry_exists', 409],
  ['entry_changed', 409],
  ['entry_refused', 409],
  ['token_refused', 409],
  ['file_exists', 409],
  ['certificate_unreadable', 400],
  ['issuance_refused', 400],
  ['config_invalid', 400],
  ['store_full', 507],
  ['store_locked', 503],
  ['store_lost', 503],
  ['store_corrupt', 503],
  ['io_failed', 500],
])

/** What a client is told of an error of any kind; null where it is a fault of ours that tells nobody anything. */
export function problemOf(error: unknown): AdminProblem | null {
  if (error instanceof AdminProblem) return error
  if (error instanceof IssuanceError) {
    const status = error.field === 'authority' ? 409 : 400
    return new AdminProblem(status, `invalid_${error.field}`, error.message, { hint: error.hint, cause: error })
  }
  if (error instanceof UnreadableCertificateError)
    return new AdminProblem(400, error.code, `the certificate cannot be read: ${error.message}`, { cause: error })
  if (error instanceof ConfigError) return new AdminProblem(400, error.code, error.message, { cause: error })
  if (!(error instanceof CertgateError)) return null
  const status = STATUSES.get(error.code)
  return status === undefined ? null : new AdminProblem(status, error.code, error.message, { hint: error.hint, cause: error })
}
