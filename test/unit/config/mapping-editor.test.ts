/** Whatever is edited, the rest of the file stays byte for byte, and the whole reads as exactly what was meant. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { editRoles, readRoles } from '../../../src/config/mapping-editor.ts'
import { EMPTY_ROLE, RoleEditError, type RoleEntry } from '../../../src/config/role-entry.ts'
import { ConfigError } from '../../../src/errors.ts'
import { CHECKOUT } from '../../support/checkout.ts'

const FILE = 'roles_mapping.yml'
const EXAMPLE = readFileSync(join(CHECKOUT, 'config/roles_mapping.yml'), 'utf8')

const role = (given: Partial<RoleEntry>): RoleEntry => ({ ...EMPTY_ROLE, ...given })

function edit(text: string, changes: Record<string, Partial<RoleEntry> | null>): string {
  return editRoles(text, FILE, new Map(Object.entries(changes).map(([name, entry]) => [name, entry === null ? null : role(entry)])))
}

/** Lines that went, came: `-` and `+`, in the order of the file. */
function difference(before: string, after: string): string[] {
  const [old, young] = [before.split('\n'), after.split('\n')]
  let head = 0
  while (head < old.length && head < young.length && old[head] === young[head]) head++
  let tail = 0
  while (tail < old.length - head && tail < young.length - head && old.at(-1 - tail) === young.at(-1 - tail)) tail++
  return [
    ...old.slice(head, old.length - tail).map((line) => `-${line}`),
    ...young.slice(head, young.length - tail).map((line) => `+${line}`),
  ]
}

function refusal(run: () => unknown): RoleEditError {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof RoleEditError, String(error))
    return error
  }
  return assert.fail('it was not refused')
}

describe('in the example file', () => {
  const readall = readRoles(EXAMPLE, FILE).get('readall') as RoleEntry

  it('a value more is a line more', () => {
    const after = edit(EXAMPLE, { readall: { ...readall, users: [...readall.users, 'CN=kirk,OU=client'] } })
    assert.deepEqual(difference(EXAMPLE, after), ['+    - "CN=kirk,OU=client"'])
    assert.ok(after.indexOf('CN=kirk,OU=client"') > after.indexOf('- CLIENT1'))
  })

  it('a value less is a line less, and comments between values stay', () => {
    const after = edit(EXAMPLE, { readall: { ...readall, users: ['other'] } })
    assert.deepEqual(
      difference(EXAMPLE, after).filter((line) => !line.startsWith('-')),
      ['+    - other'],
    )
    assert.ok(after.includes('    # - "report-*"\n'))
    assert.ok(after.includes('# only for certificates under that authority'))
  })

  it('an emptied list keeps what is said about it', () => {
    const after = edit(EXAMPLE, { readall: { ...readall, users: [] } })
    assert.ok(after.includes('  users: []\n    # - CN=kirk'))
    assert.deepEqual(readRoles(after, FILE).get('readall')?.users, [])
  })

  it('a new list comes behind the last', () => {
    const after = edit(EXAMPLE, { metrics: { users: ['prometheus'], hosts: ['10.0.0.0/8'] } })
    assert.deepEqual(difference(EXAMPLE, after), ['+  hosts:', '+    - "10.0.0.0/8"'])
  })

  it('a new role comes last, and stands apart as the others do', () => {
    const after = edit(EXAMPLE, { ops: { users: ['olga'], description: 'who is on call' } })
    assert.ok(after.startsWith(`${EXAMPLE}\nops:\n`))
    assert.deepEqual(difference(EXAMPLE, after), ['+ops:', '+  users:', '+    - olga', '+  description: who is on call', '+'])
    assert.deepEqual([...readRoles(after, FILE).keys()], ['admin', 'readall', 'metrics', 'ops'])
  })

  it('a deleted role takes nothing else with it', () => {
    const after = edit(EXAMPLE, { metrics: null })
    assert.ok(EXAMPLE.startsWith(after.trimEnd()))
    const first = edit(EXAMPLE, { admin: null })
    assert.ok(first.startsWith(EXAMPLE.slice(0, EXAMPLE.indexOf('admin:'))))
    assert.ok(first.endsWith(EXAMPLE.slice(EXAMPLE.indexOf('readall:'))))
  })

  it('several changes are one', () => {
    const after = edit(EXAMPLE, { admin: { users: ['admin', 'root'] }, metrics: null, ops: { users: ['olga'] } })
    assert.deepEqual(
      [...readRoles(after, FILE)].map(([name, { users }]) => [name, users.join()]),
      [
        ['admin', 'admin,root'],
        ['readall', 'CLIENT1'],
        ['ops', 'olga'],
      ],
    )
    assert.ok(after.includes('- admin                           # the certificate'))
  })

  it('what changes nothing changes no byte', () => {
    assert.equal(edit(EXAMPLE, {}), EXAMPLE)
    assert.equal(edit(EXAMPLE, { readall }), EXAMPLE)
  })
})

