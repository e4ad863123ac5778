import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePolicy } from '../../../src/policy/policy.ts'
import { basicIdentity } from '../../support/identities.ts'
import { roleMapping } from '../../support/role-mapping.ts'
import { routeSettings } from '../../support/route-settings.ts'

describe('a policy', () => {
  const routes = [routeSettings({ path: '/db/{name}', allow: [{ kind: 'anonymous' }] }), routeSettings({ path: '/**' })]
  const policy = compilePolicy({ routes }, roleMapping({ user: { users: ['alice'], hosts: ['10.0.0.1'] } }))

  it('finds routes, captures and roles', () => {
    const route = policy.findRoute('main', 'h', '/db/x', 'GET')
    assert.equal(route, policy.routes[0])
    assert.ok(typeof route !== 'string')
    assert.equal(route.allowsAnonymous, true)
    assert.equal(policy.captures(route, '/db/x').get('name'), 'x')
    assert.deepEqual([...policy.rolesOf(basicIdentity('alice'), '').names], ['user'])
    assert.equal(policy.dependsOnAddress, true)
    assert.equal(policy.routes[1]?.allowsAnonymous, false)
  })

  it('does not compile from what cannot be used', () => {
    assert.throws(() => compilePolicy({ routes: [routeSettings({ path: '/a**', name: 'r' })] }, roleMapping({})), { message: /route 'r'/ })
    assert.throws(() => compilePolicy({ routes }, roleMapping({ r: { users: ['/(/'] } })), { message: /roles_mapping\.yml:11/ })
  })

  it('denies everything where there are no routes', () => {
    assert.equal(compilePolicy({ routes: [] }, roleMapping({})).findRoute('main', 'h', '/', 'GET'), 'route_missing')
  })
})
