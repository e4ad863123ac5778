import assert from 'node:assert/strict'
import { chmodSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { temporaryFolder } from '../support/authority.ts'
import { CHECKOUT } from '../support/checkout.ts'
import { eventually } from '../support/eventually.ts'
import { get, startGateway } from '../support/gateway.ts'

// Without a descriptor for them connections are closed as they come: the log says why, and when there is room again all is as before.

test('a worker that runs out of descriptors says so and lives on', async (t) => {
  const entry = temporaryFolder(t).write('certgate', `#!/bin/sh\nulimit -n 200\nexec '${join(CHECKOUT, 'bin/certgate')}' "$@"\n`)
  chmodSync(entry, 0o755)
  const gateway = await startGateway(t, { entry })
  const before = (await gateway.ask(get('/before'))).status
  const sockets = Array.from({ length: 300 }, () => connect(gateway.port, '127.0.0.1').on('error', () => {}))
  t.after(() => sockets.map((socket) => socket.destroy()))
  await gateway.program.line(/"level":"error".*"worker":.*out of file descriptors: connections are closed as they come/)
  await Promise.all(
    sockets.map((socket) => {
      socket.destroy()
      return socket.closed || new Promise((resolve) => socket.once('close', resolve))
    }),
  )
  // The worker hears of each end when its turn comes; until then new connections are closed like those before.
  await eventually('room for a connection', async () => (await gateway.ask(get('/after'))).status === 200)
  assert.deepEqual([before, (await gateway.ask(get('/later'))).status], [200, 200])
})
