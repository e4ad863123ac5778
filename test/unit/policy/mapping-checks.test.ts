import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseName } from '../../../src/identity/name-parse.ts'
import { ANONYMOUS_NAME } from '../../../src/identity/types.ts'
import {
  anonymousWarnings,
  issuerWarnings,
  mappingErrors,
  mappingWarnings,
  type Remark,
  reorderedEntries,
  rotationWarnings,
  sharedMappingWarnings,
  undefinedRoles,
  ungrantedRoles,
} from '../../../src/policy/mapping-checks.ts'
import { roleMapping } from '../../support/role-mapping.ts'
import { routeSettings } from '../../support/route-settings.ts'

const told = (remarks: readonly Remark[]): string[] => remarks.map(({ line, message }) => `${line}: ${message}`)

describe('errors in a mapping', () => {
  it('are all reported, by line', () => {
    const mapping = roleMapping({
      authenticated: { users: ['x'] },
      r: { users: ['/(/', 'fine', '/a**/'], hosts: ['10.0.0.0/99'], andBackendRoles: ['/[/'], issuers: ['nobody'] },
    })
    assert.deepEqual(
      mappingErrors(mapping).map(({ line }) => line),
      [10, 21, 23, 24, 25, 26],
    )
    assert.match(mappingErrors(mapping)[0]?.message ?? '', /'authenticated' is a reserved word/)
  })

  it('are none where all can be used', () => {
    assert.deepEqual(mappingErrors(roleMapping({ r: { users: ['a*', '/b/'], hosts: ['::1'], issuers: ['CN=x'] } })), [])
  })
})

describe('warnings about a mapping', () => {
  it('name what gives a role to everyone', () => {
    const mapping = roleMapping({ admin: { hosts: ['*', '10.0.0.0/8', '0.0.0.0/0', '::/0', '/.*/', '10.0.0.*'] } })
    assert.deepEqual(
      mappingWarnings(mapping).map(({ line }) => line),
      [11, 13, 14, 15],
    )
    assert.match(mappingWarnings(mapping)[0]?.message ?? '', /'\*' gives the role 'admin' to everyone/)
  })

  it('name hosts that would need a look-up', () => {
    const mapping = roleMapping({ r: { hosts: ['example.host.com', 'db-*', '10.0.*', 'fe80::1', '2001:db8:*', '::ffff:10.0.0.0/104'] } })
    assert.deepEqual(
      mappingWarnings(mapping).map(({ line }) => line),
      [11, 12],
    )
  })

  it('name blank values', () => {
    const mapping = roleMapping({ r: { users: [''], andBackendRoles: ['a', ' '] } })
    assert.deepEqual(told(mappingWarnings(mapping)), [
      "11: a blank value of the role 'r' matches nothing",
      "13: a blank value keeps and_backend_roles of the role 'r' from ever being met",
    ])
  })

  it('ask whether a DN is reversed', () => {
    const mapping = roleMapping({
      r: { users: ['O=Acme,OU=ops,CN=alice', 'CN=alice,OU=ops,O=Acme', 'CN=alice', 'uid=a,cn=b', '/O=Acme/CN=alice', '/O=.*,CN=x/'] },
    })
    const [reversed, oneLine, ...others] = mappingWarnings(mapping)
    assert.match(reversed?.message ?? '', /'O=Acme,OU=ops,CN=alice' .* reversed\?/)
    assert.match(reversed?.hint ?? '', /CN=alice,OU=ops,O=Acme$/)
    assert.equal(oneLine?.line, 15)
    assert.match(oneLine?.message ?? '', /one-line form/)
    assert.deepEqual(others, [])
  })
})

describe('several CAs under one mapping', () => {
  const mapping = roleMapping({
    bound: { users: ['a'], issuers: ['CN=A'] },
    open: { users: ['b'] },
    empty: {},
    place: { hosts: ['10.0.0.1'] },
  })

  it('are warned of where a role names no issuers', () => {
    assert.deepEqual(told(sharedMappingWarnings(mapping, ['CN=A', 'CN=B'])), [
      "20: 2 client CAs share this mapping and the role 'open' names no issuers: any of these CAs can issue a certificate for anybody in it",
    ])
  })

  it('count the roots of the own authority, which a rotation doubles, as one', () => {
    const own = { known: new Set<string>(), signing: new Set<string>(), rootKeys: new Set(['old', 'new']), root: null }
    assert.deepEqual(sharedMappingWarnings(mapping, ['old', 'new'], own), [])
    assert.match(sharedMappingWarnings(mapping, ['old', 'new', 'other'], own)[0]?.message ?? '', /^2 client CAs/)
  })

  it('are fine where there is one CA, or every role is bound', () => {
    assert.deepEqual(sharedMappingWarnings(mapping, ['CN=A']), [])
    assert.deepEqual(sharedMappingWarnings(roleMapping({ bound: { users: ['a'], issuers: ['CN=A'] } }), ['CN=A', 'CN=B']), [])
  })
})

