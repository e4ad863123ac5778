/**
 * Values in the languages of identity and policy, judged by their own code. This is the exception to "config imports
 * only types of identity and policy": a second parser here would sooner or later disagree with the first.
 */
import { parseAttributeSelector } from '../identity/attribute-selector.ts'
import { ExpressionError } from '../identity/expression-error.ts'
import { canonicalDn, parseName } from '../identity/name-parse.ts'
import { attributeOid } from '../identity/oids.ts'
import { compilePattern, isExact } from '../identity/pattern.ts'
import { reversedName } from '../policy/mapping-checks.ts'
import { HostIndex } from '../policy/mapping-host.ts'
import { readIssuer } from '../policy/mapping-issuer.ts'
import { parseRoutePattern } from '../policy/route-pattern.ts'
import { InvalidValue, parsed, text } from './shape.ts'

/** Runs a parser of identity or policy; what it throws at a person's text becomes an InvalidValue. */
export function judgeExpression<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof ExpressionError) throw new InvalidValue(error.message, error.hint)
    if (error instanceof Error) throw new InvalidValue(error.message)
    throw error
  }
}

function judged(what: string, parse: (value: string) => unknown) {
  return parsed(text(what), (value) => {
    judgeExpression(() => parse(value))
    return value
  })
}

/** `/movies/**`, `/databases/{db}/**` */
export function routePath() {
  return judged('a path', parseRoutePattern)
}

/** `cn`, `dn:ou`, `san:dNSName:*.example` */
export function attributeSelector() {
  return judged('an attribute', parseAttributeSelector)
}

/** Exact, with `*` and `?`, or `/whole-string regex/`. */
export function namePattern() {
  return judged('a pattern', compilePattern)
}

/** A value of `backend_roles`. Throws InvalidValue for a regex that cannot be compiled. */
export function judgePattern(value: string): undefined {
  if (!isExact(value) && value.trim() !== '') judgeExpression(() => compilePattern(value))
}

/** A value of `users`: a name, a DN or a pattern; warns of what begins like a DN and is none. */
export function judgeUser(value: string): string | undefined {
  if (!isExact(value)) {
    judgePattern(value)
    return undefined
  }
  if (!value.includes('=')) return undefined
  const type = /^\s*([A-Za-z][A-Za-z0-9.-]*)\s*=/.exec(value)?.[1]
  if (type === undefined || attributeOid(type) === null || canonicalDn(value) !== null) return undefined
  try {
    parseName(value)
  } catch (error) {
    return `this begins like a DN but is none, so it is compared as a plain name: ${error instanceof Error ? error.message : ''}`
  }
  return undefined
}

/** A value of `hosts`: an IP address, a CIDR block or a pattern on the address. */
export function judgeHost(value: string): undefined {
  if (value.trim() !== '') judgeExpression(() => new HostIndex<null>().add(value, null))
}

/** A value of `issuers`: the DN of a CA, or the SHA-256 of its key. */
export function judgeIssuer(value: string): undefined {
  if (readIssuer(value) === null)
    throw new InvalidValue('expected the DN of a CA, or the SHA-256 of its key in hex', "'certgate dn ca.crt' prints both")
}

/** What a DN was probably meant to be, where it is written outermost part last; else null. */
export function reversedDn(value: string): string | null {
  const meant = reversedName(value)
  return meant === null ? null : `probably meant: ${meant}`
}

/** Names of the `{name}` segments of a path that `routePath` has accepted. */
export function capturesIn(path: string): string[] {
  return parseRoutePattern(path).segments.flatMap((segment) => (segment.kind === 'capture' ? [segment.name] : []))
}
