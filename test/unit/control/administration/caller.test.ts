import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { InForce } from '../../../../src/admin/context.ts'
import { parseRoleMapping } from '../../../../src/config/roles-mapping.ts'
import type { AuthDomain, ListenerTlsSettings } from '../../../../src/config/settings.ts'
import { callerOf } from '../../../../src/control/administration/caller.ts'
import { compilePolicy } from '../../../../src/policy/policy.ts'
import type { Evidence, ListenerMaterial, Peer } from '../../../../src/tls/types.ts'
import { certificateFacts } from '../../../support/identities.ts'
import { listenerSettings, settingsWith } from '../../../support/settings.ts'

const domains: AuthDomain[] = [
  {
    type: 'clientcert',
    name: 'c',
    order: 1,
    usernameAttribute: 'cn',
    rolesAttribute: null,
    skipUsers: ['CN=skipped*'],
    onMissing: 'refuse',
  },
  { type: 'basic', name: 'b', order: 2, challenge: true, realm: 'x' },
]
const { mapping } = parseRoleMapping(
  'ops: { users: [alice] }\nhere: { hosts: ["*"] }\nraised: { backend_roles: ["clearance:Operator"] }\n',
  'm.yml',
)

function inForce(adminDn: readonly string[] = [], withNames = false): InForce {
  const auth = { combine: 'first', usernameMustMatch: true, anonymous: false, domains } as const
  const admin = { address: null, tls: 'main', adminDn, serverCertificate: 'allow', hosts: [], socket: '/x', byDefault: false } as const
  const tls = { names: new Map([['partner.example', {}]]), defaultName: 'partner.example' } as unknown as ListenerTlsSettings
  const own = { names: new Map(), defaultName: null } as unknown as ListenerTlsSettings
  const settings = settingsWith({ auth, admin, listeners: new Map([['main', listenerSettings('main', { tls: withNames ? tls : own })]]) })
  const material = (ca: string) => ({ clientCa: [ca], names: new Map() }) as unknown as ListenerMaterial
  const names = new Map(withNames ? [['partner.example', material('partner')]] : [])
  const listeners = new Map([['main', { ...material('own'), names }]])
  return { settings, mapping, users: [], policy: compilePolicy(settings, mapping), listeners }
}

const peer = (dn: string, given: Partial<Peer> = {}): Peer => {
  return { certificate: certificateFacts(dn), refusal: null, detail: '', serverName: null, resumed: false, ...given }
}

test('rights are those of the registry, and roles those that the certificate has anywhere', () => {
  const caller = callerOf(peer('CN=alice', { clearance: 'Operator', permissions: new Map([['a', 'Read']]) }), inForce(), '10.0.0.1')
  assert.equal(caller.rights.clearance, 'Operator')
  assert.deepEqual([...caller.rights.roles].sort(), ['ops', 'raised'])
  assert.deepEqual(caller.actor, { name: 'alice', fingerprint: 'ab'.repeat(32), remote: '10.0.0.1' })
  assert.equal(caller.via, 'network')
})

test('a trusted certificate without an entry has no clearance, whatever its name', () => {
  assert.equal(callerOf(peer('CN=admin,OU=ClusterAdmin'), inForce(), '').rights.clearance, undefined)
})

test('admin_dn counts only under a good chain, and whole', () => {
  const under = (byChain: boolean) => ({ evidence: { byChain } as Evidence })
  assert.equal(callerOf(peer('CN=root,O=x', under(true)), inForce(['CN=root,O=x']), '').rights.clearance, 'ClusterAdmin')
  assert.equal(callerOf(peer('CN=root,O=x', under(false)), inForce(['CN=root,O=x']), '').rights.clearance, undefined)
  assert.equal(callerOf(peer('CN=root,O=y', under(true)), inForce(['CN=root,O=x']), '').rights.clearance, undefined)
})

test('admin_dn counts for nothing under a server name with client CAs of its own', () => {
  const root = (serverName: string | null) => peer('CN=root', { serverName, evidence: { byChain: true } as Evidence })
  for (const name of ['partner.example', null]) {
    assert.equal(callerOf(root(name), inForce(['CN=root'], true), '').rights.clearance, undefined)
    assert.equal(callerOf(root(name), inForce(['CN=root']), '').rights.clearance, 'ClusterAdmin')
  }
})

test('who no domain can name keeps their clearance, and has no role to give', () => {
  for (const dn of ['O=nameless', 'CN=skipped one']) {
    const caller = callerOf(peer(dn, { clearance: 'Operator' }), inForce(), '')
    assert.deepEqual([caller.identity, caller.rights.clearance, caller.rights.roles.size, caller.actor.name], [null, 'Operator', 0, dn])
  }
})

test("the gateway's own certificate is nobody with a name", () => {
  const caller = callerOf(peer('CN=alice', { isServerCertificate: true, clearance: 'Operator' }), inForce(), '')
  assert.deepEqual([caller.identity, caller.actor.name, caller.rights.roles.size], [null, 'server certificate', 0])
})
