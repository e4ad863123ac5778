import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAudit } from '../../../src/observability/audit.ts'
import { createLogger } from '../../../src/observability/logger.ts'
import type { AuditEvent } from '../../../src/observability/types.ts'

function capture(level: 'info' | 'error' = 'info') {
  const lines: Record<string, unknown>[] = []
  const logger = createLogger({ level, format: 'json', worker: 1, write: (line) => lines.push(JSON.parse(line)) })
  return { audit: createAudit(logger), lines }
}

const refused = (remote: string, user = 'alice'): AuditEvent => ({
  kind: 'MISSING_PRIVILEGES',
  reason: 'role_missing',
  user,
  remote,
  detail: 'needs admin',
})

test('an event is a line with audit true and its category, whatever the log level', () => {
  const { audit, lines } = capture('error')
  audit({ kind: 'FAILED_LOGIN', reason: 'credentials_invalid', user: 'bob', remote: '10.0.0.9', detail: 'wrong password' })
  const { time, pid, worker, ...fields } = lines[0] ?? {}
  assert.deepEqual(fields, {
    level: 'info',
    audit: true,
    category: 'FAILED_LOGIN',
    reason: 'credentials_invalid',
    user: 'bob',
    remote: '10.0.0.9',
    detail: 'wrong password',
    msg: 'login failed',
  })
})

test('in a flood every event is still accounted for, in a bounded number of lines', () => {
  const { audit, lines } = capture()
  for (let i = 0; i < 5000; i++) audit(refused(`10.0.${i % 3}.1`, `user${i}`))
  for (let i = 0; i < 5000; i++) audit(refused(`10.1.${i >> 8}.${i & 255}`))
  audit({ kind: 'CONFIG', action: 'loaded', cause: 'file', by: 'certgate', snapshot: 2, detail: 'reload' })
  audit.flush()
  assert.ok(lines.length < 400, String(lines.length))
  const repeated = lines.reduce((sum, line) => sum + Number(line.repeated ?? 0), 0)
  const single = lines.filter((line) => line.repeated === undefined)
  assert.equal(repeated + single.length, 10_001)
  assert.equal(single.filter((line) => line.category === 'CONFIG').length, 1)
  const loudest = lines.find((line) => line.remote === '10.0.0.1' && line.repeated !== undefined)
  assert.ok(Number(loudest?.repeated) > 1600)
  assert.equal(lines.filter((line) => line.remote === null && line.reason === 'role_missing').length, 1)
})

test('counts are written by themselves when the second ends', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const { audit, lines } = capture()
  for (let i = 0; i < 101; i++) audit(refused('10.0.0.1'))
  assert.equal(lines.length, 100)
  t.mock.timers.tick(1000)
  assert.deepEqual([lines.length, lines.at(-1)?.repeated], [101, 1])
  audit(refused('10.0.0.1'))
  assert.equal(lines.at(-1)?.detail, 'needs admin')
})
