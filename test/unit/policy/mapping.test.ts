import assert from 'node:assert/strict'
import { createHash, createPublicKey } from 'node:crypto'
import { describe, it } from 'node:test'
import { ANONYMOUS_NAME, type Identity } from '../../../src/identity/types.ts'
import { compileMapping } from '../../../src/policy/mapping.ts'
import { readAuthorities } from '../../../src/policy/mapping-issuer.ts'
import type { RoleMapping } from '../../../src/policy/types.ts'
import { createAuthority } from '../../support/authority.ts'
import { anonymousIdentity, basicIdentity, certificateIdentity } from '../../support/identities.ts'
import { roleMapping } from '../../support/role-mapping.ts'

const roles = (mapping: RoleMapping, identity: Identity, address = '192.0.2.1'): string[] =>
  [...compileMapping(mapping).rolesOf(identity, address).names].sort()

const alice = certificateIdentity('alice', 'CN=alice,OU=ops,O=Acme', { backendRoles: ['dev', 'on call'] })

describe('users', () => {
  it('grant by the exact name, a wildcard or a whole-string regex, case-sensitively', () => {
    const mapping = roleMapping({
      exact: { users: ['alice'] },
      star: { users: ['al*'] },
      mark: { users: ['a?ice'] },
      regex: { users: ['/al(i|y)ce/'] },
      part: { users: ['/lic/'] },
      upper: { users: ['Alice', 'ALICE', 'A*'] },
      blank: { users: ['', ' '] },
      none: { users: [] },
      missing: {},
    })
    assert.deepEqual(roles(mapping, alice), ['exact', 'mark', 'regex', 'star'])
  })

  it('names every grant with the text and line that gave it', () => {
    const mapping = roleMapping({ readall: { users: ['bob', 'al*', 'alice'], backendRoles: ['dev'] } })
    const { grants } = compileMapping(mapping).rolesOf(alice, '')
    const plain = grants.map(({ role, by, pattern, line }) => ({ role, by, pattern, line }))
    assert.deepEqual(plain, [
      { role: 'readall', by: 'users', pattern: 'alice', line: 13 },
      { role: 'readall', by: 'users', pattern: 'al*', line: 12 },
      { role: 'readall', by: 'backend_roles', pattern: 'dev', line: 14 },
    ])
  })

  it('written as a DN are compared as DNs, however they are written', () => {
    for (const written of ['CN=alice,OU=ops,O=Acme', 'cn = alice, ou="ops"; O=Acme', 'OID.2.5.4.3=alice,2.5.4.11=ops,o=\\41cme']) {
      assert.deepEqual(roles(roleMapping({ r: { users: [written] } }), alice), ['r'], written)
    }
    for (const written of [
      'O=Acme,OU=ops,CN=alice',
      'CN=alice,O=Acme',
      'CN=Alice,OU=ops,O=Acme',
      'CN=alice+OU=ops,O=Acme',
      'CN=alice,OU=ops,O=Acme,C=DE',
    ]) {
      assert.deepEqual(roles(roleMapping({ r: { users: [written] } }), alice), [], written)
    }
  })

  it('written as a DN never meet a name that only reads like one', () => {
    const liar = certificateIdentity('CN=admin,O=Acme', 'CN=CN\\=admin\\,O\\=Acme')
    const mapping = roleMapping({
      dn: { users: ['CN=admin,O=Acme'] },
      star: { users: ['CN=*,O=Acme'] },
      regex: { users: ['/CN=admin,O=.*/'] },
    })
    assert.deepEqual(roles(mapping, liar), [])
    assert.deepEqual(roles(mapping, certificateIdentity('admin', 'CN=admin,O=Acme')), ['dn', 'regex', 'star'])
  })

  it('written as a DN meet a directoryName that is the user name', () => {
    const sans = [{ type: 'directoryName', value: 'CN=svc,O=Acme' }] as const
    const mapping = roleMapping({ dn: { users: ['CN=svc, O=Acme'] }, star: { users: ['CN=*,O=Acme'] } })
    assert.deepEqual(roles(mapping, certificateIdentity('CN=svc,O=Acme', 'CN=x', { sans })), ['dn', 'star'])
    assert.deepEqual(roles(mapping, certificateIdentity('x', 'CN=x', { sans })), [])
  })

  it('written as a DN are compared as text where there is no certificate', () => {
    const mapping = roleMapping({ r: { users: ['uid=1001'] } })
    assert.deepEqual(roles(mapping, basicIdentity('uid=1001')), ['r'])
    assert.deepEqual(roles(mapping, basicIdentity('UID=1001')), [])
  })

  it('take odd names as the literals they are', () => {
    const mapping = roleMapping({ a: { users: ['admin', 'constructor', '10'] }, b: { backendRoles: ['x'] } })
    for (const name of ['__proto__', 'null', '0123', '*', '.*', '/.*/', 'toString', 'ADMIN', 'admin ', ' admin', 'аdmin', 'admin\u0000']) {
      assert.deepEqual(roles(mapping, basicIdentity(name)), [], JSON.stringify(name))
    }
    assert.deepEqual(roles(roleMapping({ a: { users: ['__proto__'] } }), basicIdentity('__proto__')), ['a'])
    assert.deepEqual(roles(roleMapping({ a: { users: ['J\u00fcrgen'] } }), basicIdentity('Ju\u0308rgen')), [])
  })
})

