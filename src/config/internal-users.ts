import { ConfigError, type Problem } from '../errors.ts'
import { ANONYMOUS_NAME } from '../identity/types.ts'
import { isReservedRole } from '../identity/username.ts'
import { type Located, YamlDocument } from './document.ts'
import { EntryReader } from './entry-reader.ts'
import { deepFreeze } from './freeze.ts'
import { passwordHashProblem } from './password-hash.ts'
import type { InternalUser } from './settings.ts'
import type { YamlMapping } from './yaml.ts'

const KEYS = ['hash', 'backend_roles', 'attributes', 'description', 'reserved', 'hidden', 'static', 'opendistro_security_roles']

export interface LoadedInternalUsers {
  readonly users: readonly InternalUser[]
  readonly document: Located
  readonly warnings: readonly Problem[]
}

/**
 * Reads internal_users.yml in Open Distro's own format. Throws ConfigError with every problem at once; a message never
 * holds a hash. Linear in the text.
 */
export function parseInternalUsers(text: string, file: string): LoadedInternalUsers {
  const document = new YamlDocument(file, text)
  const reader = new EntryReader(document)
  const users: InternalUser[] = []
  for (const { name, entry, value } of reader.entries('user', 'internalusers')) {
    if (name === ANONYMOUS_NAME)
      reader.problem(entry.key, [name], `\`${name}\` is the name of requests without credentials`, 'give the user another name')
    if (name.includes(':')) reader.problem(entry.key, [name], 'a user name with `:` cannot be sent: RFC 7617 ends the name there')
    if (value === null) continue
    reader.checkKeys(value, [name], KEYS)
    const line = reader.document.source.position(entry.key.start).line
    users.push({ name, hash: readHash(reader, name, value, entry.key), backendRoles: readRoles(reader, name, value), line })
    checkRest(reader, name, value)
  }
  if (reader.hasErrors) throw new ConfigError(reader.problems)
  return { users: deepFreeze(users), document, warnings: reader.problems }
}

function readHash(reader: EntryReader, name: string, node: YamlMapping, key: { start: number; end: number }): string {
  const written = node.entries.get('hash')
  if (written === undefined) {
    const hint = node.entries.has('password')
      ? "passwords are not kept: make a hash with 'certgate users hash'"
      : "make one with 'certgate users hash'"
    reader.problem(key, [name], `user \`${name}\` has no \`hash\``, hint)
    return ''
  }
  const { value } = written
  const hash = value.kind === 'scalar' && typeof value.value === 'string' ? value.value : ''
  const problem = passwordHashProblem(hash)
  if (problem !== null) reader.problem(written.key, [name, 'hash'], problem, "make one with 'certgate users hash'")
  return hash
}

function readRoles(reader: EntryReader, name: string, node: YamlMapping): string[] {
  const roles: string[] = []
  reader.strings(node, [name], 'backend_roles', (value, scalar, path) => {
    if (value.trim() === '') reader.problem(scalar, path(), 'a blank backend role is left out', undefined, 'warning')
    else if (isReservedRole(value))
      reader.problem(
        scalar,
        path(),
        `\`${value}\` is left out: clearances and databases are given by the registry alone`,
        undefined,
        'warning',
      )
    else roles.push(value)
  })
  return roles
}

/** What the parent system knows and nothing here reads is still held to its form. */
function checkRest(reader: EntryReader, name: string, node: YamlMapping): void {
  for (const key of ['reserved', 'hidden', 'static']) reader.toggle(node, [name], key)
  reader.text(node, [name], 'description')
  const attributes = node.entries.get('attributes')?.value
  if (attributes !== undefined && attributes.kind !== 'mapping' && !(attributes.kind === 'scalar' && attributes.value === null)) {
    reader.problem(attributes, [name, 'attributes'], 'expected a mapping of attributes')
  }
  const direct = node.entries.get('opendistro_security_roles')
  if (direct === undefined || (direct.value.kind === 'sequence' && direct.value.items.length === 0)) return
  reader.problem(
    direct.key,
    [name, 'opendistro_security_roles'],
    'roles are not given here: this grants nothing',
    `list \`${name}\` under the role in roles_mapping.yml`,
    'warning',
  )
}
