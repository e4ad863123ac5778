import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { withTimes } from '../../../src/admin/v1/shapes.ts'
import { duration, renderStatus, statusCommand } from '../../../src/cli/status.ts'
import { openAdminSocket } from '../../../src/control/administration/socket.ts'
import type { Status } from '../../../src/control/status.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { testTerminal } from './terminal.ts'

const now = Date.UTC(2026, 0, 1)
const DAY = 86_400_000

const status: Status = {
  version: '1.2.3',
  pid: 7,
  started_at: now - 3 * DAY,
  config_file: '/etc/certgate/certgate.yml',
  state: 'serving',
  snapshot: { number: 4, loaded_at: now - 90_000 },
  last_reload: null,
  workers: [
    { pid: 8, state: 'serving', started_at: now - 5_000, snapshot: 4, connections: 12, restarts: 1 },
    { pid: 9, state: 'serving', started_at: now - 3 * DAY, snapshot: 4, connections: null, restarts: 0 },
  ],
  listeners: [{ name: 'main', address: '0.0.0.0:8443', tls: true, clientauth_mode: 'REQUIRE' }],
  certificates: [
    { kind: 'server', listener: 'main', server_name: null, subject: 'CN=gate', not_after: now + 10 * DAY },
    { kind: 'ca', listener: 'main', server_name: 'db.example', subject: 'CN=root', not_after: now - DAY },
  ],
  crls: [{ listener: 'main', file: '/etc/certgate/ca.crl', issuer: 'CN=root', this_update: now - DAY, next_update: now + DAY, revoked: 3 }],
  addresses: { admin: '127.0.0.1:9443', socket: '/etc/certgate/admin.sock', est: null, pki: '0.0.0.0:9080', telemetry: null },
  store: { file: '/f', lost_for: null, problem: '', stale: false, registered: { valid: 3, revoked: 1 } },
  authority: null,
}

test('status says what is in force, who serves it, and what runs out', () => {
  const terminal = testTerminal({ cwd: '/etc/certgate' })
  const text = renderStatus(status, terminal, now)
  for (const line of [
    /^certgate 1\.2\.3, serving, pid 7, up 3 days$/m,
    /^configuration +certgate\.yml$/m,
    /^snapshot +4, loaded 90 s ago$/m,
    /^ {2}main {7}https:\/\/0\.0\.0\.0:8443 {2}REQUIRE$/m,
    /^ {2}admin {6}https:\/\/127\.0\.0\.1:9443$/m,
    /^ {2}socket {5}admin\.sock$/m,
    /^ {2}pki {8}http:\/\/0\.0\.0\.0:9080$/m,
    /^ {2}3 valid, 1 revoked$/m,
    /^ {2}pid 8 {2}serving, snapshot 4, connections: 12 open, up 5 s, restarted 1×$/m,
    /^ {2}pid 9 {2}serving, snapshot 4, connections: no answer, up 3 days$/m,
    /^ {2}server {2}main {2}CN=gate {2}2026-01-11 \(in 10 days\)$/m,
    /^ {2}ca {6}main db\.example {2}CN=root {2}2025-12-31 \(expired\)$/m,
    /^ {2}main {2}ca\.crl {2}CN=root, 3 revoked, next update 2026-01-02 \(in 24 h\)$/m,
  ]) {
    assert.match(text, line)
  }
})

test('--json tells times as REST does', async (t) => {
  const path = join(temporaryFolder(t).path, 'admin.sock')
  const never = () => assert.fail('nobody asked for it')
  const socket = await openAdminSocket(path, { status: async () => status, reload: never, api: never, failed: never })
  t.after(() => socket.close())
  const terminal = testTerminal()
  assert.equal(await statusCommand.run(['--socket', path, '--json'], terminal), 0)
  assert.deepEqual(JSON.parse(terminal.stdout()), withTimes(status))
  const told = JSON.parse(terminal.stdout())
  assert.equal(told.started_at, '2025-12-29T00:00:00.000Z')
  assert.equal(told.crls[0].this_update, '2025-12-31T00:00:00.000Z')
  assert.equal(told.crls[0].revoked, 3)
})

test('a failed reload is shown with its problems', () => {
  const terminal = testTerminal({ cwd: '/etc/certgate' })
  const problem = {
    severity: 'error',
    message: 'unknown key `lissteners`',
    path: 'lissteners',
    file: '/etc/certgate/certgate.yml',
    line: 1,
    column: 1,
    snippet: ' 1 | lissteners:\n   | ^^^^^^^^^^',
  } as const
  const message = '1 problem; snapshot 4 stays in force'
  const failed = {
    ...status,
    last_reload: { outcome: 'failed', cause: 'file', at: now - 5_000, snapshot: 4, message, problems: [problem] },
  } as const
  const text = renderStatus(failed, terminal, now)
  assert.match(text, /^last reload +failed, 5 s ago, by file: 1 problem; snapshot 4 stays in force$/m)
  assert.match(text, /unknown key `lissteners`[\s\S]*certgate\.yml:1:1[\s\S]*\^\^\^/)
})

test('what signs is shown, or why nothing does', () => {
  const terminal = testTerminal({ cwd: '/etc/certgate' })
  const authority = {
    issuing: { subject: 'CN=issuing', not_after: now + 40 * DAY },
    problem: '',
    overlap_until: now + 30 * DAY,
    crls: [{ issuer: 'CN=issuing', number: 7, this_update: now - DAY, next_update: now + 5 * DAY, revoked: 2 }],
    expiring_clients: 3,
  }
  const text = renderStatus({ ...status, authority }, terminal, now)
  assert.match(text, /^authority$\n {2}signs {3}CN=issuing {2}2026-02-10 \(in 40 days\)$/m)
  assert.match(text, /^ {2}rotated, the replaced root is trusted until 2026-01-31$/m)
  assert.match(text, /^ {2}list {4}CN=issuing, number 7, 2 revoked, next update 2026-01-06/m)
  assert.match(text, /^ {2}3 client certificates end soon$/m)
  const broken = { issuing: null, problem: 'cannot read issuing.key', overlap_until: null, crls: [], expiring_clients: 0 }
  assert.match(renderStatus({ ...status, authority: broken }, terminal, now), /^ {2}issues nothing: cannot read issuing\.key$/m)
})

test('durations are told in the largest unit that says enough', () => {
  assert.deepEqual([-5, 1_499, 119_000, 120_000, 7_200_000, 2 * DAY, 400 * DAY].map(duration), [
    '0 s',
    '1 s',
    '119 s',
    '2 min',
    '2 h',
    '2 days',
    '400 days',
  ])
})

test('a list is yellow once three quarters of its time are over, and a lost store is told', () => {
  const terminal = testTerminal({ cwd: '/' })
  const listed = (from: number, to: number) => {
    const crl = { issuer: 'CN=own', number: 5, this_update: from, next_update: to, revoked: 0 }
    const authority = { issuing: null, problem: '', overlap_until: null, crls: [crl], expiring_clients: 0 }
    return /next update .*/.exec(renderStatus({ ...status, crls: [], authority }, { ...terminal, colour: true }, now))?.[0] ?? ''
  }
  const yellow = '\u001b[33m'
  assert.ok(!listed(now, now + 7 * DAY).includes(yellow))
  assert.ok(listed(now - 6 * DAY, now + DAY).includes(yellow))
  const store = { file: '/f', lost_for: 180_000, problem: 'it is gone', stale: true, registered: null }
  const lost = renderStatus({ ...status, store }, terminal, now)
  assert.match(lost, /^ {2}lost 3 min ago, whoever shows a certificate is answered 503: it is gone$/m)
})
