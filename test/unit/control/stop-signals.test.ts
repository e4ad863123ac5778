import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SAME_SIGNAL, StopSignals } from '../../../src/control/stop-signals.ts'

test('signals within the bound of the first count as one, however many; a later one is a second wish', () => {
  let now = 1_000
  const signals = new StopSignals(() => now)
  assert.equal(signals.take(), 'drain')
  assert.equal(signals.take(), 'repeated')
  now += SAME_SIGNAL - 1
  assert.deepEqual([signals.take(), signals.take()], ['repeated', 'repeated'])
  now += 1
  assert.deepEqual([signals.take(), signals.take()], ['at_once', 'at_once'])
})
