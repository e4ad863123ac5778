import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clearance, DatabaseAccess } from '../../../src/identity/types.ts'
import {
  type Actor,
  actionProblem,
  editProblem,
  foldName,
  type Grant,
  grantProblem,
  LOCAL_OPERATOR,
  lastAdminProblem,
  managementProblem,
  nameProblem,
  removalProblem,
} from '../../../src/policy/granting.ts'

const permissions = (given: Record<string, DatabaseAccess>) => new Map(Object.entries(given))

function actor(clearance: Clearance | null, ...roles: string[]): Actor {
  return clearance === null ? { roles: new Set(roles) } : { clearance, permissions: new Map(), roles: new Set(roles) }
}

function grant(clearance: Clearance, given: Record<string, DatabaseAccess> = {}, ...roles: string[]): Grant {
  return { clearance, permissions: permissions(given), roles: new Set(roles) }
}

describe('who may administer', () => {
  it('is told by clearance, never by a role', () => {
    const outcome = (clearance: Clearance | undefined) =>
      (['self', 'read', 'certificates', 'policy'] as const).filter((action) => actionProblem(clearance, action) === null)
    assert.deepEqual(outcome(undefined), ['self'])
    assert.deepEqual(outcome('ValidUser'), ['self'])
    assert.deepEqual(outcome('Operator'), ['self', 'read', 'certificates'])
    assert.deepEqual(outcome('ClusterAdmin'), ['self', 'read', 'certificates', 'policy'])
    assert.deepEqual(outcome('ClusterNode'), ['self', 'read', 'certificates', 'policy'])
    const named = grantProblem(actor(null, 'ClusterAdmin', 'clearance:ClusterAdmin', 'admin'), grant('ValidUser'))
    assert.equal(named?.code, 'clearance_too_low')
  })

  it('refuses an action that nobody knows, and tells what is needed', () => {
    assert.equal(actionProblem('ClusterAdmin', 'everything' as 'read')?.code, 'clearance_too_low')
    assert.equal(actionProblem('Operator', 'policy')?.detail, 'this needs the clearance ClusterAdmin, and yours is Operator')
  })

  it('lets whoever owns the machine do everything', () => {
    assert.equal(grantProblem(LOCAL_OPERATOR, grant('ClusterAdmin', { x: 'Admin' }, 'any')), null)
  })
})

describe('nobody grants more than they hold', () => {
  const operator = actor('Operator', 'readall')
  const cases: [string, Actor, Grant, string | null][] = [
    ['a ValidUser grants nothing, not even what they are', actor('ValidUser'), grant('ValidUser'), 'clearance_too_low'],
    ['no clearance grants nothing', actor(null), grant('ValidUser'), 'clearance_too_low'],
    ['an Operator grants Operator', operator, grant('Operator'), null],
    ['an Operator does not grant ClusterAdmin', operator, grant('ClusterAdmin'), 'clearance_not_held'],
    ['nor ClusterNode, which ranks the same', operator, grant('ClusterNode'), 'clearance_not_held'],
    ['nor a clearance that does not exist', operator, grant('Root' as Clearance), 'clearance_not_held'],
    ['not even a ClusterAdmin grants that', actor('ClusterAdmin'), grant('Root' as Clearance), 'clearance_not_held'],
    ['an Operator grants any database', operator, grant('ValidUser', { x: 'Admin' }), null],
    ['but no database without a name', operator, grant('ValidUser', { '': 'Read' }), 'permission_not_held'],
    ['nor an access that does not exist', operator, grant('ValidUser', { x: 'All' as DatabaseAccess }), 'permission_not_held'],
    ['an Operator grants a role of theirs', operator, grant('ValidUser', {}, 'readall'), null],
    ['but no other, also beside one of theirs', operator, grant('ValidUser', {}, 'readall', 'admin'), 'role_not_held'],
    ['nor the same in other letters', operator, grant('ValidUser', {}, 'ReadAll'), 'role_not_held'],
    ['a ClusterAdmin grants every role: the mapping is theirs', actor('ClusterAdmin'), grant('ClusterAdmin', {}, 'admin'), null],
    ['a ClusterNode too', actor('ClusterNode'), grant('ClusterAdmin', {}, 'admin'), null],
  ]
  for (const [name, who, what, code] of cases) it(name, () => assert.equal(grantProblem(who, what)?.code ?? null, code))

  it('and is told what is missing', () => {
    assert.equal(
      grantProblem(operator, grant('ValidUser', {}, 'zeta', 'admin'))?.detail,
      'its names would have roles that you have not: admin, zeta',
    )
  })
})

