import type { z } from 'zod'
import type { Problem } from '../errors.ts'
import type { Path, ProblemOptions, YamlDocument } from './document.ts'
import { didYouMean, KNOWN_HERE, LATER, ONLY } from './shape.ts'
import { isSecretKey } from './source.ts'
import { nearest } from './suggest.ts'
import { describeScalar, type YamlNode } from './yaml.ts'

type Issue = z.core.$ZodIssue

interface Finding {
  readonly path: Path
  readonly message: string
  readonly options: ProblemOptions
}

/** Where else a key may stand: `client_ca` -> `listeners.NAME.tls`. */
export type KeyPlaces = (key: string) => readonly string[]

/** Turns zod's issues into problems a person can act on, each at its own place in the file. */
export function issueProblems(issues: readonly Issue[], document: YamlDocument, base: Path, places: KeyPlaces): Problem[] {
  const found = issues.flatMap((issue) => findings(issue, document, base))
  return found
    .filter(({ path }) => !isUnresolved(document.node(path)))
    .filter((finding) => !isMisspelt(finding, found, document))
    .map(({ path, message, options }) => document.problem(path, withoutSecrets(message, document, path), elsewhere(path, options, places)))
}

/** `certificat` is told as such; that `certificate` is missing then goes without saying. */
function isMisspelt({ path }: Finding, found: readonly Finding[], document: YamlDocument): boolean {
  if (document.node(path) !== undefined) return false
  const hint = didYouMean(String(path.at(-1)))
  return found.some(
    (other) =>
      other.options.hint === hint &&
      other.path.length === path.length &&
      path.slice(0, -1).every((part, index) => part === other.path[index]),
  )
}

/** The same at the top level, whose sections are read one by one. */
export function withoutMisspelt(problems: readonly Problem[]): Problem[] {
  return problems.filter(({ path, message }) => {
    if (message !== `\`${path}\` is missing`) return true
    return !problems.some(({ path: other, hint }) => hint === didYouMean(path) && !/[.[]/.test(other))
  })
}

/** A key that is unknown here and near to none may be at home elsewhere. */
function elsewhere(path: Path, options: ProblemOptions, places: KeyPlaces): ProblemOptions {
  if (options.hint?.startsWith(KNOWN_HERE) !== true) return options
  const homes = places(String(path.at(-1)).split('.').at(-1) ?? '')
  if (homes.length === 0 || homes.length > 3) return options
  return { ...options, hint: `it belongs ${homes.map((home) => (home === '' ? 'at the top level' : `under \`${home}\``)).join(' or ')}` }
}

function findings(issue: Issue, document: YamlDocument, base: Path): Finding[] {
  const path = [...base, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))]
  const node = document.node(path)
  switch (issue.code) {
    case 'unrecognized_keys':
      return unknownKeys(issue.keys, issue.message, path)
    case 'invalid_union':
      return unionFindings(issue, node, document, path)
    case 'invalid_key':
      return [{ path, message: issue.issues[0]?.message ?? issue.message, options: { at: 'key' } }]
    case 'invalid_type':
      return [{ path, ...wrongType(issue.expected, node, document, path) }]
    case 'invalid_value':
      if (issue.message.startsWith(ONLY) && node !== undefined) return [{ path, message: issue.message, options: {} }]
      return [{ path, ...wrongWord(issue.values.map(String), node, path) }]
    case 'custom':
      return [
        {
          path,
          message: issue.message === LATER ? `\`${String(path.at(-1))}\` is ${LATER}` : issue.message,
          options: customOptions(issue.params),
        },
      ]
    default:
      return [{ path, message: issue.message, options: {} }]
  }
}

/** `section` in shape.ts puts one suggestion per key, in order, into the message. */
function unknownKeys(keys: readonly string[], suggestions: string, path: Path): Finding[] {
  const lines = suggestions.split('\n')
  return keys.map((key, index) => {
    const hint = lines[index]
    return { path: [...path, key], message: `unknown key \`${key}\``, options: { at: 'key', ...(hint ? { hint } : {}) } }
  })
}

/** A branch with one of these at its root did not even take the value's kind. */
const KIND_CODES = new Set(['invalid_type', 'invalid_value'])

function unionFindings(
  issue: Issue & { code: 'invalid_union' },
  node: YamlNode | undefined,
  document: YamlDocument,
  path: Path,
): Finding[] {
  if (node === undefined) return [{ path, ...missing(path) }]
  // The branch that took the value's kind and found fault deeper inside is the one that was meant.
  const meant = issue.errors.find((branch) => branch.every((inner) => inner.path.length > 0 || !KIND_CODES.has(inner.code)))
  if (meant !== undefined && meant.length > 0) return meant.flatMap((inner) => findings(inner, document, path))
  if (issue.message !== 'Invalid input') return [{ path, message: issue.message, options: {} }]
  return [{ path, message: 'not a value that belongs here', options: {} }]
}