it('a DN among the issuers that does not tell which CA is meant is warned of', () => {
  const mapping = roleMapping({ r: { users: ['a'], issuers: ['CN=A', 'CN=Twice', 'CN=Below', 'ab'.repeat(32)] } })
  const authority = (dn: string, key: string) => ({ dn, key, selfSigned: true })
  const several = [authority('CN=A', '1'), authority('CN=Twice', '2'), authority('CN=Twice', '3')]
  assert.deepEqual(told(issuerWarnings(mapping, several)), [
    "13: issuers: 2 client CAs with different keys are called 'CN=Twice'",
    "14: issuers: 'CN=Below' is none of the client CAs, so the role 'r' is given to nobody by it",
  ])
  assert.deepEqual(issuerWarnings(mapping, [authority('CN=A', '1')]), [])
})

it('a role that a route allows is found where nothing defines it, and where nothing grants it', () => {
  const routes = [
    routeSettings({ path: '/a', name: 'a', allow: [{ kind: 'role', role: 'readal' }, { kind: 'authenticated' }], line: 7 }),
    routeSettings({
      path: '/b',
      name: 'b',
      allow: [
        { kind: 'role', role: 'readall' },
        { kind: 'role', role: 'empty' },
      ],
      line: 9,
      index: 3,
    }),
  ]
  const mapping = roleMapping({ readall: { users: ['x'] }, empty: {} })
  assert.deepEqual(undefinedRoles(routes, mapping), [{ role: 'readal', route: 'a', path: ['routes', 0, 'allow', 0] }])
  assert.deepEqual(ungrantedRoles(routes, mapping), [{ role: 'empty', route: 'b', path: ['routes', 3, 'allow', 1] }])
})

it('an entry with the parts of a DN in another order is found', () => {
  const mapping = roleMapping({ r: { users: ['O=Acme,CN=alice', 'CN=alice,O=Acme', 'CN=alice', 'O=Acme,CN=*'] } })
  assert.deepEqual(
    reorderedEntries(mapping, parseName('CN=alice,O=Acme')).map(({ line, hint }) => [line, hint]),
    [[11, 'write CN=alice,O=Acme']],
  )
})

it('a role for anonymous requests is warned of while there are none', () => {
  const mapping = roleMapping({ r: { users: ['x', ANONYMOUS_NAME] } })
  assert.deepEqual(told(anonymousWarnings(mapping, false)), [
    "12: the role 'r' is given to anonymous requests, but 'auth.anonymous' is off",
  ])
  assert.deepEqual(anonymousWarnings(mapping, true), [])
})

describe('rotationWarnings', () => {
  const [oldKey, newKey] = ['a'.repeat(64), 'b'.repeat(64)]
  const own = {
    known: new Set(['CN=old', oldKey, 'CN=new', newKey]),
    signing: new Set(['CN=new', newKey]),
    rootKeys: new Set([oldKey, newKey]),
    root: { dn: 'CN=new', key: newKey },
  }

  it('name the roles that a rotation left behind, and what to add', () => {
    const mapping = roleMapping({
      byKey: { users: ['a'], issuers: [oldKey.toUpperCase()] },
      byName: { users: ['a'], issuers: ['cn=old'] },
      both: { users: ['a'], issuers: ['CN=old', newKey] },
      foreign: { users: ['a'], issuers: ['CN=partner'] },
      open: { users: ['a'] },
    })
    const warnings = rotationWarnings(mapping, own)
    assert.deepEqual(
      warnings.map(({ message }) => /the role '(\w+)'/.exec(message)?.[1]),
      ['byKey', 'byName'],
    )
    assert.equal(warnings[0]?.hint, `where they are meant too, add '${newKey}', the key of CN=new`)
    assert.deepEqual(rotationWarnings(mapping, null), [])
  })
})
