import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type * as identity from '../../../src/identity/types.ts'
import type { Clearance, DatabaseAccess } from '../../../src/identity/types.ts'
import { isReservedRole } from '../../../src/identity/username.ts'
import { compileMapping } from '../../../src/policy/mapping.ts'
import {
  accessIncludes,
  accessTo,
  backendRolesOf,
  CLEARANCES,
  clearanceIncludes,
  DATABASE_ACCESSES,
  foldDatabase,
  readRights,
  rightsRoles,
} from '../../../src/policy/rights.ts'
import type * as store from '../../../src/store/types.ts'
import { basicIdentity, certificateIdentity } from '../../support/identities.ts'
import { roleMapping } from '../../support/role-mapping.ts'

const permissions = (given: Record<string, string>) => new Map(Object.entries(given)) as ReadonlyMap<string, DatabaseAccess>

describe('clearances', () => {
  it('are ranked, ClusterNode as ClusterAdmin', () => {
    const included = (held: Clearance) => CLEARANCES.filter((wanted) => clearanceIncludes(held, wanted)).join(' ')
    assert.equal(included('ClusterAdmin'), 'ClusterAdmin ClusterNode Operator ValidUser')
    assert.equal(included('ClusterNode'), 'ClusterAdmin ClusterNode Operator ValidUser')
    assert.equal(included('Operator'), 'Operator ValidUser')
    assert.equal(included('ValidUser'), 'ValidUser')
  })

  it('that are none or unknown include nothing, and are included by nothing', () => {
    assert.equal(clearanceIncludes(undefined, 'ValidUser'), false)
    assert.equal(clearanceIncludes('Root' as Clearance, 'ValidUser'), false)
    assert.equal(clearanceIncludes('ClusterAdmin', 'Root' as Clearance), false)
    assert.equal(clearanceIncludes('ClusterAdmin', 'clusteradmin' as Clearance), false)
  })

  it('have the same words in identity and in the registry', () => {
    const same: [store.Clearance, store.DatabaseAccess] = ['Operator', 'Read'] satisfies [identity.Clearance, identity.DatabaseAccess]
    const back: [identity.Clearance, identity.DatabaseAccess] = same
    assert.deepEqual(back, same)
  })
})

describe('access to a database', () => {
  it('contains the lesser ones', () => {
    const included = (held: DatabaseAccess) => DATABASE_ACCESSES.filter((wanted) => accessIncludes(held, wanted)).join(' ')
    assert.deepEqual(DATABASE_ACCESSES.map(included), ['Admin ReadWrite Read', 'ReadWrite Read', 'Read'])
    assert.equal(accessIncludes(null, 'Read'), false)
    assert.equal(accessIncludes('All' as DatabaseAccess, 'Read'), false)
    assert.equal(accessIncludes('Admin', 'All' as DatabaseAccess), false)
  })

  const listed = permissions({ Movies: 'Read', straße: 'ReadWrite' })
  const cases: [string, { clearance?: Clearance; permissions?: typeof listed }, string, DatabaseAccess | null][] = [
    ['ClusterAdmin has Admin on any', { clearance: 'ClusterAdmin' }, 'x', 'Admin'],
    ['ClusterNode has Admin on any', { clearance: 'ClusterNode' }, 'x', 'Admin'],
    ['Operator has Admin on any, whatever is listed', { clearance: 'Operator', permissions: listed }, 'movies', 'Admin'],
    ['an empty name is none, for ClusterAdmin too', { clearance: 'ClusterAdmin' }, '', null],
    ['ValidUser has what is listed', { clearance: 'ValidUser', permissions: listed }, 'Movies', 'Read'],
    ['in any ASCII case', { clearance: 'ValidUser', permissions: listed }, 'mOVIES', 'Read'],
    ['but never in another Unicode case', { clearance: 'ValidUser', permissions: listed }, 'STRASSE', null],
    ['nor with a Kelvin sign for K', { clearance: 'ValidUser', permissions: permissions({ k: 'Admin' }) }, '\u212a', null],
    ['ValidUser has nothing that is not listed', { clearance: 'ValidUser', permissions: listed }, 'movies2', null],
    ['nor anything without a list', { clearance: 'ValidUser' }, 'movies', null],
    ['a list without a clearance counts for nothing', { permissions: listed }, 'movies', null],
    ['an unknown clearance has nothing', { clearance: 'Root' as Clearance, permissions: listed }, 'movies', null],
    ['names of objects are only names', { clearance: 'ValidUser', permissions: listed }, '__proto__', null],
  ]
  for (const [name, holder, database, expected] of cases) it(name, () => assert.equal(accessTo(holder, database), expected))

  it('is the lesser one where two names fold to one, in either order', () => {
    for (const given of [
      { A: 'Admin', a: 'Read' },
      { a: 'Read', A: 'Admin' },
    ]) {
      assert.equal(accessTo({ clearance: 'ValidUser', permissions: permissions(given) }, 'A'), 'Read')
    }
  })

  it('is folded in ASCII only', () => assert.equal(foldDatabase('AZaz\u00c4\u0130'), 'azaz\u00c4\u0130'))
})