describe('every way to write a role', () => {
  const cases: [string, string, Record<string, Partial<RoleEntry> | null>, string][] = [
    [
      'braces keep to braces, and their comment',
      'a: { users: [x] }  # why\nb: {}\n',
      { a: { users: ['w', '*'] } },
      'a: { users: [w, "*"] }  # why\nb: {}\n',
    ],
    ['empty braces', 'a: {}   # nobody\n', { a: { hosts: ['::1'] } }, 'a: { hosts: ["::1"] }   # nobody\n'],
    ['braces over several lines', 'a: {\n  users: [x],\n } # end\nb: {}\n', { a: { users: ['w'] } }, 'a: { users: [w] } # end\nb: {}\n'],
    [
      'brackets keep to brackets, and their comment',
      'a:\n  users: [x, w] # two\n  hosts: []\n',
      { a: { users: ['x'] } },
      'a:\n  users: [x] # two\n  hosts: []\n',
    ],
    ['brackets beside brackets', 'a:\n  users: [x]\n', { a: { users: ['x'], hosts: ['h'] } }, 'a:\n  users: [x]\n  hosts: [h]\n'],
    ['a single value without brackets', 'a:\n  users: x # one\n', { a: { users: ['x', 'w'] } }, 'a:\n  users: [x, w] # one\n'],
    [
      'an empty key',
      'a:\n  users:   # none yet\n  hosts: [h]\n',
      { a: { users: ['x'], hosts: ['h'] } },
      'a:\n  users: [x]   # none yet\n  hosts: [h]\n',
    ],
    ['an entry without a value', 'a:  # none yet\nb: {}\n', { a: { users: ['x'] } }, 'a:\n  users:\n    - x\nb: {}\n'],
    [
      'a list no deeper than its key',
      'a:\n  users:\n  - x # 1\n  - w # 2\n',
      { a: { users: ['w', 'z'] } },
      'a:\n  users:\n  - w # 2\n  - z\n',
    ],
    ['quoted keys', '"a b":\n  "users": ["x"]\n', { 'a b': { users: ['w'] } }, '"a b":\n  "users": [w]\n'],
    [
      'switches and descriptions',
      'a:\n  reserved: true # r\n  hidden: false\n  description: "x: y" # d\n',
      { a: { hidden: true, description: 'no' } },
      'a:\n  reserved: false # r\n  hidden: true\n  description: "no" # d\n',
    ],
    ['a description that goes', 'a:\n  users: [x]\n  # about\n  description: x\n', { a: { users: ['x'] } }, 'a:\n  users: [x]\n'],
    [
      'a description over several lines',
      'a:\n  description: |\n    one\n\n    # two\n  users: [x]\n',
      { a: { users: ['x'], description: 'one' } },
      'a:\n  description: one\n  users: [x]\n',
    ],
    [
      'what means nothing here stays',
      'a:\n  static: true\n  users: [x]\n_meta: { type: rolesmapping }\n',
      { a: { users: ['w'] } },
      'a:\n  static: true\n  users: [w]\n_meta: { type: rolesmapping }\n',
    ],
    [
      'a comment above a deleted role goes, one apart from it stays',
      '# file\n\n# of a\na: {}\n\n# section\n\n# of b\nb: {}\n# end\n',
      { b: null },
      '# file\n\n# of a\na: {}\n\n# section\n\n# end\n',
    ],
    ['a comment that begins the file stays', '# file\na: {}\nb: {}\n', { a: null }, '# file\nb: {}\n'],
    ['the last role', 'a: {}\n', { a: null }, ''],
    ['an empty file', '', { a: { users: ['x'] } }, 'a:\n  users:\n    - x\n'],
    ['a file of comments', '# none yet', { a: {} }, '# none yet\na: {}\n'],
    ['a file without a last line break', 'a: {}', { b: {} }, 'a: {}\nb: {}\n'],
    ['a role in front of comments', 'a: {}\n# a: {}\n', { b: {} }, 'a: {}\nb: {}\n# a: {}\n'],
    ['line breaks of Windows', 'a:\r\n  users:\r\n    - x\r\n', { a: { users: ['x', 'w'] } }, 'a:\r\n  users:\r\n    - x\r\n    - w\r\n'],
    [
      'roles that are indented',
      '---\n  a: {}\n  b: {}\n...\n',
      { c: { users: ['x'] }, a: null },
      '---\n  b: {}\n  c:\n    users:\n      - x\n...\n',
    ],
    [
      'JSON',
      '{"_meta":{"type":"rolesmapping","config_version":2},"a":{"users":["x"]},"b":{}}\n',
      { b: { hosts: ['h'] } },
      '{\n  "_meta": {"type":"rolesmapping","config_version":2},\n  "a": {"users":["x"]},\n  "b": {"hosts":["h"]}\n}\n',
    ],
    ['an alias is written out', 'a: &x { users: [x] }\nb: *x\n', { b: { users: ['w'] } }, 'a: &x { users: [x] }\nb:\n  users:\n    - w\n'],
    [
      'so is what was merged',
      'a: &x\n  users: [x]\nb:\n  <<: *x\n  hosts: [h]\n',
      { b: { hosts: ['h'] } },
      'a: &x\n  users: [x]\nb:\n  hosts:\n    - h\n',
    ],
  ]
  for (const [name, before, changes, after] of cases) it(name, () => assert.equal(edit(before, changes), after))
})

