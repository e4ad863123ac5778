import { AssertionError } from 'node:assert'
import { editRoles, type RoleChanges, readRoles } from '../../../src/config/mapping-editor.ts'
import { EMPTY_ROLE, isSameRole, RoleEditError, type RoleEntry } from '../../../src/config/role-entry.ts'
import { ConfigError } from '../../../src/errors.ts'
import { checkRandomEdit } from '../../support/role-edits.ts'
import { Finding } from '../finding.ts'
import { BOUNDS, type Outcome, type Target } from '../target.ts'

const FILE = 'roles_mapping.yml'
const NEW_ROLE = 'fuzz new'
const NEW: RoleEntry = { ...EMPTY_ROLE, users: ['CN=new', '*'], description: 'x: #y' }

let properties = 0

/** Input: `seed N` for a file and a change made from it, or the text of a mapping, to which fixed changes are made. */
export const mappingEdits: Target = {
  name: 'mapping-edits',
  promise: 'an edit of roles_mapping.yml says exactly what was meant, or is refused, and comments stay',
  bounds: BOUNDS,
  words: [
    '# comment\n',
    ' # c',
    'users:\n',
    '  users: [a, b]\n',
    '    - c\n',
    '- d\n',
    '"q": {}\n',
    'admin: { users: [x] } # c\n',
    '&a ',
    '*a',
    '<<: *a\n',
    '>\n',
    '|-\n',
    '? ',
    '---\n',
    '...\n',
    '\r\n',
    '\n\n',
    '{',
    '}',
    '[',
    ']',
    ',',
    'hidden: true\n',
    'description: "a\\nb"\n',
    "''",
    '~',
    '_meta: {type: rolesmapping}\n',
    '\t',
    '\xef\xbb\xbf',
  ],
  seeds: () =>
    [
      'admin: { users: [admin] }\nreadall: { users: [CLIENT1] }\n',
      '# top\n\nadmin:\n  # in\n  users:\n    - a # one\n    # two\n    - b\n  hidden: true\n\n# next\nops:\n  backend_roles: [x, y]\n',
      '{"admin": {"users": ["a"]}, "b": {}}\n',
      'base: &b\n  users: [a]\nother:\n  <<: *b\n  hosts: ["10.0.0.0/8"]\n',
      '_meta:\n  type: rolesmapping\n  config_version: 2\nadmin:\n  users:\n  - "a"\n  - \'b\'\n  description: >-\n    folded\n    text\nlast:\n',
    ].map((text) => Buffer.from(text)),
  generate: (random) => Buffer.from(`seed ${random.below(2 ** 31)}`),
  run,
  counters: () => ({ 'random files and changes': properties }),
}

function run(input: Buffer): Outcome {
  const text = input.toString('utf8')
  const seed = /^seed (\d{1,10})$/.exec(text)
  if (seed !== null) {
    properties++
    try {
      checkRandomEdit(Number(seed[1]))
    } catch (error) {
      if (error instanceof AssertionError) throw new Finding('a random edit says something else', error.message)
      throw error
    }
    return 'accepted random edit'
  }
  return editText(text)
}

function editText(text: string): Outcome {
  let before: Map<string, RoleEntry>
  try {
    before = readRoles(text, FILE)
  } catch (error) {
    if (error instanceof ConfigError)
      return `refused ${(error.problems[0]?.message ?? '')
        .replace(/`[^`]*`/g, '`')
        .replace(/\d+/g, 'N')
        .slice(0, 50)}`
    throw error
  }
  const words = [...changesOf(before)].map(([what, changes]) => `${what} ${edit(text, before, changes, what)}`)
  return `accepted ${Math.min(before.size, 4)} ${words.join(', ')}`
}

function* changesOf(before: ReadonlyMap<string, RoleEntry>): Generator<readonly [string, RoleChanges]> {
  if (!before.has(NEW_ROLE)) yield ['add', new Map([[NEW_ROLE, NEW]])]
  const [first] = before
  const last = [...before].at(-1)
  if (first === undefined || last === undefined) return
  yield ['change', new Map([[first[0], { ...first[1], users: [...first[1].users.slice(1), 'CN=added'], hidden: !first[1].hidden }]])]
  yield ['empty', new Map([[last[0], EMPTY_ROLE]])]
  yield ['delete', new Map([[last[0], null]])]
}

function edit(text: string, before: ReadonlyMap<string, RoleEntry>, changes: RoleChanges, what: string): string {
  let after: string
  try {
    after = editRoles(text, FILE, changes)
  } catch (error) {
    if (error instanceof RoleEditError) return 'refused'
    throw error
  }
  const meant = new Map(before)
  for (const [name, entry] of changes) entry === null ? meant.delete(name) : meant.set(name, entry)
  const read = [...readRoles(after, FILE)]
  const wanted = [...meant]
  const same =
    read.length === wanted.length &&
    read.every(([name, entry], index) => name === wanted[index]?.[0] && isSameRole(entry, wanted[index][1]))
  if (!same) throw new Finding(`${what}: says something else`, `${text}\nbecame\n${after}`)
  if (what === 'add') keepsLines(text, after)
  return 'done'
}

/** What is added changes no line: a comment stands where it stood. JSON and the like is written anew, and has none. */
function keepsLines(text: string, after: string): void {
  const comments = (one: string) => one.split(/\r\n|\r|\n/).filter((line) => /^\s*#/.test(line))
  const kept = comments(after)
  for (const line of comments(text)) {
    const at = kept.indexOf(line)
    if (at < 0) throw new Finding('add: a comment is lost', `${line} of\n${text}\nbecame\n${after}`)
    kept.splice(at, 1)
  }
}