/** What to write, where that is not plain from the key. */
const MISSING_HINTS = new Map([
  ['address', 'e.g. address: 0.0.0.0:8443'],
  ['tls', 'for a plain listener without TLS write `tls: off`'],
  ['certificate', 'certificate: { cert: server.crt, key: server.key }, or { pfx: server.pfx, password: ... }'],
  ['targets', 'e.g. targets: ["http://127.0.0.1:9200"]'],
  ['path', 'e.g. path: /movies/**, or /** for everything'],
  ['allow', 'who may: a role, `authenticated` for everybody with a trusted identity, or `anonymous`'],
  ['upstream', 'the name of one under `upstreams`'],
  ['upstreams', 'e.g. upstreams: { search: { targets: ["http://127.0.0.1:9200"] } }'],
  ['routes', 'nothing is forwarded that no route allows'],
])

function missing(path: Path): { message: string; options: ProblemOptions } {
  const key = String(path.at(-1) ?? '')
  const hint = MISSING_HINTS.get(key)
  return { message: `\`${key}\` is missing`, options: hint === undefined ? {} : { hint } }
}

const EXPECTED = new Map([
  ['string', 'text'],
  ['array', 'a list'],
  ['object', 'a mapping (`key: value` lines)'],
  ['record', 'a mapping (`name: ...` lines)'],
  ['boolean', 'true or false'],
  ['number', 'a number'],
])

function wrongType(
  expected: string,
  node: YamlNode | undefined,
  document: YamlDocument,
  path: Path,
): { message: string; options: ProblemOptions } {
  if (node === undefined) return missing(path)
  const wanted = EXPECTED.get(expected) ?? expected
  if (expected === 'array' && node.kind === 'scalar' && typeof node.value === 'string') {
    return {
      message: `expected ${wanted}`,
      options: { hint: `one alone is written [${document.source.text.slice(node.start, node.end)}]` },
    }
  }
  if (node.kind !== 'scalar') return { message: `expected ${wanted}, not a ${node.kind === 'sequence' ? 'list' : 'mapping'}`, options: {} }
  const raw = document.source.text.slice(node.start, node.end)
  if (raw === '')
    return {
      message: `\`${String(path.at(-1))}\` is empty`,
      options: { hint: `write ${wanted} after it, or remove the line` },
    }
  if (expected !== 'string' || typeof node.value === 'string') return { message: `expected ${wanted}`, options: {} }
  if (path.some((part) => typeof part === 'string' && isSecretKey(part))) {
    return { message: 'expected text, but this is read as something else', options: { hint: 'quote it' } }
  }
  return { message: `expected text, but \`${raw}\` is read as ${describeScalar(node.value)}`, options: { hint: `quote it: "${raw}"` } }
}

function wrongWord(words: readonly string[], node: YamlNode | undefined, path: Path): { message: string; options: ProblemOptions } {
  if (node === undefined) return missing(path)
  const wanted = words.length === 1 ? `\`${words[0] ?? ''}\`` : `one of ${words.map((word) => `\`${word}\``).join(', ')}`
  const meant = node.kind === 'scalar' && typeof node.value === 'string' ? nearest(node.value, words) : undefined
  return { message: `expected ${wanted}`, options: meant === undefined ? {} : { hint: didYouMean(meant) } }
}

function customOptions(params: Record<string, unknown> | undefined): ProblemOptions {
  const hint = params?.hint
  const at = params?.at === 'key' ? 'key' : 'value'
  return typeof hint === 'string' ? { hint, at } : { at }
}

function isUnresolved(node: YamlNode | undefined): boolean {
  return node?.kind === 'scalar' && node.unresolved === true
}

/** A message may quote what was written, never what a placeholder brought in or what stands under a secret key. */
function withoutSecrets(message: string, document: YamlDocument, path: Path): string {
  const node = document.node(path)
  if (node?.kind !== 'scalar' || typeof node.value !== 'string' || node.value === '') return message
  const secret = path.some((part) => typeof part === 'string' && isSecretKey(part))
  if (!secret && !node.interpolated) return message
  const value = node.value
  const shown = secret ? '***' : document.source.text.slice(node.start, node.end).replace(/^["']|["']$/g, '')
  return message.replaceAll(value, shown).replace(/([`'"])([^`'"]+)\1/g, (whole, quote: string, inside: string) => {
    return inside !== shown && value.includes(inside) ? `${quote}${shown}${quote}` : whole
  })
}
