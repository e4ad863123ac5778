import type { SanType } from '../../identity/types.ts'
import { dnOf, emailOf, sansOf } from './claims.ts'
import type { BlockWriter, Dialect } from './dialect.ts'
import { encodeValue } from './encode.ts'
import type { HeaderSubject } from './types.ts'

const SEPARATOR = ','

/** `list`: several values joined by the separator, which is then escaped inside each. */
interface Claim {
  readonly list: boolean
  readonly values: (subject: HeaderSubject) => readonly (string | null | undefined)[]
}

const single = (value: (subject: HeaderSubject) => string | null | undefined): Claim => ({
  list: false,
  values: (subject) => [value(subject)],
})
const list = (values: (subject: HeaderSubject) => readonly string[]): Claim => ({ list: true, values })

const CLAIMS: ReadonlyMap<string, Claim> = new Map([
  ['name', single(({ identity }) => identity?.name)],
  ['dn', single(dnOf)],
  ['roles', list(({ identity, roles }) => (identity === null ? [] : roles))],
  ['backend_roles', list(({ identity }) => identity?.backendRoles ?? [])],
  ['fingerprint', single(({ certificate }) => certificate?.fingerprint)],
  ['issuer', single(({ certificate }) => certificate?.issuerDn)],
  ['serial', single(({ certificate }) => certificate?.serial)],
  ['email', single(({ certificate }) => emailOf(certificate))],
])

const SAN_TYPES: readonly SanType[] = [
  'otherName',
  'rfc822Name',
  'dNSName',
  'directoryName',
  'uniformResourceIdentifier',
  'iPAddress',
  'registeredID',
]

interface Template {
  /** One more than claims: the text before, between and after them. */
  readonly literals: readonly string[]
  readonly claims: readonly Claim[]
  /** Punctuation that stands between two claims, and so must not occur inside one: `{name};{dn}` has one reading only. */
  readonly between: string
}

function claimOf(placeholder: string): Claim | null {
  const type = /^san:(.+)$/.exec(placeholder)?.[1]?.toLowerCase()
  if (type === undefined) return CLAIMS.get(placeholder) ?? null
  const known = SAN_TYPES.find((candidate) => candidate.toLowerCase() === type)
  return known === undefined ? null : list(({ certificate }) => sansOf(certificate, known))
}

function textProblem(template: string): string | null {
  if (template === '' || /^ | $/.test(template)) return 'must not be empty, nor begin or end with a space'
  if (!/^[ -~]*$/.test(template)) return 'may hold printable ASCII only'
  return /[{}]/.test(template.replace(/\{[^{}]*\}/g, '')) ? 'has a "{" or "}" that belongs to no placeholder' : null
}

function parse(template: string): Template | string {
  const wrong = textProblem(template)
  if (wrong !== null) return wrong
  const pieces = template.split(/\{([^{}]*)\}/)
  const literals = pieces.filter((_, index) => index % 2 === 0)
  const claims: Claim[] = []
  for (const placeholder of pieces.filter((_, index) => index % 2 === 1)) {
    const claim = claimOf(placeholder)
    if (claim === null)
      return `has no placeholder {${placeholder}}; there are ${[...CLAIMS.keys()].map((name) => `{${name}}`).join(' ')} {san:TYPE}`
    claims.push(claim)
  }
  const inner = literals.slice(1, -1)
  if (inner.some((literal) => !/[^A-Za-z0-9]/.test(literal))) return 'needs punctuation between two placeholders'
  return { literals, claims, between: inner.join('').replace(/[A-Za-z0-9]/g, '') }
}

/** Why a `custom` template cannot be used; null: it can. */
export function templateProblem(template: string): string | null {
  const parsed = parse(template)
  return typeof parsed === 'string' ? parsed : null
}

/** A header whose claims are all empty is not sent; one without placeholders is sent always. */
function render({ literals, claims, between }: Template, subject: HeaderSubject): string {
  const values = claims.map((claim) =>
    claim
      .values(subject)
      .filter((value) => typeof value === 'string' && value !== '')
      .map((value) => encodeValue(value as string, claim.list ? SEPARATOR + between : between))
      .join(SEPARATOR),
  )
  if (claims.length > 0 && values.every((value) => value === '')) return ''
  return literals.map((literal, index) => literal + (values[index] ?? '')).join('')
}

/**
 * Headers from `identity_headers.custom`: name -> template with {name} {dn} {roles} {backend_roles} {fingerprint} {issuer}
 * {serial} {email} {san:TYPE}. Lists are joined by `,`; every claim is percent-encoded. Templates are valid already.
 */
export function customDialect(templates: ReadonlyMap<string, string>): Dialect {
  const compiled = [...templates].flatMap(([name, template]) => {
    const parsed = parse(template)
    return typeof parsed === 'string' ? [] : [{ name, parsed }]
  })
  return {
    headers: [...templates].map(([name, template]) => ({
      name,
      recipe: template === '{name}' ? 'user' : `template ${template}`,
      // It says nothing of anybody: what is the same for all is there to prove who sends it.
      isSecret: !template.includes('{'),
    })),
    write(subject: HeaderSubject, out: BlockWriter) {
      for (const { name, parsed } of compiled) {
        const value = render(parsed, subject)
        if (value !== '') out.line(name, value)
      }
    },
  }
}
