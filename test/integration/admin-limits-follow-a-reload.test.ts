/** The promise: limits of the configuration hold on the admin address from the reload on, without a restart. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { askReload } from '../../src/control/administration/admin-client.ts'
import { startAdministeredGateway } from '../support/administered-gateway.ts'

// Without a limit the address has a patience of a minute: more than this test has.
test('whoever never begins a handshake is cut off by the limit of now', { timeout: 45_000 }, async (t) => {
  const gateway = await startAdministeredGateway(t, [[/$/, '\nlimits: { handshake: 0 }\n']])
  gateway.edit('limits: { handshake: 0 }', 'limits: { handshake: 300ms }')
  const reloaded = await askReload(join(gateway.folder, 'admin.sock'), true)
  assert.equal(reloaded.outcome, 'loaded')

  const silent = connect(gateway.adminPort, '127.0.0.1')
  t.after(() => silent.destroy())
  silent.resume()
  await once(silent, 'close')
})
