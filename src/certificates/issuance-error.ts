import { CertgateError } from '../errors.ts'

/** Which part of what was asked for is wrong: an API answers 400 with it. */
export type IssuanceField = 'name' | 'names' | 'lifetime' | 'key' | 'request' | 'profile' | 'authority' | 'password'

/** This authority does not sign that: nothing was made. The message is for whoever asked, without a secret in it. */
export class IssuanceError extends CertgateError {
  readonly field: IssuanceField

  constructor(field: IssuanceField, message: string, hint?: string, cause?: unknown) {
    super('issuance_refused', message, { ...(hint === undefined ? {} : { hint }), ...(cause === undefined ? {} : { cause }) })
    this.field = field
  }
}
