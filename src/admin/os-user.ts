/** How a command says who runs it, on the local socket alone: percent-encoded UTF-8. */
export const OS_USER_HEADER = 'certgate-os-user'

const LONGEST = 200
/** What could move a cursor, break a line or hide what stands beside it. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/u

/** Whether something may stand in the audit log as the name of a user of the machine. */
export function isOsUser(text: string): boolean {
  return text !== '' && text.length <= LONGEST && text.isWellFormed() && !UNPRINTABLE.test(text)
}

/** What a header tells; undefined: there is none. null: it cannot be read, or may not be kept. */
export function osUserIn(header: string | readonly string[] | undefined): string | null | undefined {
  if (header === undefined) return undefined
  if (typeof header !== 'string' || header.length > 3 * LONGEST * 4) return null
  try {
    const text = decodeURIComponent(header)
    return isOsUser(text) ? text : null
  } catch {
    return null
  }
}
