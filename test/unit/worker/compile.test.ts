/** What a change leaves as it is is not made again: a worker has a second for a change of trust, however many users are mapped. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Snapshot } from '../../../src/ipc/messages.ts'
import { createAudit } from '../../../src/observability/audit.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import { createWorkerMetrics } from '../../../src/observability/worker-metrics.ts'
import type { RoleMapping } from '../../../src/policy/types.ts'
import type { ListenerMaterial } from '../../../src/tls/types.ts'
import { type CompiledSnapshot, compileSnapshot } from '../../../src/worker/compile.ts'
import { createDataPlane } from '../../../src/worker/data-plane.ts'
import { Overload } from '../../../src/worker/overload.ts'
import { createAuthority } from '../../support/authority.ts'
import { basicIdentity } from '../../support/identities.ts'
import { roleMapping } from '../../support/role-mapping.ts'
import { routeSettings } from '../../support/route-settings.ts'
import { settingsWith } from '../../support/settings.ts'

const [one, two] = await Promise.all([createAuthority('CN=one'), createAuthority('CN=two')])

function snapshot(number: number, mapping: RoleMapping, clientCa: readonly string[]): Snapshot {
  const material: ListenerMaterial = {
    keyPair: { certificate: '', key: '' },
    clientCa,
    crl: { validate: false, onUnavailable: 'deny', lists: [] },
    names: new Map(),
    ticketKeys: new Uint8Array(48),
  }
  const upstreams = new Map([['u', { name: 'u', targets: [], strip: [], tls: null }]]) as unknown as Snapshot['settings']['upstreams']
  const settings = settingsWith({ upstreams, routes: [routeSettings({ path: '/**' })] })
  return { number, settings, mapping, users: [], listeners: new Map([['main', material]]), upstreams: new Map() }
}

function compile(made: Snapshot, previous: CompiledSnapshot | null = null): CompiledSnapshot {
  const audit = createAudit(createLogger({ level: 'error', format: 'json', worker: 1 }))
  return compileSnapshot(made, { metrics: createWorkerMetrics(), audit, previous, draining: () => false })
}

test('a change of trust alone leaves the policy and the upstreams as they are', () => {
  const mapping = roleMapping({ user: { users: ['alice'] } })
  const before = compile(snapshot(1, mapping, [one.certificate]))
  const after = compile(snapshot(2, mapping, [two.certificate]), before)
  assert.equal(after.runtime.policy, before.runtime.policy)
  assert.equal(after.upstreams.get('u'), before.upstreams.get('u'))
  assert.deepEqual([after.runtime.number, after.runtime.routes.length], [2, 1])
})

test('a change of the mapping is taken up, and so is a change of trust that a mapping entry looks at', () => {
  const before = compile(snapshot(1, roleMapping({ user: { users: ['alice'] } }), [one.certificate]))
  const bound = roleMapping({ user: { users: ['alice'] }, other: { users: ['bob'], issuers: ['CN=two'] } })
  const after = compile(snapshot(2, bound, [one.certificate]), before)
  assert.deepEqual([...after.runtime.policy.rolesOf(basicIdentity('alice'), '').names], ['user'])
  assert.notEqual(after.runtime.policy, before.runtime.policy)
  const last = compile(snapshot(3, bound, [one.certificate, two.certificate]), after)
  assert.notEqual(last.runtime.policy, after.runtime.policy)
})

test('what was in force before is let go, however often it is replaced', async (t) => {
  const log = createLogger({ level: 'error', format: 'json', worker: 1 })
  const services = { metrics: createWorkerMetrics(), accessLog: null, audit: createAudit(log), log }
  const plane = createDataPlane(services, new Overload(0, () => 0), () => false)
  t.after(() => plane.destroy())
  const seen: WeakRef<Snapshot>[] = []
  for (let number = 1; number <= 6; number++) {
    const next = snapshot(number, roleMapping({ user: { users: ['alice', `user${number >> 1}`] } }), [one.certificate])
    seen.push(new WeakRef(next))
    plane.apply(next)
    await turn()
  }
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  const kept = seen.flatMap((one) => one.deref()?.number ?? [])
  assert.deepEqual(kept, [6])
})
