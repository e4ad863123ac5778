/** However a role or a text is written, an edit leaves the rest of the file byte for byte. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRoles } from '../../../src/config/mapping-editor.ts'
import type { RoleEntry } from '../../../src/config/role-entry.ts'
import { edit, FILE } from './mapping-editor-fixture.ts'

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
    ['the last role', 'a: {}\n', { a: null }, '{}\n'],
    ['an empty file that says so', '--- null # none yet\n', { a: { users: ['x'] } }, '---  # none yet\na:\n  users:\n    - x\n'],
    ['the same in one character', '~', { a: {} }, 'a: {}\n'],
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
