import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationLog } from '../../../../src/control/loading/configuration-log.ts'
import type { ReloadReport } from '../../../../src/control/status.ts'
import { CertgateError } from '../../../../src/errors.ts'
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
  loads.tell({ kind: 'failed', problems: [], error }, report('failed', 'port 8443 is in use; snapshot 3 stays in force'))
  const [entry] = store.audit.read()
  assert.equal(entry?.action, 'configuration.rejected')
  assert.equal(entry?.outcome, 'refused')
  assert.deepEqual(entry?.details, { cause: 'file', snapshot: 3, message: 'port 8443 is in use; snapshot 3 stays in force' })
  assert.equal(told.length, 1)
  assert.deepEqual(counts, { loaded: 0, unchanged: 0, rejected: 1 })
})

test('a load that changes nothing is no entry', (t) => {
  const { loads, store, told, counts } = logOf(t)
  loads.tell({ kind: 'unchanged', warnings: [] }, report('unchanged', 'nothing changed'))
  assert.deepEqual(store.audit.read(), [])
  assert.deepEqual(told, [])
  assert.deepEqual(counts, { loaded: 0, unchanged: 1, rejected: 0 })
})

test('a store that cannot be written keeps nothing from being loaded', (t) => {
  const { loads, store, told } = logOf(t)
  store.close()
  loads.tell({ kind: 'failed', problems: [], error: null }, report('failed', '1 problem; snapshot 3 stays in force'))
  assert.equal(told.length, 1)
})
