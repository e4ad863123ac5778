import { CertgateError } from '../errors.ts'

/** Causes are followed this far. */
const MAX_CAUSES = 4

/** What is logged of an error. */
export interface ErrorFields {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly syscall?: string
  readonly hint?: string
  readonly stack?: string
  readonly cause?: ErrorFields
}

/**
 * An error as log fields. Only these: other properties of an error may hold whole options, keys and passwords included.
 * Deliberate errors need no stack; of the others it stays on one line.
 */
export function errorFields(error: unknown, depth = 0): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: typeof error === 'string' ? error : 'not an error object' }
  const system = error as NodeJS.ErrnoException
  return {
    type: error.name,
    message: error.message,
    ...(typeof system.code === 'string' && { code: system.code }),
    ...(typeof system.syscall === 'string' && { syscall: system.syscall }),
    ...(error instanceof CertgateError && error.hint !== undefined && { hint: error.hint }),
    ...(!(error instanceof CertgateError) && { stack: frames(error) }),
    ...(error.cause !== undefined && depth < MAX_CAUSES && { cause: errorFields(error.cause, depth + 1) }),
  }
}

function frames(error: Error): string {
  const lines = (error.stack ?? '').split('\n')
  return lines
    .filter((line) => line.startsWith('    at '))
    .map((line) => line.slice(7))
    .join(' < ')
}