describe('backend roles', () => {
  it('grant by any one, also by patterns', () => {
    const mapping = roleMapping({
      exact: { backendRoles: ['x', 'dev'] },
      star: { backendRoles: ['on *'] },
      other: { backendRoles: ['De*', ''] },
      user: { users: ['dev'] },
    })
    assert.deepEqual(roles(mapping, alice), ['exact', 'star'])
  })

  it('in and_backend_roles grant only all together', () => {
    const mapping = roleMapping({
      both: { andBackendRoles: ['dev', 'on*'] },
      more: { andBackendRoles: ['dev', 'on*', 'lead'] },
      twice: { andBackendRoles: ['dev', 'dev'] },
      same: { andBackendRoles: ['d*', 'dev'] },
      blank: { andBackendRoles: ['dev', ''] },
      none: { andBackendRoles: [] },
    })
    assert.deepEqual(roles(mapping, alice), ['both', 'same', 'twice'])
    const [grant] = compileMapping(roleMapping({ both: { andBackendRoles: ['dev', 'on*'] } })).rolesOf(alice, '').grants
    assert.deepEqual([grant?.by, grant?.pattern, grant?.line], ['and_backend_roles', 'dev, on*', 11])
  })
})

describe('hosts', () => {
  it('grant by address, block and text', () => {
    const mapping = roleMapping({
      ip: { hosts: ['192.0.2.1'] },
      block: { hosts: ['192.0.0.0/16'] },
      glob: { hosts: ['192.0.2.*'] },
      any: { hosts: ['*'] },
    })
    assert.deepEqual(roles(mapping, alice, '192.0.2.1'), ['any', 'block', 'glob', 'ip'])
    assert.deepEqual(roles(mapping, alice, '::ffff:192.0.2.1'), ['any', 'block', 'glob', 'ip'])
    assert.deepEqual(roles(mapping, alice, '198.51.100.1'), ['any'])
    assert.deepEqual(roles(mapping, alice, ''), ['any'])
  })

  it('say whether roles depend on the address', () => {
    assert.equal(compileMapping(roleMapping({ a: { hosts: ['10.0.0.1'] } })).dependsOnAddress, true)
    assert.equal(compileMapping(roleMapping({ a: { users: ['*'] } })).dependsOnAddress, false)
  })
})

