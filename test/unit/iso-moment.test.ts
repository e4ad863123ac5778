import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isoMoment } from '../../src/iso-moment.ts'

it('reads days, and moments with their zone', () => {
  assert.equal(isoMoment('2028-02-29'), Date.UTC(2028, 1, 29))
  assert.equal(isoMoment('2026-03-01T00:30+02:00'), Date.UTC(2026, 1, 28, 22, 30))
  assert.equal(isoMoment('2026-03-01T12:00:00.0000000Z'), Date.UTC(2026, 2, 1, 12))
})

it('takes nothing that does not exist for what comes after it', () => {
  for (const text of ['2026-02-29', '2026-04-31', '2026-04-31T12:00:00Z', '2026-00-10', '2026-13-01', '2026-01-01T24:00:00Z'])
    assert.ok(Number.isNaN(isoMoment(text)), text)
  for (const text of [
    '',
    '2026',
    '2026-01',
    '2026-01-01T12:00',
    '2026-01-01T12Z',
    '2026-01-01T12:60Z',
    '2026-01-01T12:00+99:99',
    '26-1-1',
    ' 2026-01-01',
  ])
    assert.ok(Number.isNaN(isoMoment(text)), text)
})
