import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EMPTY_ROLE, type RoleEditError, type RoleEntry, readRoleEntry } from '../../../src/config/role-entry.ts'
import { patchRoles } from '../../../src/config/role-patch.ts'
import { refusedEdit } from '../../support/role-edits.ts'

const role = (given: Partial<RoleEntry>): RoleEntry => ({ ...EMPTY_ROLE, ...given })
const ROLES: ReadonlyMap<string, RoleEntry> = new Map([
  ['readall', role({ users: ['a', 'b'], description: 'read' })],
  ['a/b~c', role({})],
])

const patched = (patch: unknown, within?: string) => Object.fromEntries(patchRoles(ROLES, patch, within))

describe('a JSON Patch of roles', () => {
  it('adds, replaces and removes roles', () => {
    const patch = [
      { op: 'add', path: '/ops', value: { users: ['olga'] } },
      { op: 'replace', path: '/readall', value: { hosts: ['::1'] } },
      { op: 'remove', path: '/a~1b~0c' },
    ]
    assert.deepEqual(patched(patch), { ops: role({ users: ['olga'] }), readall: role({ hosts: ['::1'] }), 'a/b~c': null })
  })

  it('adds, replaces and removes fields', () => {
    const patch = [
      { op: 'add', path: '/readall/hosts', value: ['::1'] },
      { op: 'replace', path: '/readall/users', value: ['c'] },
      { op: 'remove', path: '/readall/description' },
    ]
    assert.deepEqual(patched(patch), { readall: role({ users: ['c'], hosts: ['::1'] }) })
  })

  it('adds, replaces and removes items', () => {
    const patch = [
      { op: 'add', path: '/readall/users/-', value: 'z' },
      { op: 'add', path: '/readall/users/0', value: 'y' },
      { op: 'replace', path: '/readall/users/1', value: 'x' },
      { op: 'remove', path: '/readall/users/2' },
      { op: 'add', path: '/readall/users/3', value: 'end' },
    ]
    assert.deepEqual(patched(patch).readall?.users, ['y', 'x', 'z', 'end'])
  })

  it('begins below a role where that is named', () => {
    assert.deepEqual(patched([{ op: 'add', path: '/users/-', value: 'c' }], 'readall'), {
      readall: role({ users: ['a', 'b', 'c'], description: 'read' }),
    })
    assert.deepEqual(patched([{ op: 'remove', path: '' }], 'readall'), { readall: null })
  })

  it('sees what its earlier operations did', () => {
    const patch = [
      { op: 'add', path: '/new', value: {} },
      { op: 'add', path: '/new/users', value: ['a'] },
      { op: 'remove', path: '/new' },
    ]
    assert.deepEqual(patched(patch), {})
    assert.equal(refusedEdit(() => patched([...patch, { op: 'add', path: '/new/users', value: ['a'] }])).kind, 'missing')
  })

  it('without operations changes nothing', () => assert.deepEqual(patched([]), {}))

  const bad: [string, unknown, RoleEditError['kind'], RegExp][] = [
    ['no list', {}, 'input', /JSON array/],
    ['no object', ['add'], 'input', /undefined is not supported/],
    ['another operation', [{ op: 'move', from: '/a', path: '/b' }], 'input', /"move" is not supported/],
    ['no path', [{ op: 'remove' }], 'input', /not a JSON Pointer/],
    ['a path without a slash', [{ op: 'remove', path: 'readall' }], 'input', /not a JSON Pointer/],
    ['a bad escape', [{ op: 'remove', path: '/a~2' }], 'input', /not a JSON Pointer/],
    ['no value', [{ op: 'add', path: '/readall/users' }], 'input', /has no value/],
    ['the whole mapping', [{ op: 'remove', path: '' }], 'input', /neither a role/],
    ['something below an item', [{ op: 'remove', path: '/readall/users/0/x' }], 'input', /neither a role/],
    ['an unknown field', [{ op: 'add', path: '/readall/usres', value: [] }], 'input', /unknown keys: usres/],
    ['a prototype', [{ op: 'add', path: '/readall/__proto__', value: [] }], 'input', /unknown keys: __proto__/],
    ['a wrong type', [{ op: 'add', path: '/readall/users', value: 'x' }], 'input', /users: Array expected/],
    ['a blank item', [{ op: 'add', path: '/readall/users/-', value: ' ' }], 'input', /blank/],
    ['an item of a switch', [{ op: 'add', path: '/readall/hidden/0', value: true }], 'input', /no list/],
    ['a place that is no number', [{ op: 'add', path: '/readall/users/01', value: 'x' }], 'input', /no place/],
    ['the end, to be removed', [{ op: 'remove', path: '/readall/users/-' }], 'input', /no place/],
    ['an item that is not there', [{ op: 'remove', path: '/readall/users/2' }], 'missing', /nothing at/],
    ['a place beyond the end', [{ op: 'add', path: '/readall/users/3', value: 'x' }], 'missing', /nothing at/],
    ['a role that is not there', [{ op: 'replace', path: '/ops', value: {} }], 'missing', /nothing at \/ops/],
    ['a field of one', [{ op: 'add', path: '/ops/users', value: [] }], 'missing', /nothing at \/ops/],
  ]
  for (const [name, patch, kind, message] of bad) {
    it(`refuses ${name}`, () => {
      const error = refusedEdit(() => patched(patch))
      assert.equal(error.kind, kind)
      assert.match(error.message, message)
    })
  }

  it('refuses a role that is not there as a whole', () => {
    assert.equal(refusedEdit(() => patched([], 'ops')).kind, 'missing')
  })
})

describe('a role as JSON', () => {
  it('may leave fields out', () => {
    assert.deepEqual(readRoleEntry({}), EMPTY_ROLE)
    assert.deepEqual(readRoleEntry({ users: ['a'], hidden: true, description: null }), role({ users: ['a'], hidden: true }))
  })

  it('is told everything that is wrong at once', () => {
    const error = refusedEdit(() => readRoleEntry({ users: 'x', foo: 1, bar: 2, reserved: 'yes', description: 1, hosts: [1] }))
    assert.deepEqual(error.unknownKeys, ['foo', 'bar'])
    assert.deepEqual(
      [...error.wrongTypes],
      [
        ['users', 'Array expected'],
        ['hosts', 'Array of strings expected'],
        ['reserved', 'Boolean expected'],
        ['description', 'String expected'],
      ],
    )
    for (const value of [null, [], 'x', 1]) assert.match(refusedEdit(() => readRoleEntry(value)).message, /JSON object/)
    for (const item of [null, '', ' '])
      assert.match(refusedEdit(() => readRoleEntry({ users: ['a', item] })).message, /`null` or blank values/)
  })

  it('takes no key of its prototype for a field', () => {
    const parsed: unknown = JSON.parse('{"__proto__": {"users": ["admin"]}}')
    assert.deepEqual(refusedEdit(() => readRoleEntry(parsed)).unknownKeys, ['__proto__'])
  })
})
