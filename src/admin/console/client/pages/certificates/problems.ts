import { ApiError } from '../../api-error.ts'
import type { Wrong } from './drafts.ts'

/** What came of asking: at which fields, and what belongs to none of them. */
export interface Problems {
  readonly fields: Wrong
  /** null: nothing. */
  readonly error: unknown
}

export const NO_PROBLEMS: Problems = { fields: new Map(), error: null }

/** Fields by the code of the API. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ['invalid_name', 'name'],
  ['name_in_use', 'name'],
  ['role_not_held', 'name'],
  ['clearance_not_held', 'clearance'],
  ['clearance_too_low', 'clearance'],
  ['permission_not_held', 'permissions'],
  ['invalid_names', 'names'],
  ['invalid_lifetime', 'lifetime'],
  ['invalid_password', 'password'],
  ['invalid_key', 'key-type'],
])

/** `more`: those of this form alone. `shown`: the fields that it has. */
export function problemsOf(error: unknown, shown: readonly string[], more: ReadonlyMap<string, string> = new Map()): Problems {
  if (!(error instanceof ApiError)) return { fields: new Map(), error }
  const field = fieldOf(error, more)
  if (field === undefined || !shown.includes(field)) return { fields: new Map(), error }
  return { fields: new Map([[field, error.hint === null ? `${error.message}.` : `${error.message}: ${error.hint}.`]]), error: null }
}

function fieldOf({ code, message }: ApiError, more: ReadonlyMap<string, string>): string | undefined {
  // One word for all that cannot be read; which of it is only in the words.
  if (code === 'invalid_request' && /^(?:database|unknown permission)/i.test(message)) return 'permissions'
  return more.get(code) ?? FIELDS.get(code)
}
