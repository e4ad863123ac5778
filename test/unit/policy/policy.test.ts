import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePolicy } from '../../../src/policy/policy.ts'
import { type Authority, createAuthority } from '../../support/authority.ts'
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

  it('is given again where it would be made of the same', async () => {
    const [one, two] = await Promise.all([createAuthority('CN=one'), createAuthority('CN=two')])
    const trusting = (...authorities: Authority[]) => [{ clientCa: authorities.map(({ certificate }) => certificate), names: new Map() }]
    const mapping = roleMapping({ user: { users: ['alice'] } })
    const first = compilePolicy({ routes }, mapping, trusting(one))
    assert.equal(compilePolicy({ routes: structuredClone(routes) }, mapping, trusting(one, two), first), first, 'no entry looks at a CA')
    assert.notEqual(compilePolicy({ routes: routes.slice(1) }, mapping, trusting(one), first), first)
    assert.notEqual(compilePolicy({ routes }, roleMapping({ user: { users: ['alice'] } }), trusting(one), first), first)

    const bound = roleMapping({ user: { users: ['alice'], issuers: ['CN=two'] } })
    const second = compilePolicy({ routes }, bound, trusting(one), first)
    assert.equal(compilePolicy({ routes }, bound, trusting(one), second), second)
    assert.notEqual(compilePolicy({ routes }, bound, trusting(one, two), second), second, 'a DN stands for another CA now')
    assert.notEqual(compilePolicy({ routes }, bound, null, second), second)
  })

  it('denies everything where there are no routes', () => {
    assert.equal(compilePolicy({ routes: [] }, roleMapping({})).findRoute('main', 'h', '/', 'GET'), 'route_missing')
  })
})
