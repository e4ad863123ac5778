import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connectionFragment, subjectFragment } from '../../../src/observability/access-fragments.ts'
import { openAccessLog } from '../../../src/observability/access-log.ts'
import { prettyAccess } from '../../../src/observability/access-pretty.ts'
import { AccessSerializer } from '../../../src/observability/access-record.ts'
import type { AccessRecord } from '../../../src/observability/types.ts'

const folder = mkdtempSync(join(tmpdir(), 'certgate-access-'))
after(() => rmSync(folder, { recursive: true }))

const record: AccessRecord = {
  time: Date.now(),
  requestId: 'r1',
  connection: connectionFragment('main', '10.0.0.1', null),
  method: 'GET',
  host: 'db.example',
  path: '/movies',
  subject: subjectFragment('alice', 'CN=alice', 'ff', ['readall']),
  route: 'movies',
  decision: 'deny',
  reason: 'role_missing',
  status: 403,
  upstream: null,
  bytesIn: 0,
  bytesOut: 2048,
  durationMs: 0.5,
}

const told = { onLost: () => assert.fail('a line was lost'), onReopenFailed: (error: Error) => assert.fail(error) }

test('off opens nothing', () => {
  assert.equal(openAccessLog({ to: 'off', format: 'auto', ...told }), null)
})

test('a file gets JSON lines whatever the format, and one record object may be reused', async () => {
  const file = join(folder, 'access.log')
  const log = openAccessLog({ to: { file }, format: 'pretty', ...told })
  assert.ok(log !== null)
  const reused = { ...record }
  for (let i = 0; i < 3; i++) {
    reused.path = `/movies/${i}`
    log.write(reused)
  }
  log.reopen()
  await log.close()
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).path),
    ['/movies/0', '/movies/1', '/movies/2'],
  )
})

test('the line for a terminal says who, what and why, and cannot be steered by the client', () => {
  const line = (changes: Partial<AccessRecord>, colour: boolean) =>
    prettyAccess(new AccessSerializer().line({ ...record, ...changes }), colour)
  assert.match(line({}, false), /^\d\d:\d\d:\d\d\.\d{3} 403 GET db\.example\/movies role_missing {2}alice {2}0\.5 ms 2\.0 KiB\n$/)
  assert.match(line({ status: 200, reason: null, upstream: 'http://[::1]:1' }, true), /\u001b\[32m200.*→ http:\/\/\[::1\]:1/)
  const hostile = line({ path: '/a\u001b[2J\n\u009bforged', host: '"q"' }, false)
  assert.match(hostile, /"q"\/a\\u001b\[2J\\n\\u009bforged/)
  assert.doesNotMatch(hostile.slice(0, -1), /[\u0000-\u001f\u007f-\u009f]/)
})