describe('what is refused leaves the file alone', () => {
  it('values that no mapping takes', () => {
    const error = refusal(() => edit('a: {}\n', { a: { users: ['/[/'] } }))
    assert.equal(error.kind, 'input')
    assert.match(error.message, /^a\.users\[0\]: /)
    assert.equal(error.problems.length, 1)
    for (const name of ['_meta', 'authenticated', ' ', 'a\nb']) assert.equal(refusal(() => edit('', { [name]: {} })).kind, 'input', name)
  })

  it('a role to delete that is not there', () => {
    assert.equal(refusal(() => edit('a: {}\n', { b: null })).kind, 'missing')
  })

  it('an anchor that another role uses', () => {
    const text = 'a: &x { users: [x] }\nb: *x\n'
    const error = refusal(() => edit(text, { a: null }))
    assert.deepEqual([error.kind, error.hint], ['file', 'an anchor that other roles use, or comments within braces: change it by hand'])
    assert.equal(refusal(() => edit('a: &x\n  users: [x]\nb: *x\n', { a: null })).kind, 'file')
  })

  it('an anchor whose change would change another role is not edited in place', () => {
    const text = 'a: &x\n  users: [x]\nb: *x\n'
    assert.equal(refusal(() => edit(text, { a: { users: ['y'] } })).kind, 'file')
  })

  it('comments in a file that is all in braces', () => {
    assert.equal(refusal(() => edit('{\n  a: {}, # who\n  b: {} }\n', { a: null })).kind, 'file')
    assert.equal(refusal(() => edit('{ a: {} # who\n}\n', { a: null })).kind, 'file')
    assert.equal(edit('{ "a": { "users": ["#1"] }, "b": {} } # end\n', { b: null }), '{\n  "a": {"users":["#1"]}\n} # end\n')
  })

  it('a file that is not understood', () => {
    assert.throws(() => edit('a: [\n', { a: null }), ConfigError)
    assert.throws(() => edit('a: { usres: [x] }\n', { b: {} }), ConfigError)
  })
})

describe('texts', () => {
  const odd = [
    'yes',
    'NO',
    'null',
    '~',
    '1',
    '0x1F',
    '1e3',
    '.inf',
    '-',
    '- a',
    'a: b',
    'a #b',
    '#a',
    '"',
    "'",
    '\\',
    'a\\',
    '/a\\.b/',
    '*',
    '&a',
    '!a',
    '%a',
    '@a',
    '`',
    '{a',
    '[a',
    'a]',
    'a,b',
    '?',
    '? a',
    ' a',
    'a ',
    'a  b',
    'a\tb',
    'a\nb',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\u007f',
    '\u009f',
    '日本',
    '😀',
    'ﬀ',
    '<<',
    '=',
    '---',
    '...',
    '2026-01-01',
    '::1',
    'CN=a\\, b,O=c',
    'a'.repeat(5000),
    '|',
    '>',
    'y',
    'é',
    '__proto__',
  ]
  it('are read back as they were, as values and as names', () => {
    for (const text of ['', 'a: {}\n', '{"a":{}}']) {
      const users = odd.filter((value) => !value.startsWith('/'))
      assert.deepEqual(readRoles(edit(text, { r: { users } }), FILE).get('r')?.users, users)
    }
    for (const name of odd.filter((value) => !/[\u0000-\u001f\u007f]/.test(value) && value.trim() !== '')) {
      assert.deepEqual([...readRoles(edit('', { [name]: { users: ['x'] } }), FILE).keys()], [name])
    }
    for (const description of odd) {
      assert.equal(readRoles(edit('a:\n  users: [x]\n', { a: { users: ['x'], description } }), FILE).get('a')?.description, description)
    }
  })
})
