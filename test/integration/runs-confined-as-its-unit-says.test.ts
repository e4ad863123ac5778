/**
 * The promise: certgate needs no more than examples/systemd gives it. Here bubblewrap gives it that: a user without capabilities, a file
 * system to read from, four folders to write to, no core dumps, and nothing in /proc but processes. It serves, reloads, keeps its
 * registry and its log, and cannot be made to open a debugger.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { initialize } from '../../src/cli/initialize.ts'
import { createAuthority, temporaryFolder } from '../support/authority.ts'
import { CHECKOUT } from '../support/checkout.ts'
import { eventually } from '../support/eventually.ts'
import { HttpsClient } from '../support/https-client.ts'
import { absent, locate } from '../support/outside-program.ts'
import { startProgram } from '../support/program.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const WRITABLE = ['state', 'cache', 'run', 'log']
/** What `ProcSubset=pid` hides and Node.js would like to read. */
const HIDDEN = ['/proc/meminfo', '/proc/cpuinfo', '/proc/stat', '/proc/loadavg'].flatMap((path) => ['--ro-bind', '/dev/null', path])

/** bubblewrap may be there and not be allowed to: then this says why. */
function whyNot(): string | false {
  const missing = absent('bwrap', 'setpriv', 'prlimit')
  if (missing !== false) return missing
  const { status, stderr } = spawnSync('bwrap', ['--ro-bind', '/', '/', '--proc', '/proc', 'true'], { encoding: 'utf8' })
  return status === 0 || process.env.CERTGATE_TEST_REQUIRE_PROGRAMS === '1' ? false : `bwrap cannot confine here: ${stderr}`
}

/** The command line up to the program: what it may do there is what the unit lets it. */
function confined(folder: string): string[] {
  const writable = WRITABLE.flatMap((name) => ['--bind', join(folder, name), join(folder, name)])
  const space = ['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', ...HIDDEN, '--ro-bind', folder, folder, ...writable]
  // Dropped by setpriv at once.
  const caps = isRoot ? ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].flatMap((name) => ['--cap-add', name]) : []
  const user = isRoot ? ['--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', '--bounding-set', '-all'] : []
  return [
    ...space,
    ...caps,
    '--unshare-ipc',
    '--unshare-uts',
    '--chdir',
    join(folder, 'etc'),
    'prlimit',
    '--core=0',
    'setpriv',
    ...user,
    '--no-new-privs',
  ]
}

async function setUp(folder: string, upstream: string): Promise<string> {
  chmodSync(folder, 0o755)
  const etc = join(folder, 'etc')
  const free = '127.0.0.1:0'
  const request = { folder: etc, names: ['localhost'], cwd: folder, listen: free, telemetry: free, admin: free }
  await initialize({ ...request, upstream: { name: 'app', target: upstream } })
  for (const name of WRITABLE) {
    mkdirSync(join(folder, name), { mode: 0o700 })
    if (isRoot) chownSync(join(folder, name), NOBODY, NOBODY)
  }
  renameSync(join(etc, 'certgate.db'), join(folder, 'state/certgate.db'))
  // As the README beside the unit says: the service may read its own key, and not those of the authority.
  if (isRoot) {
    for (const name of ['etc/server.key', 'etc/internal_users.yml', 'state/certgate.db']) chownSync(join(folder, name), NOBODY, NOBODY)
    for (const name of ['etc', 'etc/ca']) chmodSync(join(folder, name), 0o755)
  }
  const file = join(etc, 'certgate.yml')
  const text = readFileSync(file, 'utf8')
    .replace('sqlite: certgate.db', `sqlite: ${folder}/state/certgate.db`)
    .replace('socket: admin.sock', `socket: ${folder}/run/admin.sock`)
    .replace('access_log: on', `access_log: ${folder}/log/access.log`)
  writeFileSync(file, `${text}\nworkers: 2\n`)
  return file
}

test('with what the unit gives it', { skip: whyNot() }, async (t) => {
  const { path: folder } = temporaryFolder(t)
  const upstream = await RecordingUpstream.start(t)
  const config = await setUp(folder, upstream.url)
  const before = listing(join(folder, 'etc'))
  const command = [join(CHECKOUT, 'bin/certgate'), 'serve', '--config', config]
  const env = { XDG_CACHE_HOME: join(folder, 'cache'), HOME: '/nonexistent', NODE_COMPILE_CACHE: undefined }
  const program = await startProgram({ entry: locate('bwrap') ?? 'bwrap', args: [...confined(folder), ...command], env }, t)
  const [control = 0, ...workers] = processes(program.pid).slice(1)
  assert.equal(workers.length, 2)
  for (const pid of [control, ...workers]) assertNothingLeft(pid)

  const read = (name: string) => readFileSync(join(folder, 'etc', name), 'utf8')
  const admin = { cert: read('clients/admin.crt'), key: read('clients/admin.key') }
  const client = new HttpsClient(`https://localhost:${program.port}`, read('ca/ca.crt'), admin)
  t.after(() => client.close())
  assert.equal((await client.ask('/hello')).status, 200)
  assert.deepEqual(upstream.requests[0]?.values('x-forwarded-user'), ['admin'])
  await eventually('its access log', () => readFileSync(join(folder, 'log/access.log'), 'utf8').includes('"/hello"'))

  // A change of the registry is kept, and a reload taken up.
  writeFileSync(join(folder, 'friend.crt'), (await (await createAuthority('friends')).issue({ subject: 'CN=friend' })).certificate)
  assert.match(certgate(config, 'cert', 'trust', join(folder, 'friend.crt')), /friend/)
  writeFileSync(config, `${readFileSync(config, 'utf8')}limits: { headers: 7 }\n`)
  assert.match(certgate(config, 'reload'), /snapshot/)
  assert.equal(
    (await client.ask('/many', { headers: Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`x-${i}`, '1'])) })).status,
    431,
  )

  for (const pid of [control, ...workers]) process.kill(pid, 'SIGUSR1')
  assert.equal((await client.ask('/after')).status, 200)
  process.kill(control, 'SIGTERM')
  await program.ended
  assert.doesNotMatch(program.lines.join('\n'), /debugger|inspector|"level":"(error|fatal)"/i)
  assert.deepEqual(listing(join(folder, 'etc')), before, 'nothing was written beside the configuration')
})

function certgate(config: string, ...args: string[]): string {
  const { stdout, stderr, status } = spawnSync(join(CHECKOUT, 'bin/certgate'), [...args, '--config', config], { encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return stdout + stderr
}

function assertNothingLeft(pid: number): void {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  if (isRoot) assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m)
  assert.match(status, /^CapEff:\t0+$/m)
  assert.match(status, /^CapPrm:\t0+$/m)
  if (isRoot) assert.match(status, /^CapBnd:\t0+$/m)
  assert.match(status, /^NoNewPrivs:\t1$/m)
  assert.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m)
}

/** A process and all below it, parents first. */
function processes(root: number): number[] {
  const children = readFileSync(`/proc/${root}/task/${root}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return [root, ...children.flatMap((pid) => processes(Number(pid)))]
}

function listing(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return names.map((name) => `${name} ${statSync(join(folder, name)).mode}`)
}
