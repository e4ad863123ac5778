import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestRecord } from '../../../src/gateway/request-record.ts'
import { connectionFragment, NO_SUBJECT, subjectFragment } from '../../../src/observability/access-fragments.ts'

const connection = connectionFragment('main', '192.0.2.7', null)

test('nothing of one request stands in the line of the next', () => {
  const record = new RequestRecord(connection)
  record.begin('POST')
  Object.assign(record, { host: 'a', path: '/a', subject: subjectFragment('alice', null, null, []), route: 'r', decision: 'allow' })
  Object.assign(record, { reason: 'upstream_failed', status: 502, upstream: 'u', bytesIn: 1, bytesOut: 2, requestId: 'id' })
  record.close()
  record.begin('GET')
  const { method, host, path, subject, route, decision, reason, status, upstream, bytesIn, bytesOut, requestId, open } = record
  assert.deepEqual(
    { method, host, path, subject, route, decision, reason, status, upstream, bytesIn, bytesOut, requestId, open },
    {
      method: 'GET',
      host: '',
      path: '',
      subject: NO_SUBJECT,
      route: null,
      decision: 'deny',
      reason: null,
      status: 0,
      upstream: null,
      bytesIn: 0,
      bytesOut: 0,
      requestId: '',
      open: true,
    },
  )
})

test("the client's id is read from its bytes, ours replaces it", () => {
  const record = new RequestRecord(connection)
  record.begin('GET')
  record.requestIdIn(Buffer.from('xx id-1 xx'), 3, 7)
  assert.equal(record.requestId, 'id-1')
  record.requestIdIn(Buffer.from('xx id-2 xx'), 3, 7)
  record.requestId = 'ours'
  assert.equal(record.requestId, 'ours')
})

test('closed, it has let go of the bytes', () => {
  const record = new RequestRecord(connection)
  record.begin('GET')
  record.requestIdIn(Buffer.from('id'), 0, 2)
  record.close()
  assert.deepEqual([record.open, record.requestId], [false, ''])
})

test('a repetition keeps who, what and where, and begins its numbers anew', () => {
  const record = new RequestRecord(connection)
  record.begin('GET')
  Object.assign(record, {
    host: 'a',
    path: '/a',
    route: 'r',
    decision: 'allow',
    reason: 'upstream_failed',
    status: 502,
    upstream: 'u',
    bytesOut: 2,
  })
  const first: unknown = record.repeated
  record.close()
  record.repeat(7)
  const { method, host, path, route, decision, reason, status, upstream, bytesIn, bytesOut, open } = record
  assert.deepEqual([method, host, path, route, decision, open], ['GET', 'a', '/a', 'r', 'allow', true])
  assert.deepEqual([reason, status, upstream, bytesIn, bytesOut], [null, 0, null, 7, 0])
  assert.deepEqual([first, record.repeated?.middle], [undefined, ''])
  Object.assign(record.repeated ?? {}, { middle: 'kept', line: 'kept' })
  record.begin('GET')
  record.repeat(7)
  assert.deepEqual([record.repeated?.middle, record.repeated?.line], ['', ''])
})
