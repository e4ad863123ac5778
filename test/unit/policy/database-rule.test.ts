import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clearance, DatabaseAccess, Identity } from '../../../src/identity/types.ts'
import { neededAccess } from '../../../src/policy/database-rule.ts'
import { allowText, decide, judgeDatabases, Permit } from '../../../src/policy/decide.ts'
import { canonicalise } from '../../../src/policy/path.ts'
import { compilePolicy } from '../../../src/policy/policy.ts'
import type { AllowWord, Denial, RoleSet, Route, RuleAccess } from '../../../src/policy/types.ts'
import { anonymousIdentity, basicIdentity, certificateIdentity } from '../../support/identities.ts'
import { roleMapping } from '../../support/role-mapping.ts'
import { routeSettings } from '../../support/route-settings.ts'

const NO_ROLES: RoleSet = { names: new Set(), grants: [] }
const rule = (access: RuleAccess = 'auto', capture = 'db'): AllowWord => ({ kind: 'database', capture, access })

function compile(path: string, ...allow: AllowWord[]): Route {
  const policy = compilePolicy({ routes: [routeSettings({ path, name: 'r', allow })] }, roleMapping({}))
  return policy.routes[0] as Route
}

function holder(clearance: Clearance | null, permissions: Record<string, DatabaseAccess> = {}): Identity {
  const identity = certificateIdentity('alice', 'CN=alice')
  return clearance === null ? identity : { ...identity, clearance, permissions: new Map(Object.entries(permissions)) }
}

const DATABASES = compile('/databases/{db}/**', { kind: 'role', role: 'admin' }, rule())

function ask(route: Route, identity: Identity | null, method: string, path: string, forwarded: string | null = null): Permit | Denial {
  return decide({ route, identity, roles: NO_ROLES, request: { method, path, forwarded } })
}

const allowed = (decision: Permit | Denial): boolean => Permit.is(decision)

describe('a rule about databases', () => {
  const reader = holder('ValidUser', { Movies: 'Read' })
  const writer = holder('ValidUser', { Movies: 'ReadWrite' })
  const cases: [string, Identity, string, string, boolean][] = [
    ['a reader reads', reader, 'GET', '/databases/Movies/docs', true],
    ['asks for heads', reader, 'HEAD', '/databases/Movies/docs', true],
    ['asks for options', reader, 'OPTIONS', '/databases/Movies/docs', true],
    ['at the route itself', reader, 'GET', '/databases/Movies', true],
    ['in any ASCII case', reader, 'GET', '/databases/mOvIeS/docs', true],
    ['with escapes, decoded once', holder('ValidUser', { 'a b': 'Read' }), 'GET', '/databases/a%20b/docs', true],
    ['and never twice', holder('ValidUser', { 'a b': 'Read' }), 'GET', '/databases/a%2520b/docs', false],
    ['but does not write', reader, 'POST', '/databases/Movies/docs', false],
    ['nor query with a body', reader, 'QUERY', '/databases/Movies/docs', false],
    ['nor by a method in small letters', reader, 'get', '/databases/Movies/docs', false],
    ['nor another database', reader, 'GET', '/databases/Movies2/docs', false],
    ['nor one that is named deeper in the path', reader, 'GET', '/databases/Other/Movies', false],
    ['a writer writes', writer, 'DELETE', '/databases/Movies/docs', true],
    ['and reads', writer, 'GET', '/databases/Movies/docs', true],
    ['an Operator writes anywhere', holder('Operator'), 'PUT', '/databases/any/docs', true],
    ['a ClusterAdmin too', holder('ClusterAdmin'), 'PUT', '/databases/any/docs', true],
    ['a ClusterNode too', holder('ClusterNode'), 'PUT', '/databases/any/docs', true],
    ['a ValidUser without permissions nowhere', holder('ValidUser'), 'GET', '/databases/Movies/docs', false],
    ['a certificate without a clearance nowhere', holder(null), 'GET', '/databases/Movies/docs', false],
    ['a password nowhere', basicIdentity('alice', ['clearance:ClusterAdmin', 'db:Movies:Admin']), 'GET', '/databases/Movies/docs', false],
    ['the anonymous identity nowhere', anonymousIdentity, 'GET', '/databases/Movies/docs', false],
    ['bytes that are no UTF-8 name nothing', holder('ClusterAdmin'), 'GET', '/databases/%FF/docs', false],
    ['also where a permission reads like them', holder('ValidUser', { '%FF': 'Admin' }), 'GET', '/databases/%FF/docs', false],
  ]
  for (const [name, identity, method, path, expected] of cases) {
    it(name, () => assert.equal(allowed(ask(DATABASES, identity, method, path)), expected))
  }

  it('grants by its own access, whatever the method', () => {
    const outcomes = (['read', 'write', 'admin'] as const).map((access) => {
      const route = compile('/{db}/**', rule(access))
      return (['Read', 'ReadWrite', 'Admin'] as const).map((held) => allowed(ask(route, holder('ValidUser', { x: held }), 'POST', '/x')))
    })
    assert.deepEqual(outcomes, [
      [true, true, true],
      [false, true, true],
      [false, false, true],
    ])
    assert.equal(neededAccess('auto', 'TRACE'), 'ReadWrite')
  })

  it('denies an identity that is nobody, and grants nothing without a request', () => {
    assert.equal((ask(DATABASES, null, 'GET', '/databases/Movies') as Denial).reason, 'credentials_required')
    const blind = decide({ route: DATABASES, identity: holder('ClusterAdmin'), roles: NO_ROLES })
    assert.equal((blind as Denial).reason, 'role_missing')
  })

  it('stands beside roles: any one grants', () => {
    const roles = { names: new Set(['admin']), grants: [] }
    assert.ok(Permit.is(decide({ route: DATABASES, identity: holder(null), roles })))
  })

  it('says what was held and what was needed', () => {
    const denial = ask(DATABASES, reader, 'POST', '/databases/movies/docs') as Denial
    assert.equal(denial.reason, 'role_missing')
    assert.equal(
      denial.detail,
      `'alice' has no role; route 'r' allows admin, { database: "{db}", access: auto }; ` +
        "'alice' has Read on database 'movies', and POST needs ReadWrite",
    )
    assert.deepEqual(
      denial.databases?.map(({ database, needed, held, granted }) => [database, needed, held, granted]),
      [['movies', 'ReadWrite', 'Read', false]],
    )
  })

  it('takes nothing else for a name where the path ends before it', () => {
    const route = compile('/{a}/{b}/{db}', rule('read'))
    for (const path of ['/x', '/x/y', '/']) {
      const [verdict] = judgeDatabases(route, holder('ValidUser', { x: 'Admin', y: 'Admin' }), { method: 'GET', path, forwarded: null })
      assert.deepEqual([verdict?.granted, verdict?.database], [false, null], path)
    }
  })

  it('explains which rule granted', () => {
    const route = compile('/{a}/{b}', rule('admin', 'a'), rule('read', 'b'))
    const verdicts = judgeDatabases(route, holder('ValidUser', { x: 'Read', y: 'Read' }), { method: 'GET', path: '/x/y', forwarded: null })
    assert.deepEqual(
      verdicts.map(({ rule, granted, detail }) => [rule.capture, granted, detail]),
      [
        ['a', false, "'alice' has Read on database 'x', and Admin is needed"],
        ['b', true, "'alice' has Read on database 'y', and Read is needed"],
      ],
    )
    assert.equal(allowText(rule('write')), '{ database: "{db}", access: write }')
  })
})

