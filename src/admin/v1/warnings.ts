import type { SignedCertificate } from '../../certificates/issue.ts'
import type { RegistryEntry } from '../../store/types.ts'

/** Of those that are mentioned by name; the rest is a number. */
const MENTIONED = 5

/** Where it ends before the time that was asked for. Quotable: it goes into a header too. */
export function warningsOf({ isCut, notAfter }: SignedCertificate): string[] {
  return isCut ? [`it ends with the authority, ${notAfter.toISOString().slice(0, 10)}: before the time that was asked for`] : []
}

export function sameKeyWarning(others: readonly RegistryEntry[]): string[] {
  if (others.length === 0) return []
  return [`this key has a certificate already: ${mentioned(others)}; whoever revokes or disables one of them refuses all`]
}

/** Roles go by name: a second holder of one has what the first has. Quotable, so without the names themselves. */
export function sameNameWarning(others: readonly RegistryEntry[]): string[] {
  if (others.length === 0) return []
  const [count, verb] = others.length === 1 ? ['another certificate', 'has'] : [`${others.length} other certificates`, 'have']
  return [`${count} in force ${verb} this name: it has the same roles, and commands ask for a thumbprint where the name alone is given`]
}

/** What somebody else's certificate gives its holder beyond the clearance and the databases that were granted to it. */
export function trustWarnings(roles: readonly string[], sameName: readonly RegistryEntry[]): string[] {
  const first = sameName[0]
  return [
    ...(roles.length === 0 ? [] : [`the names in it have roles in the mapping: ${listed(roles)}`]),
    ...(first === undefined
      ? []
      : [
          `its name is in use by ${mentionedWithClearance(sameName)}: whoever holds this one is taken for the same by everything that goes by name`,
        ]),
  ]
}

function mentionedWithClearance(others: readonly RegistryEntry[]): string {
  return listed(others.map(({ name, clearance, thumbprint }) => `${JSON.stringify(name)} (${clearance}, ${thumbprint.slice(0, 12)})`))
}

function mentioned(others: readonly RegistryEntry[]): string {
  return listed(others.map(({ name }) => JSON.stringify(name)))
}

function listed(texts: readonly string[]): string {
  const more = texts.length > MENTIONED ? ` and ${texts.length - MENTIONED} more` : ''
  return `${texts.slice(0, MENTIONED).join(', ')}${more}`
}
