import type { IdentityHeaderSettings } from '../../config/settings.ts'
import { templateProblem } from './custom.ts'
import { fold } from './fold.ts'
import { FORWARDED_HEADERS } from './forwarded.ts'
import { headerNameProblem, optionProblems } from './options.ts'
import { dialectsOf } from './styles.ts'
import { hopProblem } from './trusted-hops.ts'

/** Two sources that would write one name (or names that upstreams may confuse) with different values. */
export interface HeaderConflict {
  readonly name: string
  readonly first: string
  readonly second: string
}

/** Every header name that these settings can make us write, X-Forwarded-* and Forwarded included; as written, no repeats. */
export function emittedNames(settings: IdentityHeaderSettings): readonly string[] {
  const names = dialectsOf(settings).flatMap(({ dialect }) => dialect.headers.map((header) => header.name))
  return [...new Set([...names, ...FORWARDED_HEADERS.map((header) => header.name), ...(settings.forwarded ? ['Forwarded'] : [])])]
}

/** Folded names of the headers whose values are secrets by where they come from. */
export function secretNames(settings: IdentityHeaderSettings): ReadonlySet<string> {
  const headers = dialectsOf(settings).flatMap(({ dialect }) => dialect.headers)
  return new Set(headers.filter(({ isSecret }) => isSecret === true).map(({ name }) => fold(name)))
}

/** Names that two styles, or a style and `custom`, write differently: a configuration error. */
export function conflicts(settings: IdentityHeaderSettings): readonly HeaderConflict[] {
  const owners = new Map<string, { readonly label: string; readonly name: string; readonly recipe: string }>()
  const found: HeaderConflict[] = []
  for (const { label, dialect } of dialectsOf(settings)) {
    for (const { name, recipe } of dialect.headers) {
      const owner = owners.get(fold(name))
      if (owner === undefined) owners.set(fold(name), { label, name, recipe })
      else if (owner.recipe !== recipe || owner.name.toLowerCase() !== name.toLowerCase()) {
        found.push({ name, first: owner.label, second: label })
      }
    }
  }
  return found
}

function repeatedStyles(settings: IdentityHeaderSettings): readonly string[] {
  const names = settings.styles.map(({ style }) => style)
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
}

/**
 * Everything that makes these settings unusable, as lower-case messages that begin with the key under `identity_headers`;
 * empty: they compile.
 */
export function identityHeaderProblems(settings: IdentityHeaderSettings): readonly string[] {
  const wrongOptions = settings.styles.flatMap(({ style, options }) => optionProblems(style, options))
  const wrongTemplates = [...settings.custom].flatMap(([name, template]) => {
    const nameProblem = headerNameProblem(name)
    const problem = templateProblem(template)
    return [nameProblem, problem === null ? null : `the template of ${name} ${problem}`].filter((text) => text !== null)
  })
  const problems = [
    ...repeatedStyles(settings).map((style) => `styles: ${style} is listed twice`),
    ...wrongOptions.map((problem) => `styles: ${problem}`),
    ...wrongTemplates.map((problem) => `custom: ${problem}`),
    ...settings.trustedHops.flatMap((hop) => hopProblem(hop) ?? []).map((problem) => `trusted_hops: ${problem}`),
  ]
  if (problems.length > 0) return problems
  return conflicts(settings).map(
    ({ name, first, second }) =>
      `styles: ${first} and ${second} write ${name} differently; rename it in one of them, or set it to "" there`,
  )
}
