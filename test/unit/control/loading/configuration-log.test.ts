import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationLog } from '../../../../src/control/loading/configuration-log.ts'
import type { ReloadReport } from '../../../../src/control/status.ts'
import { CertgateError } from '../../../../src/errors.ts'
import type { Snapshot } from '../../../../src/ipc/messages.ts'
import { createLogger } from '../../../../src/observability/logger.ts'
import type { AuditEvent } from '../../../../src/observability/types.ts'
import { temporaryStore } from '../../../support/registry-store.ts'

const report = (outcome: ReloadReport['outcome'], message: string): ReloadReport => {
  return { outcome, cause: 'file', at: 0, snapshot: 3, message, problems: [] }
}

function logOf(t: Parameters<typeof temporaryStore>[0]) {
  const { store } = temporaryStore(t)
  const told: AuditEvent[] = []
  const counts = { loaded: 0, unchanged: 0, rejected: 0 }
  const loads = new ConfigurationLog({
    log: createLogger({ level: 'error', format: 'json', worker: null }),
    audit: (event) => void told.push(event),
    telemetry: { loaded: () => counts.loaded++, unchanged: () => counts.unchanged++, rejected: () => counts.rejected++ },
    kept: () => store.audit,
    name: '/etc/certgate/certgate.yml',
  })
  return { loads, store, told, counts }
}

test('a load that is refused is kept in the audit log with its reason', (t) => {
  const { loads, store, told, counts } = logOf(t)
  const error = new CertgateError('address_unavailable', 'port 8443 is in use')
  loads.tell({ kind: 'failed', problems: [], error }, report('failed', 'port 8443 is in use; snapshot 3 stays in force'), null)
  const [entry] = store.audit.read()
  assert.equal(entry?.action, 'configuration.rejected')
  assert.equal(entry?.outcome, 'refused')
  assert.deepEqual(entry?.details, { cause: 'file', snapshot: 3, message: 'port 8443 is in use; snapshot 3 stays in force' })
  assert.equal(told.length, 1)
  assert.deepEqual(counts, { loaded: 0, unchanged: 0, rejected: 1 })
})

test('a load that changes nothing is no entry', (t) => {
  const { loads, store, told, counts } = logOf(t)
  loads.tell({ kind: 'unchanged', warnings: [] }, report('unchanged', 'nothing changed'), null)
  assert.deepEqual(store.audit.read(), [])
  assert.deepEqual(told, [])
  assert.deepEqual(counts, { loaded: 0, unchanged: 1, rejected: 0 })
})

test('a store that cannot be written keeps nothing from being loaded', (t) => {
  const { loads, store, told } = logOf(t)
  store.close()
  loads.tell({ kind: 'failed', problems: [], error: null }, report('failed', '1 problem; snapshot 3 stays in force'), null)
  assert.equal(told.length, 1)
})

test('both logs say who asked, and of a refusal the first problem with its place', (t) => {
  const { loads, store, told } = logOf(t)
  const at = { file: '/etc/certgate/certgate.yml', column: 3, snippet: '', path: 'routes' }
  const problems = [
    { ...at, severity: 'warning' as const, line: 2, message: 'odd' },
    { ...at, severity: 'error' as const, line: 7, message: 'no such role' },
    { ...at, severity: 'error' as const, line: 9, message: 'another' },
  ]
  const failed = { ...report('failed', '2 problems; snapshot 3 stays in force'), cause: 'command' as const, problems }
  loads.tell({ kind: 'failed', problems, error: null }, failed, { name: 'cli', fingerprint: null, osUser: 'zoe' })
  loads.tell({ kind: 'failed', problems: [], error: null }, report('failed', 'x'), { name: 'CN=alice', fingerprint: 'ab'.repeat(32) })
  const problem = '/etc/certgate/certgate.yml:7: no such role'
  const message = '2 problems; snapshot 3 stays in force'
  const [entry, second] = store.audit.read().toSorted((a, b) => a.sequence - b.sequence)
  assert.deepEqual(entry?.details, { cause: 'command', snapshot: 3, message, problem })
  assert.deepEqual([entry?.actor.name, entry?.actor.os_user], ['cli', 'zoe'])
  assert.deepEqual([second?.actor.name, second?.actor.fingerprint], ['CN=alice', 'ab'.repeat(32)])
  assert.deepEqual(told[0], {
    kind: 'CONFIG',
    action: 'rejected',
    cause: 'command',
    snapshot: 3,
    detail: message,
    by: 'cli',
    os_user: 'zoe',
    problem,
  })
})

test('what was taken up is known by its digests', (t) => {
  const { loads, store, told } = logOf(t)
  loads.started({ number: 1 } as Snapshot, { configuration: 'c0', rolesMapping: null })
  const snapshot = { number: 3, settings: { telemetry: { log: { level: 'error' } } } } as Snapshot
  const digests = { configuration: 'c1', rolesMapping: 'd1' }
  loads.tell({ kind: 'loaded', snapshot, warnings: [], digests }, report('loaded', 'snapshot 3 is in force'), null)
  const [start, load] = store.audit.read().toSorted((a, b) => a.sequence - b.sequence)
  const message = '/etc/certgate/certgate.yml'
  assert.deepEqual(start?.details, { cause: 'start', snapshot: 1, message, configuration_sha256: 'c0' })
  assert.deepEqual(load?.details, { cause: 'file', snapshot: 3, message, configuration_sha256: 'c1', roles_mapping_sha256: 'd1' })
  assert.equal(load?.actor.name, 'certgate')
  assert.equal((told[1] as { by?: string }).by, 'certgate')
})
