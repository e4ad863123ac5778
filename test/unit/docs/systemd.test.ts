/** The unit runs commands that exist, waits longer than certgate drains, and does not forbid what V8 needs. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { commands } from '../../../src/cli/commands.ts'
import { startCommand } from '../../../src/cli/start.ts'
import { DEFAULT_LIMITS } from '../../../src/config/sections/limits.ts'
import { temporaryFolder } from '../../support/authority.ts'
import { CHECKOUT } from '../../support/checkout.ts'
import { readDocument } from '../../support/documents.ts'
import { absent } from '../../support/outside-program.ts'

const TEXT = readDocument('examples/systemd/certgate.service')
const SOCKET = readDocument('examples/systemd/certgate.socket')

function values(key: string): string[] {
  return [...TEXT.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}

test('its commands are ours, with the same configuration', () => {
  const lines = [...values('ExecStart'), ...values('ExecReload')]
  assert.equal(lines.length, 2)
  for (const line of lines) {
    const [program, command, ...rest] = line.split(' ')
    assert.equal(program, '/opt/certgate/bin/certgate')
    assert.ok(
      commands.some(({ name }) => name === command),
      `there is no command ${command}`,
    )
    assert.deepEqual(rest, ['--config', '/var/lib/certgate/certgate.yml'])
  }
})

test('it stops by draining', () => {
  assert.deepEqual(values('KillMode'), ['mixed'])
  assert.ok(Number(values('TimeoutStopSec')[0]) * 1000 > DEFAULT_LIMITS.drain + 2_000)
})

test('systemd holds the sockets of the addresses that are written first', () => {
  assert.deepEqual(values('Requires'), ['certgate.socket'])
  const listen = [...SOCKET.matchAll(/^ListenStream=(.*)$/gm)].map(([, address]) => address)
  const defaults = [...startCommand.usage.matchAll(/default: (\S+:\d+)/g)].map(([, address]) => address)
  assert.ok(defaults.length > 0)
  assert.deepEqual(listen.toSorted(), defaults.toSorted())
})

test('it is confined, and V8 may compile', () => {
  assert.deepEqual(values('User'), ['certgate'])
  assert.deepEqual(values('ProtectSystem'), ['strict'])
  assert.deepEqual(values('NoNewPrivileges'), ['yes'])
  assert.deepEqual(values('MemoryDenyWriteExecute'), [])
})

test('no core dump holds its keys', () => assert.deepEqual(values('LimitCORE'), ['0']))

test('systemd rates its exposure as low as anything that serves the network can be', { skip: absent('systemd-analyze') }, (t) => {
  const [version = ''] = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' }).stdout.match(/\d+/) ?? []
  if (Number(version) < 250) return t.skip(`systemd ${version} rates no files`)
  const folder = temporaryFolder(t)
  const file = `${folder.path}/certgate.service`
  writeFileSync(file, TEXT)
  // In tenths: 252 says 1.3. What is left: it serves the network, and V8 compiles.
  const args = ['security', '--no-pager', '--offline=yes', '--threshold=20', file]
  const { status, stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
  assert.equal(status, 0, stderr + stdout)
})

test('systemd finds nothing wrong with it', { skip: absent('systemd-analyze') }, (t) => {
  const folder = temporaryFolder(t)
  const file = `${folder.path}/certgate.service`
  const socket = `${folder.path}/certgate.socket`
  writeFileSync(file, TEXT.replaceAll('/opt/certgate/', CHECKOUT))
  writeFileSync(socket, SOCKET)
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file, socket], { encoding: 'utf8' })
  assert.equal(
    stderr
      .split('\n')
      .filter((line) => /certgate\.(service|socket)/.test(line))
      .join('\n'),
    '',
  )
  assert.equal(status, 0, stderr)
})