describe('issuers', () => {
  const key = 'ab'.repeat(32)
  const under = (facts: Parameters<typeof certificateIdentity>[2]) => certificateIdentity('alice', 'CN=alice', facts)
  const bound = (...issuers: string[]): RoleMapping =>
    roleMapping({ r: { users: ['alice'], backendRoles: ['dev'], hosts: ['*'], issuers } })

  it('bind every list of an entry to a CA, by key or by DN', () => {
    assert.deepEqual(roles(bound(key), under({ caKeys: ['cd'.repeat(32), key] })), ['r'])
    assert.deepEqual(roles(bound(`SHA256:${key.toUpperCase().replace(/..(?!$)/g, '$&:')}`), under({ caKeys: [key] })), ['r'])
    assert.deepEqual(roles(bound('cn=Good CA, O=Acme'), under({ issuerDn: 'CN=Good CA,O=Acme' })), ['r'])
    assert.deepEqual(roles(bound('CN=other', key), under({ caKeys: [key] })), ['r'])
  })

  it('by the DN of a configured CA mean its key, so that no other CA can borrow the name', () => {
    const good = { dn: 'CN=Good CA', key, selfSigned: true }
    const other = { dn: 'CN=Other CA', key: 'cd'.repeat(32), selfSigned: true }
    const has = (facts: Parameters<typeof certificateIdentity>[2], ...issuers: string[]): boolean =>
      compileMapping(bound(...issuers), [good, other])
        .rolesOf(under(facts), '')
        .names.has('r')
    assert.equal(has({ issuerDn: 'CN=Issuing', caKeys: [key] }, 'CN=Good CA'), true)
    assert.equal(has({ issuerDn: 'CN=Good CA', caKeys: [other.key] }, 'CN=Good CA'), false)
    assert.equal(has({ issuerDn: 'CN=Issuing', caKeys: [key] }, 'CN=Issuing'), false)
  })

  it('by the DN of a CA below count where there is one CA to trust', () => {
    const compiled = compileMapping(bound('CN=Issuing'), [{ dn: 'CN=Good CA', key, selfSigned: true }])
    assert.equal(compiled.rolesOf(under({ issuerDn: 'CN=Issuing', caKeys: [key] }), '').names.has('r'), true)
    assert.equal(compiled.rolesOf(under({ issuerDn: 'CN=Else', caKeys: [key] }), '').names.has('r'), false)
  })

  it('are read from the CAs as configured', async () => {
    const root = await createAuthority('CN=Good CA,O=Acme')
    const below = await root.intermediate('Issuing')
    const [first, second, ...others] = readAuthorities([
      { clientCa: [root.certificate], names: new Map([['x', { clientCa: [below.certificate, root.certificate] }]]) },
    ])
    assert.deepEqual(others, [])
    assert.equal(first?.dn, 'CN=Good CA,O=Acme')
    assert.equal(first?.selfSigned, true)
    assert.equal(
      first?.key,
      createHash('sha256')
        .update(createPublicKey(root.keyObject).export({ type: 'spki', format: 'der' }))
        .digest('hex'),
    )
    assert.deepEqual([second?.dn, second?.selfSigned], ['CN=Issuing', false])
  })

  it('give nothing under another CA, nor without a certificate', () => {
    assert.deepEqual(roles(bound(key), under({ caKeys: ['cd'.repeat(32)] })), [])
    assert.deepEqual(roles(bound(key), under({ caKeys: [], backendRoles: ['dev'] })), [])
    assert.deepEqual(roles(bound('CN=Good CA,O=Acme'), under({ issuerDn: 'O=Acme,CN=Good CA' })), [])
    assert.deepEqual(roles(bound('CN=Good CA'), under({ issuerDn: 'CN=CN\\=Good CA' })), [])
    assert.deepEqual(roles(bound(key), basicIdentity('alice', ['dev'])), [])
  })
})

describe('the anonymous identity', () => {
  it('gets a role by its literal name only', () => {
    const mapping = roleMapping({
      literal: { users: [ANONYMOUS_NAME] },
      star: { users: ['*', 'opendistro_*', `/${ANONYMOUS_NAME}/`] },
      host: { hosts: ['*', '192.0.2.1'] },
    })
    assert.deepEqual(roles(mapping, anonymousIdentity), ['literal'])
  })

  it('lends its name to nobody', () => {
    const mapping = roleMapping({ literal: { users: [ANONYMOUS_NAME] }, star: { users: ['*'] } })
    assert.deepEqual(roles(mapping, certificateIdentity(ANONYMOUS_NAME, 'CN=x')), [])
    assert.deepEqual(roles(mapping, basicIdentity(ANONYMOUS_NAME)), [])
  })
})

describe('a value that cannot be used', () => {
  const cases: [string, RoleMapping, RegExp][] = [
    ['regex', roleMapping({ r: { users: ['a', '/(/'] } }), /^roles_mapping\.yml:12: role 'r': .*regular expression/],
    ['block', roleMapping({ r: { hosts: ['10.0.0.0/33'] } }), /^roles_mapping\.yml:11: role 'r': the prefix length/],
    ['issuer', roleMapping({ r: { issuers: ['Good CA'] } }), /^roles_mapping\.yml:11: role 'r': the issuer 'Good CA' is neither/],
  ]
  for (const [name, mapping, message] of cases) {
    it(`is refused with its line: ${name}`, () => {
      assert.throws(() => compileMapping(mapping), { message })
    })
  }
})

it('a hundred thousand users, wildcards and regexes cost little each', () => {
  const users = Array.from({ length: 100_000 }, (_, index) => `user-${index}`)
  const patterns = Array.from({ length: 2000 }, (_, index) => (index % 2 === 0 ? `team-${index}-*` : `/squad-${index}-[a-z]+/`))
  const compiled = compileMapping(roleMapping({ many: { users: [...users, ...patterns] }, one: { users: ['user-77777'] } }))
  const started = performance.now()
  for (let round = 0; round < 1000; round++) {
    assert.equal(compiled.rolesOf(basicIdentity('user-77777'), '').names.size, 2)
    assert.equal(compiled.rolesOf(basicIdentity('squad-1999-x'), '').names.size, 1)
  }
  // A scan of the list would take minutes.
  assert.ok(performance.now() - started < 10_000)
})
