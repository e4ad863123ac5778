import { ConfigError, type Problem } from '../errors.ts'
import { mappingErrors } from '../policy/mapping-checks.ts'
import type { MappedValue, MappingEntry, RoleMapping } from '../policy/types.ts'
import { YamlDocument } from './document.ts'
import { EntryReader } from './entry-reader.ts'
import { judgeHost, judgeIssuer, judgePattern, judgeUser } from './expressions.ts'
import { deepFreeze } from './freeze.ts'
import { PatternBudget } from './pattern-budget.ts'
import { rememberByObject, rememberByText } from './remember.ts'
import { InvalidValue } from './shape.ts'
import type { YamlMapping } from './yaml.ts'

const KEYS = ['users', 'backend_roles', 'and_backend_roles', 'hosts', 'issuers', 'reserved', 'hidden', 'static', 'description'] as const

/** Words of a route's `allow` that are not roles. */
const RESERVED = new Set(['authenticated', 'anonymous'])

/** Throws InvalidValue for a value that cannot be used; returns a warning for one that will not do what it seems to. */
type Judge = (value: string) => string | undefined

export interface LoadedRoleMapping {
  readonly mapping: RoleMapping
  readonly document: YamlDocument
  readonly warnings: readonly Problem[]
}

/**
 * Reads roles_mapping.yml in Open Distro's own format. Throws ConfigError with every problem at once: nothing of a file
 * half understood grants a role. Linear in the text.
 */
export function parseRoleMapping(text: string, file: string): LoadedRoleMapping {
  const document = new YamlDocument(file, text)
  const reader = new EntryReader(document)
  const entries: MappingEntry[] = []
  const budget = new PatternBudget()
  for (const { name, entry, value } of reader.entries('role', 'rolesmapping')) {
    if (RESERVED.has(name))
      reader.problem(entry.key, [name], `\`${name}\` is a word of \`allow\` and cannot be a role`, 'give the role another name')
    if (value !== null) entries.push(readEntry({ reader, budget }, name, value, reader.document.source.position(entry.key.start).line))
  }
  if (reader.hasErrors) throw new ConfigError(reader.problems)
  return { mapping: deepFreeze({ file, entries }), document, warnings: reader.problems }
}

/** For what looks at the same text again and again. */
export const parseMappingOnce = rememberByText(parseRoleMapping)
export const mappingErrorsOnce = rememberByObject(mappingErrors)

interface Reading {
  readonly reader: EntryReader
  readonly budget: PatternBudget
}

function readEntry(reading: Reading, role: string, node: YamlMapping, line: number): MappingEntry {
  const { reader } = reading
  reader.checkKeys(node, [role], KEYS)
  const list = (key: (typeof KEYS)[number], judge: Judge) => readList(reading, node, [role, key], judge)
  // `static` marks the parent system's built-in entries and means nothing here.
  reader.toggle(node, [role], 'static')
  return {
    role,
    users: list('users', judgeUser),
    backendRoles: list('backend_roles', judgePattern),
    andBackendRoles: list('and_backend_roles', judgePattern),
    hosts: list('hosts', judgeHost),
    issuers: list('issuers', judgeIssuer),
    reserved: reader.toggle(node, [role], 'reserved'),
    hidden: reader.toggle(node, [role], 'hidden'),
    description: reader.text(node, [role], 'description'),
    line,
  }
}

/**
 * A missing, empty or null list grants nothing. A blank value stays in its list: it matches nothing, and dropping it
 * from and_backend_roles would leave fewer roles to hold.
 */
function readList({ reader, budget }: Reading, node: YamlMapping, [role, key]: readonly [string, string], judge: Judge): MappedValue[] {
  const values: MappedValue[] = []
  reader.strings(node, [role], key, (value, scalar, path) => {
    values.push({ value, line: reader.document.source.position(scalar.start).line })
    try {
      if (judge !== judgeIssuer && !budget.allows(value)) return
      const warning = judge(value)
      if (warning !== undefined) reader.problem(scalar, path(), warning, undefined, 'warning')
    } catch (error) {
      if (!(error instanceof InvalidValue)) throw error
      reader.problem(scalar, path(), error.message, error.hint)
    }
  })
  return values
}
