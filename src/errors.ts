/** Every error that certgate raises on purpose has one of these codes; nothing else decides an exit code. */
export type ErrorCode =
  | 'usage'
  | 'input_refused'
  | 'config_invalid'
  | 'material_unusable'
  | 'certificate_unreadable'
  | 'issuance_refused'
  | 'address_unavailable'
  | 'not_running'
  | 'reload_failed'
  | 'file_exists'
  | 'io_failed'
  | 'store_corrupt'
  | 'store_foreign'
  | 'store_newer'
  | 'store_locked'
  | 'store_full'
  | 'store_lost'
  | 'entry_unknown'
  | 'entry_exists'
  | 'entry_changed'
  | 'entry_refused'
  | 'token_refused'
  | 'admin_refused'
  | 'backup_unusable'
  | 'enrolment_refused'

/** Base of all deliberate errors. `hint` is a second line for people: what to do about it. */
export class CertgateError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.hint = options.hint
  }
}

/** Wrong flags or arguments, whatever is in files or at the gateway: exit code 2. */
export class UsageError extends CertgateError {
  constructor(message: string, hint?: string) {
    super('usage', message, hint === undefined ? {} : { hint })
  }
}

/** What a command was given cannot be used: a file that it names, standard input, an answer. Exit code 1: its words were right. */
export class InputError extends CertgateError {
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('input_refused', message, options)
  }
}

/** One thing wrong in a file a person wrote; lines and columns count from 1. */
export interface Problem {
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** Dotted path of the key, e.g. `listeners.main.tls.client_ca[0]`; empty for the whole file. */
  readonly path: string
  readonly file: string
  readonly line: number
  readonly column: number
  /** The offending source line(s), ready to print, with a caret line; empty where there is none. */
  readonly snippet: string
  readonly hint?: string
}

/** The configuration cannot be used: nothing is opened, or the old snapshot stays. */
export class ConfigError extends CertgateError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const errors = problems.filter((problem) => problem.severity === 'error')
    super('config_invalid', `${errors.length} ${errors.length === 1 ? 'problem' : 'problems'} in the configuration`)
    this.problems = problems
  }
}

/** A key, certificate, CA bundle, CRL or PFX file is missing, unreadable, or does not fit: fails closed. */
export class MaterialError extends CertgateError {
  readonly file: string

  constructor(file: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('material_unusable', message, options)
    this.file = file
  }
}

/** The DER of a certificate or name is not something we are willing to interpret: refused, never guessed at. */
export class UnreadableCertificateError extends CertgateError {
  constructor(message: string, cause?: unknown) {
    super('certificate_unreadable', message, cause === undefined ? {} : { cause })
  }
}
