import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandActor, osUser, withOsUser } from '../../../src/cli/os-user.ts'

const machine = (username: string, uid: number, env: Record<string, string> = {}) => ({ env, user: () => ({ username, uid }) })

test('who runs a command is the user of the process, and whoever became root by sudo', () => {
  assert.equal(osUser(machine('alice', 1000)), 'alice')
  assert.equal(osUser(machine('root', 0)), 'root')
  assert.equal(osUser(machine('root', 0, { SUDO_USER: 'alice' })), 'root (sudo by alice)')
  // Anybody else may have it in their environment.
  assert.equal(osUser(machine('bob', 1000, { SUDO_USER: 'alice' })), 'bob')
})

test('what cannot stand in the log is left out, and stops no command', () => {
  assert.equal(osUser(machine('root', 0, { SUDO_USER: 'a\nb' })), 'root')
  assert.equal(osUser(machine('a\u001bb', 1000)), undefined)
  assert.deepEqual(commandActor(machine('a\u001bb', 1000)), { name: 'cli', fingerprint: null })
  const nobody = { env: {}, user: () => assert.fail('no such user') }
  assert.equal(osUser(nobody), `uid ${process.getuid?.()}`)
})

test('a call says it beside what it says already', () => {
  const call = { method: 'GET', path: '/', headers: { a: 'b' } }
  assert.deepEqual(withOsUser(call, machine('Zoë', 1000)).headers, { a: 'b', 'certgate-os-user': 'Zo%C3%AB' })
  assert.deepEqual(withOsUser(call, machine('', 1000)), call)
  assert.deepEqual(commandActor(machine('alice', 1000)), { name: 'cli', fingerprint: null, osUser: 'alice' })
})