describe('a database name that the upstream might read otherwise', () => {
  const keep = { encodedSlash: 'keep', semicolon: 'keep', doubleSlash: 'keep' } as const
  const operator = holder('Operator')

  function outcome(target: string): boolean {
    const read = canonicalise(target)
    assert.equal(read.problem, null)
    if (read.problem !== null) return false
    const forwarded = read.forwardPath(keep)
    assert.ok(typeof forwarded === 'string')
    return allowed(ask(DATABASES, operator, 'GET', read.path, forwarded + read.query))
  }

  for (const target of [
    '/databases/a%2Fb/c',
    '/databases/a;x=1/c',
    '/databases//a/c',
    '/databases;v=1/a/c',
    '//databases/a/c',
    '/databases/a;x',
  ]) {
    it(`is none: ${target}`, () => assert.equal(outcome(target), false))
  }

  for (const target of [
    '/databases/a/b%2Fc',
    '/databases/a/b;x=1',
    '/databases/a//c',
    '/databases/a?x=;/',
    '/databases/a',
    '/databases/a/?q',
  ]) {
    it(`is one, as only what follows differs: ${target}`, () => assert.equal(outcome(target), true))
  }
})

describe('a route', () => {
  it('says whether its decision depends on the request', () => {
    assert.equal(DATABASES.dependsOnRequest, true)
    assert.deepEqual(DATABASES.databases, [{ capture: 'db', segment: 1, access: 'auto' }])
    const plain = compile('/{db}', { kind: 'authenticated' })
    assert.deepEqual([plain.dependsOnRequest, plain.databases], [false, []])
  })

  it('is refused where the capture is not in its path', () => {
    assert.throws(() => compile('/databases/{name}/**', rule()), { message: "route 'r': there is no {db} in /databases/{name}/**" })
    assert.throws(() => compile('*', rule()), { message: "route 'r': there is no {db} in *" })
  })

  it('keeps its decision for anonymous requests apart from any database', () => {
    const open = compile('/{db}', { kind: 'anonymous' }, rule())
    assert.ok(Permit.is(ask(open, null, 'GET', '/x')))
  })
})
