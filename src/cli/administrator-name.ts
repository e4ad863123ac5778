import { IssuanceError } from '../certificates/issuance-error.ts'
import { checkName } from '../certificates/subject-name.ts'
import { UsageError } from '../errors.ts'
import { isExact } from '../identity/pattern.ts'
import { ANONYMOUS_NAME } from '../identity/types.ts'

/**
 * The common name of the first administrator. In the mapping it has to stand for itself and nobody else, so that what would be a
 * pattern or a DN there is refused. Throws UsageError.
 */
export function administratorName(text: string): string {
  const name = text.trim()
  try {
    checkName(name)
  } catch (error) {
    if (error instanceof IssuanceError) throw new UsageError(error.message, error.hint)
    throw error
  }
  if (name === ANONYMOUS_NAME) throw new UsageError(`'${name}' is what the mapping calls those who have no name`)
  if (!isExact(name) || name.includes('='))
    throw new UsageError(`the mapping would take '${name}' for a pattern or a DN`, 'leave out *, ?, = and slashes at both ends')
  return name
}
