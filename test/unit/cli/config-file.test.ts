import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configFile } from '../../../src/cli/config-file.ts'

test('a flag names the configuration, else the environment, else the folder one stands in', () => {
  const env = { CERTGATE_CONFIG: '/etc/certgate/certgate.yml' }
  assert.equal(configFile('a.yml', { cwd: '/f', env }), '/f/a.yml')
  assert.equal(configFile(undefined, { cwd: '/f', env }), '/etc/certgate/certgate.yml')
  assert.equal(configFile(undefined, { cwd: '/f', env: { CERTGATE_CONFIG: 'b/c.yml' } }), '/f/b/c.yml')
  for (const unset of [{}, { CERTGATE_CONFIG: '' }]) assert.equal(configFile(undefined, { cwd: '/f', env: unset }), '/f/certgate.yml')
})
