import { COMMON_NAME } from '../identity/oids.ts'
import { hasInvisible, hasUnprintable } from '../identity/unprintable.ts'
import * as der from './der-write.ts'
import { IssuanceError } from './issuance-error.ts'

/** RFC 5280 appendix A.1, ub-common-name. */
const LONGEST = 64
/** Counted in characters up to this length, in UTF-16 units beyond: nobody minds the difference there. */
const COUNTED = 4_096
/** What stands in a message of somebody else's text. */
const SHOWN = 40

/**
 * The DER of a subject with this one CN, taken as it is: `a,OU=x` and `../x` are names, never structure. Throws IssuanceError for a
 * name that is empty, longer than 64 characters, or holds what a terminal or header cannot show.
 */
export function subjectOf(commonName: string): der.Der {
  checkName(commonName)
  const attribute = der.sequence(der.objectIdentifier(COMMON_NAME), der.utf8String(commonName))
  return der.sequence(der.setOf(attribute))
}

/** Throws IssuanceError where `subjectOf` would. */
export function checkName(name: string): void {
  if (name === '') throw new IssuanceError('name', 'the name is empty', 'give a name of 1 to 64 characters')
  const length = name.length > COUNTED ? name.length : [...name].length
  if (length > LONGEST) {
    throw new IssuanceError(
      'name',
      `the name '${[...name.slice(0, SHOWN)].join('')}...' has ${length} characters`,
      `at most ${LONGEST} fit into a certificate`,
    )
  }
  if (!name.isWellFormed()) throw new IssuanceError('name', 'the name is not well-formed text')
  if (hasUnprintable(name))
    throw new IssuanceError('name', 'the name has characters that cannot be shown', 'leave out controls and marks of writing direction')
  if (hasInvisible(name))
    throw new IssuanceError('name', 'the name has characters that nobody sees', 'leave out zero-width characters, fillers and soft hyphens')
  if (name.trim() === '') throw new IssuanceError('name', 'the name has only blanks', 'give a name that can be seen')
}
