import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseInternalUsers } from '../../../src/config/internal-users.ts'
import { parseConfig } from '../../../src/config/load.ts'
import { parseRoleMapping } from '../../../src/config/roles-mapping.ts'
import { ConfigError, type Problem } from '../../../src/errors.ts'
import { Finding } from '../finding.ts'
import { BOUNDS, type Outcome, type Target } from '../target.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures')

const WORDS = [
  'listeners:\n',
  'upstreams:\n',
  'routes:\n',
  'auth:\n',
  '  main:\n',
  '    address: 0.0.0.0:8443\n',
  '    tls: off\n',
  'allow: [admin]',
  'path: /**',
  '__proto__: ',
  'constructor: ',
  'prototype: ',
  'toString: 1\n',
  '? ',
  '- ',
  ': ',
  ' #',
  '&a ',
  '*a',
  '<<: *a',
  '!!str ',
  '!!binary ',
  '!',
  '|\n',
  '>-\n',
  '---\n',
  '...\n',
  '%YAML 1.2\n',
  '"\\u0000"',
  "''",
  '{',
  '}',
  '[',
  ']',
  ',',
  '~',
  'null',
  'yes',
  'off',
  '0x1F',
  '1e999',
  '.nan',
  '-0',
  '007',
  '1_000',
  '9007199254740993',
  '2001-01-01',
  '$' + '{env:HOME}',
  '$' + '{file:/nonexistent}',
  '${env:',
  '$${',
  '\t',
  '\r\n',
  '\ufeff',
  '\u2028',
  '\x85',
  '\x00',
  '😀',
  '10s',
  '5m',
  '1h30m',
  '-1s',
  '64k',
  '1GiB',
  '0.0.0.0/0',
  '::1',
  '[::]:443',
  'unix:/x',
  'http://[::1',
  'users: ["*"]\n',
  'hosts: [10.0.0.0/33]\n',
  '/(/',
  '/a{1001}/',
  'hash: "$2y$12$x"\n',
  '_meta: {type: rolesmapping}\n',
] as const

/** Every loader of a YAML file that a person writes. */
export const config: Target = {
  name: 'config',
  promise: 'any text is either read or refused with a ConfigError that shows line and snippet, in bounded time, and changes no prototype',
  bounds: BOUNDS,
  words: WORDS.map((word) => Buffer.from(word).toString('latin1')),
  seeds: () => [...files(join(FIXTURES, 'config')), ...files(join(FIXTURES, 'open-distro'))],
  generate: () => null,
  run,
}

function files(folder: string): Buffer[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yml'))
    .map((name) => readFileSync(join(folder, name)))
}

/** What a terminal acts on; a snippet has lines. */
const CONTROL = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/

const LOADERS: readonly [string, (text: string) => { readonly warnings: readonly Problem[]; readonly value: unknown }][] = [
  [
    'configuration',
    (text) => {
      const { warnings, settings } = parseConfig(text, '/nonexistent/certgate.yml', { env: { HOME: '/x' } })
      return { warnings, value: settings }
    },
  ],
  [
    'mapping',
    (text) => {
      const { warnings, mapping } = parseRoleMapping(text, '/nonexistent/roles_mapping.yml')
      return { warnings, value: mapping }
    },
  ],
  [
    'users',
    (text) => {
      const { warnings, users } = parseInternalUsers(text, '/nonexistent/internal_users.yml')
      return { warnings, value: users }
    },
  ],
]

const prototypeNames = (): string => [Object.prototype, Array.prototype, Map.prototype].map((one) => Reflect.ownKeys(one).length).join()
const untouched = prototypeNames()

function run(input: Buffer): Outcome {
  const text = input.toString('utf8')
  const lines = text.split(/\r\n|[\r\n]/).length
  const accepted: string[] = []
  let first = ''
  for (const [name, load] of LOADERS) {
    try {
      const { warnings, value } = load(text)
      accepted.push(name)
      for (const problem of warnings) checkProblem(problem, lines, text)
      plainObjects(value, name)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      if (!error.problems.some(({ severity }) => severity === 'error')) throw new Finding('refused without an error', name)
      for (const problem of error.problems) checkProblem(problem, lines, text)
      if (first === '')
        first = `${(error.problems[0]?.message ?? '')
          .replace(/`[^`]*`/g, '`')
          .replace(/\d+/g, 'N')
          .slice(0, 60)} ${Math.min(error.problems.length, 9)}`
    }
    if (prototypeNames() !== untouched) throw new Finding('a prototype was changed', name)
  }
  return accepted.length > 0 ? `accepted ${accepted.join(', ')}, else ${first}` : `refused ${first}`
}

function checkProblem({ message, line, column, snippet, path, hint = '' }: Problem, lines: number, text: string): void {
  const where = `line ${line}, column ${column} of ${lines}: ${message}`
  if (message === '') throw new Finding('a problem without a message', where)
  if (!Number.isInteger(line) || line < 1 || line > lines + 1) throw new Finding('a problem without a line', where)
  if (!Number.isInteger(column) || column < 1) throw new Finding('a problem without a column', where)
  if (snippet === '' && text !== '') throw new Finding('a problem without a snippet', where)
  for (const [what, shown] of Object.entries({ message, hint, path, snippet }))
    if (CONTROL.test(shown)) throw new Finding(`a control character in a ${what}`, JSON.stringify(shown))
}

/** Keys such as __proto__ must not have become what they say. */
function plainObjects(value: unknown, name: string, depth = 0): void {
  if (typeof value !== 'object' || value === null || depth > 30) return
  const prototype = Object.getPrototypeOf(value)
  if (![Object.prototype, Array.prototype, Map.prototype, Set.prototype, null].includes(prototype) && prototype.constructor === undefined)
    throw new Finding('a prototype of its own', name)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null && Object.getPrototypeOf(prototype) !== Object.prototype)
    throw new Finding('a prototype of its own', name)
  for (const one of value instanceof Map ? value.values() : Object.values(value)) plainObjects(one, name, depth + 1)
}