describe('rights as backend roles', () => {
  const rights = { clearance: 'ValidUser', permissions: permissions({ Movies: 'Read', logs: 'Admin' }) } as const
  const registered = { ...certificateIdentity('alice', 'CN=alice', { backendRoles: ['ops'] }), ...rights }

  it('are made from the typed fields', () => {
    assert.deepEqual(rightsRoles(rights), ['clearance:ValidUser', 'db:Movies:Read', 'db:logs:Admin'])
    assert.deepEqual(backendRolesOf(registered), ['ops', 'clearance:ValidUser', 'db:Movies:Read', 'db:logs:Admin'])
    assert.deepEqual(rightsRoles({}), [])
  })

  it('are what the mapping sees', () => {
    const mapping = compileMapping(
      roleMapping({ users: { backendRoles: ['clearance:ValidUser'] }, readers: { andBackendRoles: ['ops', 'db:Movies:*'] } }),
    )
    assert.deepEqual([...mapping.rolesOf(registered, '10.0.0.1').names], ['users', 'readers'])
  })

  for (const forged of ['clearance:ClusterAdmin', 'CLEARANCE:ClusterAdmin', 'dB:Movies:Admin']) {
    it(`never come from anywhere else: ${forged}`, () => {
      const mapping = compileMapping(roleMapping({ admin: { backendRoles: [forged] }, any: { backendRoles: ['*'] } }))
      assert.equal(isReservedRole(forged), true)
      for (const identity of [
        certificateIdentity('mallory', 'CN=mallory', { backendRoles: [forged] }),
        basicIdentity('mallory', [forged]),
        { ...registered, backendRoles: [forged], permissions: new Map() },
      ]) {
        assert.equal(mapping.rolesOf(identity, '10.0.0.1').names.has('admin'), false)
      }
    })
  }

  it('leave similar names alone', () => {
    for (const role of ['clearance', 'db', 'xdb:y', ' db:y', 'database:x', 'clearances:x']) assert.equal(isReservedRole(role), false, role)
    const plain = basicIdentity('bob', ['db'])
    assert.equal(backendRolesOf(plain), plain.backendRoles)
  })
})

describe('reading rights that somebody asks to give', () => {
  it('takes known words and any usable name', () => {
    const read = readRights('Operator', [
      ['Movies', 'Read'],
      ['日本', 'Admin'],
    ])
    assert.deepEqual(read, { clearance: 'Operator', permissions: permissions({ Movies: 'Read', 日本: 'Admin' }) })
  })

  const bad: [string, unknown, [string, unknown][], RegExp][] = [
    ['an unknown clearance', 'Root', [], /^unknown clearance "Root": expected one of ClusterAdmin/],
    ['a clearance in other letters', 'operator', [], /^unknown clearance/],
    ['a clearance that is no text', { toString: () => 'Operator' }, [], /^unknown clearance \(no text\)/],
    ['an unknown permission', 'ValidUser', [['x', 'Write']], /^unknown permission "Write" on database "x": expected one of Admin/],
    ['a permission that is no text', 'ValidUser', [['x', 1]], /^unknown permission/],
    ['a blank name', 'ValidUser', [[' ', 'Read']], /is blank/],
    ['spaces around a name', 'ValidUser', [['x ', 'Read']], /begins or ends with a space/],
    ['a line break', 'ValidUser', [['a\nb', 'Read']], /control characters/],
    ['a lone surrogate', 'ValidUser', [['a\ud800', 'Read']], /control characters/],
    ['a slash', 'ValidUser', [['a/b', 'Read']], /holds/],
    ['a colon, which could look like another permission', 'ValidUser', [['a:Admin', 'Read']], /holds/],
    ['a very long name', 'ValidUser', [['x'.repeat(129), 'Read']], /longer than 128 bytes/],
    [
      'two spellings of one name',
      'ValidUser',
      [
        ['x', 'Read'],
        ['X', 'Admin'],
      ],
      /"X" is there twice/,
    ],
  ]
  for (const [name, clearance, wanted, problem] of bad) {
    it(`refuses ${name}`, () => {
      const read = readRights(clearance, wanted)
      assert.match('problem' in read ? read.problem : '', problem)
    })
  }
})

it('a certificate has so many databases and no more', () => {
  const databases = (count: number) => Array.from({ length: count }, (_, index) => [`d${index}`, 'Read'] as const)
  const most = readRights('ValidUser', databases(500))
  assert.equal('permissions' in most && most.permissions.size, 500)
  const more = readRights('ValidUser', databases(60_000))
  assert.match('problem' in more ? more.problem : '', /^there are more than 500 databases: /)
})
