import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compileIdentityRule } from '../../../src/identity/username.ts'
import { grantProblem } from '../../../src/policy/granting.ts'
import { compileMapping } from '../../../src/policy/mapping.ts'
import { type Candidate, knownNames, reachableRoles, rolesToGrant } from '../../../src/policy/reachable-roles.ts'
import { certificateFacts, certificateIdentity } from '../../support/identities.ts'
import { roleMapping } from '../../support/role-mapping.ts'

const CA_KEY = 'c0'.repeat(32)

const mapping = compileMapping(
  roleMapping({
    byName: { users: ['registered'] },
    byCommonName: { users: ['alice'] },
    byDn: { users: ['CN=alice,OU=ops'] },
    bySan: { users: ['alice@acme.example'] },
    byAttribute: { users: ['uid-7'] },
    byUnit: { backendRoles: ['ops'] },
    byBackendRole: { backendRoles: ['sample'] },
    byAll: { andBackendRoles: ['ops', 'sample'] },
    byClearance: { backendRoles: ['clearance:Operator'] },
    byDatabase: { backendRoles: ['db:movies:*'] },
    byPattern: { users: ['ali*'] },
    byAddress: { hosts: ['*'] },
    bound: { users: ['alice'], issuers: [CA_KEY] },
    others: { users: ['bob'] },
  }),
)

const rule = (usernameAttribute: string | null, rolesAttribute: string | null = null) =>
  compileIdentityRule({ name: 'd', usernameAttribute, rolesAttribute, skipUsers: [], onMissing: 'refuse' })

function candidate(dn: string, given: Partial<Candidate> = {}): Candidate {
  return { name: 'fresh', certificate: certificateFacts(dn), backendRoles: [], clearance: 'ValidUser', permissions: new Map(), ...given }
}

const reached = (one: Candidate, ...rules: ReturnType<typeof rule>[]): string[] => [...reachableRoles(mapping, one, rules)].sort()

describe('the roles that a new certificate would have', () => {
  const san = certificateFacts('CN=zoe', { sans: [{ type: 'rfc822Name', value: 'alice@acme.example' }] })
  const cases: [string, Candidate, ReturnType<typeof rule>[], string[]][] = [
    ['nobody in particular', candidate('CN=zoe'), [rule('cn')], []],
    ['its name in the registry', candidate('CN=zoe', { name: 'registered' }), [rule('cn')], ['byName']],
    ['its common name, exactly or by a pattern', candidate('CN=alice'), [rule('cn')], ['byCommonName', 'byPattern']],
    ['its common name, though no domain looks at it', candidate('CN=alice'), [rule('dn:ou')], ['byCommonName', 'byPattern']],
    ['any of several common names', candidate('CN=zoe,CN=alice'), [rule('cn')], ['byCommonName', 'byPattern']],
    ['its DN', candidate('CN=alice,OU=ops'), [], ['byCommonName', 'byDn', 'byPattern']],
    ['a SAN, though no domain looks at it', candidate('CN=zoe', { certificate: san }), [rule('cn')], ['byPattern', 'bySan']],
    ['an attribute that a domain takes the name from', candidate('CN=zoe,UID=uid-7'), [rule('dn:uid')], ['byAttribute']],
    ['an attribute that a domain takes roles from', candidate('CN=zoe,OU=ops'), [rule('cn', 'dn:ou')], ['byUnit']],
    ['backend roles given along', candidate('CN=zoe', { backendRoles: ['sample'] }), [], ['byBackendRole']],
    [
      'both kinds of backend roles together',
      candidate('CN=zoe,OU=ops', { backendRoles: ['sample'] }),
      [rule('cn', 'dn:ou')],
      ['byAll', 'byBackendRole', 'byUnit'],
    ],
    ['its clearance', candidate('CN=zoe', { clearance: 'Operator' }), [], ['byClearance']],
    ['a database permission', candidate('CN=zoe', { permissions: new Map([['movies', 'Read']]) }), [], ['byDatabase']],
    [
      'the CA above it',
      candidate('CN=zoe', { certificate: certificateFacts('CN=alice', { caKeys: [CA_KEY] }) }),
      [],
      ['bound', 'byCommonName', 'byPattern'],
    ],
  ]
  for (const [name, one, rules, expected] of cases) it(`come from ${name}`, () => assert.deepEqual(reached(one, ...rules), expected))

  it('are never those of reserved backend roles that were only claimed', () => {
    assert.deepEqual(reached(candidate('CN=zoe', { backendRoles: ['clearance:Operator', 'DB:movies:Admin'] })), [])
  })

  it('keep an Operator from issuing what would be more than they are', () => {
    const operator = certificateIdentity('olga', 'CN=olga', { backendRoles: ['sample'] })
    const actor = { clearance: 'Operator', permissions: new Map(), roles: rolesToGrant(mapping, operator) } as const
    const problem = (one: Candidate) =>
      grantProblem(actor, { clearance: 'ValidUser', permissions: new Map(), roles: reachableRoles(mapping, one, [rule('cn')]) })
    assert.equal(problem(candidate('CN=zoe', { backendRoles: ['sample'] })), null)
    for (const trick of [
      candidate('CN=alice'),
      candidate('CN=zoe', { name: 'registered' }),
      candidate('CN=zoe,CN=alice'),
      candidate('CN=zoe', { certificate: san }),
    ]) {
      assert.equal(problem(trick)?.code, 'role_not_held')
    }
  })
})

describe('what somebody may pass on', () => {
  it('is not what only their address gives', () => {
    const olga = certificateIdentity('olga', 'CN=olga')
    assert.deepEqual([...mapping.rolesOf(olga, '10.0.0.1').names], ['byAddress'])
    assert.deepEqual([...rolesToGrant(mapping, olga)], [])
  })
})

describe('the names that a certificate is known under', () => {
  it('are those of the registry, the subject and the domains', () => {
    const one = candidate('CN=zoe,CN=alice,UID=u,OU=ops', { name: 'fresh' })
    assert.deepEqual([...knownNames(one, [rule('dn:uid')])], ['fresh', 'alice', 'zoe', 'CN=zoe,CN=alice,UID=u,OU=ops', 'u'])
    assert.deepEqual([...knownNames(candidate('CN=zoe', { name: ' ' }), [])], ['zoe', 'CN=zoe'])
  })
})
