/**
 * The promise: certgate needs no more than examples/systemd gives it, set up by the lines of its README. Here bubblewrap gives it that: a
 * user without capabilities, a file system to read from, three folders to write to, no core dumps, and nothing in /proc but processes. It
 * serves, reloads, has one registry, in which a revocation counts at once, a console, an authority that signs, and its log, and cannot be
 * made to open a debugger.
 */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createAuthority, temporaryFolder } from '../support/authority.ts'
import { CHECKOUT } from '../support/checkout.ts'
import { readDocument } from '../support/documents.ts'
import { eventually } from '../support/eventually.ts'
import { HttpsClient } from '../support/https-client.ts'
import { absent, locate } from '../support/outside-program.ts'
import { startProgram } from '../support/program.ts'
import { RecordingUpstream } from '../support/recording-upstream.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const WRITABLE = ['state', 'cache', 'log']
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
    join(folder, 'state'),
    'prlimit',
    '--core=0',
    'setpriv',
    ...user,
    '--no-new-privs',
  ]
}

/** The shell lines of the README beside the unit, with folders of the test; what would change this machine is left out. */
function readmeLines(folder: string): string[] {
  const readme = readDocument('examples/systemd/README.md')
  const lines = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) => block.trimEnd().split('\n'))
  const left = isRoot ? /^(#|$|\(cd |useradd |systemctl )/ : /^(#|$|\(cd |useradd |systemctl |chown )/
  return lines
    .filter((line) => !left.test(line))
    .map((line) =>
      line
        .replaceAll('/opt/certgate/', CHECKOUT)
        .replaceAll('/var/lib/certgate', join(folder, 'state'))
        .replaceAll('~/certgate', join(folder, 'root'))
        .replaceAll('/etc/systemd/system', join(folder, 'units'))
        .replaceAll('certgate:certgate', `${NOBODY}:${NOBODY}`),
    )
}

function shell(line: string): string {
  const { stdout, stderr, status } = spawnSync('sh', ['-c', line], { encoding: 'utf8' })
  assert.equal(status, 0, `${line}\n${stderr}`)
  return stdout + stderr
}

/** What the README has before the service runs; the lines that it has for after are returned. */
function setUp(folder: string, upstream: string): { config: string; after: string[] } {
  chmodSync(folder, 0o755)
  for (const name of ['units', ...WRITABLE.filter((one) => one !== 'state')]) {
    mkdirSync(join(folder, name), { mode: 0o700 })
    if (isRoot) chownSync(join(folder, name), NOBODY, NOBODY)
  }
  const lines = readmeLines(folder)
  const first = lines.findIndex((line) => line.includes('certgate status'))
  const ports = '--listen 127.0.0.1:0 --admin 127.0.0.1:0 --telemetry 127.0.0.1:0'
  for (const line of lines.slice(0, first)) {
    shell(line.replace('--name gate.example', `--name localhost ${ports}`).replace('http://127.0.0.1:9200', upstream))
  }
  assert.deepEqual(readdirSync(join(folder, 'units')).sort(), ['certgate.service', 'certgate.socket'])
  const config = join(folder, 'state/certgate.yml')
  const text = readFileSync(config, 'utf8').replace('access_log: on', `access_log: ${folder}/log/access.log`)
  writeFileSync(config, `${text}\nworkers: 2\npki: { http: "127.0.0.1:0" }\n`)
  return { config, after: lines.slice(first) }
}

test('with what the unit gives it', { skip: whyNot() }, async (t) => {
  const { path: folder } = temporaryFolder(t)
  const upstream = await RecordingUpstream.start(t)
  const { config, after } = setUp(folder, upstream.url)
  const command = [join(CHECKOUT, 'bin/certgate'), 'serve', '--config', config]
  const env = { XDG_CACHE_HOME: join(folder, 'cache'), HOME: '/nonexistent', NODE_COMPILE_CACHE: undefined }
  const program = await startProgram({ entry: locate('bwrap') ?? 'bwrap', args: [...confined(folder), ...command], env }, t)
  const [control = 0, ...workers] = processes(program.pid).slice(1)
  assert.equal(workers.length, 2)
  for (const pid of [control, ...workers]) assertNothingLeft(pid)

  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  const admin = { cert: read('root/clients/admin.crt'), key: read('root/clients/admin.key') }
  const ca = read('state/ca/ca.crt')
  const client = new HttpsClient(`https://localhost:${program.port}`, ca, admin)
  t.after(() => client.close())
  assert.equal((await client.ask('/hello')).status, 200)
  assert.deepEqual(upstream.requests[0]?.values('x-forwarded-user'), ['admin'])
  await eventually('its access log', () => readFileSync(join(folder, 'log/access.log'), 'utf8').includes('"/hello"'))

  // The console, for the administrator that init registered.
  const [, address = ''] = await program.line(/https:\/\/(\S+:\d+) is open for administration/)
  const console = new HttpsClient(`https://localhost:${address.split(':')[1]}`, ca, admin)
  t.after(() => console.close())
  assert.equal((await console.ask('/console/')).status, 200)
  assert.match((await console.ask('/api/v1/certificates')).text, /"name":"admin"/)

  // Issued and revoked by the lines of the README: in force at once, in the one registry that there is, and published.
  const [status = '', generate = '', revoke = '', ...rest] = after
  assert.deepEqual(rest, [])
  assert.match(shell(status), /serving/)
  shell(`${generate} --no-password`)
  const alice = { cert: read('root/alice/alice.crt'), key: read('root/alice/alice.key') }
  const asAlice = new HttpsClient(`https://localhost:${program.port}`, ca, alice)
  t.after(() => asAlice.close())
  assert.match((await asAlice.ask('/alice')).text, /role_missing/)
  shell(revoke)
  const again = new HttpsClient(`https://localhost:${program.port}`, ca, alice)
  t.after(() => again.close())
  assert.match((await again.ask('/alice')).text, /certificate_revoked/)
  assert.deepEqual(stores(folder), ['state/certgate.db'])
  await eventually('a revocation list', () => readdirSync(join(folder, 'state/ca/crl')).some((name) => name.endsWith('.crl')))

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

function stores(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.db'))
}
