// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders are what is tested
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { socketOf } from '../../../src/cli/running.ts'
import { ConfigError } from '../../../src/errors.ts'
import { temporaryFolder } from '../../support/authority.ts'

const flags = { config: undefined, socket: undefined }

test('the socket is the one of the flag, or that of the configuration', (t) => {
  const { path, write } = temporaryFolder(t)
  const terminal = { cwd: path, env: { SOCKET: 'env.sock' } }
  const of = (text: string) => {
    write('certgate.yml', text)
    return socketOf(flags, terminal)
  }
  assert.equal(socketOf({ ...flags, socket: 'given.sock' }, terminal), join(path, 'given.sock'))
  assert.equal(of('admin: { socket: run/a.sock }\n'), join(path, 'run/a.sock'))
  assert.equal(of('admin: {}\n'), join(path, 'data/admin.sock'))
  assert.equal(of(`admin:\n  socket: "\${env:SOCKET}"\n`), join(path, 'env.sock'))
})

test('a configuration that is broken elsewhere still tells its socket', (t) => {
  const { path, write } = temporaryFolder(t)
  const terminal = { cwd: path, env: { SOCKET: 'a.sock' } }
  for (const text of [
    'nonsense: 1\nadmin: { socket: a.sock }\nlisteners: 7\n',
    'admin:\n  socket: a.sock\nlisteners: [\n',
    "listeners: {\nadmin:\n  socket: 'a.sock'   # here\n",
    'admin: { socket: a.sock }\nlisteners: [\n',
    'listeners: [\nadmin: {\n  socket: "${env:SOCKET}"\n  }\nroutes: []\n',
    'admin:\n  socket: a.sock\n  address: [\nroutes: []\n',
    'admin: { socket: a.sock, oops\nroutes: []\n',
    'admin: { socket: a.sock, adress: x, address: 127.0.0.1:1 }\n',
    'admin:\n\tsocket: a.sock\n',
  ]) {
    write('certgate.yml', text)
    assert.equal(socketOf(flags, terminal), join(path, 'a.sock'), text)
  }
  write('certgate.yml', 'admin: {}\nlisteners: [\n')
  assert.equal(socketOf(flags, terminal), join(path, 'data/admin.sock'))
})

test('a configuration that is too broken to tell says what is wrong with it, and not that it names no socket', (t) => {
  const { path, write } = temporaryFolder(t)
  const terminal = { cwd: path, env: {} }
  for (const [text, line, message] of [
    ['listeners: {}\nroutes: [\n', 3, /./],
    ['routes: [\nlisteners: { socket: other.sock }\n', 2, /./],
    ['listeners: {}\nadmin: { socket: 5 }\n', 2, /expected text, but `5` is read as the number 5/],
    ['admin: { socket: "${env:NONE}" }\n', 1, /NONE is not set/],
    ['admin: { socket: "${env:NONE}", oops\nroutes: []\n', 2, /./],
    ['admin: { socket: 5 }\nroutes: [\n', 3, /./],
  ] as const) {
    write('certgate.yml', text)
    assert.throws(
      () => socketOf(flags, terminal),
      (error) => {
        assert.ok(error instanceof ConfigError, `${text}: ${error}`)
        assert.match(error.problems[0]?.message ?? '', message, text)
        assert.equal(error.problems[0]?.line, line, text)
        return true
      },
    )
  }
})

test('without an admin block it is beside the store, broken or not, and without a file it is said so', (t) => {
  const { path, write } = temporaryFolder(t)
  const terminal = { cwd: path, env: { STORE: 'state/reg.db' } }
  assert.throws(() => socketOf(flags, terminal), { code: 'config_invalid' })
  const of = (text: string) => {
    write('certgate.yml', text)
    return socketOf(flags, terminal)
  }
  assert.equal(of('listeners: {}\n'), join(path, 'data/admin.sock'))
  assert.equal(of('store: { sqlite: /srv/reg.db }\n'), '/srv/admin.sock')
  assert.equal(
    of('admin: { address: "127.0.0.1:1" }\nstore: { sqlite: "${env:STORE}", max_stale: never }\n'),
    join(path, 'state/admin.sock'),
  )
  assert.throws(() => of('store: { sqlite: "${env:NONE}" }\n'), { code: 'config_invalid' })
  assert.equal(of('admin: { socket: a.sock }\nstore: { sqlite: "${env:NONE}" }\n'), join(path, 'a.sock'))
  write('certgate.db', 'a store')
  assert.equal(of('listeners: {}\n'), join(path, 'admin.sock'))
  // Broken: only where there is one.
  assert.throws(() => of('listeners: [\n'), { code: 'config_invalid' })
  write('admin.sock', '')
  assert.equal(of('listeners: [\n'), join(path, 'admin.sock'))
  assert.throws(() => of('listeners: [\nstore:\n  sqlite: state/reg.db\n'), { code: 'config_invalid' })
  mkdirSync(join(path, 'state'))
  write('state/admin.sock', '')
  assert.equal(of('listeners: [\nstore:\n  sqlite: state/reg.db\n'), join(path, 'state/admin.sock'))
  assert.equal(of('admin: { address: "127.0.0.1:1" }\nstore: { sqlite: other/reg.db }\nlisteners: [\n'), join(path, 'other/admin.sock'))
})
