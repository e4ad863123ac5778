/** Whatever is edited, the rest of the file stays byte for byte, and the whole reads as exactly what was meant. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRoles } from '../../../src/config/mapping-editor.ts'
import type { RoleEntry } from '../../../src/config/role-entry.ts'
import { ConfigError } from '../../../src/errors.ts'
import { refusedEdit } from '../../support/role-edits.ts'
import { difference, EXAMPLE, edit, FILE } from './mapping-editor-fixture.ts'

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

describe('what is refused leaves the file alone', () => {
  it('values that no mapping takes', () => {
    const error = refusedEdit(() => edit('a: {}\n', { a: { users: ['/[/'] } }))
    assert.equal(error.kind, 'input')
    assert.match(error.message, /^a\.users\[0\]: /)
    assert.equal(error.problems.length, 1)
    for (const name of ['_meta', 'authenticated', ' ', 'a\nb'])
      assert.equal(refusedEdit(() => edit('', { [name]: {} })).kind, 'input', name)
  })

  it('a role to delete that is not there', () => {
    assert.equal(refusedEdit(() => edit('a: {}\n', { b: null })).kind, 'missing')
  })

  it('an anchor that another role uses', () => {
    const text = 'a: &x { users: [x] }\nb: *x\n'
    const error = refusedEdit(() => edit(text, { a: null }))
    assert.deepEqual([error.kind, error.hint], ['file', 'an anchor that other roles use, or comments within braces: change it by hand'])
    assert.equal(refusedEdit(() => edit('a: &x\n  users: [x]\nb: *x\n', { a: null })).kind, 'file')
  })

  it('an anchor whose change would change another role is not edited in place', () => {
    const text = 'a: &x\n  users: [x]\nb: *x\n'
    assert.equal(refusedEdit(() => edit(text, { a: { users: ['y'] } })).kind, 'file')
  })

  it('comments in a file that is all in braces', () => {
    assert.equal(refusedEdit(() => edit('{\n  a: {}, # who\n  b: {} }\n', { a: null })).kind, 'file')
    assert.equal(refusedEdit(() => edit('{ a: {} # who\n}\n', { a: null })).kind, 'file')
    assert.equal(edit('{ "a": { "users": ["#1"] }, "b": {} } # end\n', { b: null }), '{\n  "a": {"users":["#1"]}\n} # end\n')
  })

  it('a file that is not understood', () => {
    assert.throws(() => edit('a: [\n', { a: null }), ConfigError)
    assert.throws(() => edit('a: { usres: [x] }\n', { b: {} }), ConfigError)
  })
})
