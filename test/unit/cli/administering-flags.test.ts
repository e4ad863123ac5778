import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lifetimeBody, readDuration, readMoment, readPast } from '../../../src/cli/lifetime-flags.ts'
import { readClearance, readDatabases, rightsBody } from '../../../src/cli/rights-flags.ts'
import { UsageError } from '../../../src/errors.ts'

const usage = (message: RegExp) => (error: unknown) => error instanceof UsageError && message.test(`${error.message}\n${error.hint}`)

test('rights are words in any case, and nothing else', () => {
  assert.equal(readClearance('clusteradmin'), 'ClusterAdmin')
  assert.deepEqual(
    [...readDatabases(['movies=read', 'a=b=ADMIN'])],
    [
      ['movies', 'Read'],
      ['a=b', 'Admin'],
    ],
  )
  assert.deepEqual(rightsBody({ clearance: undefined, database: [] }), { clearance: 'ValidUser', permissions: {} })
  assert.throws(() => readClearance('operater'), usage(/did you mean Operator\?/))
  assert.throws(() => readDatabases(['movies']), usage(/does not say which access/))
  assert.throws(() => readDatabases(['movies:Read']), usage(/'movies=Read'/))
  assert.throws(() => readDatabases(['=Read']), usage(/does not say which access/))
  assert.throws(() => readDatabases(['movies=Read', 'MOVIES=Admin']), usage(/more than once/))
  assert.throws(() => readDatabases(['movies=Write']), usage(/there is no 'Write'/))
})

test('a database called like a member of objects is only a name', () => {
  const { permissions } = rightsBody({ clearance: undefined, database: ['__proto__=Read'] })
  assert.equal(JSON.stringify(permissions), '{"__proto__":"Read"}')
})

test('lifetimes are whole days, a time, or a date to come', () => {
  const flags = { days: undefined, 'not-after': undefined }
  assert.deepEqual(lifetimeBody(flags), {})
  assert.deepEqual(lifetimeBody({ ...flags, days: '90' }), { days: 90 })
  assert.deepEqual(lifetimeBody({ ...flags, 'not-after': '2999-01-31' }), { not_after: '2999-01-31T00:00:00.000Z' })
  assert.deepEqual(lifetimeBody({ ...flags, days: '12h' }), { days: 0.5 })
  for (const days of ['0', '-1', '1.5', '1e3', 'x', '', '0h', '12w', 'h'])
    assert.throws(() => lifetimeBody({ ...flags, days }), usage(/is neither a number of days nor a time/))
  assert.throws(() => lifetimeBody({ ...flags, 'not-after': '2001-01-01' }), usage(/in the past/))
  assert.throws(() => lifetimeBody({ days: '1', 'not-after': '2999-01-31' }), usage(/both given/))
})

test('dates that do not exist are refused, not taken for others', () => {
  assert.equal(readMoment('2026-03-01T12:00:00+02:00', '--since'), Date.UTC(2026, 2, 1, 10))
  for (const text of ['2026-02-30', '2026-13-01', '1.3.2026', 'yesterday', '2026-03-01 12:00', '2026-03-01T25:00Z']) {
    assert.throws(() => readMoment(text, '--since'), usage(/is not a date/), text)
  }
  assert.equal(readPast('7d', '--since', Date.UTC(2026, 0, 8)), Date.UTC(2026, 0, 1))
  assert.equal(readDuration('90m', '--valid-for'), 5_400_000)
  for (const text of ['0h', '1000000d']) assert.throws(() => readDuration(text, '--valid-for'), usage(/is none of 1s to 999999d/), text)
  for (const text of ['1', 'h', '1w', '-1h']) assert.throws(() => readDuration(text, '--valid-for'), usage(/is not a duration/), text)
})
