import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ANONYMOUS_NAME, type Identity } from '../../../src/identity/types.ts'
import { decide, Permit } from '../../../src/policy/decide.ts'
import type { AllowWord, Denial, RoleSet, Route } from '../../../src/policy/types.ts'
import { routeSettings } from '../../support/route-settings.ts'

const alice: Identity = { name: 'alice', dn: null, source: 'basic', domain: 'basic', backendRoles: [], certificate: null }
const anonymous: Identity = { ...alice, name: ANONYMOUS_NAME, source: 'anonymous' }

const routeAllowing = (...words: string[]): Route => {
  const allow = words.map(
    (word): AllowWord => (word === 'authenticated' || word === 'anonymous' ? { kind: word } : { kind: 'role', role: word }),
  )
  const settings = routeSettings({ path: '/**', name: 'r', allow })
  return { index: 0, settings, allowsAnonymous: words.includes('anonymous'), databases: [], dependsOnRequest: false }
}

const rolesNamed = (...names: string[]): RoleSet => ({ names: new Set(names), grants: [] })

const reason = (decision: Permit | Denial): string => (decision instanceof Permit ? 'allowed' : decision.reason)

describe('a decision', () => {
  it('grants by any one role of the route', () => {
    const route = routeAllowing('readall', 'admin')
    const permit = decide({ route, identity: alice, roles: rolesNamed('x', 'admin') })
    assert.ok(Permit.is(permit))
    assert.equal(permit.route, route)
    assert.equal(permit.identity, alice)
    assert.equal(permit.allowed, true)
  })

  it('denies and says what was held and what was wanted', () => {
    const denial = decide({ route: routeAllowing('readall', 'admin'), identity: alice, roles: rolesNamed('b', 'a') })
    assert.deepEqual(denial, { allowed: false, reason: 'role_missing', detail: "'alice' has only a, b; route 'r' allows readall, admin" })
  })

  const cases: [string, string[], Identity | null, string[], string][] = [
    ['no words at all', [], alice, ['a'], 'role_missing'],
    ['nobody, where a role is wanted', ['a'], null, ['a'], 'credentials_required'],
    ['nobody, where authenticated is wanted', ['authenticated'], null, [], 'credentials_required'],
    ['nobody, where anonymous is allowed', ['anonymous'], null, [], 'allowed'],
    ['somebody without roles, where anonymous is allowed', ['anonymous', 'a'], alice, [], 'allowed'],
    ['somebody without roles, where authenticated is allowed', ['authenticated'], alice, [], 'allowed'],
    ['the anonymous identity, where authenticated is wanted', ['authenticated'], anonymous, [], 'role_missing'],
    ['the anonymous identity with a role', ['a'], anonymous, ['a'], 'allowed'],
    ['a role called like a reserved word', ['authenticated'], anonymous, ['authenticated', 'anonymous'], 'role_missing'],
    ['a role in other letters', ['Admin'], alice, ['admin'], 'role_missing'],
  ]
  for (const [name, words, identity, roles, expected] of cases) {
    it(`${name}: ${expected}`, () =>
      assert.equal(reason(decide({ route: routeAllowing(...words), identity, roles: rolesNamed(...roles) })), expected))
  }
})

describe('a permit', () => {
  const permit = decide({ route: routeAllowing('anonymous'), identity: alice, roles: rolesNamed() })
  assert.ok(Permit.is(permit))

  it('cannot be made elsewhere', () => {
    assert.throws(() => new Permit(Symbol('only decide makes permits'), permit.route, alice), TypeError)
    class Forged extends Permit {}
    assert.throws(() => new Forged(Symbol(), permit.route, alice), TypeError)
  })

  it('is not confused with what looks like one', () => {
    for (const fake of [
      { allowed: true, route: permit.route, identity: alice },
      Object.create(Permit.prototype),
      new Proxy(permit, {}),
      null,
      'permit',
      undefined,
    ]) {
      assert.equal(Permit.is(fake), false)
    }
  })
})
