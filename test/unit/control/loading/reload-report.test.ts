import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportOf } from '../../../../src/control/loading/reload-report.ts'

test('what is in force already is told with its age', () => {
  const told = (age: number) =>
    reportOf({ kind: 'unchanged', warnings: [] }, 'command', { snapshot: 3, loadedAt: 1_000, at: 1_000 + age }).message
  assert.equal(told(2_900), 'snapshot 3 is in force, taken up 2 s ago; nothing has changed since')
  assert.equal(told(119_999), 'snapshot 3 is in force, taken up 119 s ago; nothing has changed since')
  assert.equal(told(120_000), 'snapshot 3 is in force, taken up 2 min ago; nothing has changed since')
  assert.equal(told(3 * 3_600_000), 'snapshot 3 is in force, taken up 3 h ago; nothing has changed since')
  assert.equal(told(49 * 3_600_000), 'snapshot 3 is in force, taken up 2 d ago; nothing has changed since')
  // The clock was set back.
  assert.equal(told(-5_000), 'snapshot 3 is in force, taken up 0 s ago; nothing has changed since')
})
