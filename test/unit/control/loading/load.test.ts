import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfiguration } from '../../../../src/control/loading/load.ts'
import type { Snapshot } from '../../../../src/ipc/messages.ts'
import { createAuthority, temporaryFolder } from '../../../support/authority.ts'

const authority = await createAuthority('CN=test root')
const server = await authority.server()

const CONFIG = `listeners:
  main:
    address: 127.0.0.1:0
    tls:
      certificate: { cert: server.crt, key: server.key }
      client_ca: [ca.crt]
roles_mapping: roles_mapping.yml
internal_users: internal_users.yml
upstreams: { app: { targets: ["http://127.0.0.1:1"] } }
routes:
  - name: all
    path: /**
    allow: [reader]
    upstream: app
`

function folder(t: { after(callback: () => void): void }) {
  const { path, write } = temporaryFolder(t)
  write('ca.crt', authority.certificate)
  write('server.crt', server.chain)
  write('server.key', server.key)
  write('roles_mapping.yml', 'reader:\n  users: [alice]\n')
  write('internal_users.yml', '{}\n')
  const file = write('certgate.yml', CONFIG)
  const load = (previous: Snapshot | null = null) => loadConfiguration({ kind: 'file', file }, previous)
  const loaded = async (previous: Snapshot | null = null) => {
    const result = await load(previous)
    assert.ok(result.ok, JSON.stringify(result))
    return result
  }
  const messages = async (previous: Snapshot | null = null) => {
    const result = await load(previous)
    assert.ok(!result.ok)
    return result.problems.filter(({ severity }) => severity === 'error').map(({ message }) => message)
  }
  return { path, write, file, load, loaded, messages }
}

test('what was read is known by the SHA-256 of its files', async (t) => {
  const { loaded, file, path } = folder(t)
  const of = (name: string) => createHash('sha256').update(readFileSync(name)).digest('hex')
  const { digests } = await loaded()
  assert.deepEqual(digests, { configuration: of(file), rolesMapping: of(join(path, 'roles_mapping.yml')) })
  writeFileSync(file, CONFIG.replace('roles_mapping: roles_mapping.yml\n', '').replace('[reader]', '[authenticated]'))
  const result = await loadConfiguration({ kind: 'file', file })
  assert.ok(result.ok, JSON.stringify(result))
  assert.deepEqual(result.digests, { configuration: of(file), rolesMapping: null })
})

test('a good configuration is a numbered snapshot with everything a worker needs', async (t) => {
  const { loaded, file } = folder(t)
  const { snapshot, changed } = await loaded()
  assert.deepEqual([snapshot.number, changed], [1, true])
  assert.equal(snapshot.settings.file, file)
  assert.deepEqual(
    snapshot.mapping.entries.map(({ role }) => role),
    ['reader'],
  )
  assert.deepEqual([...snapshot.listeners.keys()], ['main'])
  assert.equal(snapshot.listeners.get('main')?.clientCa.length, 1)
})

test('the same files are the same snapshot; any change is the next number', async (t) => {
  const { loaded, write } = folder(t)
  const first = await loaded()
  const again = await loaded(first.snapshot)
  assert.equal(again.changed, false)
  assert.equal(again.snapshot, first.snapshot)
  write('roles_mapping.yml', 'reader:\n  users: [alice, bob]\n')
  const second = await loaded(first.snapshot)
  assert.deepEqual([second.changed, second.snapshot.number], [true, 2])
  write('ca.crt', authority.certificate + (await createAuthority('CN=other')).certificate)
  const third = await loaded(second.snapshot)
  assert.deepEqual([third.changed, third.snapshot.number], [true, 3])
  assert.equal(third.snapshot.mapping, second.snapshot.mapping, 'what is unchanged is the same object')
})

test('problems of all files come at once, each at its place', async (t) => {
  const { load, write, path } = folder(t)
  write('ca.crt', '')
  write('roles_mapping.yml', 'reader:\n  users: [alice]\n  user: [bob]\n')
  write('internal_users.yml', 'alice: { hash: nonsense }\n')
  const result = await load()
  assert.ok(!result.ok)
  const places = result.problems
    .filter(({ severity }) => severity === 'error')
    .map(({ file, line }) => `${file.slice(path.length + 1)}:${line}`)
  assert.deepEqual(places.sort(), ['certgate.yml:6', 'internal_users.yml:1', 'roles_mapping.yml:3'])
  assert.ok(result.watchedFiles.includes(`${path}/ca.crt`), 'so that its repair is noticed')
})

test('files that are missing or no text are told at the key that names them', async (t) => {
  const { messages, write, path } = folder(t)
  write('roles_mapping.yml', Buffer.from([0xff, 0xfe, 0x00]))
  write('certgate.yml', CONFIG.replace('internal_users.yml', 'no_users.yml'))
  assert.deepEqual(await messages(), [
    `cannot read ${path}/roles_mapping.yml: it is not UTF-8 text`,
    `cannot read ${path}/no_users.yml: no such file`,
  ])
})

