/** docs/operations.md: every refusal with its status, every access-log field in its order. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REASONS, refusalRow } from '../../../src/gateway/refusal/table.ts'
import { connectionFragment, subjectFragment } from '../../../src/observability/access-fragments.ts'
import { AccessSerializer } from '../../../src/observability/access-record.ts'
import { readDocument, rowsOf } from '../../support/documents.ts'

const rows = rowsOf(readDocument('docs/operations.md'))
const codeOf = (cell = '') => cell.replaceAll('`', '')

test('the table of refusals has every code with its status', () => {
  const documented = rows.filter(({ head }) => head[0] === 'code').map(({ cells }) => [codeOf(cells[0]), Number(cells[1])])
  assert.deepEqual(
    documented,
    REASONS.map((reason) => [reason, refusalRow(reason).status]),
  )
})

test('the table of access-log fields is what a line has, in its order', () => {
  const documented = rows.filter(({ head }) => head[0] === 'field').map(({ cells }) => codeOf(cells[0]))
  const line = new AccessSerializer().line({
    time: 0,
    requestId: 'r',
    connection: connectionFragment('main', '192.0.2.1', null),
    method: 'GET',
    host: 'gate.example',
    path: '/',
    subject: subjectFragment('alice', 'CN=alice', 'ab', ['reader']),
    route: null,
    decision: 'deny',
    reason: 'route_missing',
    status: 404,
    upstream: null,
    bytesIn: 0,
    bytesOut: 0,
    durationMs: 1,
  })
  assert.deepEqual(documented, Object.keys(JSON.parse(line)))
})
