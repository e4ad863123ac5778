import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectionFragment, NO_SUBJECT, subjectFragment } from '../../../src/observability/access-fragments.ts'
import { AccessSerializer } from '../../../src/observability/access-record.ts'
import type { AccessRecord } from '../../../src/observability/types.ts'

const record: AccessRecord = {
  time: Date.UTC(2026, 0, 2, 3, 4, 5, 7),
  requestId: 'abc-1',
  connection: connectionFragment('main', '10.0.0.1', 'db.example'),
  method: 'GET',
  host: 'db.example:8443',
  path: '/movies/_doc/3',
  subject: subjectFragment('CLIENT1', 'CN=CLIENT1,O=Acme', 'ab12', ['readall', 'admin']),
  route: 'read movies',
  decision: 'allow',
  reason: null,
  status: 200,
  upstream: 'http://127.0.0.1:9200',
  bytesIn: 12,
  bytesOut: 345,
  durationMs: 1.2345,
}

test('a line has exactly the fields of the design, in its order', () => {
  assert.equal(
    new AccessSerializer().line(record),
    '{"time":"2026-01-02T03:04:05.007Z","request_id":"abc-1","listener":"main","remote":"10.0.0.1","sni":"db.example","method":"GET",' +
      '"host":"db.example:8443","path":"/movies/_doc/3","user":"CLIENT1","dn":"CN=CLIENT1,O=Acme","fingerprint":"ab12",' +
      '"roles":["readall","admin"],"route":"read movies","decision":"allow","reason":null,"status":200,' +
      '"upstream":"http://127.0.0.1:9200","bytes_in":12,"bytes_out":345,"duration_ms":1.235}\n',
  )
})

test('what is unknown is null, never left out', () => {
  const line = new AccessSerializer().line({
    ...record,
    connection: connectionFragment('main', '::1', null),
    subject: NO_SUBJECT,
    method: '',
    host: '',
    path: '',
    route: null,
    decision: 'deny',
    reason: 'malformed_request',
    status: 400,
    upstream: null,
    durationMs: 0,
  })
  assert.deepEqual(JSON.parse(line), {
    time: '2026-01-02T03:04:05.007Z',
    request_id: 'abc-1',
    listener: 'main',
    remote: '::1',
    sni: null,
    method: '',
    host: '',
    path: '',
    user: null,
    dn: null,
    fingerprint: null,
    roles: [],
    route: null,
    decision: 'deny',
    reason: 'malformed_request',
    status: 400,
    upstream: null,
    bytes_in: 12,
    bytes_out: 345,
    duration_ms: 0,
  })
})

test('remembered parts never outlive what they were made from', () => {
  const serializer = new AccessSerializer()
  const variants: Partial<AccessRecord>[] = [
    {},
    { host: 'other' },
    { host: 'db.example:8443', method: 'POST' },
    { route: 'write movies' },
    { route: 'write movies', status: 304 },
    { decision: 'allow', reason: 'upstream_failed', status: 502 },
    { decision: 'deny', reason: 'role_missing', status: 403 },
    { decision: 'deny', reason: 'cross_site', status: 403 },
    { decision: 'allow', reason: null },
    { route: null, decision: 'deny', reason: 'route_missing', upstream: null },
    { upstream: 'unix:/run/db.sock' },
    { upstream: 'http://127.0.0.1:9200' },
    { time: record.time + 993 },
    { time: record.time + 992 },
    { time: record.time - 5000 },
  ]
  for (const variant of [...variants, ...variants]) {
    const wanted = { ...record, ...variant }
    assert.equal(serializer.line(wanted), new AccessSerializer().line(wanted))
    assert.equal(JSON.parse(serializer.line(wanted)).time, new Date(wanted.time).toISOString())
  }
})

test('nothing that a client chooses can end a line, add a field or steer a terminal', () => {
  const hostile = [
    'a\nb',
    'a\r\n{"time":"forged"}',
    '","decision":"allow',
    '\\',
    '\u001b[2J',
    '\u009b31m',
    '\u007f',
    '\u202egnp.exe',
    '\u2028',
    '\ud800',
    '\0',
    'Jürgen 𝕏',
  ]
  for (const text of hostile) {
    const line = new AccessSerializer().line({
      ...record,
      connection: connectionFragment(text, text, text),
      subject: subjectFragment(text, text, text, [text]),
      requestId: text,
      method: text,
      host: text,
      path: text,
      route: text,
      upstream: text,
    })
    assert.doesNotMatch(line.slice(0, -1), /[\0-\u001f\u007f-\u009f\u2028-\u202e]/, JSON.stringify(text))
    assert.ok(line.endsWith('}\n'))
    const fields = JSON.parse(line)
    assert.equal(Object.keys(fields).length, 20)
    assert.equal(fields.decision, 'allow')
    for (const name of ['listener', 'remote', 'sni', 'user', 'dn', 'request_id', 'method', 'host', 'path', 'route', 'upstream']) {
      assert.equal(fields[name], text, name)
    }
  }
})

test('a query never reaches the log, though one should slip in', () => {
  const line = new AccessSerializer().line({ ...record, path: '/login?password=hunter2' })
  assert.equal(JSON.parse(line).path, '/login')
  assert.doesNotMatch(line, /hunter2/)
})

test('durations have three decimals, and what is no duration is 0', () => {
  const serializer = new AccessSerializer()
  const cases: [number, string][] = [
    [0, '0.000'],
    [0.0004, '0.000'],
    [0.9996, '1.000'],
    [12, '12.000'],
    [59999.9999, '60000.000'],
    [3.007, '3.007'],
    [-1, '0.000'],
    [Number.NaN, '0.000'],
    [Number.POSITIVE_INFINITY, '0.000'],
  ]
  for (const [durationMs, text] of cases) assert.ok(serializer.line({ ...record, durationMs }).endsWith(`"duration_ms":${text}}\n`), text)
})

test('what repeats is made once, and is the line that it would be anyway', () => {
  const serializer = new AccessSerializer()
  const repeated = { middle: '', line: '', requestId: '', status: 0, upstream: null, bytesIn: 0, bytesOut: 0 }
  const changes: Partial<AccessRecord>[] = [
    {},
    { time: 1, durationMs: 2 },
    { durationMs: 3 },
    { requestId: 'x' },
    { status: 404 },
    { status: 404 },
    { upstream: 'http://other' },
    { upstream: null },
    { bytesIn: 1 },
    { bytesOut: 2 },
    { bytesOut: 2, reason: 'upstream_failed' },
    { bytesOut: 2 },
    {},
  ]
  for (const change of changes) {
    for (let twice = 0; twice < 2; twice++) {
      const fresh = { ...record, ...change }
      assert.equal(serializer.line({ ...fresh, repeated }), new AccessSerializer().line(fresh), JSON.stringify(change))
    }
  }
  assert.ok(repeated.line.includes(repeated.middle))
})