test('an access log that cannot be opened is told at its line, unless it is open already, and none is made', async (t) => {
  const { load, loaded, write, path } = folder(t)
  const to = (file: string) => write('certgate.yml', `${CONFIG}telemetry:\n  access_log: ${file}\n`)
  execFileSync('mkfifo', [`${path}/fifo`])
  for (const [file, why] of [
    ['none/access.log', `there is no folder ${path}/none`],
    ['.', 'it is a directory'],
    ['ca.crt/access.log', 'a part of its path is not a directory'],
    ['fifo', 'it is a socket, or a FIFO that nobody reads'],
  ] as const) {
    to(file)
    const result = await load()
    assert.ok(!result.ok, file)
    assert.deepEqual(
      result.problems.map(({ message, line }) => [message, line]),
      [[`cannot open the access log ${join(path, file)}: ${why}`, 16]],
    )
  }
  to('access.log')
  const { snapshot } = await loaded()
  assert.equal(existsSync(`${path}/access.log`), false)
  mkdirSync(`${path}/access.log`)
  assert.equal((await load()).ok, false)
  await loaded(snapshot)
})

test('a mapping value that cannot be used is an error of the mapping', async (t) => {
  const { load, write, path } = folder(t)
  write('roles_mapping.yml', 'reader:\n  users:\n    - alice\n    - "/(/"\n')
  const result = await load()
  assert.ok(!result.ok)
  assert.ok(result.problems.some(({ severity, file, line }) => severity === 'error' && file === `${path}/roles_mapping.yml` && line === 4))
})

test('a role nobody defines is a warning at start, and an error where a reload brings it in', async (t) => {
  const { load, loaded, write, file } = folder(t)
  const first = await loaded()
  writeFileSync(file, CONFIG.replace('[reader]', '[reader, reeder]'))
  const fresh = await loaded()
  assert.ok(fresh.warnings.some(({ message }) => message.includes('reeder')))
  const [warned] = fresh.warnings.filter(({ message }) => message.includes('reeder'))
  const refused = await load(first.snapshot)
  assert.ok(!refused.ok)
  const [error] = refused.problems
  assert.match(error?.message ?? '', /^unknown role 'reeder': nothing in .*roles_mapping\.yml defines it$/)
  const column =
    CONFIG.split('\n')
      .find((line) => line.includes('[reader]'))
      ?.indexOf('reader]') ?? 0
  assert.deepEqual([error?.hint, error?.path, error?.column], ['did you mean `reader`?', 'routes[0].allow[1]', column + 9])
  assert.deepEqual({ ...warned, severity: 'error', hint: error?.hint }, error)
  assert.match(warned?.hint ?? '', /^did you mean `reader`\? \(a reload that brings it in is refused\)$/)
  await loaded(fresh.snapshot)
  write('roles_mapping.yml', 'reader:\n  users: [alice]\nreeder:\n  users: [bob]\n')
  await loaded(first.snapshot)
})

test('a role withdrawn from the mapping is no error', async (t) => {
  const { loaded, write } = folder(t)
  const first = await loaded()
  write('roles_mapping.yml', 'other:\n  users: [alice]\n')
  const second = await loaded(first.snapshot)
  assert.equal(second.changed, true)
})

test('without a mapping and users there are none', async (t) => {
  const { loaded, write } = folder(t)
  write('certgate.yml', CONFIG.replace(/^(roles_mapping|internal_users):.*\n/gm, '').replace('[reader]', '[authenticated]'))
  const { snapshot } = await loaded()
  assert.deepEqual([snapshot.mapping.entries, snapshot.users], [[], []])
})

test('a client CA without a name is refused, and said to be without one', async (t) => {
  const { write, messages } = folder(t)
  write('ca.crt', (await createAuthority([])).certificate)
  const [message = ''] = await messages()
  assert.match(message, /^a CA in .*ca\.crt has no name$/)
})

test('an authority that was named and cannot sign is a warning at its place: traffic does not depend on it', async (t) => {
  const { write, loaded } = folder(t)
  assert.deepEqual((await loaded()).warnings, [])
  write('certgate.yml', `${CONFIG}pki:\n  authority: { cert: server.crt, key: server.key }\n`)
  const { warnings } = await loaded()
  const [warning] = warnings.filter(({ path }) => path === 'pki.authority')
  assert.match(warning?.message ?? '', /^nothing can be issued: the authority in .*server\.crt is not a CA/)
  assert.deepEqual([warning?.severity, warning?.line], ['warning', CONFIG.split('\n').length + 1])
})
