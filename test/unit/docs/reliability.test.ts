/** docs/reliability.md says of every fault what is promised, and names no other. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAULTS } from '../../fault/faults/index.ts'
import { readDocument, rowsOf } from '../../support/documents.ts'

test('every fault has its promise', () => {
  const rows = rowsOf(readDocument('docs/reliability.md')).filter(({ head }) => head[0] === 'fault' && head[1] === 'what is done')
  const documented = rows.map(({ cells }) => cells[0]?.replaceAll('`', ''))
  assert.deepEqual(
    documented,
    FAULTS.map(({ name }) => name),
  )
})
