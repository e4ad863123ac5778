import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endText } from '../../../src/cli/end-text.ts'

test('an end is told by the day, and by the minute where it is near', () => {
  const now = Date.UTC(2026, 10, 30, 12)
  assert.equal(endText(now + 180_000, now), '2026-11-30 12:03 UTC')
  assert.equal(endText('2026-11-30T11:00:00.000Z', now), '2026-11-30 11:00 UTC')
  assert.equal(endText(now + 2 * 86_400_000, now), '2026-12-02')
})
