import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../../../src/control/loading/reload-report.ts'

test('what is in force already is told with its age', () => {
  const told = (age: number) =>
    reportOf({ kind: 'unchanged', warnings: [] }, 'command', { snapshot: 3, loadedAt: 1_000, at: 1_000 + age }).message
  assert.equal(told(2_900), 'already in force since 2 s ago as snapshot 3')
  assert.equal(told(119_999), 'already in force since 119 s ago as snapshot 3')
  assert.equal(told(120_000), 'already in force since 2 min ago as snapshot 3')
  assert.equal(told(3 * 3_600_000), 'already in force since 3 h ago as snapshot 3')
  assert.equal(told(49 * 3_600_000), 'already in force since 2 d ago as snapshot 3')
  // The clock was set back.
  assert.equal(told(-5_000), 'already in force since 0 s ago as snapshot 3')
})
