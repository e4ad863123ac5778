import { CertgateError } from '../errors.ts'

/**
 * A pattern, a DN or an attribute selector that a person wrote cannot be used. Whoever knows its file and line
 * turns this into a Problem; nothing half understood is ever matched against.
 */
export class ExpressionError extends CertgateError {
  constructor(message: string, hint?: string, cause?: unknown) {
    super('config_invalid', message, { ...(hint === undefined ? {} : { hint }), ...(cause === undefined ? {} : { cause }) })
  }
}