describe('a change of a certificate', () => {
  const operator = actor('Operator', 'readall')

  it('gives only what is new about it', () => {
    const before = grant('ValidUser', { x: 'Read' }, 'superuser')
    assert.equal(editProblem(operator, before, grant('ValidUser', { x: 'Read', y: 'Admin' }, 'superuser')), null)
    assert.equal(editProblem(operator, before, grant('ValidUser', {}, 'readall')), null)
    assert.equal(editProblem(operator, before, grant('ValidUser', {}, 'superuser', 'admin'))?.code, 'role_not_held')
    assert.equal(editProblem(operator, before, grant('ClusterAdmin'))?.code, 'clearance_not_held')
  })

  it('is not for what ranks above: neither up nor down', () => {
    const before = grant('ClusterAdmin')
    assert.equal(editProblem(operator, before, grant('ValidUser'))?.code, 'clearance_not_held')
    assert.equal(editProblem(operator, before, before)?.code, 'clearance_not_held')
    assert.equal(managementProblem(operator, grant('ClusterNode'))?.code, 'clearance_not_held')
    assert.equal(managementProblem(operator, grant('Operator')), null)
    assert.equal(managementProblem(actor('ValidUser'), grant('ValidUser'))?.code, 'clearance_too_low')
  })

  it('is not for the holder to make on their own', () => {
    const own = grant('ValidUser', { x: 'Read' })
    assert.equal(editProblem({ ...actor('ValidUser'), permissions: own.permissions }, own, own)?.code, 'clearance_too_low')
    assert.equal(editProblem(operator, grant('Operator'), grant('ClusterAdmin'))?.code, 'clearance_not_held')
  })

  it('never deletes the one in use', () => {
    assert.equal(removalProblem(actor('ClusterAdmin'), grant('ValidUser'), true)?.code, 'certificate_in_use')
    assert.equal(removalProblem(operator, grant('ClusterAdmin'), false)?.code, 'clearance_not_held')
    assert.equal(removalProblem(operator, grant('ValidUser'), false), null)
  })
})

describe('a name in use', () => {
  const live = [
    { names: ['Alice', 'CN=alice,O=Acme'], pin: 'a1' },
    { names: ['bob'], pin: 'b1' },
  ]
  const operator = actor('Operator')
  const problem = (who: Actor, names: string[], pin: string) => nameProblem(who, { names, pin }, live)?.code ?? null

  it('is free for the same key, and for a new name', () => {
    assert.equal(problem(operator, ['Alice'], 'a1'), null)
    assert.equal(problem(operator, ['carol'], 'c1'), null)
  })

  it('takes a second key from ClusterAdmin alone', () => {
    assert.equal(problem(operator, ['Alice'], 'c1'), 'name_in_use')
    assert.equal(problem(actor('ValidUser'), ['Alice'], 'c1'), 'name_in_use')
    assert.equal(problem(actor('ClusterAdmin'), ['Alice'], 'c1'), null)
    assert.equal(problem(actor('ClusterNode'), ['Alice'], 'c1'), null)
  })

  for (const like of ['alice', 'ALICE ', ' Ａｌｉｃｅ', 'CN=ALICE,O=acme', 'alice\u00a0', 'Bob']) {
    it(`is not worked around by ${JSON.stringify(like)}`, () => assert.equal(problem(operator, ['dave', like], 'c1'), 'name_in_use'))
  }

  it('is not worked around by the key of another name', () => {
    assert.equal(problem(operator, ['Alice'], 'b1'), 'name_in_use')
  })

  it('folds the same however often', () => {
    for (const invisible of ['\u200b', '\u00ad', '\u2060', '\ufeff', '\u061c', '\u2800', '\u3164', '\ufe0f', '\u{e0041}'])
      assert.equal(foldName(`${invisible}Ad${invisible}min${invisible}`), 'admin')
    for (const name of ['\u1e9e', 'ﬁ', 'İ', 'a\t\nb', '\u212b']) assert.equal(foldName(foldName(name)), foldName(name))
  })
})

describe('the last usable administrator', () => {
  it('stays', () => {
    assert.equal(lastAdminProblem(1, 0)?.code, 'last_admin')
    assert.equal(lastAdminProblem(3, 0)?.code, 'last_admin')
    assert.equal(lastAdminProblem(2, 1), null)
    assert.equal(lastAdminProblem(0, 0), null)
    assert.equal(lastAdminProblem(1, Number.NaN)?.code, 'last_admin')
    assert.equal(lastAdminProblem(1, -1)?.code, 'last_admin')
  })
})
